//! Every tenant, person, second factor and role, each with each: a token is kept in exactly the right cell, and every other
//! names its cause (R171, R177-R180, R187, R189, R199).

use onboarding_sandbox::visitor::Page;
use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{ADMIN_AGENTS, GINA, IGOR, Mfa, OSCAR, PAUL, Person, TARA, TESS, WANDA, WINGTIP, WOODGROVE};

use super::{CONNECTIONS, go};
use crate::world::World;

/// Which tenant the person signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Right,
    Other,
    Government,
    Personal,
}

/// Who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Expected,
    OtherMember,
    SameAsAdmin,
    Guest,
}

const WHERE: [Where; 4] = [Where::Right, Where::Other, Where::Government, Where::Personal];
const WHO: [Who; 4] = [Who::Expected, Who::OtherMember, Who::SameAsAdmin, Who::Guest];
const FACTORS: [Mfa; 3] = [Mfa::Always, Mfa::Never, Mfa::Conditional];

/// As it stands in a link.
const PARTNER_CENTER_SCOPE: &str = "%20https%3A%2F%2Fapi.partnercenter.microsoft.com%2Fuser_impersonation";

/// The one cause of a cell; none for the one in which a token is kept.
fn cause(at: Where, who: Who, mfa: Mfa, role: bool) -> Option<&'static str> {
    match (at, who, mfa, role) {
        (Where::Government, ..) => Some("wrong_cloud"),
        (Where::Other, ..) => Some("wrong_tenant"),
        (Where::Personal, ..) => Some("personal_account"),
        (Where::Right, Who::Guest, ..) => Some("guest_not_allowed"),
        (Where::Right, Who::SameAsAdmin, ..) => Some("same_identity"),
        (Where::Right, Who::OtherMember, ..) => Some("wrong_identity"),
        (Where::Right, Who::Expected, Mfa::Never, _) => Some("mfa_claim_missing"),
        (Where::Right, Who::Expected, Mfa::Conditional, _) => Some("mfa_conditional"),
        (Where::Right, Who::Expected, Mfa::Always, false) => Some("admin_agent_role_missing"),
        (Where::Right, Who::Expected, Mfa::Always, true) => None,
    }
}

/// Who that is at Microsoft: of the tenant, its administrator and its guest, or the like of them elsewhere.
fn person(at: Where, who: Who) -> &'static Person {
    match (at, who) {
        (Where::Right | Where::Government, Who::Expected) => &IGOR,
        (Where::Right | Where::Government, Who::OtherMember) => &OSCAR,
        (Where::Right | Where::Government, Who::SameAsAdmin) => &WANDA,
        (Where::Right | Where::Government | Where::Other, Who::Guest) => &GINA,
        (Where::Other, Who::Expected | Who::OtherMember) => &TESS,
        (Where::Other, Who::SameAsAdmin) => &TARA,
        (Where::Personal, _) => &PAUL,
    }
}

/// The person's second factor, and whether he is an Admin agent in Wingtip.
fn set(world: &World, person: &Person, mfa: Mfa, role: bool) {
    world.microsoft().set_mfa(person, mfa);
    let Some(membership) = person.memberships.iter().find(|membership| membership.tenant.id == WINGTIP.id) else {
        return;
    };
    if role {
        world.microsoft().add_agent(&WINGTIP, membership.oid, ADMIN_AGENTS);
    } else {
        world.microsoft().remove_agent(&WINGTIP, membership.oid, ADMIN_AGENTS);
    }
}

/// Step two of `id` by `person`. Microsoft lets nobody of another tenant in by the tenant's own path, so for those the link
/// is bent to everybody's path: whether we look for ourselves is what is asked.
async fn try_step_two(world: &World, id: &str, at: Where, person: &Person) -> Page {
    let link = world.step_link(id, "user").await;
    let anybodys = link.replacen(WINGTIP.id, "common", 1);
    match at {
        Where::Right | Where::Government => go(&link, person).await,
        Where::Other => go(&anybodys, person).await,
        // Nor does it give a personal account access to Partner Center, so it is not asked for.
        Where::Personal => go(&anybodys.replacen(PARTNER_CENTER_SCOPE, "", 1), person).await,
    }
}

/// R171, R177, R178, R179, R181, R187, R189, R196, R199, G47, G49 Of the 96 cells one keeps a token, and each other names its
/// cause: a tenant of another cloud before there is any link.
#[tokio::test]
async fn a_token_is_kept_in_the_right_cell_and_every_other_names_its_cause() {
    let world = World::new().await;
    let mut id = world.connection().await;
    world.consent_as_admin(&id).await;
    let (mut cells, mut kept) = (0, 0);
    for at in WHERE {
        for who in WHO {
            for (mfa, role) in FACTORS.into_iter().flat_map(|mfa| [(mfa, true), (mfa, false)]) {
                let (cell, person) = (format!("{at:?}, {who:?}, {mfa:?}, {role}"), person(at, who));
                cells += 1;
                set(&world, person, mfa, role);
                if at == Where::Government {
                    let mut body = World::connection_body();
                    body["partnerTenantId"] = json!(WOODGROVE.id);
                    let refused = world.provider(Method::POST, CONNECTIONS, Some(&body)).await;
                    assert_eq!(Some(refused.problem().1.as_str()), cause(at, who, mfa, role), "{cell}");
                    continue;
                }
                let page = try_step_two(&world, &id, at, person).await;
                let tokens = world.tokens_kept().await;
                let Some(code) = cause(at, who, mfa, role) else {
                    assert_eq!((page.status, tokens), (200, 1), "{cell}: {}", page.text());
                    kept += 1;
                    world.on_connection(&id, "disconnect").await;
                    id = world.connection().await;
                    world.consent_as_admin(&id).await;
                    continue;
                };
                assert_eq!((page.status, tokens), (403, 0), "{cell}: {}", page.text());
                assert!(page.body.contains(&format!("data-code=\"{code}\"")), "{cell}: {}", page.text());
            }
        }
    }
    assert_eq!((cells, kept), (96, 1));
}
