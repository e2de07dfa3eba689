//! Client assertions.
//!
//! Stands for `private_key_jwt` at the token endpoint (certificate credentials): PS256 by a registered certificate that
//! `x5t#S256` names, for this very token endpoint, in its time, and once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::aadsts::Refusal;
use crate::app::AppRegistration;
use crate::params::Params;
use crate::state::World;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far clocks may differ.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What an assertion is checked against.
pub(crate) struct Occasion<'a> {
    pub(crate) app: &'a AppRegistration,
    /// The address that it was posted to.
    pub(crate) endpoint: &'a str,
    pub(crate) now: DateTime<Utc>,
}

/// A compact JWS, taken apart.
struct Jws {
    header: Value,
    claims: Value,
    signed: String,
    signature: Vec<u8>,
}

/// Refuses an assertion that does not prove the application; remembers one that does.
pub(crate) fn check(params: &Params, at: &Occasion<'_>, world: &mut World) -> Result<(), Refusal> {
    if params.require("client_assertion_type")? != TYPE {
        return Err(malformed("The client_assertion_type is not supported."));
    }
    let jws = Jws::parse(params.require("client_assertion")?).ok_or_else(|| malformed("JWT token is malformed."))?;
    if jws.header["alg"] != "PS256" {
        return Err(malformed("The signature algorithm is not supported."));
    }
    jws.check_signature(at)?;
    jws.check_claims(at)?;
    jws.check_first_use(at, world)
}

impl Jws {
    fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: json(header)?, claims: json(claims)?, signed: signed.to_owned(), signature })
    }

    fn check_signature(&self, at: &Occasion<'_>) -> Result<(), Refusal> {
        let thumbprint = self.header["x5t#S256"].as_str().unwrap_or_default();
        let registered = at.app.certificates.iter().find(|one| one.thumbprint() == thumbprint);
        let certificate = registered.ok_or_else(|| not_signed("The key was not found.", thumbprint))?;
        if !certificate.is_in_force(at.now) {
            return Err(not_signed("The key used is expired.", thumbprint));
        }
        if certificate.signed(self.signed.as_bytes(), &self.signature) {
            return Ok(());
        }
        Err(not_signed("The provided signature value did not match the expected signature value.", thumbprint))
    }

    fn check_claims(&self, at: &Occasion<'_>) -> Result<(), Refusal> {
        let is = |claim: &str, value: &str| self.claims[claim] == value;
        if !is("iss", &at.app.client_id) || !is("sub", &at.app.client_id) {
            let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
            return Err(refusal(700_021, text));
        }
        if !is("aud", at.endpoint) {
            return Err(refusal(700_023, "Client assertion audience claim does not match Realm issuer."));
        }
        let instant = |claim: &str| DateTime::from_timestamp(self.claims[claim].as_i64()?, 0);
        let in_time =
            instant("nbf").zip(instant("exp")).is_some_and(|(from, to)| from - SKEW <= at.now && at.now < to + SKEW);
        if in_time { Ok(()) } else { Err(refusal(700_024, "Client assertion is not within its valid time range.")) }
    }

    /// Microsoft says that `jti` prevents replays and not with which number; the number of bad assertions stands in.
    fn check_first_use(&self, at: &Occasion<'_>, world: &mut World) -> Result<(), Refusal> {
        let id = self.claims["jti"].as_str().filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| malformed("JWT token has no jti."))?;
        let exp = DateTime::from_timestamp(self.claims["exp"].as_i64().unwrap_or_default(), 0).unwrap_or_default();
        world.assertions.retain(|_, end| *end + SKEW > at.now);
        match world.assertions.insert(id.to_owned(), exp) {
            None => Ok(()),
            Some(_) => Err(refusal(50013, "Assertion failed: it was presented before.")),
        }
    }
}

fn not_signed(reason: &str, thumbprint: &str) -> Refusal {
    refusal(
        700_027,
        &format!(
            "Client assertion contains an invalid signature. [Reason - {reason}, Thumbprint of key used by client: '{thumbprint}']"
        ),
    )
}

fn malformed(text: &str) -> Refusal {
    Refusal::new("invalid_request", 50027, text)
}

fn refusal(code: u32, text: &str) -> Refusal {
    Refusal::new("invalid_client", code, text)
}
