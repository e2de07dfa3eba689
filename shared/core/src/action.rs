//! Actions: the consents and sign-ins that an enterprise goes through, and how far each of them is.

mod asking;
#[cfg(test)]
mod document;
mod item;
mod state;
mod status;
mod waiting;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::advice::Code;
use crate::enterprise::Profile;
use crate::service::Service;

pub use asking::RevokeRequired;
pub use item::{ActionItem, TenantToConfirm};
pub use state::ActionState;
pub use status::ActionStatus;
pub use waiting::Waiting;

/// A kind of action, under its name in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ActionType {
    /// The first consent, which binds the enterprise to its tenant.
    Registration,
    /// A sign-in that grants nothing new.
    LoginEnterpriseAdmin,
    /// Reading users and groups.
    UserSync,
    /// Reading presence.
    Presence,
    /// Deploying the app.
    Agent,
    /// Handling calls by the app.
    CallApp,
    /// Provisioning by the service provider.
    ServiceProviderManagement,
    /// Reading contacts.
    Contacts,
    /// Reading call records.
    Cdr,
    /// Recording calls.
    CallRecording,
}

/// When an action concerns an enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applies {
    /// Always, and nothing works without it.
    Mandatory,
    /// Mandatory with one of these services, optional otherwise.
    MandatoryWith(&'static [Service]),
    /// Mandatory with one of these services, not applicable otherwise.
    OnlyWith(&'static [Service]),
    /// Optional.
    Optional,
    /// Never by itself: when somebody asks for it.
    OnDemand,
}

/// What proves an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvedBy {
    /// Tenant-wide grants of the delegated permissions that it asks Graph for.
    Grants,
    /// The sign-in itself, by an administrator of the tenant that the enterprise is bound to (R130).
    SignIn,
    /// Our service principal's membership in directory roles.
    Membership,
    /// App roles of our service principal.
    AppRoles,
}

/// One row of the action table.
#[derive(Debug)]
struct Row {
    action: ActionType,
    name: &'static str,
    consent_type: Option<&'static str>,
    title: &'static str,
    applies: Applies,
    proof: ProvedBy,
    recommended: Option<Recommended>,
    resettable: bool,
}

/// Why an optional consent is highly recommended (R141).
#[derive(Debug)]
struct Recommended {
    because: &'static str,
    /// The same where the administrator has no portal (`restrictAdminAccess`), which makes it matter most.
    without_portal: &'static str,
}

const fn row(
    action: ActionType,
    name: &'static str,
    consent_type: Option<&'static str>,
    title: &'static str,
    applies: Applies,
    proof: ProvedBy,
) -> Row {
    Row { action, name, consent_type, title, applies, proof, recommended: None, resettable: false }
}

/// The same for a consent that a provider may have asked for anew.
const fn resettable(row: Row) -> Row {
    Row { resettable: true, ..row }
}

const CALLING: &[Service] = &[Service::Pbx, Service::Trunk, Service::CallApp];

/// The action table of the design, as data.
const TABLE: &[Row] = &[
    row(
        ActionType::Registration,
        "REGISTRATION",
        None,
        "Register your organisation",
        Applies::Mandatory,
        ProvedBy::Grants,
    ),
    row(
        ActionType::LoginEnterpriseAdmin,
        "LOGIN_ENTERPRISE_ADMIN",
        None,
        "Sign in as administrator",
        Applies::OnDemand,
        ProvedBy::SignIn,
    ),
    resettable(row(
        ActionType::UserSync,
        "GET_USER_SYNC_CONSENT",
        Some("UserSync"),
        "Allow user synchronisation",
        Applies::Mandatory,
        ProvedBy::AppRoles,
    )),
    resettable(row(
        ActionType::Presence,
        "GET_PRESENCE_CONSENT",
        Some("Presence"),
        "Allow presence synchronisation",
        Applies::MandatoryWith(CALLING),
        ProvedBy::AppRoles,
    )),
    row(
        ActionType::Agent,
        "GET_AGENT_CONSENT",
        Some("Agent"),
        "Allow deployment of the app",
        Applies::Mandatory,
        ProvedBy::AppRoles,
    ),
    row(
        ActionType::CallApp,
        "GET_CALL_APP_CONSENT",
        Some("CallApp"),
        "Allow call handling by the app",
        Applies::OnlyWith(&[Service::CallApp]),
        ProvedBy::AppRoles,
    ),
    Row {
        action: ActionType::ServiceProviderManagement,
        name: "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT",
        consent_type: Some("ServiceProviderManagement"),
        title: "Allow Management by Service Provider",
        applies: Applies::Optional,
        proof: ProvedBy::Membership,
        recommended: Some(Recommended {
            because: "With it the service provider sets up calling and users by itself. Without it the customer's administrator is \
                      needed for each of these tasks.",
            without_portal: "The customer's administrator has no portal here (restrictAdminAccess): without it nobody sets up calling \
                             and users.",
        }),
        resettable: true,
    },
    resettable(row(
        ActionType::Contacts,
        "GET_CONTACTS_CONSENT",
        Some("Contacts"),
        "Allow reading of contacts",
        Applies::Optional,
        ProvedBy::AppRoles,
    )),
    resettable(row(
        ActionType::Cdr,
        "GET_CDR_CONSENT",
        Some("CDR"),
        "Allow reading of call records",
        Applies::Optional,
        ProvedBy::AppRoles,
    )),
    row(
        ActionType::CallRecording,
        "GET_CALL_RECORDING_CONSENT",
        Some("CallRecording"),
        "Allow call recording",
        Applies::OnlyWith(&[Service::CallRecording]),
        ProvedBy::AppRoles,
    ),
];

