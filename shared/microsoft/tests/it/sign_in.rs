//! Who signed in, and whether Microsoft answers for the same person when the code is redeemed.

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::id::TenantId;
use onboarding_core::identity::VerifiedIdentity;
use onboarding_core::random::SystemRandomness;
use onboarding_microsoft::redeem::{Redeemed, Redemption};
use onboarding_microsoft::sign_in::{Failed, NotIdentified, Returned};
use rsa::sha2::{Digest as _, Sha256};
use serde_json::{Value, json};

use crate::signer::{Signer, encode, key_set};
use crate::world::{Answer, CLIENT, NOW, REDIRECT_URI, World};

const TENANT: TenantId = TenantId::from_u128(7);
const CODE: &str = "0.c0de";
const NONCE: &str = "n0nce";
const GRACE: &str = "00000000-0000-4000-8000-0000000000aa";
const OTHER: &str = "00000000-0000-4000-8000-0000000000bb";

/// What the redemption of the code is answered with.
#[derive(Clone, Copy, Debug)]
enum Again {
    /// Tokens, and none of them says of whom.
    Nobody,
    /// Tokens of this person.
    Person(&'static str),
    /// A refusal with this description.
    Refused(&'static str),
}

/// A sign-in at a Microsoft that signs with one key.
struct SignIn {
    world: World,
    signer: Signer,
}

impl SignIn {
    async fn then(again: Again) -> Self {
        let signer = Signer::new("k1");
        let mut keys = key_set(&[&signer]);
        keys["keys"][0].as_object_mut().unwrap().remove("issuer");
        let same = Signer { id: "k1", private: signer.private.clone() };
        let world = World::new(move |request| {
            if request.method == "GET" {
                return Answer::Json(200, keys.clone());
            }
            let issuer = format!("http://{}/{TENANT}/v2.0", request.header("host").unwrap());
            let mut tokens = json!({"token_type": "Bearer", "expires_in": 4_711, "access_token": "acc3ss"});
            match again {
                Again::Nobody => {}
                Again::Person(person) => {
                    let claims = claims(&issuer, person).to_string();
                    tokens["id_token"] = same.sign(&same.header().to_string(), &claims).into();
                }
                Again::Refused(text) => {
                    return Answer::Json(400, json!({"error": "invalid_grant", "error_description": text}));
                }
            }
            Answer::Json(200, tokens)
        })
        .await;
        Self { world, signer }
    }

    fn issuer(&self) -> String {
        self.world.microsoft.settings().endpoints.issuer(TENANT)
    }

    async fn identify(&self, nonce: &str, issuer: Option<&str>) -> Result<VerifiedIdentity, NotIdentified> {
        let claims = claims(&self.issuer(), GRACE).to_string();
        let id_token = &self.signer.sign(&self.signer.header().to_string(), &claims);
        self.world.microsoft.identify(Returned { id_token, code: CODE, issuer, nonce }, NOW).await
    }

    async fn redeem(&self) -> Result<Redeemed, Failed> {
        let identity = self.identify(NONCE, None).await.unwrap();
        let authority = AuthorityPath::Tenant(TENANT);
        let (verifier, scope) = ("v3r1f13r-0123456789-0123456789-0123456789-0", "openid");
        let redemption = Redemption { authority, redirect_uri: REDIRECT_URI, code: CODE, verifier, scope };
        let credential = ClientCredential::parse("s3cr3t").unwrap();
        let at = (NOW, &SystemRandomness::new() as _);
        self.world.microsoft.redeem_for((&identity, NONCE), &credential, redemption, at).await
    }
}

fn claims(issuer: &str, person: &str) -> Value {
    let (now, code) = (NOW.seconds(), Sha256::digest(CODE));
    json!({
        "aud": CLIENT.to_string(), "iss": issuer, "tid": TENANT.to_string(), "ver": "2.0", "nonce": NONCE, "sub": "subject",
        "oid": person, "iat": now - 5, "nbf": now - 5, "exp": now + 3_600, "c_hash": encode(&code[..16]),
    })
}

/// T36 RFC 9207: an issuer beside the code must be the token's; each reason has its word for the log.
#[tokio::test]
async fn the_issuer_beside_the_code_is_the_tokens() {
    let sign_in = SignIn::then(Again::Nobody).await;
    for issuer in [None, Some(sign_in.issuer())] {
        let identity = sign_in.identify(NONCE, issuer.as_deref()).await.unwrap();
        assert_eq!((identity.signer().tenant, identity.signer().object.to_string()), (TENANT, GRACE.to_owned()));
    }
    let other = sign_in.identify(NONCE, Some("https://login.example/v2.0")).await.unwrap_err();
    assert_eq!((other.word(), other.is_passing()), ("response_iss", false));
    let replayed = sign_in.identify("another nonce", None).await.unwrap_err();
    assert_eq!((replayed.word(), replayed.is_passing()), ("token_nonce", false));
}

/// Keys that cannot be had are no fault of the sign-in: it may be good a little later.
#[tokio::test]
async fn keys_that_cannot_be_had_pass() {
    let sign_in = SignIn { world: World::always(Answer::Text(503, String::new())).await, signer: Signer::new("k1") };
    let failed = sign_in.identify(NONCE, None).await.unwrap_err();
    assert!(failed.is_passing(), "{failed}");
}

/// P2 A code is good for the person alone who signed in: a token of another one is not kept. Microsoft need not send a second token.
#[tokio::test]
async fn the_redeemed_token_is_of_the_person_who_signed_in() {
    for same in [Again::Person(GRACE), Again::Nobody] {
        assert!(SignIn::then(same).await.redeem().await.is_ok(), "{same:?}");
    }
    let failed = SignIn::then(Again::Person(OTHER)).await.redeem().await.unwrap_err();
    assert_eq!(failed.code, Code::IdentityChanged);
}

/// AADSTS65001 Whoever has a code has just consented: it is not in effect yet. Every other refusal is told as what it is.
#[tokio::test]
async fn a_consent_that_was_just_given_may_not_be_in_effect() {
    for (text, code) in [
        ("AADSTS65001: The user or administrator has not consented", Code::ConsentNotInEffect),
        ("AADSTS54005: The code was already redeemed", Code::CodeReused),
    ] {
        let failed = SignIn::then(Again::Refused(text)).await.redeem().await.unwrap_err();
        assert_eq!(failed.code, code, "{text}");
    }
}
