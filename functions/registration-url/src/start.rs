//! The start page: who asks, what for, and the one form that goes to Microsoft.
//!
//! Opening it reads and changes nothing, so mail scanners may open it as often as they like. Its form ties the sign-in to
//! this browser, makes nonce and PKCE verifier, and leads to the first screen of the plan as it is now (K13).

use std::collections::BTreeSet;
use std::time::Duration;

use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::advice::Code;
use onboarding_core::audit::{Actor, AuditRow, Fact};
use onboarding_core::consent::{ConsentRequest, LINK_LIFETIME, NewRequest, links_work};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::{ConsentRequestId, TenantId};
use onboarding_core::invitation::{Invitation, InvitationCode, Tries};
use onboarding_core::plan::{Plan, Screen};
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::reseller::{Reseller, TokenMode};
use onboarding_core::secret::SecretHash;
use onboarding_core::start::{Binding, StartLink};
use onboarding_dynamo::invitation::InvitedParties;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::page::{NextScreen, Onward, Page, Sent, Start};
use onboarding_lambda::routes::RegistrationUrlOp;

use crate::address::{self, Begun};
use crate::{App, Error, invitation};

/// How much longer a link that is used again must still live: somebody has to sign in meanwhile.
const LEAST_LEFT: Duration = Duration::from_hours(1);

/// A start link that works, with all that it is about.
struct Journey {
    handle: String,
    start: StartLink,
    enterprise: Enterprise,
    reseller: Reseller,
    plan: Plan,
    /// The invitation that it is the link of, and the wrong codes of the network that asks.
    invitation: Option<(Invitation, Option<Tries>)>,
}

async fn journey(app: &App, call: &Call<RegistrationUrlOp>) -> Result<Journey, Error> {
    let handle: String = call.param("handle").map_err(|_| Error::NoSuchStart)?;
    let start = app.store.start(&SecretHash::of(&handle)).await?.ok_or(Error::NoSuchStart)?;
    let (enterprise, reseller, invitation) = parties(app, call, &start).await?.ok_or(Error::NoSuchStart)?;
    call.about(start.reseller, start.enterprise);
    call.speaks(invitation.as_ref().and_then(|(invitation, _)| invitation.language));
    // The pages that refuse a code are the same for every link, whoever's it is (K14).
    if start.invitation.is_none() {
        call.comes_from(&reseller.name);
    }
    // Whether the link of an invitation works says the invitation, to whoever shows its code.
    if start.invitation.is_none() && !start.works(call.now()) {
        return Err(Error::StartEnded);
    }
    if !links_work(&enterprise, &reseller) {
        return Err(Error::Stopped(Code::EnterpriseDisabled));
    }
    let plan = start.plan(&enterprise, &app.microsoft.settings().clients);
    // Its tenant waits for the provider's word, and nothing else can be asked for before.
    if plan.screens.first().is_some_and(|screen| screen.awaits_tenant(&enterprise)) {
        return Err(Error::Stopped(Code::TenantAwaited));
    }
    Ok(Journey { handle, start, enterprise, reseller, plan, invitation })
}

type Parties = (Enterprise, Reseller, Option<(Invitation, Option<Tries>)>);

async fn parties(app: &App, call: &Call<RegistrationUrlOp>, start: &StartLink) -> Result<Option<Parties>, Error> {
    if start.invitation.is_none() {
        let parties = app.store.parties(start.enterprise, start.reseller).await?;
        return Ok(parties.map(|(enterprise, reseller)| (enterprise, reseller, None)));
    }
    let parties = app.store.invited_parties(start, call.network_address()).await?;
    Ok(parties.map(|InvitedParties { enterprise, reseller, invitation, tries }| {
        (enterprise, reseller, Some((invitation, tries)))
    }))
}

impl Journey {
    /// Whether this browser is yet to show the code of the invitation.
    fn is_closed(&self, call: &Call<RegistrationUrlOp>) -> bool {
        let is_opened = |invitation: &Invitation| {
            call.binding().is_some_and(|browser| invitation.is_opened_by(&browser.hash(), call.now()))
        };
        self.invitation.as_ref().is_some_and(|(invitation, _)| !is_opened(invitation))
    }
}

