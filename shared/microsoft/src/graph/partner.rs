//! The Partner Center roles of whoever bears a token, as Graph shows them (R177), and whether that is a Global Administrator (R173).
//!
//! Partner Center keeps its agents in groups of Entra; `/me/transitiveMemberOf` lists them beside the directory roles, and
//! names them to whoever may read the directory (Microsoft: "List a user's transitive memberships").

use std::time::Duration;

use onboarding_core::cloud::Endpoints;
use onboarding_core::connection::health::{Held, PartnerRole};
use onboarding_core::proof::GLOBAL_ADMINISTRATOR;
use reqwest::Client;
use secrecy::SecretString;
use serde::Deserialize;

use super::wire::{Page, Unread, Wire};
use super::{named, seen};

const MEMBERSHIPS: &str = "memberships";

/// A group or a directory role.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Membership {
    display_name: Option<String>,
    role_template_id: Option<String>,
}

impl Membership {
    /// A directory role has a template, and a name that anybody may give a group.
    fn role(&self) -> Option<PartnerRole> {
        match (&self.role_template_id, &self.display_name) {
            (Some(template), _) => PartnerRole::of_directory_role(template),
            (None, Some(name)) => PartnerRole::of_group(name),
            (None, None) => None,
        }
    }

    fn is_global_administrator(&self) -> bool {
        let template = self.role_template_id.as_deref().and_then(|template| template.parse().ok());
        template == Some(GLOBAL_ADMINISTRATOR)
    }
}

/// Asks once, within `budget`; none if it could not be read.
pub(crate) async fn roles(
    http: &Client,
    endpoints: &Endpoints,
    access_token: &SecretString,
    budget: Duration,
) -> Option<Held> {
    let read = async {
        let wire = Wire::new(http, endpoints, access_token, budget)?;
        let path = "/me/transitiveMemberOf?$select=id,displayName,roleTemplateId".to_owned();
        let first: Page<Membership> = wire.batch(&[named(MEMBERSHIPS, path)]).await?.part(MEMBERSHIPS)?;
        let memberships = wire.all_pages(first).await?;
        Ok::<_, Unread>(Held {
            roles: memberships.iter().filter_map(Membership::role).collect(),
            is_global_administrator: memberships.iter().any(Membership::is_global_administrator),
        })
    };
    seen(MEMBERSHIPS, read.await)
}
