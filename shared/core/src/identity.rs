//! Who signed in, and whether it is the right person of the right tenant.
//!
//! Claims become an identity in two steps. [`SignedClaims`] says that the signature was checked; its maker has a
//! loud name and one caller. [`verify`] then checks every claim (OpenID Connect Core §3.1.3.7 and §3.3.2.11) and is
//! the only maker of a [`VerifiedIdentity`]. Which tenant and person are *wanted* is a matter of policy, not of
//! tokens: [`VerifiedIdentity::admit`].

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::advice::Code;
use crate::cloud::Endpoints;
use crate::id::{ApplicationId, ObjectId, TenantId};
use crate::secret::{SecretHash, same};
use crate::time::Timestamp;

/// How far two clocks may be apart (K20). Larger values let dead tokens live.
pub const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// The tenant of personal Microsoft accounts.
pub const PERSONAL_ACCOUNTS: TenantId = TenantId::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);

/// The claims of an `id_token` whose signature was checked; nothing else about them is known yet. `Debug` hides them:
/// they name a person and hold the nonce.
#[derive(Clone)]
pub struct SignedClaims {
    claims: Map<String, Value>,
    key_issuer: Option<String>,
}

impl fmt::Debug for SignedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedClaims({}, [redacted])", self.claims.len())
    }
}

impl SignedClaims {
    /// Marks claims as signed. Only the code that checked the signature may say so.
    ///
    /// `key_issuer` is the `issuer` that the key set gives for the signing key: a template that serves every tenant,
    /// or the one issuer that the key is good for (T21).
    #[must_use]
    pub const fn signature_checked(claims: Map<String, Value>, key_issuer: Option<String>) -> Self {
        Self { claims, key_issuer }
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str().filter(|text| !text.is_empty())
    }

    /// A `NumericDate` as a JSON integer; any other type is not a date (CVE-2026-25537 took it for absent).
    fn instant(&self, claim: &str) -> Result<Option<Timestamp>, IdentityFault> {
        match self.claims.get(claim) {
            None => Ok(None),
            Some(value) => {
                value.as_i64().map(|seconds| Some(Timestamp::from_seconds(seconds))).ok_or(IdentityFault::NotADate)
            }
        }
    }
}

/// What the claims are compared with. `Debug` hides nonce, code and token.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// Our client id: the audience.
    pub client: ApplicationId,
    /// Whose tokens we take.
    pub endpoints: &'a Endpoints,
    /// The nonce of this request.
    pub nonce: &'a str,
    /// The code that came with the token; its hash must be in it. None for a token of the token endpoint.
    pub code: Option<&'a str>,
    /// The access token that came with the token; if its hash is there, it must be right.
    pub access_token: Option<&'a str>,
}

impl fmt::Debug for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expected({}, [redacted])", self.client)
    }
}

/// Why claims are not an identity. Callers are told one wording for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum IdentityFault {
    #[error("aud is not our client alone")]
    Audience,
    #[error("tid is missing or not a lower-case GUID")]
    Tenant,
    #[error("iss is not the issuer of the token's own tenant")]
    Issuer,
    #[error("the key may not sign for this issuer")]
    KeyIssuer,
    #[error("exp, nbf or iat is not a JSON integer")]
    NotADate,
    #[error("exp is missing or past")]
    Expired,
    #[error("nbf or iat lies in the future, or iat is missing")]
    NotYetValid,
    #[error("nonce is missing or of another request")]
    Nonce,
    #[error("c_hash is missing or of another code")]
    CodeHash,
    #[error("at_hash is of another access token")]
    AccessTokenHash,
    #[error("sub is missing, or of another person")]
    Subject,
    #[error("oid is missing or not a GUID")]
    Object,
    #[error("azp is another client, or ver is not 2.0")]
    Version,
}

impl IdentityFault {
    /// The word for the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Audience => "token_aud",
            Self::Tenant => "token_tid",
            Self::Issuer => "token_iss",
            Self::KeyIssuer => "token_key_issuer",
            Self::NotADate => "token_no_date",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Nonce => "token_nonce",
            Self::CodeHash => "token_c_hash",
            Self::AccessTokenHash => "token_at_hash",
            Self::Subject => "token_sub",
            Self::Object => "token_oid",
            Self::Version => "token_azp_or_ver",
        }
    }
}

