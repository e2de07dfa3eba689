//! The keys of all items; [`crate::table`] lists them.

use std::fmt;

use onboarding_core::audit::Trail;
use onboarding_core::credential::{KeyId, KeyOwner};
use onboarding_core::id::{
    AuditId, ConnectionId, ConsentRequestId, DeliveryId, EnterpriseId, InvitationId, MailId, ResellerId, TenantId,
};
use onboarding_core::idempotency::Attempt;
use onboarding_core::invitation::Wrong;
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::secret::SecretHash;
use onboarding_core::text::Name;
use onboarding_core::time::Timestamp;
use onboarding_core::token::TokenId;
use onboarding_core::user::UserId;

use crate::value::{Item, text};

/// The sort key of the roles that an enterprise waits for.
pub(crate) const AWAITED_ROLES: &str = "roles";

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Partition key.
    pub(crate) pk: String,
    /// Sort key.
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn reseller(id: ResellerId) -> Self {
        Self::new(format!("reseller#{id}"), "reseller")
    }

    pub(crate) fn catalogue(id: ResellerId) -> Self {
        Self::new(format!("reseller#{id}"), "catalogue")
    }

    pub(crate) fn api_key(id: &KeyId) -> Self {
        Self::new(owner(id.owner()), format!("key#{id}"))
    }

    pub(crate) fn token(id: &TokenId) -> Self {
        Self::new(owner(id.key().owner()), format!("token#{id}"))
    }

    /// A folded name may be longer than a sort key can be.
    pub(crate) fn name(reseller: ResellerId, name: &Name) -> Self {
        Self::new(format!("reseller#{reseller}"), format!("name#{}", SecretHash::of(&name.folded())))
    }

    pub(crate) fn endpoint(reseller: ResellerId, url: &RedirectUrl) -> Self {
        Self::new(format!("reseller#{reseller}"), format!("endpoint#{}", SecretHash::of(url.as_str())))
    }

    pub(crate) fn enterprise(id: EnterpriseId) -> Self {
        Self::new(format!("enterprise#{id}"), "enterprise")
    }

    pub(crate) fn awaited_roles(enterprise: EnterpriseId) -> Self {
        Self::new(format!("enterprise#{enterprise}"), AWAITED_ROLES)
    }

    pub(crate) fn user(enterprise: EnterpriseId, user: &UserId) -> Self {
        Self::new(format!("enterprise#{enterprise}"), format!("user#{}", user.hash()))
    }

    pub(crate) fn users(enterprise: EnterpriseId) -> Self {
        Self::new(format!("enterprise#{enterprise}"), "users")
    }

    pub(crate) fn tenant(id: TenantId) -> Self {
        Self::new(format!("tenant#{id}"), "guard")
    }

    pub(crate) fn request(id: &ConsentRequestId) -> Self {
        Self::new(format!("request#{id}"), "request")
    }

    pub(crate) fn connection(id: &ConnectionId) -> Self {
        Self::new(format!("connection#{id}"), "connection")
    }

    pub(crate) fn handle(hash: &SecretHash) -> Self {
        Self::new(format!("handle#{hash}"), "handle")
    }

    pub(crate) fn start(hash: &SecretHash) -> Self {
        Self::new(format!("start#{hash}"), "start")
    }

    /// Deliveries of a provider sort by the time of their making.
    pub(crate) fn delivery(reseller: ResellerId, id: &DeliveryId) -> Self {
        Self::new(delivery_partition(reseller), id.as_str())
    }

    pub(crate) fn mail(id: &MailId) -> Self {
        Self::new(format!("mail#{id}"), "mail")
    }

    pub(crate) fn invitation(id: &InvitationId) -> Self {
        Self::new(format!("invitation#{id}"), "invitation")
    }

    /// The wrong codes of one network, or for one invitation.
    pub(crate) fn wrong(wrong: &Wrong) -> Self {
        match wrong {
            Wrong::Network(hash) => Self::new(format!("wrong#{hash}"), "network"),
            Wrong::Invitation(id) => Self::new(format!("wrong#{id}"), "wrong"),
        }
    }

    pub(crate) fn activation(hash: &SecretHash) -> Self {
        Self::new(format!("activation#{hash}"), "activation")
    }

    pub(crate) fn idempotency(attempt: &Attempt) -> Self {
        Self::new(format!("idempotency#{}#{}", attempt.owner(), attempt.key().as_str()), "idempotency")
    }

    /// What a key has leased in the window that begins at `begin`.
    pub(crate) fn rate(key: &KeyId, begin: Timestamp) -> Self {
        Self::new(format!("rate#{key}"), begin.to_string())
    }

    pub(crate) fn audit(trail: Trail, id: &AuditId) -> Self {
        Self::new(audit_partition(trail), id.as_str())
    }

    /// Segments sort by number.
    pub(crate) fn segment(trail: Trail, number: u64) -> Self {
        Self::new(segment_partition(trail), segment_number(number))
    }

    /// The key of an item that was read; empty where the item has none.
    pub(crate) fn of(item: &Item) -> Self {
        let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok().cloned()).unwrap_or_default();
        Self::new(part("PK"), part("SK"))
    }

    pub(crate) fn into_item(self) -> Item {
        Item::from([("PK".to_owned(), text(self.pk)), ("SK".to_owned(), text(self.sk))])
    }
}

/// As errors name an item.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

/// The partition in which a credential lies.
pub(crate) fn owner(owner: KeyOwner) -> String {
    match owner {
        KeyOwner::Operator => "operator".to_owned(),
        KeyOwner::Reseller(reseller) => format!("reseller#{reseller}"),
    }
}

/// The partition of a provider's deliveries.
pub(crate) fn delivery_partition(reseller: ResellerId) -> String {
    format!("deliveries#{reseller}")
}

/// The partition of a trail's rows.
pub(crate) fn audit_partition(trail: Trail) -> String {
    format!("audit#{trail}")
}

/// The partition of a trail's segments.
pub(crate) fn segment_partition(trail: Trail) -> String {
    format!("segments#{trail}")
}

/// A segment's number as it sorts.
pub(crate) fn segment_number(number: u64) -> String {
    format!("{number:016}")
}

/// Condition: there is such an item.
pub(crate) const EXISTS: &str = "attribute_exists(PK)";
/// Condition: there is no such item.
pub(crate) const IS_NEW: &str = "attribute_not_exists(PK)";
