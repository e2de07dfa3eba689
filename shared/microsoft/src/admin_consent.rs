//! The address of Microsoft's admin-consent page: the only way to ask for application permissions.
//!
//! Microsoft: "Admin consent on the Microsoft identity platform". There is no nonce, no PKCE and no code: the answer is a
//! GET that proves nothing.

use std::fmt;

use onboarding_core::cloud::Endpoints;
use onboarding_core::id::{ApplicationId, TenantId};
use url::form_urlencoded;

/// One administrator's way to the page. `Debug` shows the tenant alone: the rest is a live link.
#[derive(Clone, Copy)]
pub struct AdminConsent<'a> {
    /// The tenant that is asked.
    pub tenant: TenantId,
    /// What must come back.
    pub sealed_state: &'a str,
    /// Where Microsoft sends the administrator back to: one registered address, compared to the letter.
    pub redirect_uri: &'a str,
    /// What is asked for, separated by spaces; all that our registration lists of Graph, unless something is named.
    pub scope: Option<&'a str>,
}

impl fmt::Debug for AdminConsent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminConsent({}, [redacted])", self.tenant)
    }
}

/// The address.
#[must_use]
pub(crate) fn admin_consent_url(endpoints: &Endpoints, client_id: ApplicationId, consent: &AdminConsent<'_>) -> String {
    let default = endpoints.graph_default_scope();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", &client_id.to_string())
        .append_pair("redirect_uri", consent.redirect_uri)
        .append_pair("scope", consent.scope.unwrap_or(&default))
        .append_pair("state", consent.sealed_state);
    format!("{}?{}", endpoints.admin_consent(consent.tenant), query.finish())
}
