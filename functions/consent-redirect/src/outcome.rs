//! The outcome page: what became of a link, for the person who used it.

use onboarding_core::action::{ActionState, ActionType, ProvedBy};
use onboarding_core::consent::ConsentRequest;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::outcome_link::OutcomeLink;
use onboarding_core::permission::{self, Permission};
use onboarding_core::seal::SealingKeys;
use onboarding_core::secret::SecretHash;
use onboarding_core::state::State;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::page::{Onward, Outcome, Page};
use onboarding_lambda::routes::ConsentRedirectOp;

use crate::{App, Error};

/// The address of a request's outcome page, which leads back to the start page if the sign-in began there.
pub(crate) fn location(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    (state, request): (&State, &ConsentRequest),
    keys: &SealingKeys,
) -> String {
    let handle =
        OutcomeLink::new(request, state.start.clone(), call.now()).seal(keys, (call.now(), call.occasion().random));
    app.edge.public_base.url(&format!("/outcome/{handle}"))
}

/// The page at which the sign-in began, if it began at one of ours.
pub(crate) fn start_page(state: &State) -> Option<String> {
    state.start.as_ref().map(|handle| format!("/start/{handle}"))
}

/// Shows it. Reading changes nothing, so whoever waits for Graph may look again as often as they like.
pub(crate) async fn show(app: &App, call: &Call<ConsentRedirectOp>) -> Result<Answer, Error> {
    let handle: String = call.param("handle").map_err(|_| Error::NoSuchOutcome)?;
    let link = open(app, call, &handle).await?.ok_or(Error::NoSuchOutcome)?;
    let rows = app.store.outcome(&link.request, link.enterprise, link.reseller).await?.ok_or(Error::NoSuchOutcome)?;
    call.about(link.reseller, link.enterprise);
    call.speaks(rows.request.language);
    let action = rows.request.action;
    let state = rows.request.shown(rows.enterprise.action(action));
    let onward = onward(app, call, &link, &rows.enterprise).await?.filter(|_| !is_under_way(&state));
    let authority = app.microsoft.settings().endpoints.authority_origin();
    let is_granted = |action: &ActionType| rows.enterprise.action(*action).is_granted();
    let granted = state.is_granted();
    let also: Vec<ActionType> =
        rows.request.together.iter().copied().filter(|also| granted && is_granted(also)).collect();
    let mut permissions = permission::each_once([&[action], also.as_slice()].concat());
    permissions.retain(|asked| !rows.request.without.contains(&asked.scope()));
    let along = along(app, action, &also);
    let left: Vec<ActionType> = rows.enterprise.missing().filter(|missing| *missing != action).collect();
    Ok(Answer::page(Page::outcome(&Outcome {
        language: call.language(),
        provider: &rows.reseller.name,
        enterprise: &rows.enterprise.profile.enterprise_name,
        action,
        state: &state,
        also: &also,
        permissions: &permissions,
        along: &along,
        left: &left,
        onward: onward.as_deref().map(|action| Onward { action, authority: &authority }),
        reference: call.reference(),
    })))
}

/// What the screen of `action` asked for besides what it and `also` want: everything else that its registration lists.
fn along(app: &App, action: ActionType, also: &[ActionType]) -> Vec<&'static Permission> {
    if action.proved_by() != ProvedBy::AppRoles {
        return Vec::new();
    }
    let (clients, wanted) = (&app.microsoft.settings().clients, [&[action], also].concat());
    clients.lists(clients.of(action)).into_iter().filter(|listed| !listed.is_wanted_by(&wanted)).collect()
}

/// Where the next screen begins, if this one was begun by a start link and another one is left (K13).
async fn onward(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    link: &OutcomeLink,
    enterprise: &Enterprise,
) -> Result<Option<String>, Error> {
    let Some(handle) = &link.start else { return Ok(None) };
    let start = app.store.start(&SecretHash::of(handle)).await?;
    let own = start.filter(|start| start.enterprise == link.enterprise && start.works(call.now()));
    let plan = own.map(|start| start.plan(enterprise, &app.microsoft.settings().clients));
    Ok(plan.filter(|plan| !plan.screens.is_empty()).map(|_| format!("/start/{handle}")))
}

/// Whether the action is being decided, so that nothing is to be done meanwhile.
const fn is_under_way(state: &ActionState) -> bool {
    matches!(state, ActionState::Verifying { .. } | ActionState::PendingConfirmation { .. })
}

async fn open(app: &App, call: &Call<ConsentRedirectOp>, handle: &str) -> Result<Option<OutcomeLink>, Error> {
    let now = call.now();
    let keys = app.secrets.sealing_keys_for(handle, now).await?;
    Ok(OutcomeLink::open(handle, &keys, now).unwrap_or_default())
}
