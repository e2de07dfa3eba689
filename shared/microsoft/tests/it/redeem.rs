//! The one use of a code.

use std::time::Duration;

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::id::TenantId;
use onboarding_core::random::SystemRandomness;
use onboarding_microsoft::Microsoft;
use onboarding_microsoft::redeem::{RedeemError, Redeemed, Redemption};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::world::{Answer, CLIENT, NOW, REDIRECT_URI, World, connect, nobody};

const TENANT: TenantId = TenantId::from_u128(7);
/// Hostile to careless encoding, and easy to find in any output.
const SECRET: &str = "s3cr3t~&+=%/ \u{fc}";
const CODE: &str = "0.c0de-!*(&=+_x";
const VERIFIER: &str = "v3r1f13r-0123456789-0123456789-0123456789-0";
const REDEMPTION: Redemption<'_> = Redemption {
    authority: AuthorityPath::Tenant(TENANT),
    redirect_uri: REDIRECT_URI,
    code: CODE,
    verifier: VERIFIER,
    scope: "openid User.Read",
};

fn secret() -> ClientCredential {
    ClientCredential::parse(SECRET).unwrap()
}

async fn redeem(microsoft: &Microsoft) -> Result<Redeemed, RedeemError> {
    microsoft.redeem(&secret(), REDEMPTION, (NOW, &SystemRandomness::new())).await
}

async fn answered(answer: Answer) -> Result<Redeemed, RedeemError> {
    let world = World::always(answer).await;
    let result = redeem(&world.microsoft).await;
    assert_eq!(world.count(), 1, "a code is sent exactly once");
    result
}

fn tokens() -> Value {
    json!({
        "token_type": "Bearer", "expires_in": 4_711, "ext_expires_in": 4_711, "scope": "User.Read openid",
        "access_token": "acc3ss", "id_token": "1d.t0k.en", "refresh_token": "r3fresh",
    })
}

fn tokens_with(field: &str, value: Value) -> Answer {
    let mut tokens = tokens();
    tokens[field] = value;
    Answer::Json(200, tokens)
}

