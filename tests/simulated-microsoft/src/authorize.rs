//! The authorize endpoint.
//!
//! Stands for `/{tenant}/oauth2/v2.0/authorize` (v2-oauth2-auth-code-flow, v2-protocols-oidc): an
//! unknown client or an unregistered redirect address ends on Microsoft's page and is never
//! redirected; every later fault goes back to the application.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use crate::aadsts::Refusal;
use crate::answer::{Mode, ReturnTo};
use crate::app::AppRegistration;
use crate::directory::Authority;
use crate::params::Params;
use crate::scope::Asked;
use crate::server::Forced;
use crate::sign_in::{Purpose, SignIn};
use crate::state::Challenge;
use crate::{Shared, page};

pub(crate) async fn begin(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    forced: Option<Extension<Forced>>,
) -> Response {
    let opened = Params::parse(query.unwrap_or_default().as_bytes())
        .and_then(|params| open(&shared, &tenant, &params).map(|(authority, app)| (params, authority, app)));
    let (params, authority, app) = match opened {
        Ok(opened) => opened,
        Err(refusal) => return page::refusal(&refusal, shared.now()),
    };
    let (return_to, mode_fault) = return_to(&params);
    if let Some(refusal) = forced.map(|Extension(Forced(refusal))| refusal).or(mode_fault) {
        return return_to.refuse(&refusal, shared.now());
    }
    match validate(&params) {
        Ok((asked, purpose)) => {
            let sign_in = SignIn {
                authority,
                app,
                return_to,
                asked,
                login_hint: params.owned("login_hint"),
                force_consent: params.get("prompt") == Some("consent"),
                purpose,
                account: None,
            };
            page::sign_in(&shared.begin(&sign_in), &sign_in)
        }
        Err(refusal) => return_to.refuse(&refusal, shared.now()),
    }
}

/// What must be right before anything may be sent to the redirect address.
pub(crate) fn open(shared: &Shared, tenant: &str, params: &Params) -> Result<(Authority, AppRegistration), Refusal> {
    let authority = Authority::parse(tenant)?;
    let client_id = params.require("client_id")?;
    let app = shared.app(client_id).ok_or_else(|| Refusal::unknown_client(client_id))?;
    let redirect_uri = params.require("redirect_uri")?;
    if !app.redirect_uris.iter().any(|registered| registered == redirect_uri) {
        return Err(Refusal::new(
            "invalid_request",
            50011,
            format!(
                "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."
            ),
        ));
    }
    Ok((authority, app))
}

fn words(response_type: &str) -> Vec<&str> {
    response_type.split_ascii_whitespace().collect()
}

/// How to answer, faults included; with what is wrong with the wish itself.
fn return_to(params: &Params) -> (ReturnTo, Option<Refusal>) {
    let id_token = params.get("response_type").is_some_and(|types| words(types).contains(&"id_token"));
    let usual = if id_token { Mode::Fragment } else { Mode::Query };
    let (mode, fault) = match params.get("response_mode") {
        None => (usual, None),
        Some("form_post") => (Mode::FormPost, None),
        Some("fragment") => (Mode::Fragment, None),
        Some("query") if !id_token => (Mode::Query, None),
        Some("query") => (
            usual,
            Some(Refusal::new(
                "invalid_request",
                70007,
                "'query' is not a supported value of 'response_mode' when requesting a token.",
            )),
        ),
        Some(other) => (
            usual,
            Some(Refusal::new("invalid_request", 90023, format!("Unsupported 'response_mode' value '{other}'."))),
        ),
    };
    let return_to = ReturnTo {
        redirect_uri: params.get("redirect_uri").unwrap_or_default().to_owned(),
        mode,
        state: params.owned("state"),
        admin_consent: false,
    };
    (return_to, fault)
}

fn validate(params: &Params) -> Result<(Asked, Purpose), Refusal> {
    let types = words(params.require("response_type")?);
    if !types.contains(&"code") || types.iter().any(|word| !["code", "id_token"].contains(word)) {
        return Err(Refusal::new(
            "unsupported_response_type",
            70005,
            "The app returned an unsupported response type: 'code' or 'code id_token' is supported.",
        ));
    }
    let asked = Asked::parse(params.require("scope")?)?;
    let id_token = types.contains(&"id_token");
    if id_token && !asked.has("openid") {
        return Err(Refusal::new(
            "invalid_scope",
            70011,
            "The scope must contain 'openid' when an id_token is requested.",
        ));
    }
    if id_token {
        params.require("nonce")?;
    }
    check_prompt(params)?;
    let challenge = challenge(params)?;
    Ok((asked, Purpose::Code { id_token, nonce: params.owned("nonce"), challenge }))
}

fn check_prompt(params: &Params) -> Result<(), Refusal> {
    match params.get("prompt") {
        Some("select_account") if params.get("login_hint").is_some() => Err(Refusal::new(
            "invalid_request",
            90005,
            "Unable to complete request. The request is not valid because login_hint can't be used with prompt=select_account.",
        )),
        None | Some("login" | "consent" | "select_account") => Ok(()),
        // The simulation keeps no session, so nobody is ever signed in already.
        Some("none") => {
            Err(Refusal::new("login_required", 50058, "A silent sign-in request was sent but no user is signed in."))
        }
        Some(other) => Err(Refusal::new("invalid_request", 90023, format!("Unsupported 'prompt' value '{other}'."))),
    }
}

fn challenge(params: &Params) -> Result<Option<Challenge>, Refusal> {
    let method = params.get("code_challenge_method");
    let Some(value) = params.get("code_challenge") else {
        return match method {
            None => Ok(None),
            Some(_) => Err(Refusal::missing("code_challenge")),
        };
    };
    let s256 = match method {
        Some("S256") => true,
        None | Some("plain") => false,
        Some(other) => {
            return Err(Refusal::new(
                "invalid_request",
                90023,
                format!("Unsupported 'code_challenge_method' value '{other}'."),
            ));
        }
    };
    if !(43..=128).contains(&value.len()) {
        return Err(Refusal::new(
            "invalid_request",
            501_491,
            "Invalid size of Code_Challenge parameter: it must be 43 to 128 characters long.",
        ));
    }
    Ok(Some(Challenge { value: value.to_owned(), s256 }))
}
