//! The drift watch: everything that an enterprise has granted is read again, at least every twelve hours (K17).
//!
//! It reads with a token of our own: whoever signed in is long gone. What is gone, or back, is recorded and told once; a
//! Microsoft that does not answer says nothing, and is asked again soon. Only what was read is called verified.

use onboarding_core::action::ActionType;
use onboarding_core::consent::links_work;
use onboarding_core::drift::{Noting, Seen, look_again, next_look};
use onboarding_core::id::EnterpriseId;
use onboarding_core::proof::application::View;
use onboarding_microsoft::ReadAssigned;

use crate::{App, NotVerified, READ_BUDGET, context};

/// Looks at one enterprise, and says when it is to be looked at again.
pub(crate) async fn look(app: &App, id: EnterpriseId) -> Result<(), NotVerified> {
    let now = app.clock.now();
    let Some(enterprise) = app.store.enterprise(id).await? else { return Ok(()) };
    let Some(reseller) = app.store.reseller(enterprise.reseller).await? else { return Ok(()) };
    // What is stopped keeps what is proved, and nothing is asked of it.
    let tenant = enterprise
        .watched_tenant()
        .filter(|_| links_work(&enterprise, &reseller) && enterprise.watched().next().is_some());
    let Some(tenant) = tenant else {
        return Ok(app.store.looked_at(&enterprise, (None, None), next_look(id, now)).await?);
    };
    let keys = app.secrets.sealing_keys(now).await?;
    let clients = &app.microsoft.settings().clients;
    let also = enterprise.granted_before(clients);
    let readers = app.secrets.credentials(&clients.readers(clients.own()), clients.own(), now).await?;
    let wanted = ReadAssigned { tenant, readers: &readers, also: &also };
    let view = app.microsoft.read_assigned(wanted, (now, app.random.as_ref()), READ_BUDGET).await;
    let seen = Seen::by_watching(tenant, &view, &also);
    let start_page = app.public_base.start_page();
    let context = context(app, &keys, now);
    let noting = Noting { parties: (&enterprise, &reseller), clients, start_page: &start_page, context };
    app.store.note_drifts(seen, None, noting).await?;
    grant_screens(app, &view, noting).await?;
    let (is_whole, is_answered) = seen.map(|seen| (seen.is_whole(), seen.is_answered())).unwrap_or_default();
    tracing::info!(enterprise.id = %id, reseller.id = %enterprise.reseller, is_whole, "consents of an enterprise read");
    let next = if is_answered { next_look(id, now) } else { look_again(now) };
    Ok(app.store.looked_at(&enterprise, (is_whole.then_some(now), seen), next).await?)
}

/// Grants what is shown of screens of which a part is granted: whoever has granted that later, a reviewer of the tenant maybe, has
/// granted all of it.
async fn grant_screens(app: &App, view: &View, noting: Noting<'_>) -> Result<(), NotVerified> {
    let Noting { parties: (read, _), clients, .. } = noting;
    if !read.waits_beside(clients) {
        return Ok(());
    }
    let Some((enterprise, reseller)) = app.store.parties(read.id, read.reseller).await? else { return Ok(()) };
    for request in app.store.requests(&enterprise.granting_screens(clients)).await? {
        let is_left = |action: &ActionType| enterprise.is_granted_along(*action, &request);
        if request.together.iter().any(is_left) {
            let noting = Noting { parties: (&enterprise, &reseller), ..noting };
            app.store.grant_along(&request, view, noting).await?;
        }
    }
    Ok(())
}
