//! The body that is posted to `redirectUrl`: the JSON object of the source, all its keys, and five of ours (R116-R127).

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::action::ActionType;
use crate::advice::Explanation;
use crate::id::{ConsentRequestId, EnterpriseId, ResellerId, TenantId};
use crate::identity::Signer;
use crate::proof::{Facts, OfficeUserType};
use crate::random::Random;
use crate::secret::{Handle, SecretHash};
use crate::time::Timestamp;

/// The prefix of a token handle.
pub(crate) const HANDLE_PREFIX: &str = "onbtok_";

/// What the body tells of Microsoft's tokens; nothing where nothing was granted.
#[derive(Debug)]
pub enum Tokens {
    /// Handles in their place.
    Handles(TokenHandles),
    /// The tokens themselves, for a provider whom the operator has switched to them.
    Raw(RawTokens),
}

impl Tokens {
    fn access(&self) -> &str {
        match self {
            Self::Handles(tokens) => tokens.access.expose(),
            Self::Raw(tokens) => tokens.access.expose_secret(),
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Handles(tokens) => tokens.id.expose(),
            Self::Raw(tokens) => tokens.id.expose_secret(),
        }
    }

    const fn expires_at(&self) -> Timestamp {
        match self {
            Self::Handles(tokens) => tokens.expires_at,
            Self::Raw(tokens) => tokens.expires_at,
        }
    }
}

/// Microsoft's own tokens. `Debug` hides them.
#[derive(Clone, Debug)]
pub struct RawTokens {
    /// The signer's access token for Microsoft Graph.
    pub access: SecretString,
    /// The id token of the same sign-in.
    pub id: SecretString,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// Handles that stand for the tokens of one sign-in.
#[derive(Debug)]
pub struct TokenHandles {
    access: Handle,
    id: Handle,
    expires_at: Timestamp,
}

/// Stands for one of Microsoft's tokens, for one provider, enterprise and person: no token of Microsoft's leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenHandle {
    /// The hash by which it is found.
    pub hash: SecretHash,
    /// The provider that may use it.
    pub reseller: ResellerId,
    /// The enterprise that it is good for.
    pub enterprise: EnterpriseId,
    /// The consent request that it came from.
    pub request: ConsentRequestId,
    /// The person whose token it stands for.
    pub signer: Signer,
    /// Microsoft's access token, sealed for this hash; none behind an `idToken` handle.
    pub sealed_token: Option<String>,
    /// When it ends: with Microsoft's token.
    pub expires_at: Timestamp,
}

impl TokenHandles {
    /// Two new handles that end with Microsoft's token.
    #[must_use]
    pub fn new(expires_at: Timestamp, random: &dyn Random) -> Self {
        let handle = || Handle::new(HANDLE_PREFIX, random);
        Self { access: handle(), id: handle(), expires_at }
    }

    /// The hash of the access token's handle.
    #[must_use]
    pub fn access_hash(&self) -> SecretHash {
        self.access.hash()
    }

    /// The hash of the id token's handle.
    #[must_use]
    pub fn id_hash(&self) -> SecretHash {
        self.id.hash()
    }

    /// When both end.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// How an action ended, for the one who asked for it.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// Which enterprise.
    pub enterprise: EnterpriseId,
    /// Which action.
    pub action: ActionType,
    /// The state word: `granted`, or that of a refusal.
    pub word: &'static str,
    /// What is wrong, if it was refused.
    pub problem: Option<Explanation>,
    /// Who signed in, if somebody was proved.
    pub signer: Option<&'a Signer>,
    /// What Graph showed, if it was read.
    pub facts: Option<&'a Facts>,
    /// The tokens or their handles, if the consent was granted.
    pub tokens: Option<&'a Tokens>,
    /// The authority's host.
    pub authority_host: &'a str,
}

impl Outcome<'_> {
    /// The event's name: `granted`, `refused` by a person, or `blocked`.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self.word {
            "granted" => "action.granted",
            "declined" => "action.refused",
            _ => "action.blocked",
        }
    }

    /// The body's bytes.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        serde_json::to_vec(&self.document()).unwrap_or_default()
    }

    fn document(&self) -> Document<'_> {
        Document {
            msal_authentication_result: MsalAuthenticationResult {
                authentication_result: AuthenticationResult {
                    access_token: self.tokens.map(Tokens::access),
                    access_token_type: self.authority_host,
                    expires_after: (),
                    expires_on: self.tokens.map(|tokens| tokens.expires_at().micros()),
                    expires_on_date: (),
                    id_token: self.tokens.map(Tokens::id),
                    multiple_resource_refresh_token: false,
                    refresh_token: (),
                    user_info: UserInfo {
                        displayable_id: self.signer.and_then(|signer| signer.user_principal_name.as_deref()),
                        identity_provider: "user",
                        tenant_id: self.signer.map(|signer| signer.tenant),
                    },
                },
                reseller_id: (),
                tenant_id: (),
            },
            organization: self.facts.map(|facts| facts.organization.as_str()),
            office_user_type: self.facts.and_then(|facts| facts.office_user_type).map(OfficeUserType::as_str),
            company_admin: self.facts.is_some_and(|facts| facts.company_admin),
            contains_teams_tenant_admin_api: self.facts.is_some_and(|facts| facts.contains_teams_tenant_admin_api),
            event: self.event(),
            enterprise_id: self.enterprise,
            action_type: self.action,
            outcome: self.word,
            problem: self.problem.clone(),
        }
    }
}

