//! The redirect of Microsoft's admin-consent page: a GET that anybody with the link can write.
//!
//! So it decides nothing. Its `tenant` can only stop it; where to look comes from the sealed state. It makes us read
//! Graph with our own token, and what Graph does not show, `consent-verify` looks at again (G40-G42).

use std::sync::Arc;

use onboarding_core::advice::Code;
use onboarding_core::client_credential::ClientCredential;
use onboarding_core::consent::AwaitingGrant;
use onboarding_core::drift::{Noting, Seen};
use onboarding_core::enterprise::Enterprise;
use onboarding_core::id::ApplicationId;
use onboarding_core::proof::application;
use onboarding_core::reseller::Reseller;
use onboarding_core::seal::SealingKeys;
use onboarding_core::state::State;
use onboarding_dynamo::consent::{OutcomeRows, Recorded};
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::callback::admin_consent::Said;
use onboarding_lambda::routes::ConsentRedirectOp;
use onboarding_microsoft::ReadAssigned;

use crate::accept::PROOF_BUDGET;
use crate::{App, Error, context, open_state, outcome, refuse};

pub(crate) async fn come_back(app: &App, call: &Call<ConsentRedirectOp>) -> Result<Answer, Error> {
    let callback = app.edge.public_base.admin_consent_callback();
    match Said::parse(call.query()?)? {
        Said::Refused { state, signal } => {
            let (state, keys) = open_state(app, call, &state, &callback).await?;
            refuse::by_microsoft(app, call, &state, signal, &keys).await
        }
        Said::Consented { state, tenant } => {
            let (state, keys) = open_state(app, call, &state, &callback).await?;
            if state.authority.pin() != Some(tenant) {
                return Err(Error::Policy(Code::WrongTenant));
            }
            Box::pin(look(app, call, &state, &keys)).await
        }
    }
}

/// Looks for the grant, once for all who come back at the same time.
async fn look(app: &App, call: &Call<ConsentRedirectOp>, state: &State, keys: &SealingKeys) -> Result<Answer, Error> {
    let rows = refuse::rows(app, call, state).await?;
    // Before anything is recorded, so that a credential that cannot be had changes nothing.
    let clients = &app.microsoft.settings().clients;
    let readers = clients.readers(clients.of(rows.request.action));
    let readers = app.secrets.credentials(&readers, clients.own(), call.now()).await?;
    let page = outcome::location(app, call, (state, &rows.request), keys);
    let OutcomeRows { request, enterprise, reseller } = rows;
    if let Some((record, awaiting)) = request.come_back(context(app, call, keys))
        && app.store.record(&record).await? == Recorded::Done
    {
        prove(app, call, awaiting, &readers, (&(enterprise, reseller), keys)).await?;
    }
    Ok(Answer::see_other(&page))
}

async fn prove(
    app: &App,
    call: &Call<ConsentRedirectOp>,
    awaiting: AwaitingGrant,
    readers: &[(ApplicationId, Arc<ClientCredential>)],
    ((enterprise, reseller), keys): (&(Enterprise, Reseller), &SealingKeys),
) -> Result<(), Error> {
    let clients = &app.microsoft.settings().clients;
    let (request, tenant) = (awaiting.request().clone(), awaiting.tenant());
    let client = clients.of(request.action);
    let mut also = enterprise.granted_before(clients);
    also.clients.insert(client);
    let wanted = ReadAssigned { tenant, readers, also: &also };
    let at = (call.now(), call.occasion().random);
    let view = app.microsoft.read_assigned(wanted, at, PROOF_BUDGET).await;
    let young = awaiting.is_young(call.now());
    let judgement = application::judge_screen((request.action, &request.together, client), (tenant, young), &view);
    let context = context(app, call, keys);
    let start_page = app.edge.public_base.start_page();
    let noting = Noting { parties: (enterprise, reseller), clients, start_page: &start_page, context };
    let seen = Seen::by_ourselves(&view, &also);
    // What this grant took away comes first, so that nobody is told of a readiness that it ended.
    app.store.note_losses(seen, Some(&request), noting).await?;
    // Before the one that it was read for: as long as that is undecided, whoever dies on the way is followed by `consent-verify`.
    let stands = app.store.grant_along(&request, &view, noting).await?;
    app.store.conclude_admin_consent(awaiting, judgement, ((&stands, reseller), context)).await?;
    app.store.note_returns(seen, Some(&request), noting).await?;
    Ok(())
}
