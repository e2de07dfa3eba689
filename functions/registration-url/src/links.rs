//! `POST /v1/enterprises/{enterpriseId}/links`: a link to the start page, for the fewest of Microsoft's screens.
//!
//! With `?dryRun=true` it shows the plan behind the link, and makes none; where no link can be made, it says so as well.

use std::collections::BTreeSet;

use lambda_http::http::StatusCode;
use onboarding_core::action::ActionType;
use onboarding_core::application_client::ApplicationClients;
use onboarding_core::audit::Actor;
use onboarding_core::credential::Caller;
use onboarding_core::enterprise::{Enterprise, Standing};
use onboarding_core::fields::{Fault, Fields, text_of};
use onboarding_core::id::{ApplicationId, EnterpriseId};
use onboarding_core::idempotency::Told;
use onboarding_core::plan::{Plan, Screen, Wanted, plan};
use onboarding_core::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use onboarding_core::start::StartLink;
use onboarding_dynamo::credential::Wanted as WantedRows;
use onboarding_dynamo::idempotency::Made;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::RegistrationUrlOp;
use serde::Serialize;

use crate::{App, Error};

/// A body that was read: `{actions?, redirectUrl}`. A dry run needs no address.
struct Ask {
    wanted: Wanted,
    redirect_url: Option<RedirectUrl>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    start_url: &'a str,
    expires_at: String,
    microsoft_screens: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview<'a> {
    microsoft_screens: usize,
    screens: Vec<ScreenView<'a>>,
    /// The optional actions that are recommended and not granted, whether or not a screen has them.
    recommended: Vec<Advised>,
    /// The mandatory actions that are not granted.
    missing: Vec<ActionType>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScreenView<'a> {
    kind: &'static str,
    client_id: ApplicationId,
    actions: Vec<ActionType>,
    granted_before: &'a [ActionType],
    left_out: &'a [String],
    permissions: Vec<PermissionView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Advised {
    action_type: ActionType,
    recommended: bool,
    reason: &'static str,
    planned: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PermissionView {
    permission: &'static str,
    kind: &'static str,
    resource_app_id: ApplicationId,
    /// Whether none of the screen's actions wants it: the registration lists it.
    asked_along: bool,
    purpose: &'static str,
    limit: &'static str,
}

impl Ask {
    fn parse(
        mut body: Fields,
        (hosts, policy): (&[RedirectHost], RedirectPolicy),
        dry_run: bool,
    ) -> Result<Self, Vec<Fault>> {
        let actions = body.list::<ActionType>("actions", "an action type, such as REGISTRATION", |value| {
            text_of(value)?.parse().map_err(|_| "unknown_action_type")
        });
        if actions.as_ref().is_some_and(Vec::is_empty) {
            body.fault("actions", "required", "name an action, or leave the field out");
        }
        let redirect_url =
            body.parsed("redirectUrl", "invalid_redirect_url", |text| RedirectUrl::parse(text, hosts, policy));
        let redirect_url = if dry_run { redirect_url } else { body.required("redirectUrl", redirect_url) };
        let wanted = actions.map_or(Wanted::Missing, |actions| Wanted::These(BTreeSet::from_iter(actions)));
        body.finish(Some(Self { wanted, redirect_url }))
    }
}

pub(crate) async fn make(app: &App, call: &Call<RegistrationUrlOp>) -> Result<Answer, Error> {
    let id = call.param::<EnterpriseId>("enterpriseId").ok();
    let rows = WantedRows { enterprise: id, attempt: call.attempt(), ..WantedRows::default() };
    let found = app.store.authenticate(call.credential()?, rows, call.now()).await??;
    let provider = call.reseller(&found.caller)?;
    let own = found.enterprise.filter(|enterprise| found.caller.reaches(enterprise.reseller, enterprise.id));
    let enterprise = own.ok_or(Error::NoSuchEnterprise)?;
    if let Some(repeat) = found.repeat {
        return Ok(Answer::repeated(repeat));
    }
    let dry_run = is_dry_run(call)?;
    let ask = Ask::parse(call.json_object()?, (&provider.redirect_hosts, app.redirect_policy), dry_run);
    let ask = ask.map_err(Error::Invalid)?;
    if let Wanted::These(these) = &ask.wanted
        && these.iter().any(|action| !action.is_applicable(&enterprise.profile.services))
    {
        return Err(Error::NotApplicable);
    }
    let clients = &app.microsoft.settings().clients;
    let plan = plan(&enterprise, &ask.wanted, clients);
    if enterprise.standing != Standing::Open {
        return Err(Error::EnterpriseStopped);
    }
    if plan.screens.first().is_some_and(|screen| screen.awaits_tenant(&enterprise)) {
        return Err(Error::TenantNotKnown);
    }
    match ask.redirect_url.filter(|_| !dry_run) {
        None => Ok(Answer::json(StatusCode::OK, &preview(&plan, &enterprise, clients))),
        Some(redirect_url) => keep(app, call, (&found.caller, &enterprise), (ask.wanted, redirect_url, &plan)).await,
    }
}

fn is_dry_run(call: &Call<RegistrationUrlOp>) -> Result<bool, Error> {
    let mut query = call.query_fields()?;
    let asked = query.parsed("dryRun", "wrong_type", |text| text.parse::<bool>().map_err(|_| "must be true or false"));
    query.finish(Some(asked.unwrap_or(false))).map_err(Error::InvalidQuery)
}

fn preview<'a>(plan: &'a Plan, enterprise: &Enterprise, clients: &ApplicationClients) -> Preview<'a> {
    let screen = |screen: &'a Screen| ScreenView {
        kind: screen.kind.word(),
        client_id: screen.client,
        actions: enterprise.by_weight(screen.actions.iter().copied()),
        granted_before: &screen.again,
        left_out: &screen.without,
        permissions: screen
            .permissions(clients)
            .into_iter()
            .map(|asked| PermissionView {
                permission: asked.name,
                kind: asked.kind.word(),
                resource_app_id: asked.resource,
                asked_along: screen.is_along(asked),
                purpose: asked.purpose,
                limit: asked.limit,
            })
            .collect(),
    };
    let screens = plan.screens.iter().map(screen).collect();
    let is_planned = |action: ActionType| plan.screens.iter().any(|screen| screen.actions.contains(&action));
    let recommended = enterprise.recommended().map(|(action_type, reason)| {
        let planned = is_planned(action_type);
        Advised { action_type, recommended: true, reason, planned }
    });
    let (recommended, missing) = (recommended.collect(), enterprise.missing().collect());
    Preview { microsoft_screens: plan.screens.len(), screens, recommended, missing }
}

async fn keep(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (caller, enterprise): (&Caller, &Enterprise),
    (wanted, redirect_url, plan): (Wanted, RedirectUrl, &Plan),
) -> Result<Answer, Error> {
    let whose = (enterprise.reseller, enterprise.id);
    let (start, handle) = StartLink::new(whose, wanted, redirect_url, (call.now(), call.occasion().random));
    let audit = start.audit(&Actor::from(caller), call.occasion());
    // The link is kept by its hash alone, so it is told once.
    let once = call.attempt().map(|attempt| attempt.keeping(Told::Secret { id: start.hash.to_string() }));
    match app.store.make_start(&start, &audit, once.as_ref()).await? {
        Made::Done => {}
        Made::Refused => return Err(Error::EnterpriseStopped),
        Made::Repeated(repeat) => return Ok(Answer::repeated(repeat)),
    }
    let start_url = app.edge.public_base.start_link(&handle);
    let expires_at = start.expires_at.to_string();
    let made = Link { start_url: &start_url, expires_at, microsoft_screens: plan.screens.len() };
    Ok(Answer::json(StatusCode::OK, &made))
}
