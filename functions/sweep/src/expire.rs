//! Invitations whose time is over: each is recorded as expired once, with its event and its audit row, oldest first (R038, R202).
//!
//! A row is refused from its first second whether or not a sweep has come by: this only records and announces it. Of any
//! number of sweeps one records each, by the condition of its transaction. A page at a time is held, whatever the backlog.

use futures_util::{StreamExt as _, stream};
use onboarding_core::audit::{Actor, Occasion};
use onboarding_core::invitation::{InvitationStatus, event, fact};
use onboarding_core::time::Timestamp;
use onboarding_dynamo::StoreError;
use onboarding_dynamo::invitation::{Ending, Overdue};

use crate::{App, MARGIN};

/// Invitations read in one go: the memory that a sweep takes.
const PAGE: i32 = 50;

/// How many are recorded at once: half of what one shard of the due index takes in a second, at 20 ms each.
const AT_ONCE: usize = 10;

const EXPIRED: InvitationStatus = InvitationStatus::Expired;

/// Records what has expired in one shard, until nothing is left or `deadline` is near: how many, and whether time ran out.
pub(crate) async fn shard(app: &App, shard: u16, deadline: Timestamp) -> Result<(usize, bool), StoreError> {
    let mut expired = 0;
    loop {
        let now = app.clock.now();
        if now.plus(MARGIN) >= deadline {
            return Ok((expired, true));
        }
        let page = app.store.overdue_invitations(shard, now, PAGE).await?;
        let length = page.due;
        let recorded = stream::iter(page.overdue).map(|overdue| record(app, overdue, now)).buffer_unordered(AT_ONCE);
        let count: usize = recorded.map(usize::from).fold(0, async |sum, one| sum + one).await;
        expired += count;
        // The index is a little late: a page of which nothing is recorded shows what somebody else has just recorded.
        if count == 0 || length < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok((expired, false));
        }
    }
}

/// Whether it was recorded here. One that cannot be recorded now must not keep the others waiting; it stays due.
async fn record(app: &App, Overdue { invitation, events_url }: Overdue, now: Timestamp) -> bool {
    let occasion = Occasion { now, reference: None, random: app.random.as_ref() };
    let (id, enterprise, reseller) = (&invitation.id, invitation.enterprise, invitation.reseller);
    let delivery = event(("expired", EXPIRED), (id, enterprise), (reseller, events_url.as_ref()), occasion);
    let moves = (Some(invitation.status), EXPIRED);
    let audit = fact("expired", (id, enterprise, reseller), moves, &Actor::System("sweep"), occasion);
    let ending = Ending { invitation: &invitation, status: EXPIRED, delivery: delivery.as_ref(), audit: &audit };
    app.store.expire_invitation(ending, now).await.unwrap_or_else(|fault| {
        tracing::warn!(error = %fault, "an invitation could not be recorded as expired");
        false
    })
}
