//! What the loss, or the return, of a consent leaves behind.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Change;
use crate::action::{ActionItem, ActionState, ActionType};
use crate::application_client::ApplicationClients;
use crate::audit::{Actor, AuditRow, Fact};
use crate::consent::{ConsentRequest, Context};
use crate::delivery::Delivery;
use crate::enterprise::Enterprise;
use crate::event;
use crate::id::{EnterpriseId, TenantId};
use crate::plan::{Wanted, plan};
use crate::redirect_url::RedirectUrl;
use crate::reseller::Reseller;
use crate::start::StartLink;

/// Everything that the loss, or the return, of one consent changes. It happens whole or not at all, and only if the action
/// is still as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Whose.
    pub enterprise: EnterpriseId,
    /// Which action.
    pub action: ActionType,
    /// The state that it had: still having it is the condition.
    pub was: ActionState,
    /// The state that it gets.
    pub state: ActionState,
    /// The event, if the service provider is told of any; or what came of the link whose grant is seen late.
    pub delivery: Option<Delivery>,
    /// The event that a lost consent is back, beside what came of such a link.
    pub recovered: Option<Delivery>,
    /// The link by which the loss is mended, kept by the hash of its handle; the event alone holds the handle.
    pub link: Option<StartLink>,
    /// The tenant that the enterprise is bound to from now on: a registration whose grant is seen late.
    pub binds: Option<TenantId>,
    /// The link that is spent by it, as it is before: its grant is seen late.
    pub spends: Option<ConsentRequest>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

/// What a change is noted with.
#[derive(Clone, Copy, Debug)]
pub struct Noting<'a> {
    /// Whose it is.
    pub parties: (&'a Enterprise, &'a Reseller),
    /// Our registrations.
    pub clients: &'a ApplicationClients,
    /// Where our start page is: the URL to which a handle is appended.
    pub start_page: &'a str,
    /// Time, keys and randomness.
    pub context: Context<'a>,
}

/// `data` of the event: the action item and, of a loss, a start link for what is missing, as `POST …/links` answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    #[serde(flatten)]
    item: ActionItem,
    #[serde(flatten)]
    link: Option<Link<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    start_url: &'a str,
    expires_at: String,
    microsoft_screens: usize,
}

impl Change {
    /// The change as it is recorded, with the request by which the action was granted, as long as that is known. The outcome of
    /// what a link mends goes where that request's went, or else where the event goes; a grant that is seen late is told as
    /// that request's outcome. `None` for one whose request says otherwise, or nothing of who signed in. What was lost is back whether
    /// that request is still known or not.
    #[must_use]
    pub fn noted(self, request: Option<&ConsentRequest>, noting: Noting<'_>) -> Option<Drift> {
        let Noting { parties: (enterprise, _), context, .. } = noting;
        // What was granted before, and could merely not be read since, has no link that is owed anything.
        let is_owed =
            |request: &ConsentRequest| !(self.was_lost && self.was.is_unverifiable()) || request.was_not_seen();
        let late = match request.filter(|request| is_owed(request)) {
            _ if !self.is_late() => None,
            None if self.was_lost => None,
            found => Some(found?),
        };
        let binds = self.is.granted_in().filter(|_| late.is_some() && self.action == ActionType::Registration);
        let is_told = !self.is_no_more_than_before();
        let Self { action, was, is: mut state, shows_teams, .. } = self;
        let (delivery, link) = if let Some(request) = late {
            let seen = request.seen_late((state.granted_in()?, shows_teams), context)?;
            if let ActionState::Granted { by, .. } = &mut state {
                *by = seen.by;
            }
            (seen.delivery, None)
        } else if !is_told {
            (None, None)
        } else {
            let (wanted, outcomes) =
                (wanted(action, &state, enterprise), request.and_then(|known| known.redirect_url.clone()));
            event_with_link((event_of(&state), action, &state), wanted, outcomes, noting)
        };
        let recovered = late.and_then(|_| recovered((enterprise, noting.parties.1), (action, &state), context));
        let word = if state.is_granted() && late.is_none() { "recovered" } else { state.word() };
        let fact = Fact {
            actor: &Actor::System(context.system.unwrap_or("consent-redirect")),
            action: &format!("consent.{word}"),
            object: format!("action:{action}"),
            before: Some(was.word().to_owned()),
            after: Some(state.word().to_owned()),
        };
        let audit = AuditRow::new(enterprise.reseller, Some(enterprise.id), fact, context.occasion);
        let spends = late.cloned();
        Some(Drift { enterprise: enterprise.id, action, was, state, delivery, recovered, link, binds, spends, audit })
    }
}

