//! Wrong codes: how many may be typed in a minute, from one network and for one invitation (R161, G74).
//!
//! From a network with too many, no code is looked at until the minute is over. For an invitation with too many, wrong codes
//! are answered with the limit, and the right one still opens it: nobody else's guesses lock its owner out.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::InvitationId;
use crate::rate_limit::Exhausted;
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// How long wrong codes count, from the first one on.
pub const WRONG_WINDOW: Duration = Duration::from_mins(1);

/// How many may be wrong in that time (K14).
const MOST: u32 = 10;

/// By what wrong codes are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// By the network that they come from: an IPv4 address, or the /64 of an IPv6 address, which one customer has.
    Network(SecretHash),
    /// By the invitation that they are for.
    Invitation(InvitationId),
}

impl Wrong {
    /// The network of an address.
    #[must_use]
    pub fn network(address: IpAddr) -> Self {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
        };
        Self::Network(SecretHash::of(&network))
    }
}

/// The wrong codes of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// How many.
    pub wrong: u32,
    /// When they no longer count.
    pub until: Timestamp,
}

impl Tries {
    /// The limit, if there are more than may be.
    #[must_use]
    pub fn exhausted(&self, now: Timestamp) -> Option<Exhausted> {
        (self.wrong > MOST && now < self.until).then(|| Exhausted::until(self.until, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// G74, K14 The eleventh wrong code in a minute is one too many, and the minute ends.
    #[test]
    fn ten_wrong_codes_are_no_lock() {
        let tries = |wrong| Tries { wrong, until: NOW.plus(Duration::from_millis(1_500)) };
        assert_eq!(tries(10).exhausted(NOW), None);
        assert_eq!(tries(11).exhausted(NOW).map(|exhausted| exhausted.retry_after), Some(2));
        assert_eq!(tries(11).exhausted(tries(11).until), None);
    }

    /// G74 Whoever has a whole IPv6 network has one limit; a neighbour has another.
    #[test]
    fn a_network_is_one_however_many_addresses_it_has() {
        let of = |text: &str| Wrong::network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
