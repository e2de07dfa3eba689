//! Roles that a tenant lacks: made in the name of who signed in, looked for, and, once they are there, the consent is gone on
//! with, without its administrator (R144).
//!
//! Microsoft refuses what is there already, and each step here is a conditional write, so overlapping and late ticks do
//! nothing twice. The consent goes on as by a link whose administrator is back.

use onboarding_core::action::ActionType;
use onboarding_core::audit::Actor;
use onboarding_core::awaited_roles::{AwaitedRoles, Goal, Step};
use onboarding_core::consent::{ConsentRequest, SharedSignIn};
use onboarding_core::drift::Noting;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::EnterpriseId;
use onboarding_core::proof::TEAMS_ADMINISTRATOR;
use onboarding_core::provisioning::Seen;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::consent::Recorded;
use secrecy::SecretString;

use crate::{App, NotVerified, READ_BUDGET, context, prove};

const ACTION: ActionType = ActionType::ServiceProviderManagement;

/// Looks for the roles of one enterprise's tenant.
pub(crate) async fn look(app: &App, id: EnterpriseId) -> Result<(), NotVerified> {
    let now = app.clock.now();
    let Some(awaited) = app.store.awaited_roles(id).await? else { return Ok(()) };
    let Some((enterprise, reseller)) = app.store.parties(id, awaited.reseller).await? else { return Ok(()) };
    let keys = app.secrets.sealing_keys_for(&awaited.token.sealed, now).await?;
    let (clients, start_page) = (&app.microsoft.settings().clients, app.public_base.start_page());
    let parties = (&enterprise, &reseller);
    let noting = Noting { parties, clients, start_page: &start_page, context: context(app, &keys, now) };
    let ended = match awaited.step(parties, now) {
        Step::Drop => app.store.end_awaited_roles(&awaited, None).await?,
        Step::GiveUp => app.store.end_awaited_roles(&awaited, Some(&awaited.tell(noting))).await?,
        Step::Wait => return put_off(app, &awaited, noting).await,
        Step::Make { is_time } => match awaited.access_token(&keys, now) {
            Ok(token) => return make(app, &awaited, (&token, is_time), noting).await,
            // It may open once the keys can be read again.
            Err(_) => return put_off(app, &awaited, noting).await,
        },
    };
    tracing::info!(enterprise.id = %id, reseller.id = %awaited.reseller, ended, "roles are no longer waited for");
    Ok(())
}

/// Makes the roles, unless they are there, and goes on if they are and it is time.
async fn make(
    app: &App,
    awaited: &AwaitedRoles,
    (token, is_time): (&SecretString, bool),
    noting: Noting<'_>,
) -> Result<(), NotVerified> {
    let tenant = awaited.signer.tenant;
    let provisioned = app.microsoft.provision(token, tenant, READ_BUDGET).await;
    if !provisioned.made.is_empty() {
        app.store.note(&awaited.audit(&provisioned.made, noting)).await?;
    }
    let is_there = match provisioned.seen.within(tenant) {
        Seen::Shown(view) => {
            if view.teams_api {
                // What a refusal left out for want of this API is asked for again.
                let scopes = noting.parties.0.left_out(&[ActionType::Registration], &[]);
                app.store.restore(awaited.enterprise, &scopes).await?;
            }
            match awaited.goal {
                Goal::Consent => view.is_active(TEAMS_ADMINISTRATOR),
                Goal::Provisioning { .. } => view.lacks().is_empty(),
            }
        }
        Seen::Closed | Seen::Unread => false,
    };
    tracing::info!(enterprise.id = %awaited.enterprise, looks = awaited.looks, is_there, is_time, "roles looked for");
    if is_there && is_time && reached(app, awaited, token, noting).await? {
        return Ok(());
    }
    put_off(app, awaited, noting).await
}

/// What is waited for is there: the consent goes on, or nothing is left to wait for. False if somebody else does it.
async fn reached(
    app: &App,
    awaited: &AwaitedRoles,
    token: &SecretString,
    noting: Noting<'_>,
) -> Result<bool, NotVerified> {
    match awaited.goal {
        Goal::Consent => go_on(app, awaited, token, noting).await,
        Goal::Provisioning { .. } => Ok(app.store.end_awaited_roles(awaited, None).await?),
    }
}

/// Goes on with the consent; false if somebody else does. Should we die on the way, the request is due by itself.
async fn go_on(
    app: &App,
    awaited: &AwaitedRoles,
    token: &SecretString,
    noting: Noting<'_>,
) -> Result<bool, NotVerified> {
    let Noting { parties: (enterprise, _), context, .. } = noting;
    let link = link(app, awaited, enterprise, noting).await?;
    let sign_in = SharedSignIn::new(awaited.signer.clone(), awaited.token.expires_at);
    let actor = Actor::System("consent-verify");
    let Some((record, verifying)) = sign_in.go_on_for(link, token, &actor, context) else { return Ok(false) };
    if app.store.record(&record).await? != Recorded::Done {
        return Ok(false);
    }
    app.store.end_awaited_roles(awaited, None).await?;
    prove(app, verifying, context.occasion.now).await?;
    Ok(true)
}

async fn link(
    app: &App,
    awaited: &AwaitedRoles,
    enterprise: &Enterprise,
    noting: Noting<'_>,
) -> Result<(ConsentRequest, bool), NotVerified> {
    let (occasion, wanted) = (noting.context.occasion, (ACTION, awaited.signer.tenant));
    if let Some(own) = app.store.unused_link(enterprise, wanted, occasion.now).await? {
        return Ok((own, false));
    }
    Ok((ConsentRequest::made_for(enterprise, wanted, awaited.redirect_url.clone(), occasion), true))
}

/// Looks again later, and tells the service provider once that it lasts.
async fn put_off(app: &App, awaited: &AwaitedRoles, noting: Noting<'_>) -> Result<(), NotVerified> {
    let now: Timestamp = noting.context.occasion.now;
    let told = awaited.is_to_be_told(now).then(|| awaited.tell(noting));
    app.store.await_roles_until(awaited, awaited.next_look(now), told.as_ref()).await?;
    Ok(())
}