/// The event `kind` about an action, with a start link for what is wanted, and that link. Its outcomes go to `outcomes`, or else
/// where the event goes.
pub(crate) fn event_with_link(
    (kind, action, state): (&str, ActionType, &ActionState),
    wanted: Option<Wanted>,
    outcomes: Option<RedirectUrl>,
    noting: Noting<'_>,
) -> (Option<Delivery>, Option<StartLink>) {
    let Noting { parties: (enterprise, reseller), context, .. } = noting;
    let item = ActionItem::new(enterprise.id, action, state, &enterprise.profile);
    let link = wanted
        .zip(reseller.events_url.clone())
        .and_then(|(wanted, events)| start(wanted, outcomes.unwrap_or(events), (action, state), noting));
    let told = link.as_ref().map(|(start, url, screens)| Link {
        start_url: url,
        expires_at: start.expires_at.to_string(),
        microsoft_screens: *screens,
    });
    let data = Told { item, link: told };
    let delivery = event::delivery(kind, (reseller, enterprise.id), data, (context.keys, context.occasion));
    (delivery, link.map(|(start, _, _)| start))
}

/// The event that `action`, which a link grants now, was lost before; it goes beside that link's outcome.
#[must_use]
pub fn recovered(
    (enterprise, reseller): (&Enterprise, &Reseller),
    (action, state): (ActionType, &ActionState),
    context: Context<'_>,
) -> Option<Delivery> {
    let is_back = enterprise.lost.contains(&action) && state.is_granted();
    let item = ActionItem::new(enterprise.id, action, state, &enterprise.profile);
    let told = || event::delivery(event_of(state), (reseller, enterprise.id), item, (context.keys, context.occasion));
    is_back.then(told).flatten()
}

/// The event's name.
const fn event_of(state: &ActionState) -> &'static str {
    match state {
        ActionState::Granted { .. } => "action.recovered",
        ActionState::Revoked { .. } => "action.revoked",
        ActionState::Unverifiable { .. } => "action.blocked",
        ActionState::NotRequested
        | ActionState::PendingConsent { .. }
        | ActionState::Started { .. }
        | ActionState::PendingConfirmation { .. }
        | ActionState::Verifying { .. }
        | ActionState::Declined { .. }
        | ActionState::Blocked { .. }
        | ActionState::Drifted { .. }
        | ActionState::Withdrawn { .. }
        | ActionState::Expired { .. } => "action.drifted",
    }
}

/// What an administrator is to do so that it can be seen how `action` is: sign in, which is for a bound tenant, or else grant it.
pub(crate) fn seen_by(action: ActionType, enterprise: &Enterprise) -> Wanted {
    let seen_by = if enterprise.tenant.is_some() { ActionType::LoginEnterpriseAdmin } else { action };
    Wanted::These(BTreeSet::from([seen_by]))
}

/// What mends a loss; none if nothing is lost.
fn wanted(action: ActionType, state: &ActionState, enterprise: &Enterprise) -> Option<Wanted> {
    let these = |action| Some(Wanted::These(BTreeSet::from([action])));
    match state {
        ActionState::Drifted { missing, .. } => Some(Wanted::Part { action, permissions: missing.clone() }),
        ActionState::Revoked { .. } => these(action),
        ActionState::Unverifiable { .. } => Some(seen_by(action, enterprise)),
        ActionState::NotRequested
        | ActionState::PendingConsent { .. }
        | ActionState::Started { .. }
        | ActionState::PendingConfirmation { .. }
        | ActionState::Verifying { .. }
        | ActionState::Granted { .. }
        | ActionState::Declined { .. }
        | ActionState::Blocked { .. }
        | ActionState::Withdrawn { .. }
        | ActionState::Expired { .. } => None,
    }
}

/// The link, the URL with its handle, and how many of Microsoft's screens it leads through. None if it would lead through none: the
/// enterprise no longer has the service whose consent is lost.
fn start(
    wanted: Wanted,
    outcomes: RedirectUrl,
    (action, state): (ActionType, &ActionState),
    noting: Noting<'_>,
) -> Option<(StartLink, String, usize)> {
    let Noting { parties: (enterprise, _), clients, start_page, context } = noting;
    let mut after = enterprise.clone();
    after.actions.insert(action, state.clone());
    let screens = plan(&after, &wanted, clients).screens.len();
    if screens == 0 {
        return None;
    }
    let whose = (enterprise.reseller, enterprise.id);
    let occasion = context.occasion;
    let (start, handle) = StartLink::new(whose, wanted, outcomes, (occasion.now, occasion.random));
    let url = format!("{start_page}{}", handle.expose());
    Some((start, url, screens))
}
