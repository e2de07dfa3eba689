//! The moves of a request whose link leads to Microsoft's admin-consent page: for application permissions.
//!
//! Whoever comes back brings neither code nor token, only a query that anybody can write. So the way back spends
//! nothing: it makes us look, and the link ends only by a grant that Graph shows (T10, T14).

use std::time::Duration;

use super::record::{Told, audit, deliver, refusal_of, stage_after, under_way};
use super::{ConsentRequest, Context, Landing, NewRequest, PROOF_WINDOW, Record, Stage};
use crate::action::{ActionState, ActionType};
use crate::advice::Code;
use crate::audit::Actor;
use crate::id::{ConsentRequestId, TenantId};
use crate::permission::{self, Kind};
use crate::proof::Facts;
use crate::proof::application::{Assigned, Judgement};
use crate::time::Timestamp;

/// How long the grants of one screen may come into view one after the other.
const TOGETHER: Duration = Duration::from_mins(1);

/// A request whose grant is looked for in its tenant.
#[derive(Debug)]
pub struct AwaitingGrant {
    request: ConsentRequest,
    tenant: TenantId,
    since: Timestamp,
    reads: u32,
}

/// What a reading of Graph leads to.
#[derive(Debug)]
pub enum Reading {
    /// It is decided.
    Decided(Box<Record>),
    /// Graph is to be read again.
    Again(Box<AwaitingGrant>),
}

impl ConsentRequest {
    /// Somebody came back from the admin-consent page: from here on Graph is looked at. Nothing is told yet.
    ///
    /// `None` unless the link works, is for one tenant, and asks for application permissions.
    #[must_use]
    pub fn come_back(self, context: Context<'_>) -> Option<(Record, AwaitingGrant)> {
        let since = context.occasion.now;
        let (Stage::Pending { .. }, Some(tenant)) = (&self.stage, self.pin) else { return None };
        if since >= self.expires_at || permission::kind(self.action) != Kind::Application {
            return None;
        }
        let stage = Stage::AwaitingGrant { since, reads: 0 };
        let request = Self { stage: stage.clone(), ..self.clone() };
        let record = under_way(self, stage, &actor(context), context.occasion);
        Some((record, AwaitingGrant { request, tenant, since, reads: 0 }))
    }
}

impl AwaitingGrant {
    /// What a stored request waits for, if it waits for a grant.
    #[must_use]
    pub fn of(request: ConsentRequest) -> Option<Self> {
        let (Stage::AwaitingGrant { since, reads }, Some(tenant)) = (&request.stage, request.pin) else { return None };
        Some(Self { since: *since, reads: *reads, tenant, request })
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &ConsentRequest {
        &self.request
    }

    /// The tenant in which the grant is looked for: named before the link was made.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Whether the other grants of its screen are still waited for.
    #[must_use]
    pub fn is_young(&self, now: Timestamp) -> bool {
        now.since(self.since) < TOGETHER
    }

    /// Since when.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// How often Graph was read before.
    #[must_use]
    pub const fn reads(&self) -> u32 {
        self.reads
    }

    /// The stage in which the request waits for Graph.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        Stage::AwaitingGrant { since: self.since, reads: self.reads }
    }

    /// What a judgement leads to. Only permissions that Graph shows become a grant (P1).
    #[must_use]
    pub fn conclude(self, judgement: Judgement, context: Context<'_>) -> Reading {
        let late = context.occasion.now.since(self.since) >= PROOF_WINDOW;
        let decided = match judgement {
            Judgement::Assigned(assigned) => self.grant(&assigned, context),
            Judgement::Refused(code, facts) => self.refuse(code, Some(&facts), context),
            Judgement::NotVisibleYet(facts) if late => self.refuse(Code::GrantNotVisible, facts.as_ref(), context),
            Judgement::Unreadable if late => self.refuse(Code::ProofUnreadable, None, context),
            Judgement::NotVisibleYet(_) | Judgement::Unreadable => {
                return Reading::Again(Box::new(Self { reads: self.reads + 1, ..self }));
            }
        };
        Reading::Decided(Box::new(decided))
    }

    /// Ends the wait without a grant. That nothing could be seen leaves the link open: perhaps nobody has been at
    /// Microsoft yet.
    #[must_use]
    pub fn refuse(self, code: Code, facts: Option<&Facts>, context: Context<'_>) -> Record {
        let told = Told { signer: None, facts, named: &[], actor: actor(context) };
        let stage = if matches!(code, Code::GrantNotVisible | Code::ProofUnreadable) {
            Stage::Pending { refusal: Some(code) }
        } else {
            stage_after(code, context)
        };
        refusal_of(self.request, code, stage, &told, context)
    }

    fn grant(self, assigned: &Assigned, context: Context<'_>) -> Record {
        let since = context.occasion.now;
        let told = Told { signer: None, facts: Some(assigned.facts()), named: &[], actor: actor(context) };
        let delivery = deliver(&self.request, ("granted", None), &told, None, context);
        Record {
            stage: Stage::granted(since),
            refusal: None,
            action: ActionState::Granted {
                since,
                request: self.request.id.clone(),
                by: None,
                tenant: Some(assigned.tenant()),
            },
            landing: Landing::Within(assigned.tenant()),
            isolates: Vec::new(),
            restores: Vec::new(),
            binds: None,
            delivery,
            handles: Vec::new(),
            awaits: None,
            audit: audit(&self.request, &told.actor, "granted", None, context.occasion),
            request: self.request,
            is_new: false,
        }
    }
}

impl ConsentRequest {
    /// Grants what the screen of another link granted too, by this link of its own, if that still works; or by one that
    /// is made for it, as `is_new` says. `None` unless the link is unused.
    #[must_use]
    pub fn granted_along(self, is_new: bool, assigned: &Assigned, context: Context<'_>) -> Option<Record> {
        let (Stage::Pending { .. }, since) = (&self.stage, context.occasion.now) else { return None };
        let told = Told { signer: None, facts: Some(assigned.facts()), named: &[], actor: actor(context) };
        let delivery = deliver(&self, ("granted", None), &told, None, context);
        Some(Record {
            stage: Stage::granted(since),
            refusal: None,
            action: ActionState::Granted { since, request: self.id.clone(), by: None, tenant: Some(assigned.tenant()) },
            landing: Landing::Along(assigned.tenant()),
            isolates: Vec::new(),
            restores: Vec::new(),
            binds: None,
            delivery,
            handles: Vec::new(),
            awaits: None,
            audit: audit(&self, &told.actor, "granted", None, context.occasion),
            request: self,
            is_new,
        })
    }

    /// A link for `action`, which was asked for anew so often, made for the very moment in which the screen of this one granted
    /// it too.
    #[must_use]
    pub fn for_another(&self, action: ActionType, resets: u64, context: Context<'_>) -> Self {
        let Self { enterprise, reseller, redirect_url, pin, .. } = self.clone();
        let now = context.occasion.now;
        let (together, part, without) = (Vec::new(), Vec::new(), Vec::new());
        let whose = NewRequest {
            enterprise,
            reseller,
            action,
            together,
            part,
            without,
            redirect_url,
            pin,
            asked_again: false,
            resets,
            language: self.language,
        };
        Self::new(ConsentRequestId::new(now, context.occasion.random), whose, now, now)
    }
}

/// The admin-consent page names nobody, so whoever held the link is all that is known.
fn actor(context: Context<'_>) -> Actor {
    context.system.map_or(Actor::LinkHolder, Actor::System)
}
