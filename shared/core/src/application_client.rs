//! Which app registration asks for which application permissions.
//!
//! Microsoft's `.default` asks for everything that a registration lists. So a deployment may keep several registrations,
//! and map actions to them: actions that share one are one screen, shown and granted together.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::action::{ActionType, ProvedBy};
use crate::id::ApplicationId;
use crate::json;
use crate::permission::{self, Kind, Permission};

/// Our registrations at Microsoft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationClients {
    own: ApplicationId,
    others: BTreeMap<ActionType, ApplicationId>,
}

/// The text maps no actions to registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be a JSON object from action types with application permissions to client ids, such as \
     {{\"GET_PRESENCE_CONSENT\": \"00000000-0000-0000-0000-000000000000\"}}"
)]
pub struct InvalidClients;

impl ApplicationClients {
    /// One registration for everything.
    #[must_use]
    pub const fn single(own: ApplicationId) -> Self {
        Self { own, others: BTreeMap::new() }
    }

    /// Reads `APPLICATION_CLIENTS`; what it does not map belongs to `own`, the registration that people sign in to.
    pub fn parse(text: &str, own: ApplicationId) -> Result<Self, InvalidClients> {
        let parsed = json::parse(text.as_bytes()).map_err(|_| InvalidClients)?;
        let mapped = parsed.as_object().ok_or(InvalidClients)?.iter().map(|(action, client)| {
            let action: ActionType = action.parse().map_err(|_| InvalidClients)?;
            let client = client.as_str().and_then(|client| ApplicationId::in_any_case(client).ok());
            let client = client.filter(|_| action.proved_by() == ProvedBy::AppRoles).ok_or(InvalidClients)?;
            Ok((action, client))
        });
        let mut others: BTreeMap<_, _> = mapped.collect::<Result<_, _>>()?;
        others.retain(|_, client| *client != own);
        Ok(Self { own, others })
    }

    /// The registration that asks for `action`.
    #[must_use]
    pub fn of(&self, action: ActionType) -> ApplicationId {
        self.others.get(&action).copied().unwrap_or(self.own)
    }

    /// The registration that people sign in to.
    #[must_use]
    pub const fn own(&self) -> ApplicationId {
        self.own
    }

    /// The further registrations: each proves itself with a credential of its own.
    #[must_use]
    pub fn others(&self) -> BTreeSet<ApplicationId> {
        self.others.values().copied().collect()
    }

    /// Everything that the registration `client` lists, which is what Microsoft shows, and grants, on its own screen: of a further
    /// one the application permissions of its actions, of our own all that we ever ask for.
    #[must_use]
    pub fn lists(&self, client: ApplicationId) -> Vec<&'static Permission> {
        let is_its_own = |action: &ActionType| action.proved_by() == ProvedBy::AppRoles && self.of(*action) == client;
        let mut lists = permission::each_once(ActionType::all().filter(is_its_own));
        if client == self.own {
            lists.extend(permission::listed().into_iter().filter(|one| one.kind == Kind::Delegated));
        }
        lists
    }

    /// The registrations by which the permissions of `client` may be read, the likeliest first: that of user
    /// synchronisation, which may read the directory, then its own.
    #[must_use]
    pub fn readers(&self, client: ApplicationId) -> Vec<ApplicationId> {
        let reader = self.of(ActionType::UserSync);
        if reader == client { vec![client] } else { vec![reader, client] }
    }

    /// The actions that are asked for on the same screen as `action`, without itself.
    pub fn beside(&self, action: ActionType) -> impl Iterator<Item = ActionType> {
        let client = self.of(action);
        let same = move |other: &ActionType| {
            *other != action && other.proved_by() == ProvedBy::AppRoles && self.of(*other) == client
        };
        let asked = action.proved_by() == ProvedBy::AppRoles;
        ActionType::all().filter(same).filter(move |_| asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: ApplicationId = ApplicationId::from_u128(1);
    const OTHER: &str = "00000000-0000-0000-0000-0000000000AB";

    fn clients() -> ApplicationClients {
        let text = format!(r#"{{"GET_PRESENCE_CONSENT": "{OTHER}", "GET_CDR_CONSENT": "{OTHER}"}}"#);
        ApplicationClients::parse(&text, OWN).unwrap()
    }

    #[test]
    fn what_is_not_mapped_belongs_to_the_own_registration() {
        let (clients, other) = (clients(), ApplicationId::from_u128(0xab));
        assert_eq!((clients.of(ActionType::Presence), clients.of(ActionType::UserSync)), (other, OWN));
        assert_eq!(clients.others(), BTreeSet::from([other]));
        assert_eq!(clients.readers(other), [OWN, other]);
        assert_eq!(clients.readers(OWN), [OWN]);
        assert_eq!(ApplicationClients::parse("{}", OWN), Ok(ApplicationClients::single(OWN)));
        let itself = format!(r#"{{"GET_PRESENCE_CONSENT": "{OWN}"}}"#);
        assert_eq!(ApplicationClients::parse(&itself, OWN), Ok(ApplicationClients::single(OWN)));
    }

    #[test]
    fn actions_of_one_registration_share_a_screen() {
        let clients = clients();
        assert_eq!(clients.beside(ActionType::Presence).collect::<Vec<_>>(), [ActionType::Cdr]);
        let beside: Vec<_> = clients.beside(ActionType::UserSync).collect();
        assert!(beside.contains(&ActionType::Agent) && !beside.contains(&ActionType::Presence), "{beside:?}");
        assert_eq!(clients.beside(ActionType::Registration).count(), 0);
    }

    #[test]
    fn a_wrong_map_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"GET_PRESENCE_CONSENT": "x"}"#,
            r#"{"GET_PRESENCE_CONSENT": 1}"#,
            &format!(r#"{{"REGISTRATION": "{OTHER}"}}"#),
            &format!(r#"{{"PRESENCE": "{OTHER}"}}"#),
            &format!(r#"{{"GET_CDR_CONSENT": "{OTHER}", "GET_CDR_CONSENT": "{OTHER}"}}"#),
        ] {
            assert_eq!(ApplicationClients::parse(text, OWN), Err(InvalidClients), "{text}");
        }
    }
}
