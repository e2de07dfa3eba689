//! What may go wrong on the way, to choose from: what the simulated Microsoft plays, and what people do there.

use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{GRACE, Person, people};

use super::ask::{Ask, Server};

/// What the person does on Microsoft's consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Ticks "Consent on behalf of your organization" and accepts.
    AcceptForAll,
    /// Accepts without the tick.
    AcceptForSelf,
    /// Cancels.
    Cancel,
}

impl Deed {
    /// What a person is told to do.
    pub(crate) const fn told(self) -> &'static str {
        match self {
            Self::AcceptForAll => "tick “Consent on behalf of your organization” and press Accept",
            Self::AcceptForSelf => "leave “Consent on behalf of your organization” unticked and press Accept",
            Self::Cancel => "press Cancel",
        }
    }
}

/// Something that goes wrong, or nothing.
pub(crate) struct Trouble {
    /// Its word in the form.
    pub(crate) key: &'static str,
    /// What it is.
    pub(crate) label: &'static str,
    /// What comes of it, when Contoso's administrator opens a link that is pinned to Contoso.
    pub(crate) then: &'static str,
    pub(crate) deed: Deed,
    /// How late Graph is, in seconds; none is for ever.
    pub(crate) lag: Option<u32>,
    /// A fault of the simulated Microsoft, as its control takes it.
    pub(crate) fault: Option<&'static str>,
}

const NONE: Trouble = Trouble { key: "", label: "", then: "", deed: Deed::AcceptForAll, lag: Some(0), fault: None };

/// The choices; the first is the one that is offered.
pub(crate) static TROUBLES: [Trouble; 10] = [
    Trouble { key: "none", label: "Nothing goes wrong", then: "granted", ..NONE },
    Trouble {
        key: "cancel",
        label: "The person presses Cancel",
        then: "declined; the link still works",
        deed: Deed::Cancel,
        ..NONE
    },
    Trouble {
        key: "for-self",
        label: "The person leaves out the tick",
        then: "blocked (org_consent_not_ticked); only a fresh link helps",
        deed: Deed::AcceptForSelf,
        ..NONE
    },
    Trouble {
        key: "late",
        label: "Graph shows the grant 30 seconds late",
        then: "verifying, then granted. Press +1 min",
        lag: Some(30),
        ..NONE
    },
    Trouble {
        key: "never",
        label: "Graph never shows the grant",
        then: "verifying; after 10 minutes blocked (grant_not_visible). Press +10 min",
        lag: None,
        ..NONE
    },
    Trouble {
        key: "graph-down",
        label: "Graph answers 503 until it is mended",
        then: "verifying, and granted once you press Mend Microsoft and +1 min; after 10 minutes unverifiable",
        fault: Some(r#"{"on":"graph","what":{"status":503}}"#),
        ..NONE
    },
    Trouble {
        key: "token-down",
        label: "The token endpoint answers 503, once",
        then: "blocked (microsoft_busy); the link still works",
        fault: Some(r#"{"on":"token","what":{"status":503},"times":1}"#),
        ..NONE
    },
    Trouble {
        key: "reset",
        label: "The connection breaks after the code was sent, once",
        then: "blocked (sign_in_interrupted); the link still works, and the code is not sent again",
        fault: Some(r#"{"on":"token","what":"resetAfterRequest","times":1}"#),
        ..NONE
    },
    Trouble {
        key: "slow",
        label: "The token endpoint takes 3 seconds, once",
        then: "granted, 3 seconds later",
        fault: Some(r#"{"on":"token","what":{"delayMs":3000},"times":1}"#),
        ..NONE
    },
    Trouble {
        key: "policy",
        label: "The tenant's Conditional Access forbids the sign-in, once",
        then: "blocked (conditional_access_block); the link still works",
        fault: Some(r#"{"on":"authorize","what":{"oauthError":{"error":"access_denied","code":53003}},"times":1}"#),
        ..NONE
    },
];

impl Trouble {
    /// The one of this word.
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        TROUBLES.iter().find(|trouble| trouble.key == key)
    }

    /// What is to be expected when `person` opens the link.
    pub(crate) fn then_for(&self, person: &Person) -> String {
        if person.oid == GRACE.oid {
            return format!("on a link pinned to Contoso, {}", self.then);
        }
        let (name, about) = (person.name, about(person));
        format!(
            "{name} is {about}. Whom Microsoft does not let in or consent, it keeps; whoever comes back is judged by us: step 4 shows it"
        )
    }

    /// What is asked of the simulated Microsoft so that it plays this and nothing else.
    pub(crate) fn arm(&self) -> Vec<Ask> {
        let mut asks = mend(self.lag).to_vec();
        if let Some(fault) = self.fault {
            let fault: Value = serde_json::from_str(fault).unwrap_or_default();
            asks.push(Ask::new(Method::POST, Server::Microsoft, "/simulated/faults").with(fault));
        }
        asks
    }
}

/// What is asked of the simulated Microsoft so that nothing goes wrong but a lag.
pub(crate) fn mend(lag: Option<u32>) -> [Ask; 2] {
    let lag = lag.map_or_else(|| json!({"forever": true}), |seconds| json!({"seconds": seconds}));
    let ask = |method, path: &str| Ask::new(method, Server::Microsoft, path);
    [ask(Method::DELETE, "/simulated/faults"), ask(Method::PUT, "/simulated/lag").with(lag)]
}

/// The person with this object id at home.
pub(crate) fn person(oid: &str) -> Option<&'static Person> {
    people().iter().copied().find(|person| person.oid == oid)
}

/// What a person is and where.
pub(crate) fn about(person: &Person) -> String {
    let places = person.memberships.iter().filter(|place| place.guest || person.memberships.len() == 1);
    let places: Vec<String> = places
        .map(|place| {
            let roles: Vec<_> = place.roles.iter().map(|role| role.name).collect();
            let role = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
            let how = if place.guest { "guest of " } else { "" };
            format!("{how}{}, {role}", place.tenant.display_name)
        })
        .collect();
    places.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulated_microsoft::{Fault, GUS};

    #[test]
    fn every_fault_is_one_that_can_be_played() {
        for fault in TROUBLES.iter().filter_map(|trouble| trouble.fault) {
            serde_json::from_str::<Fault>(fault).unwrap();
        }
    }

    #[test]
    fn every_choice_has_a_word_of_its_own() {
        for trouble in &TROUBLES {
            assert!(std::ptr::eq(Trouble::find(trouble.key).unwrap(), trouble), "{}", trouble.key);
        }
    }

    #[test]
    fn a_person_is_told_by_role_and_place() {
        assert_eq!(about(&GRACE), "Contoso Ltd, Global Administrator");
        assert_eq!(about(&GUS), "guest of Contoso Ltd, Global Administrator");
        assert!(person(GRACE.oid).is_some() && person("x").is_none());
    }
}
