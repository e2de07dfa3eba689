//! Where the steps of a connection lead (R182, R183).

use onboarding_core::cloud::Endpoints;
use onboarding_core::connection::admit::READ_BACK;
use onboarding_core::connection::link::Passage;
use onboarding_core::connection::{Connection, Step};
use onboarding_core::random::Random;
use onboarding_core::seal::SealingKeys;
use onboarding_core::state::Binding;
use onboarding_core::time::Timestamp;
use onboarding_microsoft::admin_consent::AdminConsent;
use onboarding_microsoft::authorize::{Prompt, SignIn};
use onboarding_secrets::SecretsError;
use thiserror::Error;

use crate::Connections;

/// Why there is no link.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The tenant was found in another cloud than the one that we work in.
    #[error("the connection belongs to another cloud")]
    OtherCloud,
    /// The step before is not done (R191).
    #[error("the administrator's consent comes first")]
    TooEarly,
    /// The connection was disconnected.
    #[error("the connection has ended")]
    Ended,
    /// The keys that seal it cannot be had.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl Connections {
    /// The address of `step`, as it is given to whoever is to take it. Making it changes nothing.
    pub async fn link(
        &self,
        connection: &Connection,
        step: Step,
        at: (Timestamp, &dyn Random),
    ) -> Result<String, LinkError> {
        if connection.cloud != self.endpoints().authority_host() {
            return Err(LinkError::OtherCloud);
        }
        if connection.has_ended() {
            return Err(LinkError::Ended);
        }
        if step == Step::User && connection.state.admin().is_none() {
            return Err(LinkError::TooEarly);
        }
        let keys = self.secrets.sealing_keys(at.0).await?;
        let passage = Passage::new(connection, step, at);
        Ok(match step {
            Step::Admin => self.consent_page(&passage, &keys, at),
            Step::User => {
                let sealed = passage.seal(&keys, self.binding(step, &self.client_id()), at);
                self.microsoft.authorize_url(&SignIn {
                    bound: (&passage).into(),
                    sealed_state: &sealed,
                    redirect_uri: &self.callbacks.user,
                    scope: &self.user_scope(),
                    // A fresh sign-in, so that no session of the administrator is used (R180, R189).
                    prompt: Some(Prompt::Login),
                    login_hint: Some(connection.integration_user.expose()),
                })
            }
        })
    }

    fn consent_page(&self, passage: &Passage, keys: &SealingKeys, at: (Timestamp, &dyn Random)) -> String {
        let sealed = passage.seal(keys, self.binding(Step::Admin, &self.client_id()), at);
        let endpoints = self.endpoints();
        // Whatever both sign-ins ask for, so that neither is asked to consent again.
        let (partner_center, graph) = (endpoints.partner_center_scope(), endpoints.graph_scope(READ_BACK));
        let scope = format!("openid profile offline_access {partner_center} {graph}");
        self.microsoft.admin_consent_url(
            self.microsoft.settings().clients.own(),
            &AdminConsent {
                tenant: passage.tenant,
                sealed_state: &sealed,
                redirect_uri: &self.callbacks.admin,
                scope: Some(&scope),
            },
        )
    }

    /// Where the administrator proves who came back from the consent page: the session is still there, so Microsoft asks
    /// nothing as a rule.
    #[must_use]
    pub fn sign_in_address(&self, passage: &Passage, keys: &SealingKeys, at: (Timestamp, &dyn Random)) -> String {
        let sealed = passage.seal(keys, self.binding(Step::Admin, &self.client_id()), at);
        self.microsoft.authorize_url(&SignIn {
            bound: passage.into(),
            sealed_state: &sealed,
            redirect_uri: &self.callbacks.admin,
            scope: &self.admin_scope(),
            prompt: None,
            login_hint: None,
        })
    }

    /// What the administrator signs in for: to read the grants back.
    #[must_use]
    pub fn admin_scope(&self) -> String {
        format!("openid profile {}", self.endpoints().graph_scope(READ_BACK))
    }

    /// What the integration user signs in for (R183): all that was granted for the organisation in step one, and lasting.
    #[must_use]
    pub fn user_scope(&self) -> String {
        format!("openid profile offline_access {}", self.endpoints().partner_center_scope())
    }

    /// What the states of `step` are bound to.
    #[must_use]
    pub fn binding<'a>(&'a self, step: Step, client_id: &'a str) -> Binding<'a> {
        let redirect_uri = match step {
            Step::Admin => &self.callbacks.admin,
            Step::User => &self.callbacks.user,
        };
        Binding { client_id, redirect_uri }
    }

    /// Our client, as states are bound to it.
    #[must_use]
    pub fn client_id(&self) -> String {
        self.microsoft.settings().clients.own().to_string()
    }

    /// A permission of Graph, as it is asked for.
    pub(crate) fn graph_scope(&self, name: &str) -> String {
        self.endpoints().graph_scope(name)
    }

    fn endpoints(&self) -> &Endpoints {
        &self.microsoft.settings().endpoints
    }
}
