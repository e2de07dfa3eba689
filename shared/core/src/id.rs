//! Identifiers: one type each, so that two of them cannot be swapped unseen.
//!
//! - numbers (`enterprise`, `reseller`, gateway, PBX type): positive and at most 2^53−1, so that every JSON
//!   reader keeps them whole (R103);
//! - GUIDs (tenant, application, directory object): Microsoft's, kept in lower case;
//! - ours: a prefix and 26 characters that sort by time of making.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::random::Random;
use crate::time::Timestamp;

/// The largest integer that every JSON reader keeps exact (RFC 8259 §6).
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Why a text or number is not an identifier of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// Zero, negative, or above 2^53−1.
    #[error("must be an integer from 1 to 9007199254740991")]
    OutOfRange,
    /// Not `8-4-4-4-12` hexadecimal digits.
    #[error("must be a GUID such as 00000000-0000-0000-0000-000000000000")]
    NotAGuid,
    /// Wrong prefix, length or alphabet.
    #[error("is not an id of this kind")]
    WrongForm,
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            /// The number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// An unpredictable id; the store's conditional put settles the rare collision.
            #[must_use]
            pub fn random(random: &dyn Random) -> Self {
                Self((u64::from_le_bytes(random.bytes()) & MAX_SAFE_INTEGER).max(1))
            }
        }

        impl TryFrom<u64> for $name {
            type Error = InvalidId;

            fn try_from(number: u64) -> Result<Self, InvalidId> {
                if (1..=MAX_SAFE_INTEGER).contains(&number) { Ok(Self(number)) } else { Err(InvalidId::OutOfRange) }
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> u64 {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
                let number = text.parse::<u64>().ok().filter(|_| canonical).ok_or(InvalidId::OutOfRange)?;
                Self::try_from(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A customer organisation that a service provider registers.
    EnterpriseId
);
number_id!(
    /// A service provider; the sources call it reseller.
    ResellerId
);
number_id!(
    /// A session border controller gateway.
    GatewayId
);
number_id!(
    /// A kind of PBX that a service provider offers.
    PbxTypeId
);

macro_rules! guid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u128);

        impl $name {
            /// The id with this value; for tables of well-known ids.
            #[must_use]
            pub const fn from_u128(value: u128) -> Self {
                Self(value)
            }

            /// The id in this text, whatever its case: for what people type, never for claims.
            pub fn in_any_case(text: &str) -> Result<Self, InvalidId> {
                text.to_ascii_lowercase().parse()
            }
        }

        /// Accepts lower case only: Microsoft writes GUIDs so, and a claim written otherwise is not Microsoft's.
        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_guid(text).map(Self).ok_or(InvalidId::NotAGuid)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_guid(self.0, f)
            }
        }
    };
}

fn parse_guid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => value = value << 4 | u128::from(byte - b'0'),
            (_, b'a'..=b'f') => value = value << 4 | u128::from(byte - b'a' + 10),
            _ => return None,
        }
    }
    Some(value)
}

fn write_guid(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let hex = format!("{value:032x}");
    write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

guid_id!(
    /// A Microsoft Entra tenant (the `tid` claim).
    TenantId
);
guid_id!(
    /// One client assertion (its `jti`).
    AssertionId
);

impl AssertionId {
    /// A random one (RFC 9562 §5.4).
    #[must_use]
    pub fn random(random: &dyn Random) -> Self {
        let bits = u128::from_be_bytes(random.bytes::<16>());
        Self(bits & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62))
    }
}

guid_id!(
    /// An application in Entra: our client, or an API such as Microsoft Graph.
    ApplicationId
);
guid_id!(
    /// An object in one tenant's directory: a person (the `oid` claim) or a service principal.
    ObjectId
);
guid_id!(
    /// A directory role's template: the same in every tenant, unlike the role's object id.
    RoleTemplateId
);

