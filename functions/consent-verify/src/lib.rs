//! The stream's function that proves: reads Microsoft Graph again for every consent whose proof is open, and, some time
//! later, for all that an enterprise has granted (`watch`), or for roles that its tenant lacks (`awaited_roles`).
//!
//! It is woken by the sweep, through the table's stream. A request whose lease ran out without an answer ends here
//! too, so that nothing stays half done (P3).

mod awaited_roles;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use onboarding_core::advice::Code;
use onboarding_core::audit::Occasion;
use onboarding_core::consent::{AwaitingGrant, ConsentRequest, Context, Leased, Record, Verifying};
use onboarding_core::drift::{Noting, Seen};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::ConsentRequestId;
use onboarding_core::proof::{Judgement, Policy, application, judge};
use onboarding_core::random::Random;
use onboarding_core::seal::SealingKeys;
use onboarding_core::time::{Clock, Timestamp};
use onboarding_dynamo::consent::Recorded;
use onboarding_dynamo::stream::{Wake, Woken, wakes};
use onboarding_dynamo::{Store, StoreError};
use onboarding_lambda::batch;
use onboarding_lambda::config::deployment::PublicBase;
use onboarding_lambda::panic::Panicked;
use onboarding_microsoft::{Microsoft, ReadAssigned, ReadBack};
use onboarding_secrets::{Secrets, SecretsError};
use secrecy::SecretString;
use thiserror::Error;

/// How long one reading of Graph may take.
const READ_BUDGET: Duration = Duration::from_secs(10);

/// What a verification needs.
pub struct App {
    /// The table.
    pub store: Store,
    /// Sealing keys and client secret.
    pub secrets: Arc<Secrets>,
    /// Graph.
    pub microsoft: Arc<Microsoft>,
    /// Whose consent counts.
    pub policy: Policy,
    /// Our own address: a loss is told with a link to our start page.
    pub public_base: PublicBase,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// For ids and nonces.
    pub random: Arc<dyn Random>,
}

