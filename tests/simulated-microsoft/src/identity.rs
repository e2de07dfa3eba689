//! The ID token.
//!
//! Stands for the v2.0 ID token (id-token-claims-reference): `oid`, `name` and `preferred_username`
//! only with `profile`, `c_hash` only in the token that came through the browser, `sub` pairwise, and
//! for a guest `idp` and `acct`. No `wids`, no `amr`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::directory::{Account, role};
use crate::id::{hash, secret};
use crate::state::World;

/// What an ID token says.
pub(crate) struct IdToken<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) account: Account,
    pub(crate) profile: bool,
    pub(crate) email: bool,
    pub(crate) nonce: Option<&'a str>,
    /// The code beside it, if both go through the browser.
    pub(crate) code: Option<&'a str>,
}

impl World {
    pub(crate) fn id_token(&self, base_url: &str, now: DateTime<Utc>, token: &IdToken<'_>) -> Result<String, Error> {
        let account = token.account;
        let tid = account.tenant().id;
        let mut claims = json!({
            "aud": token.client_id,
            "iss": format!("{base_url}/{tid}/v2.0"),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": (now + TimeDelta::hours(1)).timestamp(),
            "sub": hash(&format!("{}\n{tid}\n{}\n{}", token.client_id, account.oid(), self.pairwise_salt)),
            "tid": tid,
            "uti": &secret()[..22],
            "rh": format!("1.{}", &secret()[..40]),
            "ver": "2.0",
        });
        let mut put = |name: &str, value: Value| claims[name] = value;
        if token.profile {
            put("oid", json!(account.oid()));
            put("name", json!(account.person.name));
            put("preferred_username", json!(account.person.upn));
        }
        if token.email {
            put("email", json!(account.person.upn));
        }
        if account.membership.guest {
            put("idp", json!(format!("https://sts.windows.net/{}/", account.person.home().id)));
            put("acct", json!(1));
        }
        if let Some(nonce) = token.nonce {
            put("nonce", json!(nonce));
        }
        if let Some(code) = token.code {
            put("c_hash", json!(half_hash(code)));
        }
        self.current_key()?.sign_token(&claims)
    }

    /// The roles of a person in a tenant.
    pub(crate) fn roles_of(&self, tenant: &str, oid: &str) -> Vec<&'static crate::directory::Role> {
        self.roles
            .iter()
            .filter(|holder| holder.tenant == tenant && holder.oid == oid)
            .filter_map(|holder| role(&holder.role_template_id))
            .collect()
    }
}

/// The left half of the SHA-256 (OpenID Connect Core 3.3.2.11).
fn half_hash(code: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(code)[..16])
}
