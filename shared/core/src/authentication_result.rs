//! `authenticationResult`: the result of a sign-in, as our webhook posts it and the provider sends it back (R117-R122, R133).

use secrecy::SecretString;

use crate::fields::Fields;
use crate::id::TenantId;
use crate::outcome::TokenHandle;
use crate::reseller::{Reseller, TokenMode};
use crate::seal::{Purpose, SealingKeys};
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// What is used of it. `Debug` hides the token.
#[derive(Debug)]
pub struct AuthenticationResult {
    /// A token handle of ours, or Microsoft's token.
    pub access_token: SecretString,
    /// The tenant of the person, if it is said.
    pub tenant: Option<TenantId>,
    /// When the token ends, in microseconds since 1970, if it is said.
    pub expires_on: Option<u64>,
}

impl AuthenticationResult {
    /// Takes the field `authenticationResult` of a body. Other routes of the source nest it twice: both are read alike.
    pub fn take(body: &mut Fields) -> Option<Self> {
        let read = body.object("authenticationResult", |outer| {
            if outer.peek("authenticationResult").is_some() {
                let inner = outer.object("authenticationResult", Self::read).flatten();
                outer.ignore_rest();
                inner
            } else {
                Self::read(outer)
            }
        });
        body.required("authenticationResult", read).flatten()
    }

    fn read(fields: &mut Fields) -> Option<Self> {
        let access_token = fields.text("accessToken");
        let access_token = fields.required("accessToken", access_token);
        fields.text("accessTokenType");
        fields.text("idToken");
        fields.boolean("multipleResourceRefreshToken");
        let expires_on = fields.whole("expiresOn");
        let tenant = fields.object("userInfo", |person| {
            // A name may have changed since, and is what whoever sends it says. Whose token it is follows from the handle, which
            // was made for one person's sign-in, or from Microsoft Graph.
            person.text("displayableId");
            person.text("identityProvider");
            let tenant = person.parsed("tenantId", "invalid_tenant", TenantId::in_any_case);
            person.ignore_rest();
            tenant
        });
        // It comes back as it was told, and whoever keeps it may add to it: nothing else of it is wanted.
        fields.ignore_rest();
        Some(Self { access_token: access_token?.into(), tenant: tenant.flatten(), expires_on })
    }

    /// Whether it says of itself that it has ended.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        let now = u64::try_from(now.micros()).unwrap_or_default();
        self.expires_on.is_some_and(|end| now >= end)
    }

    /// When it ends, as it says itself.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        let millis = i64::try_from(self.expires_on? / 1_000).ok()?;
        Some(Timestamp::from_millis(millis))
    }

    /// Whether a token that is no handle of ours is taken from this provider.
    #[must_use]
    pub fn is_taken_raw(reseller: &Reseller) -> bool {
        reseller.token_mode == TokenMode::Raw
    }
}

impl TokenHandle {
    /// The hash under which `text` would be kept, if it has the form of a handle.
    #[must_use]
    pub fn hash_of(text: &str) -> Option<SecretHash> {
        text.starts_with(crate::outcome::HANDLE_PREFIX).then(|| SecretHash::of(text))
    }

    /// Microsoft's access token behind it, for `reseller` until the end; none behind an `idToken` handle.
    #[must_use]
    pub fn access_token(&self, reseller: &Reseller, keys: &SealingKeys, now: Timestamp) -> Option<SecretString> {
        if self.reseller != reseller.id || now >= self.expires_at {
            return None;
        }
        let sealed = self.sealed_token.as_ref()?;
        let plain = keys.open(Purpose::AccessToken, self.hash.as_str(), sealed, now).ok()?;
        String::from_utf8(plain).ok().map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use serde_json::{Value, json};

    fn result() -> Value {
        json!({
            "accessToken": "onbtok_x", "accessTokenType": "login.microsoftonline.com", "expiresAfter": null,
            "expiresOn": 1_752_158_590_229_555_u64, "expiresOnDate": null, "idToken": "onbtok_y",
            "multipleResourceRefreshToken": false, "refreshToken": null,
            "userInfo": {
                "displayableId": "globaladmin@example.com", "identityProvider": "user",
                "tenantId": "48AC35B8-9aa8-4d74-927d-1f4a14a0b239",
            },
        })
    }

    fn read(body: Value) -> Result<AuthenticationResult, Vec<String>> {
        let mut body = Fields::of(body.as_object().cloned().unwrap());
        let read = AuthenticationResult::take(&mut body);
        body.finish(read).map_err(|faults| faults.into_iter().map(|fault| fault.pointer).collect())
    }

    /// R133 The source's body is read, nested once or twice.
    #[test]
    fn it_is_read_nested_once_or_twice() {
        let once = json!({ "authenticationResult": result() });
        let twice =
            json!({"authenticationResult": {"authenticationResult": result(), "resellerId": null, "tenantId": null}});
        for body in [once, twice] {
            let read = read(body).unwrap();
            assert_eq!(read.access_token.expose_secret(), "onbtok_x");
            assert_eq!(read.tenant.map(|tenant| tenant.to_string()).unwrap(), "48ac35b8-9aa8-4d74-927d-1f4a14a0b239");
            let end = Timestamp::from_millis(1_752_158_590_230);
            assert!(read.has_ended(end) && !read.has_ended(Timestamp::from_millis(1_752_158_590_229)));
        }
    }

    #[test]
    fn what_is_wrong_with_it_is_pointed_at() {
        assert_eq!(read(json!({})).unwrap_err(), ["/authenticationResult"]);
        let mut odd = result();
        odd["accessToken"] = Value::Null;
        odd["userInfo"]["tenantId"] = json!("tenantId");
        odd["token"] = json!(1);
        let pointers = read(json!({ "authenticationResult": odd })).unwrap_err();
        // What stands beside is the sender's own.
        let expected = ["accessToken", "userInfo/tenantId"].map(|field| format!("/authenticationResult/{field}"));
        assert_eq!(pointers, expected);
    }
}