/// Why a request, or an enterprise, could not be looked at. It stays due.
#[derive(Debug, Error)]
enum NotVerified {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Looks after every request that a batch of the stream names.
pub async fn verify(app: &App, event: &Event) -> DynamoDbEventResponse {
    let mine = wakes(event).into_iter();
    let mine = mine.filter(|wake| !matches!(wake.woken, Woken::Delivery(..) | Woken::Mail(_) | Woken::Connection(_)));
    let looks = mine.map(|Wake { sequence, woken }| (sequence, async move { look_after(app, &woken).await }));
    batch::tried("a consent could not be verified", looks).await
}

async fn look_after(app: &App, woken: &Woken) -> Result<(), NotVerified> {
    match woken {
        Woken::Request(id) => verify_one(app, id).await,
        Woken::Enterprise(id) => watch::look(app, *id).await,
        Woken::AwaitedRoles(id) => awaited_roles::look(app, *id).await,
        Woken::Delivery(..) | Woken::Mail(_) | Woken::Connection(_) => Ok(()),
    }
}

async fn verify_one(app: &App, id: &ConsentRequestId) -> Result<(), NotVerified> {
    let Some(request) = app.store.request(id).await? else { return Ok(()) };
    let now = app.clock.now();
    if let Some(verifying) = Verifying::of(request.clone()) {
        return prove(app, verifying, now).await;
    }
    if let Some(awaiting) = AwaitingGrant::of(request.clone()) {
        return look(app, awaiting, now).await;
    }
    if request.stage.is_awaited() {
        return give_up(app, request, now).await;
    }
    let keys = app.secrets.sealing_keys(now).await?;
    let context = context(app, &keys, now);
    let ended = match Leased::of(request.clone()) {
        Some(leased) if leased.has_ended(now) => Some(leased.fail(Code::SignInInterrupted, None, context)),
        Some(_) => None,
        None => request.lapse(context),
    };
    if let Some(record) = ended {
        app.store.record(&record).await?;
    }
    Ok(())
}

/// Notes that nobody came back by a link that has ended, unless a newer one tells that; and tells it, unless it is of no matter any
/// more: the enterprise has dropped the service that it was for, which may come back.
async fn give_up(app: &App, request: ConsentRequest, now: Timestamp) -> Result<(), NotVerified> {
    let keys = app.secrets.sealing_keys(now).await?;
    let enterprise = app.store.enterprise(request.enterprise).await?;
    let abandoned = enterprise.and_then(|enterprise| {
        let record = request.clone().abandon(&enterprise.action(request.action), context(app, &keys, now))?;
        let is_told = enterprise.concerns(request.action);
        Some(Record { delivery: record.delivery.filter(|_| is_told), ..record })
    });
    if let Some(record) = abandoned {
        // One whose action has just gone on is looked at once more, and rests then.
        let told = app.store.record(&record).await? == Recorded::Done;
        tracing::info!(consent.request = %request.id, told, "a link has ended by which nobody came back");
    } else if now >= request.expires_at {
        app.store.rest(&request).await?;
    }
    Ok(())
}

/// Reads Graph with our own token: for a consent that nobody signed in to.
async fn look(app: &App, awaiting: AwaitingGrant, now: Timestamp) -> Result<(), NotVerified> {
    let clients = &app.microsoft.settings().clients;
    let (request, tenant) = (awaiting.request().clone(), awaiting.tenant());
    let client = clients.of(request.action);
    let keys = app.secrets.sealing_keys(now).await?;
    let readers = app.secrets.credentials(&clients.readers(client), clients.own(), now).await?;
    let Some((enterprise, reseller)) = app.store.parties(request.enterprise, request.reseller).await? else {
        return Ok(());
    };
    let mut also = enterprise.granted_before(clients);
    also.clients.insert(client);
    let wanted = ReadAssigned { tenant, readers: &readers, also: &also };
    let view = app.microsoft.read_assigned(wanted, (now, app.random.as_ref()), READ_BUDGET).await;
    let young = awaiting.is_young(now);
    let judgement = application::judge_screen((request.action, &request.together, client), (tenant, young), &view);
    let context = context(app, &keys, now);
    let start_page = app.public_base.start_page();
    let noting = Noting { parties: (&enterprise, &reseller), clients, start_page: &start_page, context };
    let seen = Seen::by_ourselves(&view, &also);
    app.store.note_losses(seen, Some(&request), noting).await?;
    let stands = app.store.grant_along(&request, &view, noting).await?;
    let recorded = app.store.conclude_admin_consent(awaiting, judgement, ((&stands, &reseller), context)).await?;
    tracing::info!(consent.request = %request.id, recorded = ?recorded, "consent looked at again");
    app.store.note_returns(seen, Some(&request), noting).await?;
    Ok(())
}

/// Reads Graph with the signer's token. A token that has ended ends the proof; one that cannot be opened now may open
/// once the keys can be read again.
async fn prove(app: &App, verifying: Verifying, now: Timestamp) -> Result<(), NotVerified> {
    let keys = app.secrets.sealing_keys_for(verifying.sealed_token(), now).await?;
    let (context, request) = (context(app, &keys, now), verifying.request().clone());
    let Some((enterprise, reseller)) = app.store.parties(request.enterprise, request.reseller).await? else {
        return Ok(());
    };
    let stands = ((&enterprise, &reseller), context);
    let token = match verifying.access_token(&keys, now) {
        Ok(Some(token)) => token,
        Ok(None) => {
            app.store.record(&verifying.refuse(Code::ProofUnreadable, None, context)).await?;
            return Ok(());
        }
        Err(_) => {
            app.store.conclude(verifying, Judgement::Unreadable, &SecretString::default(), stands).await?;
            return Ok(());
        }
    };
    go_on_together(app, &verifying, &token, (&enterprise, context)).await?;
    let verifying = verifying.meeting(&enterprise);
    let clients = &app.microsoft.settings().clients;
    let also = enterprise.granted_before(clients);
    let wanted = ReadBack { question: verifying.question(), policy: app.policy, also: &also };
    let view = app.microsoft.read_back(&token, wanted, READ_BUDGET).await;
    let judgement = judge(verifying.question(), &view, app.policy, app.clock.now());
    let start_page = app.public_base.start_page();
    let noting = Noting { parties: (&enterprise, &reseller), clients, start_page: &start_page, context };
    app.store.note_drifts(Seen::by_signer(&view, &also), Some(&request), noting).await?;
    let recorded = app.store.conclude(verifying, judgement, &token, stands).await?;
    tracing::info!(consent.request = %request.id, recorded = ?recorded, "consent looked at again");
    Ok(())
}

/// Begins the proofs of the other actions of the same screen that the callback was cut off before: each by its own link, which
/// nobody has used since. They are due by themselves then.
async fn go_on_together(
    app: &App,
    first: &Verifying,
    token: &SecretString,
    (enterprise, context): (&Enterprise, Context<'_>),
) -> Result<(), NotVerified> {
    for link in first.links_beside(enterprise) {
        let Some(own) = app.store.request(&link).await?.filter(|own| first.has_left(own)) else { continue };
        if let Some((record, _)) = first.shared().go_on(own, token, context) {
            let recorded = app.store.record(&record).await?;
            tracing::info!(consent.request = %link, recorded = ?recorded, "gone on with a screen that was cut off");
        }
    }
    Ok(())
}

fn context<'a>(app: &'a App, keys: &'a SealingKeys, now: Timestamp) -> Context<'a> {
    let occasion = Occasion { now, reference: None, random: app.random.as_ref() };
    let authority_host = app.microsoft.settings().endpoints.authority_host();
    Context { keys, occasion, authority_host, system: Some("consent-verify") }
}
