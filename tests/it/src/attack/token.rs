//! Generated tokens: every bad one is refused for the thing that is wrong with it, every good one becomes an identity.
//!
//! The tables go through `Microsoft::signed_claims` and `identity::verify`, as the callback does, with the simulated
//! Microsoft's keys; every so many of them go through HTTP too, where their effects are counted.

use std::collections::BTreeMap;
use std::time::Instant;

use onboarding_core::application_client::ApplicationClients;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::identity::{Expected, IdentityFault, VerifiedIdentity, verify};
use onboarding_core::time::{Clock as _, Timestamp};
use onboarding_microsoft::id_token::IdTokenError;
use onboarding_microsoft::{Microsoft, Settings};
use serde_json::{Map, Value};
use simulated_microsoft::{Effect, Fault};
use url::Url;

use super::bad_claims::bad_payloads;
use super::bad_token::{bad_headers, bad_spellings, flips};
use super::forge::{Forger, jws, public_key_spellings};
use super::good_token::{good_headers, good_payloads};
use super::target::Target;

/// With every bad header, each payload of the table whose number this divides. 1 is the whole product, about 77,000
/// tokens; 20 keeps the default run short.
const EVERY_PAYLOAD: usize = 20;

/// How many generated tokens go through HTTP, about.
const OVER_HTTP: usize = 150;

/// What becomes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Token(IdTokenError),
    Identity(IdentityFault),
}

/// The product's own eyes, on one sign-in at one moment.
pub(super) struct Judge {
    microsoft: Microsoft,
    nonce: String,
    code: String,
    now: Timestamp,
    tally: BTreeMap<String, usize>,
}

impl Judge {
    pub(super) fn of(target: &Target) -> Self {
        let base = Url::parse(target.world.microsoft().base_url()).unwrap();
        let endpoints = Endpoints::of(Cloud::Global, Some(&base), Some(&base));
        let client_id = target.claims["aud"].as_str().unwrap().parse().unwrap();
        let settings = Settings { endpoints, clients: ApplicationClients::single(client_id) };
        // A whole second, so that boundaries are exact.
        let now = Timestamp::from_seconds(target.world.sandbox.clock().now().seconds());
        let (nonce, code) = (target.nonce().to_owned(), target.code().to_owned());
        Self { microsoft: Microsoft::new(settings).unwrap(), nonce, code, now, tally: BTreeMap::new() }
    }

    pub(super) async fn judge(&self, token: &str) -> Result<VerifiedIdentity, Refusal> {
        let claims = self.microsoft.signed_claims(token, self.now).await.map_err(Refusal::Token)?;
        let Settings { endpoints, clients } = self.microsoft.settings();
        let expected = Expected {
            client: clients.own(),
            endpoints,
            nonce: &self.nonce,
            code: Some(&self.code),
            access_token: None,
        };
        verify(&claims, expected, self.now).map_err(Refusal::Identity)
    }

    /// Refused, and for one of these reasons if there are any.
    async fn refuses(&mut self, token: &str, reasons: &[Refusal], what: &str) {
        match self.judge(token).await {
            Ok(identity) => panic!("accepted: {what}: {identity:?}"),
            Err(refusal) => {
                assert!(reasons.is_empty() || reasons.contains(&refusal), "{what}: {refusal:?} and not {reasons:?}");
                *self.tally.entry(format!("{refusal:?}")).or_default() += 1;
            }
        }
    }

    fn total(&self) -> usize {
        self.tally.values().sum()
    }
}

fn object(claims: &Value) -> &Map<String, Value> {
    claims.as_object().unwrap()
}

fn identity(faults: &[IdentityFault]) -> Vec<Refusal> {
    if faults.is_empty() {
        return vec![Refusal::Token(IdTokenError::Malformed)];
    }
    faults.iter().copied().map(Refusal::Identity).collect()
}

