//! Lists, page by page: how much of one is asked for, and where it goes on (K10).
//!
//! A cursor is opaque, but it is no secret and needs no key. It holds a position, and a digest that binds the position
//! to one caller, one list and one filter. Anybody could compute that digest; nobody gains by it: the partition that is
//! read is always that of the caller who was proved, never one of the cursor, so a made-up cursor leads to another
//! place of the caller's own list. What the digest is for is mistakes. A cursor that was cut off, or that is used with
//! another filter or another key, is refused instead of being answered with a page that belongs nowhere.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};
use thiserror::Error;

use crate::action::ActionType;
use crate::connection::Connection;
use crate::credential::KeyOwner;
use crate::enterprise::Enterprise;
use crate::id::{AuditId, ConnectionId, DeliveryId, EnterpriseId, InvitationId, ResellerId};
use crate::reseller::Reseller;
use crate::time::Timestamp;

/// How many items a page has at most: 1 to 100, 50 unless the caller says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u8);

/// The text is not a number from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an integer from 1 to 100")]
pub struct InvalidPageSize;

impl PageSize {
    /// The number of items.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

impl FromStr for PageSize {
    type Err = InvalidPageSize;

    fn from_str(text: &str) -> Result<Self, InvalidPageSize> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let size = text.parse().ok().filter(|size| plain && (1..=100).contains(size));
        size.map(Self).ok_or(InvalidPageSize)
    }
}

/// One list as one caller sees it: what a cursor is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing<'a> {
    /// Who reads it.
    pub owner: KeyOwner,
    /// Which list, such as `enterprises`.
    pub list: &'a str,
    /// What it is filtered by, if by anything.
    pub filter: Option<&'a str>,
}

/// A place in a list, as a cursor holds it.
pub trait Place: Sized {
    /// The place in bytes.
    fn bytes(&self) -> Vec<u8>;

    /// The place in `bytes`, if it is one.
    fn of_bytes(bytes: &[u8]) -> Option<Self>;
}

/// A place in a trail: behind this row.
impl Place for AuditId {
    fn bytes(&self) -> Vec<u8> {
        self.as_str().into()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

/// A place in a list of deliveries: behind this one.
impl Place for DeliveryId {
    fn bytes(&self) -> Vec<u8> {
        self.as_str().into()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

/// A place in a list of invitations: behind this one.
impl Place for InvitationId {
    fn bytes(&self) -> Vec<u8> {
        self.as_str().into()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

/// A place in the list of service providers, which is in the order of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResellerPlace {
    /// When the provider was made.
    pub created_at: Timestamp,
    /// The provider.
    pub reseller: ResellerId,
}

impl ResellerPlace {
    /// The place behind `reseller`.
    #[must_use]
    pub const fn past(reseller: &Reseller) -> Self {
        Self { created_at: reseller.created_at, reseller: reseller.id }
    }
}

impl Place for ResellerPlace {
    fn bytes(&self) -> Vec<u8> {
        [self.created_at.millis().to_be_bytes(), self.reseller.get().to_be_bytes()].concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (millis, reseller) = bytes.split_first_chunk()?;
        let reseller = u64::from_be_bytes(reseller.try_into().ok()?).try_into().ok()?;
        Some(Self { created_at: Timestamp::from_millis(i64::from_be_bytes(*millis)), reseller })
    }
}

/// A place in a provider's list of connections: behind this one. They are in the order of their making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionPlace {
    /// The connection.
    pub connection: ConnectionId,
}

impl ConnectionPlace {
    /// The place behind `connection`.
    #[must_use]
    pub fn past(connection: &Connection) -> Self {
        Self { connection: connection.id.clone() }
    }
}

impl Place for ConnectionPlace {
    fn bytes(&self) -> Vec<u8> {
        self.connection.as_str().into()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self { connection: std::str::from_utf8(bytes).ok()?.parse().ok()? })
    }
}

/// A place in a provider's list of enterprises, which is in the order of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When the enterprise was made.
    pub created_at: Timestamp,
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// The last of its actions that was shown; none if the enterprise is done with.
    pub action: Option<ActionType>,
}

/// The text is no cursor of this caller, this list and this filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not a cursor of this list: send `next` of its last page as it came, with the same key and filter")]
pub struct InvalidCursor;

/// The first byte of a cursor: its form.
const VERSION: u8 = 1;
const DIGEST_LENGTH: usize = 16;

impl Position {
    /// The place behind `enterprise`.
    #[must_use]
    pub const fn past(enterprise: &Enterprise) -> Self {
        Self { created_at: enterprise.created_at, enterprise: enterprise.id, action: None }
    }

    /// The place behind `action` of `enterprise`.
    #[must_use]
    pub const fn past_action(enterprise: &Enterprise, action: ActionType) -> Self {
        Self { action: Some(action), ..Self::past(enterprise) }
    }

    /// Whether `action` of `enterprise` was shown before this place.
    #[must_use]
    pub fn has_passed(&self, enterprise: EnterpriseId, action: ActionType) -> bool {
        self.enterprise == enterprise && self.action.is_some_and(|last| number(action) <= number(last))
    }
}

impl Place for Position {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.created_at.millis().to_be_bytes());
        bytes.extend(self.enterprise.get().to_be_bytes());
        bytes.push(self.action.map_or(0, number));
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (millis, rest) = rest.split_first_chunk()?;
        let (enterprise, rest) = rest.split_first_chunk()?;
        let &[action] = rest else { return None };
        let action = match action {
            0 => None,
            action => Some(ActionType::all().find(|one| number(*one) == action)?),
        };
        let enterprise = u64::from_be_bytes(*enterprise).try_into().ok().filter(|_| *version == VERSION)?;
        Some(Self { created_at: Timestamp::from_millis(i64::from_be_bytes(*millis)), enterprise, action })
    }
}