macro_rules! sortable_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id; ids sort by the time of their making.
            #[must_use]
            pub fn new(now: Timestamp, random: &dyn Random) -> Self {
                Self(format!(concat!($prefix, "{}"), sortable(now, random.bytes())))
            }

            /// The text, prefix included.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let rest = text.strip_prefix($prefix).ok_or(InvalidId::WrongForm)?;
                let sound = rest.len() == SORTABLE_LENGTH && rest.bytes().all(|b| BASE32.contains(&b));
                if sound { Ok(Self(text.to_owned())) } else { Err(InvalidId::WrongForm) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

sortable_id!(
    /// One request for one consent: one link that leads to Microsoft.
    ConsentRequestId, "cr_"
);
sortable_id!(
    /// One connection to Partner Center.
    ConnectionId, "con_"
);
sortable_id!(
    /// One thing to deliver; the `webhook-id` that stays the same over all attempts.
    DeliveryId, "msg_"
);
sortable_id!(
    /// One mail; it stays the same over all attempts.
    MailId, "mail_"
);
sortable_id!(
    /// One invitation of one administrator; it stays the same over all its mails.
    InvitationId, "inv_"
);
sortable_id!(
    /// One row of the audit trail.
    AuditId, "aud_"
);
sortable_id!(
    /// One request to us: echoed as `X-Request-Id`, shown on error pages, written in the log.
    ReferenceId, "req_"
);

/// How many audit ids this process has made.
static AUDIT_IDS: AtomicU32 = AtomicU32::new(0);

impl AuditId {
    /// A new id that sorts behind all that this process made before at the same instant: the facts of one request have
    /// one instant, and are told in their order.
    #[must_use]
    pub fn in_order(now: Timestamp, random: &dyn Random) -> Self {
        let mut tail: [u8; 10] = random.bytes();
        tail[..4].copy_from_slice(&AUDIT_IDS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Self(format!("aud_{}", sortable(now, tail)))
    }

    /// The text that sorts before the ids of all rows that were made at `at` or later, and after all others.
    #[must_use]
    pub fn earliest(at: Timestamp) -> String {
        format!("aud_{}", sortable(at, [0; 10]))
    }
}

/// Crockford's base 32 in lower case: no `i`, `l`, `o`, `u`, so that people can read it out.
pub(crate) const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SORTABLE_LENGTH: usize = 26;

/// 48 bits of milliseconds and 80 random bits, most significant first.
fn sortable(now: Timestamp, random: [u8; 10]) -> String {
    let millis = u128::try_from(now.millis()).unwrap_or(0) & ((1 << 48) - 1);
    let value = random.iter().fold(millis, |value, byte| value << 8 | u128::from(*byte));
    (0..SORTABLE_LENGTH).rev().map(|digit| base32_digit(value >> (5 * digit))).collect()
}

pub(crate) fn base32_digit(value: u128) -> char {
    char::from(BASE32[usize::try_from(value & 31).unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    /// R103 An enterprise id is a whole number that every JSON reader keeps exact.
    #[test]
    fn a_number_id_is_positive_and_json_safe() {
        assert_eq!("123456789".parse::<EnterpriseId>().map(EnterpriseId::get), Ok(123_456_789));
        assert_eq!(EnterpriseId::try_from(MAX_SAFE_INTEGER).map(EnterpriseId::get), Ok(MAX_SAFE_INTEGER));
        for text in ["0", "-1", "+1", "007", "1.0", " 1", "9007199254740992", ""] {
            assert_eq!(text.parse::<EnterpriseId>(), Err(InvalidId::OutOfRange), "{text}");
        }
    }

    #[test]
    fn a_random_number_id_is_in_range() {
        let random = Counting::default();
        for _ in 0..1_000 {
            assert!((1..=MAX_SAFE_INTEGER).contains(&EnterpriseId::random(&random).get()));
        }
    }

    #[test]
    fn a_guid_is_read_and_written_the_same() {
        let text = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239";
        assert_eq!(text.parse::<TenantId>().map(|id| id.to_string()), Ok(text.to_owned()));
        assert_eq!(TenantId::in_any_case(&text.to_uppercase()), text.parse());
    }

    #[test]
    fn a_guid_in_upper_case_is_not_a_claim_of_microsoft() {
        assert_eq!("48AC35B8-9AA8-4D74-927D-1F4A14A0B239".parse::<TenantId>(), Err(InvalidId::NotAGuid));
        for text in ["common", "", "48ac35b8-9aa8-4d74-927d-1f4a14a0b23", "48ac35b89aa84d74927d1f4a14a0b239----"] {
            assert_eq!(text.parse::<TenantId>(), Err(InvalidId::NotAGuid), "{text}");
        }
    }

    /// K18 Facts of one instant sort in the order in which they were made.
    #[test]
    fn audit_ids_of_one_instant_keep_their_order() {
        let (now, random) = (Timestamp::from_seconds(1), Counting::default());
        let ids: Vec<AuditId> = (0..300).map(|_| AuditId::in_order(now, &random)).collect();
        assert!(ids.is_sorted() && ids[0].as_str().parse::<AuditId>().is_ok());
        assert!(AuditId::earliest(now).as_str() <= ids[0].as_str());
    }

    #[test]
    fn our_ids_sort_by_time_and_carry_their_kind() {
        let random = Counting::default();
        let first = ConsentRequestId::new(Timestamp::from_seconds(1), &random);
        let second = ConsentRequestId::new(Timestamp::from_seconds(2), &random);
        assert!(first < second);
        assert_eq!(first.as_str().parse::<ConsentRequestId>().as_ref(), Ok(&first));
        assert_eq!(first.as_str().parse::<DeliveryId>(), Err(InvalidId::WrongForm));
    }
}
