//! The address that takes a person to Microsoft.

use onboarding_core::action::ActionType;
use onboarding_core::cloud::AuthorityPath;
use onboarding_core::id::{ConsentRequestId, EnterpriseId, ResellerId, TenantId};
use onboarding_core::permission::{asked_together, authorize_scope};
use onboarding_core::random::SystemRandomness;
use onboarding_core::state::State;
use onboarding_microsoft::authorize::{Prompt, SignIn};
use url::Url;

use crate::world::{CLIENT, NOW, REDIRECT_URI, connect};

/// What base64 and hostile input may hold.
const SEALED: &str = "a+b/c=d&e#f g%20h";
const LOGIN: &str = "https://login.microsoftonline.com";

fn state(authority: AuthorityPath) -> State {
    let random = SystemRandomness::new();
    State {
        request: ConsentRequestId::new(NOW, &random),
        reseller: ResellerId::random(&random),
        enterprise: EnterpriseId::random(&random),
        nonce: "the-nonce".to_owned(),
        verifier: "the-verifier-of-43-characters-as-in-RFC-7636".to_owned(),
        authority,
        browser: None,
        start: None,
        expires_at: NOW,
    }
}

fn sign_in(state: &State) -> SignIn<'_> {
    let redirect_uri = REDIRECT_URI;
    SignIn {
        bound: state.into(),
        sealed_state: SEALED,
        redirect_uri,
        scope: "openid a/b",
        prompt: None,
        login_hint: None,
    }
}

fn address(sign_in: &SignIn<'_>) -> String {
    connect(LOGIN).authorize_url(sign_in)
}

/// The parameters, in order and decoded.
fn parameters(address: &str) -> Vec<(String, String)> {
    Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

fn value(address: &str, name: &str) -> Option<String> {
    parameters(address).into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

/// R106-R113 The documented parameters, each once, in the documented order, and PKCE.
#[test]
fn the_address_is_the_documented_one() {
    let state = state(AuthorityPath::Common);
    let scope = authorize_scope(&asked_together(&[ActionType::Registration]));
    let address = address(&SignIn { scope: &scope, ..sign_in(&state) });
    assert!(address.starts_with("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?"), "{address}");
    let expected = [
        ("response_type", "id_token code".to_owned()),
        ("client_id", CLIENT.to_string()),
        ("nonce", state.nonce.clone()),
        ("response_mode", "form_post".to_owned()),
        ("state", SEALED.to_owned()),
        ("scope", scope),
        ("redirect_uri", REDIRECT_URI.to_owned()),
        ("code_challenge", state.challenge()),
        ("code_challenge_method", "S256".to_owned()),
    ];
    assert_eq!(parameters(&address), expected.map(|(name, value)| (name.to_owned(), value)));
    assert!(!address.contains(&state.verifier));
}

/// R111, R113 What is special in an address arrives as it left, for form decoders and percent decoders alike.
#[test]
fn every_value_is_encoded() {
    let address = address(&sign_in(&state(AuthorityPath::Common)));
    assert!(address.contains("&state=a%2Bb%2Fc%3Dd%26e%23f%20g%2520h&"), "{address}");
    assert!(!address.contains('+'));
    assert!(!address.contains('#'));
}

/// R106 A known tenant is asked at its own authority.
#[test]
fn a_known_tenant_has_its_own_address() {
    let tenant = TenantId::from_u128(7);
    let own = address(&sign_in(&state(AuthorityPath::Tenant(tenant))));
    assert!(own.starts_with(&format!("{LOGIN}/{tenant}/oauth2/v2.0/authorize?")), "{own}");
    let any = address(&sign_in(&state(AuthorityPath::Organizations)));
    assert!(any.starts_with(&format!("{LOGIN}/organizations/")), "{any}");
}

#[test]
fn prompt_and_hint_are_sent_where_entra_takes_them() {
    let state = state(AuthorityPath::Common);
    let plain = sign_in(&state);
    assert_eq!(value(&address(&plain), "prompt"), None);
    let hinted = SignIn { login_hint: Some("grace+x@contoso.example"), ..plain };
    assert_eq!(value(&address(&hinted), "login_hint").as_deref(), Some("grace+x@contoso.example"));
    let again = address(&SignIn { prompt: Some(Prompt::Consent), ..hinted });
    assert_eq!(value(&again, "prompt").as_deref(), Some("consent"));
    assert!(value(&again, "login_hint").is_some());
    let choice = address(&SignIn { prompt: Some(Prompt::SelectAccount), ..hinted });
    assert_eq!(value(&choice, "prompt").as_deref(), Some("select_account"));
    assert_eq!(value(&choice, "login_hint"), None);
    let login = address(&SignIn { prompt: Some(Prompt::Login), ..plain });
    assert_eq!(value(&login, "prompt").as_deref(), Some("login"));
}