/// G16-G35, T18-T30 Claim × mutation × header × key: at least 5,000 tokens, none accepted.
#[tokio::test]
async fn generated_tokens_are_refused() {
    let (target, forger, _data) = Target::with_keys().await;
    let began = Instant::now();
    let mut judge = Judge::of(&target);
    let current = forger.len() - 1;
    let header = |key: usize| good_headers(forger.kid(key)).remove(0);
    let good = target.claims.to_string().into_bytes();
    for key in 0..forger.len() {
        judge.judge(&forger.sign(key, &header(key), &good)).await.unwrap();
    }
    let payloads = bad_payloads(object(&target.claims), judge.now.seconds());
    let mut kept = Vec::new();
    // Every payload, by every key that Microsoft lists, under every header that it could write.
    for payload in &payloads {
        for key in 0..forger.len() {
            for header in good_headers(forger.kid(key)) {
                let token = forger.sign(key, &header, &payload.text);
                judge.refuses(&token, &identity(payload.faults), &payload.what).await;
                kept.extend(Some(token).filter(|_| !payload.may_ripen()));
            }
        }
    }
    let by_claims = judge.total();
    // Every header that Microsoft does not write, over good claims and over bad ones.
    let [malformed, foreign] = [IdTokenError::Malformed, IdTokenError::Header].map(Refusal::Token);
    let unknown = Refusal::Token(IdTokenError::UnknownKey);
    for (what, header) in bad_headers(forger.kid(current)) {
        let some = payloads.iter().step_by(EVERY_PAYLOAD).map(|payload| &payload.text);
        for payload in std::iter::once(&good).chain(some) {
            let token = forger.sign(current, &header, payload);
            judge.refuses(&token, &[malformed, foreign, unknown], &what).await;
            kept.push(token);
        }
    }
    let by_header = judge.total() - by_claims;
    by_key(&target, &forger, &mut judge, &payloads.iter().map(|payload| &payload.text[..]).collect::<Vec<_>>()).await;
    let by_key = judge.total() - by_claims - by_header;
    let (total, took) = (judge.total(), began.elapsed());
    eprintln!(
        "bad tokens: {total} refused, 0 accepted ({} payloads; {by_claims} by claims, {by_header} by header, {by_key} by \
         key and signature) in {took:?}; {:?}",
        payloads.len(),
        judge.tally
    );
    assert!(total >= 5_000, "{total}");
    over_http(target, &kept).await;
}

/// Wrong keys: the other listed one, a stranger's, none, and the public key as an HMAC secret.
async fn by_key(target: &Target, forger: &Forger, judge: &mut Judge, payloads: &[&[u8]]) {
    let wrong = [Refusal::Token(IdTokenError::Signature)];
    let current = forger.len() - 1;
    let header = good_headers(forger.kid(current)).remove(0);
    let good = target.claims.to_string().into_bytes();
    let stranger = crate::world::World::new().await;
    // Worlds of one process begin with the same key.
    stranger.microsoft().rotate_key().unwrap();
    let jwk = target.world.microsoft().jwks()["keys"][current].clone();
    // A longer token is not looked at, so its signature is not what it is refused for.
    for payload in payloads.iter().copied().chain([&good[..]]).filter(|payload| payload.len() < 11_000) {
        judge.refuses(&forger.sign(0, &header, payload), &wrong, "the former key").await;
        for signature in [vec![0; 256], vec![255; 256], b"signature".to_vec()] {
            judge.refuses(&jws(&header, payload, |_| signature), &wrong, "no signature").await;
        }
    }
    let foreign = stranger.microsoft().sign(&target.header, &target.claims).unwrap();
    let named = target.headed("kid", stranger.microsoft().current_kid().unwrap());
    let own = stranger.microsoft().sign(&named, &target.claims).unwrap();
    judge.refuses(&foreign, &wrong, "a stranger by our name").await;
    judge.refuses(&own, &[Refusal::Token(IdTokenError::UnknownKey)], "a stranger").await;
    let by_header = [Refusal::Token(IdTokenError::Header)];
    for (algorithm, name) in
        [(ring::hmac::HMAC_SHA256, "HS256"), (ring::hmac::HMAC_SHA384, "HS384"), (ring::hmac::HMAC_SHA512, "HS512")]
    {
        let said = target.headed("alg", name).to_string().into_bytes();
        for (what, key) in public_key_spellings(&jwk) {
            let key = ring::hmac::Key::new(algorithm, &key);
            let mac = |signed: &[u8]| ring::hmac::sign(&key, signed).as_ref().to_vec();
            judge.refuses(&jws(&said, &good, mac), &by_header, what).await;
            judge.refuses(&jws(&header, &good, mac), &wrong, what).await;
        }
    }
}

