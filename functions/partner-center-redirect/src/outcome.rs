//! What a person is shown behind a step: that it is done and what comes next, or why not, with the accounts that it is about.

use lambda_http::http::StatusCode;
use onboarding_core::advice::{Code, Explanation, Sentence, Signal};
use onboarding_core::connection::admit::TENANT_WIDE;
use onboarding_core::connection::lease::LeaseRefusal;
use onboarding_core::connection::moved::Refusal;
use onboarding_core::connection::{Connection, State, Step};
use onboarding_core::identity::{Signer, VerifiedIdentity};
use onboarding_core::language::Language;
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

/// That both consents are given, and the service provider has the connection tested.
const TEST_IS_NEXT: Told<'static> = Told::Done {
    title: "Both consents are given",
    next: "Nothing is left to do here. The service provider has it tested next, and the connection works once that has succeeded.",
};

/// That both consents are given, and the connection works.
const WORKS: Told<'static> =
    Told::Done { title: "Both consents are given", next: "Nothing is left to do here. The connection works." };

/// That both consents are given, and the connection did not work when it was tested last.
const TESTED_AGAIN: Told<'static> = Told::Done {
    title: "Both consents are given",
    next: "Nothing is left to do here. The connection is tested again by itself, and the service provider is told what comes of it.",
};

/// That step one is done, and step two is missing.
const USER_IS_NEXT: Told<'static> = Told::Done {
    title: "The organisation has consented",
    next: "Step one of two is done. The integration user’s consent comes next, by another person and in another window.",
};

/// As a stranger is told it.
const STEP_DONE: Told<'static> = Told::Done {
    title: "This step is done",
    next: "Nothing is left to do by this link. The service provider knows how the connection is.",
};

/// Whose account or tenant a page names.
const PARTNER_TENANT: &str = "The tenant that hosts Partner Center";
const SIGNED_IN_NOW: &str = "Who signed in now";
const ADMINISTRATOR: &str = "The administrator of step one";
const INTEGRATION_USER: &str = "The integration user of step two";

/// An account, by its name or id.
const ACCOUNT: &str = "{account} (tenant {tenant})";

/// Why a sign-in in another tenant counts for nothing.
const OTHER_TENANT: &str =
    "The account that signed in belongs to the tenant {signed_in}, and Partner Center is in the tenant {meant}.";

/// That `step` is done: how the connection is now.
pub(crate) async fn done(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, connection, step): (&Journey, &Connection, Step),
) -> Result<Answer, Error> {
    let is_user_next = connection.state.both().is_none() || connection.to_do_again() == Some(Step::User);
    let links = Links { admin: None, user: link_if(is_user_next, app, call, (connection, Step::User)).await? };
    let granted = match step {
        Step::Admin => {
            IN_PLAIN_WORDS.iter().zip(TENANT_WIDE).map(|(purpose, (_, name))| (*purpose, (*name).to_owned())).collect()
        }
        Step::User => Vec::new(),
    };
    let seen = Seen { accounts: accounts(call.language(), connection, None), granted, links, correlation_id: None };
    Ok(page(call, journey, (StatusCode::OK, done_words(connection)), seen))
}

/// What a step that is done leaves to be done: nobody is said to do anything that nobody does.
fn done_words(connection: &Connection) -> Told<'static> {
    match connection.state {
        State::UserConsented { .. } | State::Testing { .. } => TEST_IS_NEXT,
        State::Ready { .. } => WORKS,
        State::Degraded { .. } | State::Broken { .. } if connection.to_do_again() != Some(Step::User) => TESTED_AGAIN,
        State::Draft
        | State::AdminConsented { .. }
        | State::Degraded { .. }
        | State::Broken { .. }
        | State::Disconnected { .. } => USER_IS_NEXT,
    }
}

/// What a link says by which `step` was done: that it is, or that the link is used up. It writes nothing, makes no link good for
/// longer, and names accounts to nobody but the person who used it.
pub(crate) async fn spent(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, connection, step): (&Journey, &Connection, Step),
    signer: Option<&Signer>,
) -> Result<Answer, Error> {
    let is_theirs = signer.is_some_and(|signer| connection.was_done_by(step, signer));
    match (connection.is_done(step), is_theirs) {
        (true, true) => done(app, call, (journey, connection, step)).await,
        (true, false) => Ok(page(call, journey, (StatusCode::OK, STEP_DONE), Seen::default())),
        (false, _) => {
            let explanation = Code::StepLinkUsed.explain();
            let accounts = if is_theirs { accounts(call.language(), connection, None) } else { Vec::new() };
            let seen = Seen { accounts, ..Seen::default() };
            Ok(page(call, journey, (StatusCode::FORBIDDEN, Told::Refused(&explanation)), seen))
        }
    }
}