/// The place of an action in the order of action items, from 1.
fn number(action: ActionType) -> u8 {
    ActionType::all().take_while(|one| *one != action).fold(1, |number, _| number + 1)
}

impl Listing<'_> {
    /// The cursor for `place` of this list.
    #[must_use]
    pub fn cursor(&self, place: &impl Place) -> String {
        let mut bytes = place.bytes();
        bytes.extend(self.digest(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place in a cursor of this list.
    pub fn place<P: Place>(&self, cursor: &str) -> Result<P, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| InvalidCursor)?;
        let (place, digest) = bytes.split_last_chunk::<DIGEST_LENGTH>().ok_or(InvalidCursor)?;
        if *digest != self.digest(place) {
            return Err(InvalidCursor);
        }
        P::of_bytes(place).ok_or(InvalidCursor)
    }

    fn digest(&self, place: &[u8]) -> [u8; DIGEST_LENGTH] {
        let mut context = Context::new(&SHA256);
        context.update(format!("onboarding cursor\0{}\0{}\0", self.owner, self.list).as_bytes());
        context.update(format!("{:?}\0", self.filter).as_bytes());
        context.update(place);
        let mut digest = [0; DIGEST_LENGTH];
        digest.copy_from_slice(&context.finish().as_ref()[..DIGEST_LENGTH]);
        digest
    }
}

/// A page of a list: its items, and where the list goes on, if it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The place of the last one; none at the end of the list.
    pub next: Option<Position>,
}

impl<T> Page<T> {
    /// The items that `entries` makes of `enterprises`, until the page is full. `more` says whether the list has
    /// enterprises beyond those.
    ///
    /// A filter may leave a page short, or empty, with a `next`: only the end of the list has none.
    pub fn fill(
        enterprises: &[Enterprise],
        more: bool,
        size: PageSize,
        entries: impl Fn(&Enterprise) -> Vec<(Position, T)>,
    ) -> Self {
        let (mut items, mut last) = (Vec::new(), None);
        for (position, item) in enterprises.iter().flat_map(entries) {
            if items.len() == size.get() {
                return Self { items, next: last };
            }
            items.push(item);
            last = Some(position);
        }
        let next = enterprises.last().filter(|_| more).map(Position::past);
        Self { items, next }
    }
}

#[cfg(test)]
mod tests;