/// A person of a tenant, proved by a signed and fully checked `id_token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedIdentity {
    signer: Signer,
    issuer: String,
    subject: SecretHash,
    guest: bool,
}

/// Who signed in, as we record it. The key of a person is tenant and object; names are for people to read.
///
/// `Debug` hides the name, which is a mail address as a rule.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// The tenant.
    pub tenant: TenantId,
    /// The person in the tenant's directory.
    pub object: ObjectId,
    /// For display only; it can change and be reused.
    pub user_principal_name: Option<String>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}/{})", self.tenant, self.object)
    }
}

/// Of whom the tokens of a refresh must be.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// The person.
    pub signer: &'a Signer,
    /// The hash of the subject of the sign-in; none where it was not kept.
    pub subject: Option<&'a SecretHash>,
}

/// Checks every claim of a signed token against this request.
pub fn verify(
    claims: &SignedClaims,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<VerifiedIdentity, IdentityFault> {
    let (tenant, issuer) = check_issuer(claims, (expected.client, expected.endpoints), now)?;
    let nonce = claims.text("nonce").ok_or(IdentityFault::Nonce)?;
    if !same(nonce.as_bytes(), expected.nonce.as_bytes()) {
        return Err(IdentityFault::Nonce);
    }
    check_code_hash(claims, expected.code)?;
    check_access_token_hash(claims, expected.access_token)?;
    let subject = subject(claims)?;
    let object = object(claims)?;
    let user_principal_name = claims.text("preferred_username").map(str::to_owned);
    let guest = is_guest(claims, tenant, &issuer);
    Ok(VerifiedIdentity { signer: Signer { tenant, object, user_principal_name }, issuer, subject, guest })
}

/// Whether a token that came with a refresh is that of `person` (OpenID Connect Core §12.2): it has no nonce of its own, and
/// must be of the same issuer, subject and person. Tenant and object are the person's key, whatever the name has become.
pub fn verify_refreshed(
    claims: &SignedClaims,
    ours: (ApplicationId, &Endpoints),
    person: Person<'_>,
    now: Timestamp,
) -> Result<(), IdentityFault> {
    let (tenant, _) = check_issuer(claims, ours, now)?;
    if tenant != person.signer.tenant {
        return Err(IdentityFault::Tenant);
    }
    let subject = subject(claims)?;
    if person.subject.is_some_and(|known| *known != subject) {
        return Err(IdentityFault::Subject);
    }
    if object(claims)? == person.signer.object { Ok(()) } else { Err(IdentityFault::Object) }
}

/// Audience, tenant, issuer, key and dates: what every token of ours must have right.
fn check_issuer(
    claims: &SignedClaims,
    (client, endpoints): (ApplicationId, &Endpoints),
    now: Timestamp,
) -> Result<(TenantId, String), IdentityFault> {
    check_audience(claims, client)?;
    let tenant: TenantId = claims.text("tid").and_then(|tid| tid.parse().ok()).ok_or(IdentityFault::Tenant)?;
    let issuer = endpoints.issuer(tenant);
    if claims.text("iss") != Some(&issuer) {
        return Err(IdentityFault::Issuer);
    }
    let template = endpoints.issuer_template();
    if claims.key_issuer.as_ref().is_some_and(|key| *key != template && *key != issuer) {
        return Err(IdentityFault::KeyIssuer);
    }
    check_dates(claims, now)?;
    Ok((tenant, issuer))
}

/// The subject, as we keep it: it names the person to our application alone.
fn subject(claims: &SignedClaims) -> Result<SecretHash, IdentityFault> {
    claims.text("sub").map(SecretHash::of).ok_or(IdentityFault::Subject)
}

fn object(claims: &SignedClaims) -> Result<ObjectId, IdentityFault> {
    claims.text("oid").and_then(|oid| oid.parse().ok()).ok_or(IdentityFault::Object)
}

fn check_audience(claims: &SignedClaims, client: ApplicationId) -> Result<(), IdentityFault> {
    let client = client.to_string();
    let ours = |value: &Value| value.as_str() == Some(&client);
    let right = match claims.claims.get("aud") {
        Some(Value::Array(several)) => matches!(several.as_slice(), [one] if ours(one)),
        Some(one) => ours(one),
        None => false,
    };
    if !right {
        return Err(IdentityFault::Audience);
    }
    let other =
        |claim: &str, wanted: &str| claims.claims.get(claim).is_some_and(|value| value.as_str() != Some(wanted));
    if other("azp", &client) || other("ver", "2.0") { Err(IdentityFault::Version) } else { Ok(()) }
}

fn check_dates(claims: &SignedClaims, now: Timestamp) -> Result<(), IdentityFault> {
    let expires = claims.instant("exp")?.ok_or(IdentityFault::Expired)?;
    let issued = claims.instant("iat")?.ok_or(IdentityFault::NotYetValid)?;
    let not_before = claims.instant("nbf")?.unwrap_or(issued);
    if now >= expires.plus(CLOCK_SKEW) {
        return Err(IdentityFault::Expired);
    }
    if issued.max(not_before) > now.plus(CLOCK_SKEW) { Err(IdentityFault::NotYetValid) } else { Ok(()) }
}

/// `c_hash` binds the code to the token: the left half of the code's SHA-256 (OpenID Connect Core §3.3.2.11).
fn check_code_hash(claims: &SignedClaims, code: Option<&str>) -> Result<(), IdentityFault> {
    let Some(code) = code else { return Ok(()) };
    let claimed = claims.text("c_hash").ok_or(IdentityFault::CodeHash)?;
    if is_half_hash(claimed, code) { Ok(()) } else { Err(IdentityFault::CodeHash) }
}

/// `at_hash` does the same for an access token, and may be left out (OpenID Connect Core §3.1.3.8).
fn check_access_token_hash(claims: &SignedClaims, access_token: Option<&str>) -> Result<(), IdentityFault> {
    let (Some(token), Some(claimed)) = (access_token, claims.claims.get("at_hash")) else { return Ok(()) };
    let right = claimed.as_str().is_some_and(|claimed| is_half_hash(claimed, token));
    if right { Ok(()) } else { Err(IdentityFault::AccessTokenHash) }
}

fn is_half_hash(claimed: &str, hashed: &str) -> bool {
    let hash = URL_SAFE_NO_PAD.encode(&digest(&SHA256, hashed.as_bytes()).as_ref()[..16]);
    same(claimed.as_bytes(), hash.as_bytes())
}

/// `acct` 1, or an identity provider other than the tenant itself, is a guest. A tenant names itself by its issuer of
/// either version.
fn is_guest(claims: &SignedClaims, tenant: TenantId, issuer: &str) -> bool {
    let account = claims.claims.get("acct");
    let marked = account.is_some_and(|acct| acct.as_u64() == Some(1) || acct.as_str() == Some("1"));
    let own = format!("https://sts.windows.net/{tenant}/");
    marked || claims.text("idp").is_some_and(|idp| idp != issuer && idp != own)
}

impl VerifiedIdentity {
    /// Who it is.
    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Of whom tokens that follow from this sign-in must be.
    #[must_use]
    pub const fn person(&self) -> Person<'_> {
        Person { signer: &self.signer, subject: Some(&self.subject) }
    }

    /// The policy: a work account, a member of its tenant, and of the pinned one if there is a pin.
    pub fn admit(&self, pin: Option<TenantId>) -> Result<(), Code> {
        if self.signer.tenant == PERSONAL_ACCOUNTS {
            return Err(Code::PersonalAccount);
        }
        if pin.is_some_and(|pin| pin != self.signer.tenant) {
            return Err(Code::WrongTenant);
        }
        if self.guest { Err(Code::GuestNotAllowed) } else { Ok(()) }
    }

    /// Whether the token endpoint answered for the same person (OpenID Connect Core §3.3.3.6; T28).
    #[must_use]
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        self.issuer == other.issuer
            && self.subject == other.subject
            && self.signer.tenant == other.signer.tenant
            && self.signer.object == other.signer.object
    }
}

#[cfg(test)]
pub(crate) mod tests;
