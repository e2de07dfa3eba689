//! The use of a refresh token, and whose tokens come back.

use std::time::Duration;

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::id::{ObjectId, TenantId};
use onboarding_core::identity::{Person, Signer as OfPerson};
use onboarding_core::random::SystemRandomness;
use onboarding_core::secret::SecretHash;
use onboarding_microsoft::Microsoft;
use onboarding_microsoft::refresh::{Refresh, RefreshError, Refreshed};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::signer::{Signer, key_set};
use crate::world::{Answer, CLIENT, NOW, Request, World, connect, nobody};

const TENANT: TenantId = TenantId::from_u128(7);
const PERSON: ObjectId = ObjectId::from_u128(8);
const TOKEN: &str = "r3fresh~&+=";
const SECRET: &str = "s3cr3t~&+=%/";
const SCOPE: &str = "https://api.partnercenter.microsoft.com/user_impersonation openid profile offline_access";

async fn refresh(microsoft: &Microsoft) -> Result<Refreshed, RefreshError> {
    let credential = ClientCredential::parse(SECRET).unwrap();
    let signer = OfPerson { tenant: TENANT, object: PERSON, user_principal_name: None };
    let of = Person { signer: &signer, subject: Some(&SecretHash::of("s")) };
    let refresh = Refresh { tenant: TENANT, token: &TOKEN.into(), scope: SCOPE, of };
    microsoft.refresh(&credential, refresh, (NOW, &SystemRandomness::new())).await
}

/// The claims of the person's token at a Microsoft whose address is `base`.
fn claims(base: &str) -> Value {
    json!({
        "aud": CLIENT, "iss": format!("{base}/{TENANT}/v2.0"), "tid": TENANT, "oid": PERSON, "sub": "s", "ver": "2.0",
        "iat": NOW.seconds(), "nbf": NOW.seconds(), "exp": NOW.seconds() + 3_600,
        "preferred_username": "renamed@wingtip.example",
    })
}

/// A Microsoft that answers with tokens, whose `id_token` says what `spoil` makes of the claims, and the rest what `more` does.
async fn world(spoil: impl Fn(&mut Value) + Send + 'static, more: impl Fn(&mut Value) + Send + 'static) -> World {
    let signer = Signer::new("k1");
    let listed = {
        let mut keys = key_set(&[&signer]);
        keys["keys"][0]["issuer"] = Value::Null;
        keys
    };
    World::new(move |request: &Request| {
        if request.target.contains("/discovery/") {
            return Answer::Json(200, listed.clone());
        }
        let mut claims = claims(&format!("http://{}", request.header("host").unwrap()));
        spoil(&mut claims);
        let mut tokens = json!({
            "token_type": "Bearer", "expires_in": 3_599, "access_token": "acc3ss", "refresh_token": "n3xt",
            "id_token": signer.sign(&signer.header().to_string(), &claims.to_string()),
        });
        more(&mut tokens);
        Answer::Json(200, tokens)
    })
    .await
}

/// R183, R197 What is sent, and where: the person's own tenant.
#[tokio::test]
async fn token_and_secret_are_sent_in_the_body() {
    let world = world(|_| (), |_| ()).await;
    let refreshed = refresh(&world.microsoft).await.unwrap();
    assert_eq!(refreshed.access_token.expose_secret(), "acc3ss");
    assert_eq!(refreshed.refresh_token.as_ref().unwrap().expose_secret(), "n3xt");
    assert_eq!(refreshed.expires_in, Duration::from_secs(3_599));
    assert!(!format!("{refreshed:?}").contains("acc3ss"));
    let request = &world.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", &*format!("/{TENANT}/oauth2/v2.0/token")));
    let mut sent: Vec<(String, String)> = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    sent.sort();
    let expected = [
        ("client_id", CLIENT.to_string()),
        ("client_secret", SECRET.to_owned()),
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", TOKEN.to_owned()),
        ("scope", SCOPE.to_owned()),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value)));
}

/// The old token is kept if no new one comes.
#[tokio::test]
async fn no_new_token_is_no_fault() {
    let world = world(|_| (), |tokens| tokens["refresh_token"] = Value::Null).await;
    assert!(refresh(&world.microsoft).await.unwrap().refresh_token.is_none());
}

/// What a token of another person has in the place of the right claim.
type Spoil = fn(&mut Value);

/// An answer with claims so spoilt is thrown away, as somebody else's.
async fn refused(spoil: Spoil) {
    let world = world(spoil, |_| ()).await;
    let refused = refresh(&world.microsoft).await.unwrap_err();
    assert_eq!((refused.code(), refused), (Code::IdentityChanged, RefreshError::OtherIdentity));
}

/// OpenID Connect Core §12.2: of the right person the tokens are taken, whatever the name has become.
#[tokio::test]
async fn oidcc_client_test_refresh_token() {
    let world = world(|claims| claims["preferred_username"] = json!("again@wingtip.example"), |_| ()).await;
    assert_eq!(refresh(&world.microsoft).await.unwrap().access_token.expose_secret(), "acc3ss");
}

