//! A sign-in under way, and the page on which the person is chosen.
//!
//! Stands for Entra's sign-in page. There is no session and no password: whoever looks at the page
//! picks a person. An account that does not belong ends on a page of Microsoft's (AADSTS50020); the
//! application never hears of it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::answer::ReturnTo;
use crate::app::AppRegistration;
use crate::directory::{Account, Authority, person};
use crate::id::hash;
use crate::params::Params;
use crate::permission::Permission;
use crate::scope::Asked;
use crate::state::{Challenge, OpenSignIn};
use crate::{Shared, consent, page};

/// What the sign-in is for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// An authorization code, perhaps with an ID token.
    Code { id_token: bool, nonce: Option<String>, challenge: Option<Challenge> },
    /// Consent for the organization, without a code.
    AdminConsent,
}

/// A validated request on its way through the pages; known to the browser only by a random id.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub(crate) authority: Authority,
    pub(crate) app: AppRegistration,
    pub(crate) return_to: ReturnTo,
    pub(crate) asked: Asked,
    pub(crate) login_hint: Option<String>,
    pub(crate) force_consent: bool,
    pub(crate) purpose: Purpose,
    pub(crate) account: Option<Account>,
}

impl SignIn {
    /// The permissions asked for, with `.default` spelled out.
    pub(crate) fn wanted(&self) -> Vec<&'static Permission> {
        let mut wanted = self.asked.named.clone();
        let listed = match (self.asked.default_of, &self.purpose) {
            (None, _) => Vec::new(),
            (Some(resource), Purpose::Code { .. }) => self.app.delegated(resource),
            // The admin-consent prompt lists the whole registration, whichever resource is named.
            (Some(_), Purpose::AdminConsent) => self.app.permissions.clone(),
        };
        for permission in listed {
            if !wanted.contains(&permission) {
                wanted.push(permission);
            }
        }
        wanted
    }

    /// As the state file has it.
    pub(crate) fn stored(&self, transaction: &str) -> OpenSignIn {
        OpenSignIn {
            transaction: hash(transaction),
            client_id: self.app.client_id.clone(),
            authority: self.authority.name().to_owned(),
            return_to: self.return_to.clone(),
            scopes: self.asked.names(),
            default_of: self.asked.default_of.map(str::to_owned),
            login_hint: self.login_hint.clone(),
            force_consent: self.force_consent,
            purpose: self.purpose.clone(),
            account: self.account.map(|account| (account.tenant().id.to_owned(), account.oid().to_owned())),
        }
    }

    /// Back from the state file; none if `app` no longer has the address to which the answer would go.
    pub(crate) fn restored(stored: OpenSignIn, app: AppRegistration) -> Option<Self> {
        if !app.redirect_uris.contains(&stored.return_to.redirect_uri) {
            return None;
        }
        Some(Self {
            authority: Authority::parse(&stored.authority).ok()?,
            app,
            return_to: stored.return_to,
            asked: Asked::stored(&stored.scopes, stored.default_of.as_deref()),
            login_hint: stored.login_hint,
            force_consent: stored.force_consent,
            purpose: stored.purpose,
            account: stored.account.and_then(|(tenant, oid)| Account::stored(&tenant, &oid)),
        })
    }
}

/// The person's choice.
pub(crate) async fn choose(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let params = match Params::parse(&body) {
        Ok(params) => params,
        Err(refusal) => return page::refusal(&refusal, shared.now()),
    };
    let transaction = params.get("transaction").unwrap_or_default();
    let Some(mut sign_in) = shared.sign_in(transaction) else {
        return page::stale(shared.now());
    };
    let Some(person) = params.get("person").and_then(person) else {
        return page::sign_in(transaction, &sign_in);
    };
    match sign_in.authority.admit(person) {
        Ok(account) => {
            sign_in.account = Some(account);
            shared.remember(transaction, &sign_in);
            consent::proceed(&shared, transaction, &sign_in, account)
        }
        Err(refusal) => page::refusal(&refusal, shared.now()),
    }
}
