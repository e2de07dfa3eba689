//! What a person is shown behind a step: that it is done and what comes next, or why not, with the accounts that it is about.

use lambda_http::http::StatusCode;
use onboarding_core::advice::{Code, Explanation, Signal};
use onboarding_core::connection::admit::TENANT_WIDE;
use onboarding_core::connection::moved::Refusal;
use onboarding_core::connection::{Connection, Step};
use onboarding_core::identity::Signer;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::page::{Connected, Page, Told};
use onboarding_lambda::routes::PartnerCenterRedirectOp;

use crate::{App, Error, Journey};

/// What step one grants, in plain words, in the order of [`TENANT_WIDE`] (R201).
const IN_PLAIN_WORDS: [&str; TENANT_WIDE.len()] = [
    "Work in Partner Center as the person who signs in, and as nobody else.",
    "Read the directory: to see the grants and the roles of who signs in.",
];

/// That `step` is done: how the connection is now.
pub(crate) async fn done(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, connection, step): (&Journey, &Connection, Step),
) -> Result<Answer, Error> {
    let link = if connection.state.both().is_some() {
        None
    } else {
        let at = (call.now(), call.occasion().random);
        Some(app.connections.link(connection, Step::User, at).await?)
    };
    let (title, next) = match (step, link.is_some()) {
        (Step::Admin, true) => (
            "The organisation has consented",
            "Step one of two is done. The integration user’s consent comes next, by another person and in another window.",
        ),
        (Step::Admin | Step::User, _) => {
            ("Both consents are given", "Nothing is left to do here. The service provider tests the connection now.")
        }
    };
    let granted = match step {
        Step::Admin => {
            IN_PLAIN_WORDS.iter().zip(TENANT_WIDE).map(|(purpose, (_, name))| (*purpose, (*name).to_owned())).collect()
        }
        Step::User => Vec::new(),
    };
    Ok(Answer::page(Page::connection(&Connected {
        status: StatusCode::OK,
        provider: Some(&journey.reseller.name),
        told: Told::Done { title, next },
        accounts: accounts(connection, None),
        granted,
        private_link: link.as_deref(),
        reference: call.reference(),
        correlation_id: None,
    })))
}

/// Notes why a sign-in before its code was redeemed counts for nothing, and says it.
pub(crate) async fn refuse(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, step): (&Journey, Step),
    (code, signer): (Code, &Signer),
) -> Result<Answer, Error> {
    let refusal = Refusal { step, code, signer: Some(signer.clone()), correlation_id: None };
    if let Some(moved) = journey.connection.refuse(refusal, call.occasion()) {
        app.connections.store.move_connection(&moved).await?;
    }
    refused(app, call, (journey, step), (code, Some(signer)), None).await
}

/// Notes that Microsoft, or the person, said no, and says what to do (R195).
pub(crate) async fn refused_by_microsoft(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, step): (&Journey, Step),
    signal: &Signal,
) -> Result<Answer, Error> {
    let (code, correlation_id) = (signal.diagnose(), signal.correlation_id.clone());
    let refusal = Refusal { step, code, signer: None, correlation_id: correlation_id.clone() };
    if let Some(moved) = journey.connection.refuse(refusal, call.occasion()) {
        app.connections.store.move_connection(&moved).await?;
    }
    let explanation = journey.connection.explain_step(step, code);
    shown(app, call, (journey, step), (StatusCode::OK, &explanation), (None, correlation_id.as_deref())).await
}

/// Says why a sign-in counts for nothing, and names the accounts.
pub(crate) async fn refused(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, step): (&Journey, Step),
    (code, signer): (Code, Option<&Signer>),
    correlation_id: Option<&str>,
) -> Result<Answer, Error> {
    let explanation = journey.connection.explain_step(step, code);
    let explanation = match signer {
        Some(signer) if code == Code::WrongTenant => explanation.with_detail(format!(
            "The account that signed in belongs to the tenant {}, and Partner Center is in the tenant {}.",
            signer.tenant, journey.connection.partner_tenant
        )),
        Some(_) | None => explanation,
    };
    shown(app, call, (journey, step), (StatusCode::FORBIDDEN, &explanation), (signer, correlation_id)).await
}

async fn shown(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, step): (&Journey, Step),
    (status, explanation): (StatusCode, &Explanation),
    (signer, correlation_id): (Option<&Signer>, Option<&str>),
) -> Result<Answer, Error> {
    let at = (call.now(), call.occasion().random);
    let link = match step {
        Step::Admin => None,
        Step::User => Some(app.connections.link(&journey.connection, step, at).await?),
    };
    Ok(Answer::page(Page::connection(&Connected {
        status,
        provider: Some(&journey.reseller.name),
        told: Told::Refused(explanation),
        accounts: accounts(&journey.connection, signer),
        granted: Vec::new(),
        private_link: link.as_deref(),
        reference: call.reference(),
        correlation_id,
    })))
}

/// Everybody whom a step is about: so that who used the wrong account sees which (R171, R187, R189).
fn accounts(connection: &Connection, signer: Option<&Signer>) -> Vec<(&'static str, String)> {
    let named = |signer: &Signer| match &signer.user_principal_name {
        Some(name) => format!("{name} (tenant {})", signer.tenant),
        None => format!("{} (tenant {})", signer.object, signer.tenant),
    };
    let mut accounts = vec![("The tenant that hosts Partner Center", connection.partner_tenant.to_string())];
    accounts.extend(signer.map(|signer| ("Who signed in now", named(signer))));
    accounts.extend(connection.state.admin().map(|admin| ("The administrator of step one", named(&admin.signer))));
    accounts.push(("The integration user of step two", connection.integration_user.expose().to_owned()));
    accounts
}