/// R115 `client_secret_post`, and no `client_secret_basic`: what is sent, and where.
#[tokio::test]
async fn oidcc_client_test_client_secret_basic() {
    let world = World::always(Answer::Json(200, tokens())).await;
    redeem(&world.microsoft).await.unwrap();
    let request = &world.requests()[0];
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, format!("/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.header("origin"), None);
    let mut sent: Vec<(String, String)> = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    sent.sort();
    let expected = [
        ("client_id", CLIENT.to_string()),
        ("client_secret", SECRET.to_owned()),
        ("code", CODE.to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
        ("grant_type", "authorization_code".to_owned()),
        ("redirect_uri", REDIRECT_URI.to_owned()),
        ("scope", "openid User.Read".to_owned()),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[tokio::test]
async fn tokens_are_read_whole_and_hide_themselves() {
    let redeemed = answered(Answer::Json(200, tokens())).await.unwrap();
    assert_eq!(redeemed.access_token.expose_secret(), "acc3ss");
    assert_eq!(redeemed.id_token.as_ref().unwrap().expose_secret(), "1d.t0k.en");
    assert_eq!(redeemed.refresh_token.as_ref().unwrap().expose_secret(), "r3fresh");
    assert_eq!(redeemed.expires_in, Duration::from_secs(4_711));
    assert_eq!(redeemed.scope.as_deref(), Some("User.Read openid"));
    let shown = format!("{redeemed:?}");
    for secret in ["acc3ss", "1d.t0k.en", "r3fresh"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// `fapi2 token-type-case-insensitivity`, `token-endpoint-response-without-expires_in`,
/// `fapi1 no-scope-in-token-endpoint-response`: tolerated, and nothing is made up that could do harm.
#[tokio::test]
async fn what_an_answer_leaves_out_is_not_invented() {
    assert!(answered(tokens_with("token_type", json!("bEARER"))).await.is_ok());
    let bare = answered(Answer::Json(200, json!({ "token_type": "bearer", "access_token": "a" }))).await.unwrap();
    assert_eq!(bare.expires_in, Duration::from_mins(10));
    assert_eq!(bare.scope, None);
    assert!(bare.id_token.is_none() && bare.refresh_token.is_none());
    let eternal = answered(tokens_with("expires_in", json!(u64::MAX))).await.unwrap();
    assert_eq!(eternal.expires_in, Duration::from_hours(28));
    let nulls = answered(tokens_with("refresh_token", Value::Null)).await.unwrap();
    assert!(nulls.refresh_token.is_none());
}

/// G37 What Microsoft says becomes a signal; nothing else of it is kept.
#[tokio::test]
async fn a_refusal_is_understood() {
    let correlation = "5d3e2c1b-0000-4000-8000-00000000000f";
    let refusal = json!({
        "error": "invalid_grant",
        "error_description": "AADSTS54005: OAuth2 Authorization code was already redeemed. <grace@contoso.example>",
        "error_codes": [54005], "timestamp": "2026-11-22 10:00:00Z", "trace_id": "t", "suberror": "bad_token",
        "correlation_id": correlation, "error_uri": "https://login.microsoftonline.com/error?code=54005",
    });
    let Err(RedeemError::Refused(signal)) = answered(Answer::Json(400, refusal)).await else { panic!() };
    assert_eq!((signal.error(), signal.number()), ("invalid_grant", Some(54005)));
    assert_eq!(signal.diagnose(), Code::CodeReused);
    assert_eq!(signal.correlation_id.as_deref(), Some(correlation));
    let shown = format!("{:?} {}", signal, RedeemError::Refused(signal.clone()));
    assert!(!shown.contains("grace"), "{shown}");
}

/// T50 A refusal that quotes what we sent brings none of it into an error or a signal.
#[tokio::test]
async fn a_refusal_that_quotes_us_tells_nothing() {
    let quoted = "the-code-Abc123 grace@contoso.example";
    let refusal = json!({
        "error": quoted, "error_description": quoted, "suberror": quoted, "trace_id": quoted, "correlation_id": quoted,
    });
    let Err(RedeemError::Refused(signal)) = answered(Answer::Json(400, refusal)).await else { panic!() };
    assert_eq!((signal.error(), signal.correlation_id.as_deref()), ("other", None));
    let shown =
        format!("{signal:?} {:?} {}", RedeemError::Refused(signal.clone()), RedeemError::Refused(signal.clone()));
    assert!(!shown.contains("Abc123") && !shown.contains("grace"), "{shown}");
}

#[tokio::test]
async fn a_poor_refusal_is_still_one() {
    for (refusal, expected) in [
        (json!({"error": "invalid_client", "error_codes": [7_000_222]}), Code::OurSecretBadOrExpired),
        (json!({"error": "invalid_client"}), Code::OurSecretBadOrExpired),
        (json!({"error": "invalid_grant", "error_codes": "54005", "error_description": null}), Code::SignInExpired),
        (
            json!({"error": "invalid_grant", "error_codes": [-1], "error_description": "AADSTS54005: x"}),
            Code::CodeReused,
        ),
        (json!({"error": "temporarily_unavailable"}), Code::MicrosoftBusy),
        (json!({"error": "brand_new"}), Code::UnknownMicrosoftError),
    ] {
        for status in [400, 401, 503] {
            let Err(RedeemError::Refused(signal)) = answered(Answer::Json(status, refusal.clone())).await else {
                panic!("{refusal}")
            };
            assert_eq!(signal.diagnose(), expected, "{refusal}");
        }
    }
}

/// P2, R19 Sent and not usably answered: the code may be spent, and is not sent again.
#[tokio::test]
async fn a_code_without_a_usable_answer_is_never_sent_again() {
    for answer in [
        Answer::Reset,
        Answer::Text(200, "<html>".to_owned()),
        Answer::Text(200, String::new()),
        Answer::Json(200, json!({})),
        Answer::Json(200, json!({"error": "invalid_grant"})),
        Answer::Json(200, json!({"access_token": "a"})),
        Answer::Json(400, json!({"message": "what?"})),
        Answer::Endless,
        tokens_with("padding", json!("x".repeat(64 * 1024))),
        Answer::Text(200, r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#.to_owned()),
    ] {
        assert_eq!(answered(answer.clone()).await.err(), Some(RedeemError::Unknown), "{answer:?}");
    }
}

/// P2 Microsoft's being busy is told apart, and the code is not sent again all the same.
#[tokio::test]
async fn a_busy_microsoft_is_told_apart() {
    for answer in [
        Answer::Text(429, "Too Many Requests".to_owned()),
        Answer::Text(500, String::new()),
        Answer::Text(503, "x".repeat(10)),
    ] {
        assert_eq!(answered(answer.clone()).await.err(), Some(RedeemError::Busy), "{answer:?}");
    }
}

/// P2 A connection that was used before and breaks now is no reason to send a code again.
#[tokio::test]
async fn a_code_is_sent_once_over_a_used_connection_too() {
    let mut answers = vec![Answer::Reset, Answer::Kept(200, tokens())];
    let world = World::new(move |_| answers.pop().unwrap_or(Answer::Json(200, tokens()))).await;
    assert!(redeem(&world.microsoft).await.is_ok());
    assert_eq!(redeem(&world.microsoft).await.err(), Some(RedeemError::Unknown));
    assert_eq!(world.count(), 2);
}

/// R19 A redirect would carry code and secret elsewhere.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = World::always(Answer::Json(200, tokens())).await;
    let result = answered(Answer::Redirect(elsewhere.base.clone())).await;
    assert_eq!(result.err(), Some(RedeemError::Unknown));
    assert_eq!(elsewhere.count(), 0);
}

/// Only when nothing was sent is the code known to be unused. A server that speaks no TLS never got it either.
#[tokio::test]
async fn a_code_that_was_not_sent_is_known_to_be_unused() {
    let nobody = nobody().await;
    assert_eq!(redeem(&connect(&nobody)).await.err(), Some(RedeemError::NotSent));
    let plain = World::always(Answer::Json(200, tokens())).await;
    let secure = plain.base.replace("http://", "https://");
    assert_eq!(redeem(&connect(&secure)).await.err(), Some(RedeemError::NotSent));
}

/// R19 Silence ends at the time limit, and the code counts as sent.
#[tokio::test]
async fn silence_ends() {
    let begun = std::time::Instant::now();
    assert_eq!(answered(Answer::Hang).await.err(), Some(RedeemError::Unknown));
    assert!((Duration::from_secs(7)..Duration::from_secs(10)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

/// R205 No secret in what is shown.
#[tokio::test]
async fn nothing_secret_is_shown() {
    let garbled = answered(Answer::Text(200, r#"{"access_token":"acc3ss""#.to_owned())).await.unwrap_err();
    let shown = format!("{REDEMPTION:?} {garbled:?} {garbled}");
    for secret in [CODE, VERIFIER, SECRET, "acc3ss"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// The callback runs on an executor that may move it.
#[test]
fn a_redemption_can_move_between_threads() {
    fn movable<T: Send>(_: T) {}
    let microsoft = connect("https://login.microsoftonline.com");
    let (secret, token, random) = (secret(), SecretString::from("t"), SystemRandomness::new());
    movable(microsoft.redeem(&secret, REDEMPTION, (NOW, &random)));
    movable(microsoft.read_back(&token, crate::graph::registration(&crate::graph::signer()), Duration::ZERO));
    movable(microsoft.signed_claims("", NOW));
}
