//! The address guard: which addresses a delivery may connect to (T46, T47).
//!
//! A provider chooses the host, and whoever rules the host's DNS chooses the address. The check is therefore part of
//! the connect itself: the resolver hands out nothing if any address of the answer is not public, so there is no
//! second look-up that could answer differently. The HTTP client asks no resolver about an address literal, which is
//! why literals are judged apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

/// What may be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only.
    #[default]
    Public,
    /// Loopback as well: sandboxes, whose receivers live there (K1).
    PublicAndLoopback,
}

/// A host that leads to an address which is not to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the host leads to an address that is not public")]
pub(crate) struct NotPublic;

impl Reach {
    /// Whether this address may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (self == Self::PublicAndLoopback && address.is_loopback())
    }
}

/// IPv4 networks that are not the public Internet (IANA IPv4 Special-Purpose Address Registry).
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Inside `2000::/3`, the networks that are not the public Internet or that lead to an embedded IPv4 address
/// (IANA IPv6 Special-Purpose Address Registry): Teredo and other protocol assignments, documentation, 6to4, segment routing.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !SPECIAL_V4.iter().any(|(network, bits)| v4.to_bits() >> (32 - bits) == network.to_bits() >> (32 - bits))
        }
        IpAddr::V6(v6) => {
            let global_unicast = v6.to_bits() >> 125 == 1;
            let special =
                |(network, bits): &(Ipv6Addr, u32)| v6.to_bits() >> (128 - bits) == network.to_bits() >> (128 - bits);
            global_unicast && !SPECIAL_V6.iter().any(special)
        }
    }
}

/// Resolves a host and hands its addresses to the connect, all of them or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuardedResolver(pub(crate) Reach);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || found.iter().any(|address| !reach.allows(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_refused_in_every_dress() {
        for text in [
            "0.0.0.0",
            "10.0.0.5",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "169.254.79.129",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.5",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for text in
            ["1.1.1.1", "9.255.255.255", "11.0.0.0", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_sandbox_reaches_loopback_and_nothing_else_private() {
        let reach = Reach::PublicAndLoopback;
        assert!(reach.allows("127.0.0.1".parse().unwrap()));
        assert!(reach.allows("::1".parse().unwrap()));
        assert!(!reach.allows("10.0.0.5".parse().unwrap()));
        assert!(!reach.allows("169.254.169.254".parse().unwrap()));
    }
}