/// What whoever comes again is told: by a code that was redeemed, or by a link that was used. A try of theirs that was
/// refused is told as it was, and nobody else's is told to them.
pub(crate) async fn again(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, connection, step): (&Journey, &Connection, Step),
    (why, identity): (LeaseRefusal, &VerifiedIdentity),
) -> Result<Answer, Error> {
    let signer = identity.signer();
    if why == LeaseRefusal::Spent || journey.passage.round != connection.round(step) {
        return spent(app, call, (journey, connection, step), Some(signer)).await;
    }
    if connection.is_leased(call.now()) {
        return Err(Error::Busy);
    }
    match connection.refused.as_ref().filter(|refused| refused.is_of(step, signer)) {
        Some(known) => refused(app, call, (journey, step), (known.code, Some(signer)), None).await,
        None if connection.was_done_by(step, signer) => {
            spent(app, call, (journey, connection, step), Some(signer)).await
        }
        None => refused(app, call, (journey, step), (Code::SignInInterrupted, Some(signer)), None).await,
    }
}

/// Notes why a sign-in before its code was redeemed counts for nothing, and says it.
pub(crate) async fn refuse(
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (journey, step): (&Journey, Step),
    (code, signer): (Code, &Signer),
) -> Result<Answer, Error> {
    if journey.is_spent(step) {
        return spent(app, call, (journey, &journey.connection, step), Some(signer)).await;
    }
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
    if journey.is_spent(step) {
        return spent(app, call, (journey, &journey.connection, step), None).await;
    }
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
        Some(signer) if code == Code::WrongTenant => {
            let meant = journey.connection.partner_tenant.to_string();
            let names = [("signed_in", signer.tenant.to_string()), ("meant", meant)];
            explanation.saying(vec![Sentence::new(OTHER_TENANT, names)])
        }
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
    let connection = &journey.connection;
    let is_admins = connection.mended_by(step, explanation.code) == Step::Admin;
    let links = Links {
        admin: link_if(is_admins, app, call, (connection, Step::Admin)).await?,
        user: link_if(step == Step::User, app, call, (connection, Step::User)).await?,
    };
    let seen = Seen {
        accounts: accounts(call.language(), connection, signer),
        granted: Vec::new(),
        links,
        correlation_id: correlation_id.map(str::to_owned),
    };
    Ok(page(call, journey, (status, Told::Refused(explanation)), seen))
}

/// The links that a page holds.
#[derive(Default)]
struct Links {
    admin: Option<String>,
    user: Option<String>,
}

/// What a page shows beside what it tells.
#[derive(Default)]
struct Seen {
    accounts: Vec<(&'static str, String)>,
    granted: Vec<(&'static str, String)>,
    links: Links,
    correlation_id: Option<String>,
}

fn page(
    call: &Call<PartnerCenterRedirectOp>,
    journey: &Journey,
    (status, told): (StatusCode, Told<'_>),
    seen: Seen,
) -> Answer {
    Answer::page(Page::connection(&Connected {
        language: call.language(),
        status,
        provider: Some(&journey.reseller.name),
        told,
        accounts: seen.accounts,
        granted: seen.granted,
        admin_link: seen.links.admin.as_deref(),
        private_link: seen.links.user.as_deref(),
        reference: call.reference(),
        correlation_id: seen.correlation_id.as_deref(),
    }))
}

async fn link_if(
    is_wanted: bool,
    app: &App,
    call: &Call<PartnerCenterRedirectOp>,
    (connection, step): (&Connection, Step),
) -> Result<Option<String>, Error> {
    if !is_wanted {
        return Ok(None);
    }
    let at = (call.now(), call.occasion().random);
    Ok(Some(app.connections.link(connection, step, at).await?))
}

/// Everybody whom a step is about: so that who used the wrong account sees which (R171, R187, R189).
fn accounts(language: Language, connection: &Connection, signer: Option<&Signer>) -> Vec<(&'static str, String)> {
    let mut accounts = vec![(PARTNER_TENANT, connection.partner_tenant.to_string())];
    accounts.extend(signer.map(|signer| (SIGNED_IN_NOW, named(language, signer))));
    accounts.extend(connection.state.admin().map(|admin| (ADMINISTRATOR, named(language, &admin.signer))));
    accounts.push((INTEGRATION_USER, connection.integration_user.expose().to_owned()));
    accounts
}

/// An account, by its name or else by its id, and its tenant.
fn named(language: Language, signer: &Signer) -> String {
    let account = signer.user_principal_name.clone().unwrap_or_else(|| signer.object.to_string());
    language.fill(ACCOUNT, &[("account", &account), ("tenant", &signer.tenant.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(told: Told<'static>) -> [&'static str; 2] {
        match told {
            Told::Done { title, next } => [title, next],
            Told::Refused(problem) => panic!("{problem:?}"),
        }
    }

    /// R023, R199 Every text of these pages has its translation in every language.
    #[test]
    fn no_text_is_missing() {
        let done = [TEST_IS_NEXT, WORKS, TESTED_AGAIN, USER_IS_NEXT, STEP_DONE].into_iter().flat_map(words);
        let names = [PARTNER_TENANT, SIGNED_IN_NOW, ADMINISTRATOR, INTEGRATION_USER, ACCOUNT, OTHER_TENANT];
        for text in done.chain(names).chain(IN_PLAIN_WORDS) {
            for language in [Language::German, Language::Spanish, Language::French] {
                assert_ne!(language.say(text), text, "{language:?} lacks: {text}");
            }
        }
    }
}