/// The source's object; `()` is its constant `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    msal_authentication_result: MsalAuthenticationResult<'a>,
    organization: Option<&'a str>,
    office_user_type: Option<&'a str>,
    company_admin: bool,
    #[serde(rename = "containsTeamsTenantAdminAPI")]
    contains_teams_tenant_admin_api: bool,
    event: &'a str,
    enterprise_id: EnterpriseId,
    action_type: ActionType,
    outcome: &'a str,
    problem: Option<Explanation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MsalAuthenticationResult<'a> {
    authentication_result: AuthenticationResult<'a>,
    reseller_id: (),
    tenant_id: (),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthenticationResult<'a> {
    access_token: Option<&'a str>,
    access_token_type: &'a str,
    expires_after: (),
    expires_on: Option<i64>,
    expires_on_date: (),
    id_token: Option<&'a str>,
    multiple_resource_refresh_token: bool,
    refresh_token: (),
    user_info: UserInfo<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserInfo<'a> {
    displayable_id: Option<&'a str>,
    identity_provider: &'a str,
    tenant_id: Option<TenantId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::Code;
    use crate::id::ObjectId;
    use crate::random::tests::Counting;
    use serde_json::{Value, json};

    const MICROS: i64 = 1_742_985_175_242_000;

    fn document(word: &'static str, code: Option<Code>) -> Value {
        let signer = Signer {
            tenant: TenantId::from_u128(7),
            object: ObjectId::from_u128(8),
            user_principal_name: Some("globaladmin@example.com".into()),
        };
        let facts = Facts {
            organization: "MSFT".into(),
            office_user_type: Some(OfficeUserType::GlobalAdmin),
            company_admin: true,
            contains_teams_tenant_admin_api: true,
            missing: vec![],
            administrators: vec![],
        };
        let tokens = Tokens::Handles(TokenHandles::new(Timestamp::from_millis(MICROS / 1_000), &Counting::default()));
        let outcome = Outcome {
            enterprise: EnterpriseId::try_from(123_456_789).unwrap(),
            action: ActionType::Registration,
            word,
            problem: code.map(Code::explain),
            signer: Some(&signer),
            facts: Some(&facts),
            tokens: (word == "granted").then_some(&tokens),
            authority_host: "login.microsoftonline.com",
        };
        serde_json::from_slice(&outcome.body()).unwrap()
    }

    /// R116-R127 The source's object to the letter, with handles for tokens and our five keys beside it.
    #[test]
    fn the_body_is_the_documented_object() {
        let mut body = document("granted", None);
        let result = &mut body["msalAuthenticationResult"]["authenticationResult"];
        let handles = [result["accessToken"].take(), result["idToken"].take()];
        assert!(handles.iter().all(|handle| handle.as_str().is_some_and(|text| text.starts_with(HANDLE_PREFIX))));
        assert_ne!(handles[0], handles[1]);
        let expected = json!({
            "msalAuthenticationResult": {
                "authenticationResult": {
                    "accessToken": null,
                    "accessTokenType": "login.microsoftonline.com",
                    "expiresAfter": null,
                    "expiresOn": MICROS,
                    "expiresOnDate": null,
                    "idToken": null,
                    "multipleResourceRefreshToken": false,
                    "refreshToken": null,
                    "userInfo": {
                        "displayableId": "globaladmin@example.com",
                        "identityProvider": "user",
                        "tenantId": "00000000-0000-0000-0000-000000000007"
                    }
                },
                "resellerId": null,
                "tenantId": null
            },
            "organization": "MSFT",
            "officeUserType": "GLOBAL_ADMIN",
            "companyAdmin": true,
            "containsTeamsTenantAdminAPI": true,
            "event": "action.granted",
            "enterpriseId": 123_456_789,
            "actionType": "REGISTRATION",
            "outcome": "granted",
            "problem": null
        });
        assert_eq!(body, expected);
    }

    /// R116 A refusal is told too, with what to do about it, and with no token.
    #[test]
    fn a_refusal_says_what_to_do() {
        let body = document("declined", Some(Code::Declined));
        assert_eq!((&body["event"], &body["outcome"]), (&json!("action.refused"), &json!("declined")));
        assert_eq!(body["problem"]["code"], "declined");
        assert_eq!(body["problem"]["who"], "Global Administrator");
        assert_eq!(body["msalAuthenticationResult"]["authenticationResult"]["accessToken"], Value::Null);
        assert_eq!(document("blocked", Some(Code::WrongTenant))["event"], "action.blocked");
    }
}