/// Shows the page.
pub(crate) async fn show(app: &App, call: &Call<RegistrationUrlOp>) -> Result<Answer, Error> {
    let journey = journey(app, call).await?;
    let asks_for_code = journey.is_closed(call);
    let Journey { handle, start, enterprise, reseller, plan, invitation, .. } = journey;
    let settings = app.microsoft.settings();
    let (action, authority) = (format!("/start/{handle}"), settings.endpoints.authority_origin());
    let next = plan.screens.first().map(|screen| {
        let all = screen.permissions(&settings.clients).into_iter();
        let (along, permissions) = all.partition(|asked| screen.is_along(asked));
        NextScreen {
            onward: Onward { action: &action, authority: &authority },
            kind: screen.kind,
            actions: enterprise.by_weight(screen.actions.iter().copied()),
            permissions,
            along,
            problem: screen.actions.iter().find_map(|action| enterprise.action(*action).problem()),
        }
    });
    let granted = |action: &ActionType| enterprise.action(*action).is_granted();
    let checking = |action: &ActionType| matches!(enterprise.action(*action), ActionState::Verifying { .. });
    let waits = |action: ActionType| matches!(enterprise.action(action), ActionState::PendingConfirmation { .. });
    let address = app.edge.public_base.url(&action);
    Ok(Answer::page(Page::start(&Start {
        language: call.language(),
        provider: &reseller.name,
        enterprise: &enterprise.profile.enterprise_name,
        tenant: tenant(&enterprise),
        next,
        sent: Sent {
            host: start.redirect_url.as_ref().and_then(RedirectUrl::host),
            tokens: reseller.token_mode == TokenMode::Raw,
        },
        screens_left: plan.screens.len(),
        done: ActionType::all().filter(granted).collect(),
        checking: ActionType::all().filter(checking).collect(),
        waiting: ActionType::all().any(waits),
        address: invitation.is_none().then_some(address.as_str()),
        asks_for_code,
        later: plan.screens.iter().skip(1).flat_map(|screen| screen.actions.clone()).collect(),
        reference: call.reference(),
    })))
}

/// The tenant whose account is wanted: the one that the enterprise is bound to, whatever was expected.
fn tenant(enterprise: &Enterprise) -> Option<String> {
    let expected = || enterprise.profile.expected_tenant.clone().map(String::from);
    enterprise.tenant.map(|tenant| tenant.to_string()).or_else(expected)
}

/// Goes to the first screen that is left, in this browser.
pub(crate) async fn begin(app: &App, call: &Call<RegistrationUrlOp>) -> Result<Answer, Error> {
    let code = typed_code(call)?;
    let journey = match journey(app, call).await {
        // Whoever guesses at a link that is not there learns no more, and no faster, than at one that is.
        Err(Error::NoSuchStart) if code.is_some() => return Err(invitation::unknown(app, call).await?),
        journey => journey?,
    };
    let page = format!("/start/{}", journey.handle);
    if comes_from_elsewhere(call) {
        return Ok(Answer::see_other(&page));
    }
    // The browser keeps the cookie that it has: another tab may be at Microsoft with it.
    let binding = call.binding().unwrap_or_else(|| Binding::new(call.occasion().random));
    if let Some((invitation, tries)) = &journey.invitation {
        match code {
            Some(code) => invitation::open(app, call, (invitation, *tries), (&code, &binding)).await?,
            None if journey.is_closed(call) => return Ok(Answer::see_other(&page)),
            None => {}
        }
    }
    let answer = go_on(app, call, (&journey, &binding), &page).await?;
    Ok(answer.with_header(lambda_http::http::header::SET_COOKIE, &binding.set_cookie()))
}

/// The code in the form of an invitation's page.
fn typed_code(call: &Call<RegistrationUrlOp>) -> Result<Option<InvitationCode>, Error> {
    if call.request().body().is_empty() {
        return Ok(None);
    }
    Ok(call.form()?.take("code").map(|text| InvitationCode::typed(&text)))
}

