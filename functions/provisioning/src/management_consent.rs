//! `POST /v1/provisioning/management-consent`: our application becomes a member of the roles by which Teams is managed, in
//! the name of who signed in, and what is read back grants the management consent (R142, R143).
//!
//! The request grants nothing, and it overrules nobody: after the administrator has refused the consent, or the provider has
//! reset it, a sign-in from before is not enough. It goes the way of a link whose administrator is back: recorded as being proved, proved, and
//! decided, each by a conditional write; should we die on the way, `consent-verify` goes on. Of many calls at once one goes
//! that way, and the others answer what it came to.

use std::time::Duration;

use lambda_http::http::StatusCode;
use onboarding_core::action::{ActionState, ActionType};
use onboarding_core::audit::Actor;
use onboarding_core::consent::{ConsentRequest, Context, SharedSignIn, Verifying, links_work};
use onboarding_core::drift::{Noting, Seen};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::fields::Fields;
use onboarding_core::id::{ResellerId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::proof::judge;
use onboarding_core::reseller::Reseller;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::consent::Recorded;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::routes::ProvisioningOp;
use onboarding_microsoft::ReadBack;
use secrecy::SecretString;

use crate::sent_back::SentBack;
use crate::{App, Error};

const ACTION: ActionType = ActionType::ServiceProviderManagement;

/// How long it may take to look, join the roles and look again.
const BUDGET: Duration = Duration::from_secs(12);

/// What the body names beside the sign-in.
struct Named {
    reseller: u64,
    tenant: TenantId,
}

impl Named {
    fn take(body: &mut Fields) -> Option<Self> {
        let reseller = body.whole("resellerId");
        let reseller = body.required("resellerId", reseller);
        let tenant = body.parsed("tenantId", "invalid_tenant", TenantId::in_any_case);
        let tenant = body.required("tenantId", tenant);
        Some(Self { reseller: reseller?, tenant: tenant? })
    }
}

pub(crate) async fn update(app: &App, call: &Call<ProvisioningOp>) -> Result<Answer, Error> {
    let (sent, named) = SentBack::read(app, call, Named::take).await?;
    if ResellerId::try_from(named.reseller).ok() != Some(sent.enterprise.reseller) {
        return Err(Error::NotYourReseller);
    }
    let tenant = sent.tenant()?;
    if named.tenant != tenant {
        return Err(Error::WrongTenant);
    }
    if sent.enterprise.action(ACTION).is_granted() {
        return Ok(Answer::empty(StatusCode::OK));
    }
    if let Some(refused_at) = sent.enterprise.refused_at(ACTION)
        && asked_at(app, &sent).await?.is_none_or(|asked_at| asked_at <= refused_at)
    {
        return Err(Error::ConsentRequired(sent.link(app, call, ACTION).await?));
    }
    let Some(token) = sent.token(app, call).await? else { return Err(sent.sign_in_again(app, call).await?) };
    let Some(signer) = sent.signer(app, &token).await? else {
        return Err(sent.sign_in_again(app, call).await?);
    };
    if signer.tenant != tenant {
        return Err(Error::WrongTenant);
    }
    go_on(app, call, &sent, (signer, token)).await
}

/// When the link was made that the person signed in by; of Microsoft's own token nobody knows it.
async fn asked_at(app: &App, sent: &SentBack) -> Result<Option<Timestamp>, Error> {
    let Some(handle) = &sent.handle else { return Ok(None) };
    Ok(app.store.request(&handle.request).await?.map(|request| request.created_at))
}

async fn go_on(
    app: &App,
    call: &Call<ProvisioningOp>,
    sent: &SentBack,
    (signer, token): (Signer, SecretString),
) -> Result<Answer, Error> {
    let enterprise = &sent.enterprise;
    let Some(parties) = app.store.parties(enterprise.id, enterprise.reseller).await? else {
        return Err(Error::NoSuchEnterprise);
    };
    if !links_work(&parties.0, &parties.1) {
        return Err(Error::EnterpriseStopped);
    }
    let keys = app.secrets.sealing_keys(call.now()).await?;
    let authority_host = app.microsoft.settings().endpoints.authority_host();
    let context = Context { keys: &keys, occasion: call.occasion(), authority_host, system: None };
    let (sign_in, tenant) = (SharedSignIn::new(signer.clone(), sent.end(call.now())), signer.tenant);
    let link = link(app, call, sent, (&parties.0, tenant)).await?;
    let begun = sign_in.go_on_for(link, &token, &Actor::from(&sent.caller), context);
    let mut recorded = Recorded::Superseded;
    if let Some((record, verifying)) = begun {
        recorded = app.store.record(&record).await?;
        if recorded == Recorded::Done {
            prove(app, verifying, &token, ((&parties.0, &parties.1), context)).await?;
        }
    }
    match recorded {
        Recorded::TenantTaken => Err(Error::TenantBoundElsewhere),
        Recorded::Done | Recorded::Superseded | Recorded::EnterpriseRefuses => decided(app, &parties, recorded).await,
    }
}

/// The newest link of the action, if nobody has used it, or one that is made for this; and whether it is.
async fn link(
    app: &App,
    call: &Call<ProvisioningOp>,
    sent: &SentBack,
    (enterprise, tenant): (&Enterprise, TenantId),
) -> Result<(ConsentRequest, bool), Error> {
    let wanted = (ACTION, tenant);
    if let Some(own) = app.store.unused_link(enterprise, wanted, call.now()).await? {
        return Ok((own, false));
    }
    let outcomes = sent.outcomes(app).await?;
    Ok((ConsentRequest::made_for(enterprise, wanted, outcomes, call.occasion()), true))
}

/// Asks Graph once, and records what it shows. What it does not show yet, `consent-verify` looks at again.
async fn prove(
    app: &App,
    verifying: Verifying,
    token: &SecretString,
    (parties, context): ((&Enterprise, &Reseller), Context<'_>),
) -> Result<(), Error> {
    let clients = &app.microsoft.settings().clients;
    let also = parties.0.granted_before(clients);
    let wanted = ReadBack { question: verifying.question(), policy: app.policy, also: &also };
    let view = app.microsoft.read_back(token, wanted, BUDGET).await;
    let judgement = judge(verifying.question(), &view, app.policy, app.edge.clock.now());
    let start_page = app.edge.public_base.start_page();
    let noting = Noting { parties, clients, start_page: &start_page, context };
    // What this grant took away comes first, so that nobody is told of a readiness that it ended.
    app.store.note_drifts(Seen::by_signer(&view, &also), Some(verifying.request()), noting).await?;
    app.store.conclude(verifying, judgement, token, (parties, context)).await?;
    Ok(())
}

/// What the action has come to. Who did not get to decide it waits for who does.
async fn decided(
    app: &App,
    (enterprise, reseller): &(Enterprise, Reseller),
    recorded: Recorded,
) -> Result<Answer, Error> {
    let mut patience = app.store.patience();
    loop {
        let Some((enterprise, reseller)) = app.store.parties(enterprise.id, reseller.id).await? else {
            return Err(Error::NoSuchEnterprise);
        };
        if !links_work(&enterprise, &reseller) {
            return Err(Error::EnterpriseStopped);
        }
        match enterprise.action(ACTION) {
            ActionState::Granted { .. } => return Ok(Answer::empty(StatusCode::OK)),
            ActionState::Blocked { code, missing, .. } => return Err(Error::Refused(code, missing)),
            ActionState::Verifying { .. } if recorded != Recorded::Done && patience.wait().await => {}
            ActionState::NotRequested
            | ActionState::PendingConsent { .. }
            | ActionState::Started { .. }
            | ActionState::PendingConfirmation { .. }
            | ActionState::Verifying { .. }
            | ActionState::Declined { .. }
            | ActionState::Unverifiable { .. }
            | ActionState::Drifted { .. }
            | ActionState::Withdrawn { .. }
            | ActionState::Revoked { .. }
            | ActionState::Expired { .. } => return Err(Error::UnderWay),
        }
    }
}