/// T62 Of another issuer.
#[tokio::test]
async fn oidcc_client_test_refresh_token_invalid_issuer() {
    refused(|claims| claims["iss"] = json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0"))).await;
    refused(|claims| claims["iss"] = Value::Null).await;
}

/// T62 Of another subject, or of none.
#[tokio::test]
async fn oidcc_client_test_refresh_token_invalid_sub() {
    refused(|claims| claims["sub"] = json!("another")).await;
    refused(|claims| claims["sub"] = Value::Null).await;
}

/// T62 Tokens of another person, tenant or client are thrown away.
#[tokio::test]
async fn an_answer_for_another_account_is_refused() {
    let other = "00000000-0000-0000-0000-000000000009";
    assert!(PERSON.to_string() != other && TENANT.to_string() != other);
    let spoils: [Spoil; 5] = [
        |claims| claims["oid"] = json!("00000000-0000-0000-0000-000000000009"),
        |claims| claims["oid"] = Value::Null,
        |claims| {
            let issuer =
                claims["iss"].as_str().unwrap().replace(&TENANT.to_string(), "00000000-0000-0000-0000-000000000009");
            (claims["iss"], claims["tid"]) = (json!(issuer), json!("00000000-0000-0000-0000-000000000009"));
        },
        |claims| claims["aud"] = json!("another"),
        |claims| claims["exp"] = json!(NOW.seconds() - 3_600),
    ];
    for spoil in spoils {
        refused(spoil).await;
    }
    let silent = world(|_| (), |tokens| tokens["id_token"] = Value::Null).await;
    assert_eq!(refresh(&silent.microsoft).await.err(), Some(RefreshError::OtherIdentity));
    let forged = world(|_| (), |tokens| tokens["id_token"] = json!("a.b.c")).await;
    assert_eq!(refresh(&forged.microsoft).await.err(), Some(RefreshError::Unknown));
}

/// R197 Why a token is good no longer: revoked, idle, the password, a policy, the second factor, or our own secret.
#[tokio::test]
async fn each_refusal_has_its_cause() {
    for (error, number, suberror, code) in [
        ("invalid_grant", 50173, "bad_token", Code::TokenRevoked),
        ("invalid_grant", 50133, "bad_token", Code::TokenRevoked),
        ("invalid_grant", 700_082, "", Code::TokenIdle),
        ("invalid_grant", 50055, "user_password_expired", Code::PasswordExpired),
        ("invalid_grant", 53003, "message_only", Code::ConditionalAccessBlock),
        ("invalid_grant", 70043, "bad_token", Code::SignInFrequency),
        ("invalid_grant", 50076, "basic_action", Code::MfaClaimMissing),
        ("interaction_required", 50079, "basic_action", Code::MfaClaimMissing),
        ("invalid_grant", 50158, "", Code::MfaClaimMissing),
        ("invalid_grant", 50057, "", Code::AccountDisabled),
        ("invalid_grant", 65001, "consent_required", Code::ConsentMissing),
        ("unauthorized_client", 700_016, "", Code::AppNotInTenant),
        ("invalid_client", 7_000_222, "", Code::OurSecretBadOrExpired),
        ("invalid_client", 7_000_215, "", Code::OurSecretBadOrExpired),
    ] {
        let refusal = json!({
            "error": error, "suberror": suberror, "error_codes": [number],
            "error_description": format!("AADSTS{number}: x"),
        });
        let world = World::always(Answer::Json(400, refusal)).await;
        let refused = refresh(&world.microsoft).await.unwrap_err();
        assert!(matches!(refused, RefreshError::Refused(_)));
        assert_eq!((refused.code(), world.count()), (code, 1), "{number}");
    }
}

/// R197 No answer is no cause: the token may be as good as before.
#[tokio::test]
async fn a_busy_or_silent_microsoft_says_nothing_of_the_token() {
    for (answer, expected) in [
        (Answer::Text(429, String::new()), RefreshError::Busy),
        (Answer::Text(503, String::new()), RefreshError::Busy),
        (Answer::Reset, RefreshError::Unknown),
        (Answer::Text(200, "<html>".to_owned()), RefreshError::Unknown),
    ] {
        let world = World::always(answer).await;
        let refused = refresh(&world.microsoft).await.unwrap_err();
        assert_eq!((refused.code(), refused), (Code::MicrosoftBusy, expected));
    }
    assert_eq!(refresh(&connect(&nobody().await)).await.err(), Some(RefreshError::NotSent));
}

/// R205 No secret in what is shown.
#[test]
fn nothing_secret_is_shown() {
    let signer =
        OfPerson { tenant: TENANT, object: PERSON, user_principal_name: Some("igor@wingtip.example".to_owned()) };
    let of = Person { signer: &signer, subject: None };
    let shown = format!("{:?}", Refresh { tenant: TENANT, token: &TOKEN.into(), scope: SCOPE, of });
    assert!(!shown.contains(TOKEN) && !shown.contains("igor"), "{shown}");
}
