//! `Debug` and error texts of types that hold something secret.

use onboarding_core::activation::{Activation, ActivationLink};
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::cloud::{AuthorityPath, Cloud, Endpoints};
use onboarding_core::consent::ConsentRequest;
use onboarding_core::credential::{ApiKey, Environment, KeyOwner, Presented};
use onboarding_core::fields::Fields;
use onboarding_core::id::{EnterpriseId, MailId, ResellerId};
use onboarding_core::identity::{Expected, SignedClaims, Signer, verify};
use onboarding_core::mail::{Addressed, Letter, Mail, SecretLink};
use onboarding_core::outcome::{RawTokens, TokenHandles, Tokens};
use onboarding_core::outcome_link::OutcomeLink;
use onboarding_core::plan::Wanted;
use onboarding_core::random::SystemRandomness;
use onboarding_core::scope::Scopes;
use onboarding_core::seal::SealingKeys;
use onboarding_core::secret::Handle;
use onboarding_core::start::{Binding, StartLink};
use onboarding_core::state::State;
use onboarding_core::text::EmailAddress;
use onboarding_core::time::{Clock as _, SystemClock};
use onboarding_core::token::{AccessToken, TokenGrant};
use onboarding_lambda::answer::Answer;
use onboarding_mail::Finished;
use onboarding_microsoft::authorize::SignIn;
use onboarding_microsoft::redeem::{Redeemed, Redemption};
use serde_json::{Value, json};
use simulated_microsoft::GRACE;

use super::certificate;
use super::scan::{Kind, Place, Scan};
use super::stage::{Stage, random_text, secret_of};
use crate::attack::state::request;
use crate::tap::Exchange;

const REDIRECT_URI: &str = "https://api.example/restricted/handleResponse";

