//! The address guard: which addresses a delivery may connect to (T46, T47).
//!
//! A provider chooses the host, and whoever rules the host's DNS chooses the address. The check is therefore part of
//! the connect itself: the resolver hands out nothing if any address of the answer is not public, so there is no
//! second look-up that could answer differently. The HTTP client asks no resolver about an address literal, which is
//! why literals are judged apart.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
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
/// (IANA IPv6 Special-Purpose Address Registry): Teredo and other protocol assignments, documentation, 6to4, AS112,
/// documentation again. What lies outside `2000::/3` (NAT64, discard-only, segment routing, …) is not public anyway.
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

/// Finds the addresses of a host.
pub trait Lookup: Send + Sync {
    /// All of them, at the end of whatever aliases the name has.
    fn addresses<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The look-up of the operating system.
pub(crate) struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Resolves a host and hands its addresses to the connect, all of them or none.
pub(crate) struct GuardedResolver {
    pub(crate) reach: Reach,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, lookup) = (self.reach, Arc::clone(&self.lookup));
        Box::pin(async move {
            let found = lookup.addresses(name.as_str()).await?;
            if found.is_empty() || found.iter().any(|address| !reach.allows(*address)) {
                return Err(NotPublic.into());
            }
            // Port 0 stands for the URL's.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks of the IANA special-purpose registries by their first and last addresses, with those of multicast,
    /// IPv4-compatible and site-local addresses and what lies around `2000::/3`.
    const SPECIAL: &[(&str, &str, &str)] = &[
        ("this network", "0.0.0.0", "0.255.255.255"),
        ("private use", "10.0.0.0", "10.255.255.255"),
        ("shared address space", "100.64.0.0", "100.127.255.255"),
        ("loopback", "127.0.0.0", "127.255.255.255"),
        ("link local, metadata", "169.254.0.0", "169.254.255.255"),
        ("private use", "172.16.0.0", "172.31.255.255"),
        ("protocol assignments", "192.0.0.0", "192.0.0.255"),
        ("TEST-NET-1", "192.0.2.0", "192.0.2.255"),
        ("AS112-v4", "192.31.196.0", "192.31.196.255"),
        ("AMT", "192.52.193.0", "192.52.193.255"),
        ("6to4 relay anycast", "192.88.99.0", "192.88.99.255"),
        ("private use", "192.168.0.0", "192.168.255.255"),
        ("direct delegation AS112", "192.175.48.0", "192.175.48.255"),
        ("benchmarking", "198.18.0.0", "198.19.255.255"),
        ("TEST-NET-2", "198.51.100.0", "198.51.100.255"),
        ("TEST-NET-3", "203.0.113.0", "203.0.113.255"),
        ("multicast, reserved, broadcast", "224.0.0.0", "255.255.255.255"),
        ("unspecified, loopback, compatible", "::", "::ffff"),
        ("IPv4-compatible", "::1.0.0.0", "::255.255.255.255"),
        ("IPv4-mapped private", "::ffff:10.0.0.0", "::ffff:10.255.255.255"),
        ("IPv4-mapped loopback", "::ffff:127.0.0.0", "::ffff:127.255.255.255"),
        ("IPv4-translated", "::ffff:0:0.0.0.0", "::ffff:0:255.255.255.255"),
        ("NAT64", "64:ff9b::", "64:ff9b::ffff:ffff"),
        ("NAT64, local use", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("discard only", "100::", "100::ffff:ffff:ffff:ffff"),
        ("dummy", "100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff"),
        ("below global unicast", "1fff::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("Teredo, ORCHID, protocol assignments", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("6to4", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("direct delegation AS112", "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
        ("documentation", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("above global unicast", "4000::", "4000::1"),
        ("segment routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("unique local, metadata", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("link local", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("site local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("multicast", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ];

    /// T46 Both ends of every special block, and its middle.
    #[test]
    fn no_address_of_a_special_block_is_public() {
        for (name, first, last) in SPECIAL {
            for address in [first.parse().unwrap(), middle(first, last), last.parse().unwrap()] {
                assert!(!Reach::Public.allows(address), "{name}: {address}");
            }
        }
        eprintln!("{} special blocks refused at both ends", SPECIAL.len());
    }

    fn middle(first: &str, last: &str) -> IpAddr {
        match (first.parse().unwrap(), last.parse().unwrap()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Ipv4Addr::from_bits(a.to_bits().midpoint(b.to_bits())).into(),
            (IpAddr::V6(a), IpAddr::V6(b)) => Ipv6Addr::from_bits(a.to_bits().midpoint(b.to_bits())).into(),
            mixed => panic!("{mixed:?}"),
        }
    }

    /// The neighbours of the special blocks are public, so no block is larger than its registration.
    #[test]
    fn the_neighbours_of_special_blocks_are_allowed() {
        for text in [
            "1.0.0.0",
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.1.255",
            "192.0.3.0",
            "192.31.195.255",
            "192.31.197.0",
            "192.52.192.255",
            "192.52.194.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "192.175.47.255",
            "192.175.49.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "2000::",
            "2001:200::",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
            "2003::",
            "2606:4700::1111",
            "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff",
            "2620:4f:8001::",
            "2a00:1450::1",
            "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
            "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    struct Names(Vec<IpAddr>);

    impl Lookup for Names {
        fn addresses<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
            Box::pin(async { Ok(self.0.clone()) })
        }
    }

    /// T47 All addresses are handed to the connect, or none: no part of a mixed answer, and no empty list.
    #[tokio::test]
    async fn an_answer_is_handed_on_whole_or_not_at_all() {
        let resolve = async |texts: &[&str]| {
            let found = texts.iter().map(|text| text.parse().unwrap()).collect();
            let resolver = GuardedResolver { reach: Reach::Public, lookup: Arc::new(Names(found)) };
            let handed = resolver.resolve("hooks.example.com".parse().unwrap()).await;
            handed.ok().map(|addresses| addresses.map(|address| address.to_string()).collect::<Vec<_>>())
        };
        let whole = Some(vec!["1.1.1.1:0".to_owned(), "[2606:4700::1111]:0".to_owned()]);
        assert_eq!(resolve(&["1.1.1.1", "2606:4700::1111"]).await, whole);
        assert_eq!(resolve(&["1.1.1.1", "10.0.0.5"]).await, None);
        assert_eq!(resolve(&["10.0.0.5", "1.1.1.1"]).await, None);
        assert_eq!(resolve(&[]).await, None);
    }

    /// The production look-up asks the operating system; what it says of its own names is loopback, so it is refused.
    #[tokio::test]
    async fn the_systems_look_up_is_judged_like_any_other() {
        let found = SystemLookup.addresses("localhost").await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
        let resolver = GuardedResolver { reach: Reach::Public, lookup: Arc::new(SystemLookup) };
        assert!(resolver.resolve("localhost".parse().unwrap()).await.is_err());
    }

    #[test]
    fn a_sandbox_reaches_loopback_and_nothing_else_private() {
        let reach = Reach::PublicAndLoopback;
        for text in ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "1.1.1.1"] {
            assert!(reach.allows(text.parse().unwrap()), "{text}");
        }
        for text in ["10.0.0.5", "169.254.169.254", "0.0.0.0", "::", "::127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254"]
        {
            assert!(!reach.allows(text.parse().unwrap()), "{text}");
        }
    }
}