/// The text names no action type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is not an action type")]
pub struct UnknownAction;

impl ActionType {
    /// Every action type, in the order in which an enterprise meets them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.action)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.action == self).unwrap_or(&TABLE[0])
    }

    /// The name in the source, such as `REGISTRATION`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The matching consent type (R138); sign-ins have none.
    #[must_use]
    pub fn consent_type(self) -> Option<&'static str> {
        self.row().consent_type
    }

    /// The title that people see.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What proves it.
    #[must_use]
    pub fn proved_by(self) -> ProvedBy {
        self.row().proof
    }

    /// Whether a refusal with `code` leaves it to Graph whether it is granted: its signer was accepted and only the grant was not seen;
    /// or nobody signs in, and Graph could not be read, or the admin-consent page has filed a request, and what a reviewer of the tenant
    /// approves is all that is asked for. Whoever signs in decides with their own sign-in, which an approval is none of.
    #[must_use]
    pub fn may_be_seen_late_after(self, code: Code) -> bool {
        let is_unsigned = self.proved_by() == ProvedBy::AppRoles;
        code == Code::GrantNotVisible
            || (is_unsigned && matches!(code, Code::ApprovalRequested | Code::ProofUnreadable))
    }

    /// Whether an enterprise with these services cannot be ready without it.
    #[must_use]
    pub fn is_mandatory(self, services: &[Service]) -> bool {
        match self.row().applies {
            Applies::Mandatory => true,
            Applies::MandatoryWith(those) | Applies::OnlyWith(those) => services.iter().any(|one| those.contains(one)),
            Applies::Optional | Applies::OnDemand => false,
        }
    }

    /// Whether it concerns an enterprise with these services at all (R137, R139).
    #[must_use]
    pub fn is_applicable(self, services: &[Service]) -> bool {
        match self.row().applies {
            Applies::OnlyWith(those) => services.iter().any(|one| those.contains(one)),
            Applies::Mandatory | Applies::MandatoryWith(_) | Applies::Optional | Applies::OnDemand => true,
        }
    }

    /// Whether a provider may have it asked for anew: those of R146, and the management consent, which R002 keeps from being
    /// just no longer asked for.
    #[must_use]
    pub fn is_resettable(self) -> bool {
        self.row().resettable
    }

    /// Whether it is highly recommended though optional (R141).
    #[must_use]
    pub fn is_recommended(self) -> bool {
        self.row().recommended.is_some()
    }

    /// Why it is recommended to the enterprise of this profile, if it is (R141).
    #[must_use]
    pub fn recommendation(self, profile: &Profile) -> Option<&'static str> {
        let why = self.row().recommended.as_ref()?;
        Some(if profile.has_no_portal() { why.without_portal } else { why.because })
    }

    /// Whether it stands before all others: it is recommended, and nothing else helps an administrator without a portal (R141).
    #[must_use]
    pub fn is_raised(self, profile: &Profile) -> bool {
        self.is_recommended() && profile.has_no_portal()
    }
}

impl FromStr for ActionType {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        TABLE.iter().find(|row| row.name == text).map(|row| row.action).ok_or(UnknownAction)
    }
}

impl TryFrom<String> for ActionType {
    type Error = UnknownAction;

    fn try_from(text: String) -> Result<Self, UnknownAction> {
        text.parse()
    }
}

impl From<ActionType> for String {
    fn from(action: ActionType) -> String {
        action.name().to_owned()
    }
}

impl fmt::Display for ActionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_under_its_own_name() {
        for action in ActionType::all() {
            assert_eq!(TABLE.iter().filter(|row| row.action == action).count(), 1);
            assert_eq!(action.name().parse(), Ok(action));
        }
        assert_eq!("registration".parse::<ActionType>(), Err(UnknownAction));
    }

    /// R134-R141 What is mandatory, optional or not applicable follows from the services.
    #[test]
    fn what_applies_follows_from_the_services() {
        let standing =
            |action: ActionType, services: &[Service]| (action.is_applicable(services), action.is_mandatory(services));
        let (mandatory, optional, absent) = ((true, true), (true, false), (false, false));
        for action in [ActionType::Registration, ActionType::UserSync, ActionType::Agent] {
            assert_eq!(standing(action, &[Service::Sms]), mandatory, "{action}");
        }
        for calling in CALLING {
            assert_eq!(standing(ActionType::Presence, &[*calling]), mandatory);
        }
        assert_eq!(standing(ActionType::Presence, &[Service::Chat]), optional);
        assert_eq!(standing(ActionType::CallApp, &[Service::Pbx, Service::CallApp]), mandatory);
        assert_eq!(standing(ActionType::CallApp, &[Service::Pbx]), absent);
        assert_eq!(standing(ActionType::CallRecording, &[Service::CallRecording]), mandatory);
        assert_eq!(standing(ActionType::CallRecording, &[Service::CallApp]), absent);
        for action in [ActionType::Contacts, ActionType::Cdr, ActionType::ServiceProviderManagement] {
            assert_eq!(standing(action, &[Service::Pbx]), optional, "{action}");
            assert_eq!(action.is_recommended(), action == ActionType::ServiceProviderManagement, "{action}");
        }
    }

    #[test]
    fn what_is_mandatory_follows_from_the_services() {
        assert!(ActionType::Registration.is_mandatory(&[]));
        assert!(ActionType::Presence.is_mandatory(&[Service::Trunk]));
        assert!(!ActionType::Presence.is_mandatory(&[Service::Sms]));
        assert!(!ActionType::CallApp.is_mandatory(&[Service::Pbx]));
        assert!(!ActionType::ServiceProviderManagement.is_mandatory(&[Service::Pbx]));
    }
}