/// A sample of the tokens over HTTP, with their effects; then the good answer still succeeds.
async fn over_http(target: Target, tokens: &[String]) {
    let began = Instant::now();
    let step = tokens.len().div_ceil(OVER_HTTP).max(1);
    let mut sent = 0;
    // The first tokens of the product differ only in their key; an odd step meets all of its sides.
    for token in tokens.iter().step_by(step | 1) {
        target.refused(target.token(token), &format!("{sent}: {token}")).await;
        sent += 1;
    }
    target.still_works().await;
    eprintln!("bad tokens over HTTP: {sent} refused, 0 effects, in {:?}", began.elapsed());
    assert!(sent >= 100, "{sent}");
}

/// G22, T30 Every bit of a good token flipped, and every other spelling of it.
#[tokio::test]
async fn no_other_spelling_of_a_good_token_is_accepted() {
    let target = Target::new().await;
    let began = Instant::now();
    let mut judge = Judge::of(&target);
    let good = target.good.value("id_token").unwrap().to_owned();
    judge.judge(&good).await.unwrap();
    for (what, bad) in bad_spellings(&good) {
        judge.refuses(&bad, &[], what).await;
        if !bad.contains('\0') {
            target.refused(target.token(&bad), what).await;
        }
    }
    let spelt = judge.total();
    for bad in flips(&good) {
        judge.refuses(&bad, &[], "a flipped bit").await;
    }
    for length in 0..good.len() {
        judge.refuses(&good[..length], &[], "cut").await;
    }
    let took = began.elapsed();
    eprintln!("{} spellings of a good token refused, {spelt} of them over HTTP too, in {took:?}", judge.total());
    target.still_works().await;
}

/// T21 A key listed for another issuer signs for nobody else.
#[tokio::test]
async fn a_key_signs_for_its_own_issuer_only() {
    let target = Target::new().await;
    let base = target.world.microsoft().base_url();
    for (issuer, accepted) in [
        (format!("{base}/{{tenantid}}/v2.0"), true),
        (target.claims["iss"].as_str().unwrap().to_owned(), true),
        (format!("{base}/{}/v2.0", simulated_microsoft::PERSONAL.id), false),
        (format!("{base}/{}/v2.0", simulated_microsoft::FABRIKAM.id), false),
        (format!("{base}/{{tenantId}}/v2.0"), false),
        (format!("{base}/{{tenantid}}/v2.0/"), false),
        (String::new(), false),
    ] {
        let mut keys = target.world.microsoft().jwks();
        keys["keys"][0]["issuer"] = issuer.clone().into();
        let what = Effect::Status { status: 200, body: keys.to_string(), headers: BTreeMap::new() };
        target.world.microsoft().set_faults(vec![Fault { on: "keys".to_owned(), what, times: None }]);
        let judged = Judge::of(&target).judge(target.good.value("id_token").unwrap()).await;
        let wanted = if accepted { None } else { Some(Refusal::Identity(IdentityFault::KeyIssuer)) };
        assert_eq!(judged.err(), wanted, "{issuer}");
    }
}

/// G21, G23, G28 Unusual and right: at least 200 tokens, none refused, by listed keys old and new.
#[tokio::test]
async fn unusual_tokens_that_are_right_are_accepted() {
    let (target, forger, _data) = Target::with_keys().await;
    let began = Instant::now();
    let judge = Judge::of(&target);
    let mut accepted = 0;
    for (what, payload) in good_payloads(object(&target.claims), judge.now.seconds()) {
        for key in 0..forger.len() {
            for header in good_headers(forger.kid(key)) {
                let judged = judge.judge(&forger.sign(key, &header, &payload)).await;
                let identity = judged.unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
                let pin = Some(simulated_microsoft::CONTOSO.id.parse().unwrap());
                assert_eq!(identity.admit(pin), Ok(()), "{what}");
                accepted += 1;
            }
        }
    }
    eprintln!("good tokens: {accepted} accepted, 0 refused, in {:?}", began.elapsed());
    assert!(accepted >= 200, "{accepted}");
}