/// Makes one of each, with what passed the stage where it takes that, and writes it out.
pub(crate) fn gather(played: &Stage, scan: &mut Scan) {
    let random = SystemRandomness::new();
    let now = SystemClock.now();
    let mut say = |what: &str, text: String| scan.output(Place::Debug, what, text);

    let asked = request(&random);
    let state = State::new(&asked, AuthorityPath::Common, &random);
    say("State", format!("{state:?}"));
    let sealed_state = random_text();
    let link = SignIn {
        bound: (&state).into(),
        sealed_state: &sealed_state,
        redirect_uri: REDIRECT_URI,
        scope: "openid",
        prompt: None,
        login_hint: Some(GRACE.upn),
    };
    say("SignIn", format!("{link:?}"));
    let [code, token, refresh] = [(); 3].map(|()| random_text());
    let redemption = Redemption {
        authority: AuthorityPath::Common,
        redirect_uri: REDIRECT_URI,
        code: &code,
        verifier: &state.verifier,
        scope: "openid",
    };
    say("Redemption", format!("{redemption:?}"));
    let redeemed = Redeemed {
        access_token: token.as_str().into(),
        expires_in: std::time::Duration::from_secs(1),
        scope: None,
        id_token: Some(token.as_str().into()),
        refresh_token: Some(refresh.as_str().into()),
    };
    say("Redeemed", format!("{redeemed:?}"));

    let claims = json!({"nonce": state.nonce, "preferred_username": GRACE.upn, "email": GRACE.upn});
    let claims = SignedClaims::signature_checked(claims.as_object().cloned().unwrap(), None);
    let endpoints = Endpoints::of(Cloud::Global, None, None);
    let expected = Expected {
        client: simulated_microsoft::CONTOSO.id.parse().unwrap(),
        endpoints: &endpoints,
        nonce: &state.nonce,
        code: Some(&code),
        access_token: Some(&token),
    };
    let fault = verify(&claims, expected, now).unwrap_err();
    say("SignedClaims, Expected, IdentityFault", format!("{claims:?} {expected:?} {fault:?} {fault}"));
    let signer = Signer {
        tenant: simulated_microsoft::CONTOSO.id.parse().unwrap(),
        object: GRACE.oid.parse().unwrap(),
        user_principal_name: Some(GRACE.upn.to_owned()),
    };
    say("Signer", format!("{signer:?}"));
    say("EmailAddress", format!("{:?}", GRACE.upn.parse::<EmailAddress>().unwrap()));

    let key = ApiKey::new(Environment::Test, KeyOwner::Operator, &random);
    let handle = Handle::new("onbtok_", &random);
    say("ApiKey, KeyRecord", format!("{key:?} {:?}", key.record(now)));
    say("Handle, TokenHandles", format!("{handle:?} {:?}", TokenHandles::new(now, &random)));
    let ring = SealingKeys::generate(&random);
    say("SealingKeys", format!("{:?}", SealingKeys::from_json(&ring).unwrap()));
    let fields = Fields::of(json!({ "note": key.expose() }).as_object().cloned().unwrap());
    let told = Answer::json(reqwest::StatusCode::CREATED, &json!({ "key": key.expose() }));
    let gone = Answer::see_other(&format!("https://api.example/outcome/{}", handle.expose()));
    say("Fields, Answer", format!("{fields:?} {told:?} {gone:?}"));
    let (pem, secret) = (certificate::generate().pem().unwrap(), random_text());
    let credentials = [pem.as_str(), &secret].map(|text| ClientCredential::parse(text).unwrap());
    say("ClientCredential", format!("{credentials:?}"));
    // Errors that name what could not be read do not quote it.
    let errors = [
        format!("{:?}", SealingKeys::from_json(&ring[1..]).unwrap_err()),
        format!("{:?}", ClientCredential::parse(&pem.replace("-----END PRIVATE KEY-----", "")).unwrap_err()),
        format!("{:?}", ApiKey::parse(&key.expose()[1..], Environment::Test).unwrap_err()),
        format!("{:?}", format!("{} ", &GRACE.upn[1..]).replace('@', " ").parse::<EmailAddress>().unwrap_err()),
    ];
    say("errors", errors.join(" "));
    rows(played, &mut say);

    let ring: Value = serde_json::from_str(&ring).unwrap();
    scan.canary(Kind::SealingKey, ring["keys"][0]["key"].as_str().unwrap());
    for secret in certificate::secrets_of(&pem) {
        scan.canary(Kind::PrivateKey, secret);
    }
    scan.canary(Kind::ClientSecret, secret);
    scan.canary(Kind::OperatorKey, secret_of(key.expose()));
    scan.canary(Kind::TokenHandle, handle.expose().strip_prefix("onbtok_").unwrap());
    scan.canary(Kind::Nonce, state.nonce.as_str());
    scan.canary(Kind::Verifier, state.verifier.as_str());
    scan.canary(Kind::State, sealed_state);
    scan.canary(Kind::Code, code);
    scan.canary(Kind::AccessToken, token);
    scan.canary(Kind::RefreshToken, refresh);
    tokens(scan);
    start_page(&asked, scan);
    activation(scan);
}

/// Tokens of ours, and Microsoft's on their way to a provider that was switched to them.
fn tokens(scan: &mut Scan) {
    let (random, now) = (SystemRandomness::new(), SystemClock.now());
    let key = ApiKey::new(Environment::Test, KeyOwner::Reseller(ResellerId::try_from(7).unwrap()), &random);
    let grant = TokenGrant { key: key.id().clone(), key_expires_at: None, scopes: Scopes::ALL, enterprise: None };
    let (access, record) = AccessToken::issue(grant, Environment::Test, (now, &random));
    let shown = (Presented::Key(key), Presented::Token(access.clone()));
    scan.output(Place::Debug, "AccessToken, TokenRecord, Presented", format!("{access:?} {record:?} {shown:?}"));
    scan.canary(Kind::ApiToken, secret_of(access.expose()));
    let [raw_access, raw_id] = [(); 2].map(|()| random_text());
    let raw = RawTokens { access: raw_access.as_str().into(), id: raw_id.as_str().into(), expires_at: now };
    scan.output(Place::Debug, "RawTokens, Tokens", format!("{raw:?} {:?}", Tokens::Raw(raw.clone())));
    scan.canary(Kind::AccessToken, raw_access);
    scan.canary(Kind::IdToken, raw_id);
}