/// Goes to the first screen that is left, with the cookie `binding`; to the page, if there is none by now.
async fn go_on(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (journey, binding): (&Journey, &Binding),
    page: &str,
) -> Result<Answer, Error> {
    let Some(screen) = journey.plan.screens.first() else { return Ok(Answer::see_other(page)) };
    let pin = address::pin(app, &journey.enterprise).await?;
    let (fresh, requests) = requests(app, call, (journey, screen), pin).await?;
    // Somebody may have finished an action since the plan was made: the page shows what is left.
    let audit = begun(call, journey, &requests);
    if fresh && !app.store.begin(&journey.enterprise, &requests, &audit).await? {
        return Ok(Answer::see_other(page));
    }
    let Some(first) = requests.first() else { return Ok(Answer::see_other(page)) };
    let begun = Begun { browser: binding.hash(), start: &journey.handle };
    let url = address::address(app, call, (first, journey.enterprise.tenant), Some(&begun)).await?;
    Ok(Answer::see_other(&url))
}

/// Whether another site's page pressed the button: nobody goes to Microsoft who has not seen who asks, and what for (T12).
/// Browsers say it by themselves (Fetch Metadata, `Sec-Fetch-Site`).
fn comes_from_elsewhere(call: &Call<RegistrationUrlOp>) -> bool {
    call.request().headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// The requests of a screen, its leading action's first: those that wait unused already, so that pressing the button
/// again and again leaves nothing behind, or new ones.
async fn requests(
    app: &App,
    call: &Call<RegistrationUrlOp>,
    (journey, screen): (&Journey, &Screen),
    pin: Option<TenantId>,
) -> Result<(bool, Vec<ConsentRequest>), Error> {
    let new = |action: ActionType| NewRequest {
        enterprise: journey.enterprise.id,
        reseller: journey.reseller.id,
        action,
        together: screen.actions.iter().chain(&screen.again).copied().filter(|other| *other != action).collect(),
        part: screen.part.clone(),
        without: screen.without.clone(),
        redirect_url: journey.start.redirect_url.clone(),
        pin,
        asked_again: journey.enterprise.action(action).must_ask_again(),
        resets: journey.enterprise.resets_of(action),
        language: journey.invitation.as_ref().and_then(|(invitation, _)| invitation.language),
    };
    let wanted: Vec<NewRequest> = screen.actions.iter().copied().map(new).collect();
    let links: BTreeSet<ConsentRequestId> =
        wanted.iter().filter_map(|new| journey.enterprise.action(new.action).link().cloned()).collect();
    if links.len() == wanted.len() {
        let known = app.store.requests(&links.into_iter().collect::<Vec<_>>()).await?;
        let still = call.now().plus(LEAST_LEFT);
        let own = |new: &NewRequest| known.iter().find(|known| known.is_unused(still) && known.is_for(new)).cloned();
        let again: Vec<ConsentRequest> = wanted.iter().filter_map(own).collect();
        if again.len() == wanted.len() {
            return Ok((false, again));
        }
    }
    let made = |new| {
        let id = ConsentRequestId::new(call.now(), call.occasion().random);
        ConsentRequest::new(id, new, call.now(), call.now().plus(LINK_LIFETIME))
    };
    Ok((true, wanted.into_iter().map(made).collect()))
}

fn begun(call: &Call<RegistrationUrlOp>, journey: &Journey, requests: &[ConsentRequest]) -> AuditRow {
    let names: Vec<&str> = requests.iter().map(|request| request.action.name()).collect();
    let ids: Vec<&str> = requests.iter().map(|request| request.id.as_str()).collect();
    let fact = Fact {
        actor: &Actor::LinkHolder,
        action: "consent.started",
        object: format!("action:{}", names.join(",")),
        before: None,
        after: Some(ids.join(",")),
    };
    AuditRow::new(journey.reseller.id, Some(journey.enterprise.id), fact, call.occasion())
}
