//! `docs/consents.md` is made from the tables of actions and permissions: `make docs` writes it, and this test compares it.

use std::fmt::Write as _;

use super::{ActionType, Applies, ProvedBy};
use crate::permission::{self, Kind, Permission};
use crate::service::Service;

const HEAD: &str = "# Consents

Made from the tables in `shared/core/src/action.rs` and `shared/core/src/permission.rs` by `make docs`; do not edit it here.

Each action, what it asks for and why, what that does not allow, who may grant it, and on which of Microsoft's screens. A
customer's administrator reads the same on the page `/permissions`, to which every page of a consent links; a program by
`GET /v1/permissions`. How a consent goes is told in [the consent flow](consent-flow.md).

- A *delegated* permission is used together with the administrator who signed in, and allows no more than that person may do.
- An *application* permission is used by our application by itself, with nobody signed in, in the whole tenant.
- Each sign-in also asks for `openid` and `profile`: who signed in, and of which tenant.

| action | consent type | for an enterprise | permissions |
|---|---|---|---|
";

/// What an action asks of people and of Microsoft, by what proves it.
struct Way {
    screen: &'static str,
    who: &'static str,
    granted: &'static str,
}

const SIGNED_IN: &str =
    "a Global Administrator who is a member of the tenant: no guest, no personal account, and the role is active";

const fn way(proof: ProvedBy) -> Way {
    match proof {
        ProvedBy::Grants => Way {
            screen: "the sign-in, then *Permissions requested*, where **Consent on behalf of your organization** must be ticked",
            who: SIGNED_IN,
            granted: "Graph shows [tenant-wide grants](consent-flow.md#what-counts-as-granted) of all that is Microsoft Graph's",
        },
        ProvedBy::SignIn => Way {
            screen: "the sign-in alone; nothing is asked for that a registration was not granted before",
            who: SIGNED_IN,
            granted: "[the sign-in](consent-flow.md#a-sign-in-without-a-consent) is of the enterprise's tenant, and Graph shows the role",
        },
        ProvedBy::Membership => Way {
            screen: "the sign-in, then *Permissions requested*, where **Consent on behalf of your organization** must be ticked",
            who: "the same as of a registration; where the tenant has given Teams Administrator to anybody, one who holds that role too",
            granted: "our service principal [is a member](consent-flow.md#management-by-the-service-provider) of Teams Administrator, \
                      and of Skype for Business Administrator where the tenant has it",
        },
        ProvedBy::AppRoles => Way {
            screen: "the admin-consent page, which lists everything that the app registration lists and has no box to tick: **Accept**",
            who: "a Global Administrator. Microsoft accepts a Privileged Role Administrator too, and does not tell us who it was",
            granted: "our service principal holds [an app role assignment](consent-flow.md#application-permissions) for each",
        },
    }
}

fn standing(action: ActionType) -> String {
    let with = |services: &[Service]| services.iter().map(|one| one.spelling()).collect::<Vec<_>>().join(", ");
    let applies = match action.row().applies {
        Applies::Mandatory => "mandatory".to_owned(),
        Applies::MandatoryWith(services) => format!("mandatory with {}, else optional", with(services)),
        Applies::OnlyWith(services) => format!("mandatory with {}, else not applicable", with(services)),
        Applies::Optional => "optional".to_owned(),
        Applies::OnDemand => "when somebody asks for it".to_owned(),
    };
    if action.is_recommended() { format!("{applies}, recommended") } else { applies }
}

fn names<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> String {
    permissions.into_iter().map(|one| format!("`{}`", one.name)).collect::<Vec<_>>().join(", ")
}

/// What the screen of a delegated action asks for beside the action's own, to read its proof.
fn beside(action: ActionType) -> Vec<&'static Permission> {
    let own: Vec<&Permission> = permission::asked_by(action).collect();
    let is_own =
        |asked: &&'static Permission| own.iter().any(|own| (own.resource, own.name) == (asked.resource, asked.name));
    match permission::kind(action) {
        Kind::Delegated => permission::asked_together(&[action]).into_iter().filter(|asked| !is_own(asked)).collect(),
        Kind::Application => Vec::new(),
    }
}

fn section(text: &mut String, action: ActionType) {
    let way = way(action.proved_by());
    writeln!(text, "\n## {}\n\n`{action}`\n", action.title()).unwrap();
    writeln!(text, "- Who may grant it: {}", way.who).unwrap();
    writeln!(text, "- Microsoft's screen: {}", way.screen).unwrap();
    writeln!(text, "- Granted when: {}", way.granted).unwrap();
    let beside = beside(action);
    if !beside.is_empty() {
        writeln!(text, "- Asks beside these for {}, with which the proof is read", names(beside)).unwrap();
    }
    text.push_str("\n| permission | of | kind | allows, and why | does not allow |\n|---|---|---|---|---|\n");
    for one in permission::asked_by(action) {
        let (api, kind) = (one.api(), one.kind.word());
        writeln!(text, "| `{}` | {api} | {kind} | {} | {} |", one.name, one.purpose, one.limit).unwrap();
    }
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    for action in ActionType::all() {
        let anchor = action.title().to_lowercase().replace(' ', "-");
        let consent_type = action.consent_type().map_or_else(|| "–".to_owned(), |name| format!("`{name}`"));
        let (standing, names) = (standing(action), names(permission::asked_by(action)));
        writeln!(text, "| [`{action}`](#{anchor}) | {consent_type} | {standing} | {names} |").unwrap();
    }
    for action in ActionType::all() {
        section(&mut text, action);
    }
    text
}

/// R023, R166 The tables and their documentation say the same.
#[test]
fn the_documentation_is_that_of_the_tables() {
    let kept = crate::document::holds("consents.md", &document());
    assert!(kept, "docs/consents.md is not what the tables say: run `make docs`");
}