/// The way into a start page, and what ties it to a browser.
fn start_page(asked: &ConsentRequest, scan: &mut Scan) {
    let (random, now) = (SystemRandomness::new(), SystemClock.now());
    let whose = (ResellerId::try_from(7).unwrap(), EnterpriseId::try_from(8).unwrap());
    let (start, handle) = StartLink::new(whose, Wanted::Missing, asked.redirect_url.clone(), (now, &random));
    let binding = Binding::new(&random);
    scan.output(Place::Debug, "StartLink, Handle, Binding", format!("{start:?} {handle:?} {binding:?}"));
    let outcome = OutcomeLink::new(asked, Some(handle.expose().to_owned()), now);
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let not_sealed = OutcomeLink::open(handle.expose(), &keys, now).unwrap_err();
    scan.output(Place::Debug, "OutcomeLink", format!("{outcome:?} {not_sealed:?}"));
    scan.canary(Kind::StartHandle, handle.expose());
    let cookie = binding.set_cookie();
    scan.canary(Kind::Cookie, cookie.split(['=', ';']).nth(1).unwrap());
}

/// The way into the page that activates a service provider, and the mail that brings it.
fn activation(scan: &mut Scan) {
    let (random, now) = (SystemRandomness::new(), SystemClock.now());
    let (mail, reseller) = (MailId::new(now, &random), ResellerId::try_from(7).unwrap());
    let (activation, handle) = Activation::new(mail.clone(), (now, &random));
    scan.output(Place::Debug, "Activation, ActivationLink", format!("{activation:?} {:?}", activation.link(reseller)));
    let address = format!("{}@contact.example", random_text());
    let link = SecretLink::new(format!("https://api.example/activate/{}", handle.expose()));
    let (text, html) = (link.expose().to_owned(), format!("<a href=\"{}\">", link.expose()));
    let to: EmailAddress = address.parse().unwrap();
    let letter = Letter::Activation { provider: "Acme".parse().unwrap(), link, expires_at: now };
    let addressed = Addressed { to: to.clone(), letter };
    let keys = SealingKeys::from_json(&SealingKeys::generate(&random)).unwrap();
    let queued = addressed.mail((mail.clone(), reseller), &keys, (now, &random));
    let unread = Addressed::open(&Mail { sealed: address.clone(), ..queued.clone() }, &keys, now).unwrap_err();
    let finished = Finished { id: mail, to, subject: "Activate Acme".parse().unwrap(), text, html };
    let text = format!("{addressed:?} {queued:?} {unread:?} {unread} {finished:?}");
    scan.output(Place::Debug, "Addressed, Mail, UnreadableMail, Finished", text);
    scan.canary(Kind::ActivationHandle, handle.expose());
    scan.canary(Kind::MailAddress, address);
}

/// Every row that the program read, as the type that it became.
fn rows(stage: &Stage, say: &mut impl FnMut(&str, String)) {
    for Exchange { answer, .. } in stage.dynamodb.seen() {
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if let Some(row) = answer.get("Attributes").or_else(|| answer.get("Item")) {
            let row = plain(&json!({ "M": row }));
            let read = [
                serde_json::from_value::<ConsentRequest>(row.clone()).map(|row| format!("{row:?}")),
                serde_json::from_value::<onboarding_core::enterprise::Enterprise>(row.clone())
                    .map(|row| format!("{row:?}")),
                serde_json::from_value::<onboarding_core::delivery::Delivery>(row.clone())
                    .map(|row| format!("{row:?}")),
                serde_json::from_value::<StartLink>(row.clone()).map(|row| format!("{row:?}")),
                serde_json::from_value::<ActivationLink>(row.clone()).map(|row| format!("{row:?}")),
                serde_json::from_value::<Mail>(row.clone()).map(|row| format!("{row:?}")),
                serde_json::from_value::<onboarding_core::reseller::Reseller>(row.clone())
                    .map(|row| format!("{row:?}")),
                serde_json::from_value::<onboarding_core::token::TokenRecord>(row).map(|row| format!("{row:?}")),
            ];
            read.into_iter().flatten().for_each(|text| say("a row", text));
        }
    }
}

/// DynamoDB's JSON without its types.
fn plain(typed: &Value) -> Value {
    let Some((kind, value)) = typed.as_object().and_then(|typed| typed.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "M" => value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), plain(value))).collect(),
        "L" => value.as_array().into_iter().flatten().map(plain).collect(),
        "N" => serde_json::from_str(value.as_str().unwrap()).unwrap(),
        "NULL" => Value::Null,
        _ => value.clone(),
    }
}
