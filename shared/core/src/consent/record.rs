//! The moves of a consent request that leave something behind, each as one [`Record`].

use super::{AwaitingGrant, CONFIRM_WITHIN, ConsentRequest, Stage, Verifying};
use crate::action::{ActionState, ProvedBy};
use crate::advice::{Code, LinkAfter};
use crate::audit::{Actor, AuditRow, Fact, Occasion};
use crate::awaited_roles::AwaitedRoles;
use crate::delivery::{Body, Delivery};
use crate::id::{ConsentRequestId, DeliveryId, TenantId};
use crate::identity::Signer;
use crate::isolation::{self, Isolation};
use crate::outcome::{Outcome, TokenHandle, Tokens};
use crate::proof::Facts;
use crate::redirect_url::RedirectUrl;
use crate::seal::{Purpose, SealingKeys};
use crate::time::Timestamp;

/// Everything that one move changes. It happens whole or not at all, and only if the request still is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The request as it was: its stage and attempt are the conditions.
    pub request: ConsentRequest,
    /// Whether there was no such request: the move makes it.
    pub is_new: bool,
    /// The stage that it gets.
    pub stage: Stage,
    /// A refusal told for the first time; its being the first is a condition too.
    pub refusal: Option<Code>,
    /// The state that the enterprise's action gets.
    pub action: ActionState,
    /// How the action's state lands.
    pub landing: Landing,
    /// The permissions that Microsoft refused by name, to be left out from now on.
    pub isolates: Vec<String>,
    /// The permissions that are shown to be granted: they are not left out any more.
    pub restores: Vec<String>,
    /// The tenant that the enterprise is bound to from now on.
    pub binds: Option<TenantId>,
    /// What is told to the one who asked.
    pub delivery: Option<Delivery>,
    /// The handles that the delivery's body holds.
    pub handles: Vec<TokenHandle>,
    /// The roles that are waited for from now on.
    pub awaits: Option<AwaitedRoles>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

impl Record {
    /// The tenant in which it grants, if it is told.
    #[must_use]
    pub const fn tenant(&self) -> Option<TenantId> {
        match (&self.binds, &self.landing) {
            (Some(tenant), _) | (None, Landing::Within(tenant) | Landing::Along(tenant)) => Some(*tenant),
            (None, Landing::Must | Landing::Beside(_) | Landing::IfNewest | Landing::IfAwaited) => None,
        }
    }

    /// The refusal that stands in for a grant which the enterprise or its tenant's guard did not take.
    ///
    /// `None` if this is no move of an open proof.
    #[must_use]
    pub fn overruled(self, code: Code, context: Context<'_>) -> Option<Self> {
        if let Some(awaiting) = AwaitingGrant::of(self.request.clone()) {
            return Some(awaiting.refuse(code, None, context));
        }
        Verifying::of(self.request).map(|verifying| verifying.refuse(code, None, context))
    }
}

/// How an action's state lands on the enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landing {
    /// With the rest or not at all: a grant.
    Must,
    /// As [`Self::Must`], for a tenant that is to wait for the provider: only while none is bound, and while the newest that
    /// waits is that of this link, or none is.
    Beside(Option<ConsentRequestId>),
    /// As [`Self::Must`], in this tenant: the enterprise's own if it is bound, and no other provider's. Only a
    /// registration binds, so the enterprise is not bound by it.
    Within(TenantId),
    /// As [`Self::Within`], and only if the action is not granted or being proved: another link's screen granted it too.
    Along(TenantId),
    /// Only while the action's newest link is this one and nothing better is known: a refusal, or a first sign.
    IfNewest,
    /// Not at all unless the action waits for somebody to come back by this link: it has ended.
    IfAwaited,
}

impl Landing {
    /// Whether it is a grant, which needs an enterprise and a provider that work.
    #[must_use]
    pub const fn is_grant(&self) -> bool {
        match self {
            Self::Must | Self::Beside(_) | Self::Within(_) | Self::Along(_) => true,
            Self::IfNewest | Self::IfAwaited => false,
        }
    }
}

/// What the moves need beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// For bodies and tokens at rest.
    pub keys: &'a SealingKeys,
    /// Time, reference and randomness.
    pub occasion: Occasion<'a>,
    /// The authority's host, for the outcome's body.
    pub authority_host: &'a str,
    /// Our own function, where no person acts: a lease that ran out, a proof that came late.
    pub system: Option<&'static str>,
}

impl Context<'_> {
    pub(super) fn actor(&self, signer: &Signer) -> Actor {
        self.system.map_or_else(|| Actor::Signer(signer.clone()), Actor::System)
    }
}

/// A refusal before anything was redeemed: by Microsoft's page, or by our own policy.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// Who signed in, if somebody was proved.
    pub signer: Option<Signer>,
    /// Microsoft's correlation id.
    pub correlation_id: Option<String>,
    /// The permissions that Microsoft named.
    pub isolation: Option<Isolation>,
}

/// A grant that was seen after it had been told that it cannot be.
pub(crate) struct SeenLate {
    /// Who signed in, if somebody did.
    pub(crate) by: Option<Signer>,
    /// The outcome.
    pub(crate) delivery: Option<Delivery>,
}

/// A provider's answer to a tenant that waits for confirmation.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The tenant that the provider says is the right one.
    pub tenant: TenantId,
    /// Who says so.
    pub actor: Actor,
}

impl ConsentRequest {
    /// Records a refusal that leaves the link as it is. `None` if it was told before, or the link is in use or spent.
    #[must_use]
    pub fn refuse(self, refusal: Refusal, context: Context<'_>) -> Option<Record> {
        let pending = matches!(self.stage, Stage::Pending { .. });
        if !pending || self.refused_codes.contains(&refusal.code) {
            return None;
        }
        let actor = refusal.signer.clone().map_or(Actor::LinkHolder, Actor::Signer);
        let isolates = refusal.isolation.as_ref().map(Isolation::scopes).unwrap_or_default();
        let told = Told { signer: refusal.signer.as_ref(), facts: None, named: &isolates, actor };
        let stage = Stage::Pending { refusal: Some(refusal.code) };
        let mut record = refusal_of(self, refusal.code, stage, &told, context);
        record.audit = record.audit.with_correlation_id(refusal.correlation_id);
        record.isolates = isolates;
        Some(record)
    }

    /// Grants what was proved for a tenant that nobody had named, now that the provider names it.
    ///
    /// `None` unless this request waits for the confirmation of just that tenant.
    #[must_use]
    pub fn confirm(self, confirmation: Confirmation, occasion: Occasion<'_>) -> Option<Record> {
        let Stage::AwaitingConfirmation { signer, delivery, body, .. } = self.stage.clone() else { return None };
        if signer.tenant != confirmation.tenant || self.stage.due().is_some_and(|end| occasion.now >= end) {
            return None;
        }
        let now = occasion.now;
        let whose = (self.reseller, Some(self.enterprise));
        let told = |url| Delivery::new(delivery, whose, "action.granted".to_owned(), url, body, now);
        let delivery = self.redirect_url.clone().map(told);
        let audit = audit(&self, &confirmation.actor, "granted", None, occasion);
        Some(Record {
            stage: Stage::granted(now),
            refusal: None,
            action: ActionState::Granted {
                since: now,
                request: self.id.clone(),
                by: Some(signer),
                tenant: Some(confirmation.tenant),
            },
            landing: Landing::Must,
            isolates: Vec::new(),
            restores: isolation::restored(self.action, false),
            binds: Some(confirmation.tenant),
            delivery,
            handles: Vec::new(),
            awaits: None,
            audit,
            request: self,
            is_new: false,
        })
    }
}

impl ConsentRequest {
    /// The grant that is seen in `tenant` after its link was refused. `None` unless this request ended so, or waits so; and a sign-in
    /// whose signer is not known, or is of another tenant, is not what is seen (P5).
    #[must_use]
    pub(crate) fn seen_late(&self, (tenant, shows_teams): (TenantId, bool), context: Context<'_>) -> Option<SeenLate> {
        if !self.was_not_seen() {
            return None;
        }
        let unseen = if let Stage::Completed { unseen, .. } = &self.stage { unseen.as_deref() } else { None };
        let by = unseen.map(|unseen| unseen.signer.clone());
        let is_its = match &by {
            Some(signer) => signer.tenant == tenant,
            None => self.action.proved_by() == ProvedBy::AppRoles,
        };
        if !is_its {
            return None;
        }
        let facts = unseen.map(|unseen| Facts { contains_teams_tenant_admin_api: shows_teams, ..unseen.facts.clone() });
        let told = Told { signer: by.as_ref(), facts: facts.as_ref(), named: &[], actor: Actor::LinkHolder };
        let delivery = deliver(self, ("granted", None), &told, None, context);
        Some(SeenLate { by, delivery })
    }

    /// Whether this request ended, or waits, because its grant was not seen: what becomes of that is told by it.
    #[must_use]
    pub(crate) fn was_not_seen(&self) -> bool {
        match &self.stage {
            Stage::Completed { refusal, .. } | Stage::Pending { refusal } => {
                refusal.is_some_and(|code| self.action.may_be_seen_late_after(code))
            }
            Stage::Leased { .. }
            | Stage::Verifying { .. }
            | Stage::AwaitingGrant { .. }
            | Stage::AwaitingConfirmation { .. } => false,
        }
    }

    /// Ends a wait for the provider that has lasted too long. `None` unless there is one.
    #[must_use]
    pub fn lapse(self, context: Context<'_>) -> Option<Record> {
        let Stage::AwaitingConfirmation { since, signer, .. } = self.stage.clone() else { return None };
        if context.occasion.now < since.plus(CONFIRM_WITHIN) {
            return None;
        }
        let told = Told { signer: Some(&signer), facts: None, named: &[], actor: context.actor(&signer) };
        let code = Code::ConfirmationLapsed;
        Some(refusal_of(self, code, stage_after(code, context), &told, context))
    }

    /// Tells that nobody came back by this link, which has ended. `None` unless `action`, as its enterprise has it, still waits
    /// for just that: of several links the newest speaks, and an action that went on has nothing to tell.
    #[must_use]
    pub fn abandon(self, action: &ActionState, context: Context<'_>) -> Option<Record> {
        let is_over = self.stage.is_awaited() && context.occasion.now >= self.expires_at;
        if !is_over || !action.awaits(&self.id) {
            return None;
        }
        let actor = context.system.map_or(Actor::LinkHolder, Actor::System);
        let told = Told { signer: None, facts: None, named: &[], actor };
        let code = Code::Abandoned;
        let record = refusal_of(self, code, stage_after(code, context), &told, context);
        Some(Record { landing: Landing::IfAwaited, ..record })
    }
}

/// Somebody is back from Microsoft, and Graph is being looked at: nothing is told yet.
pub(super) fn under_way(request: ConsentRequest, stage: Stage, actor: &Actor, occasion: Occasion<'_>) -> Record {
    Record {
        action: ActionState::Verifying { since: occasion.now, request: request.id.clone() },
        audit: audit(&request, actor, "verifying", None, occasion),
        request,
        is_new: false,
        stage,
        refusal: None,
        landing: Landing::IfNewest,
        isolates: Vec::new(),
        restores: Vec::new(),
        binds: None,
        delivery: None,
        handles: Vec::new(),
        awaits: None,
    }
}

/// What is told of an ended sign-in.
pub(super) struct Told<'a> {
    pub(super) signer: Option<&'a Signer>,
    pub(super) facts: Option<&'a Facts>,
    /// The permissions that Microsoft refused by name.
    pub(super) named: &'a [String],
    pub(super) actor: Actor,
}

impl Told<'_> {
    /// The names that an explanation of `code` gives.
    fn names(&self, code: Code) -> Vec<String> {
        let seen = || self.facts.map(|facts| facts.named(code)).unwrap_or_default();
        if self.named.is_empty() { seen() } else { self.named.to_vec() }
    }
}

pub(super) fn stage_after(code: Code, context: Context<'_>) -> Stage {
    match code.advice().link {
        LinkAfter::Open => Stage::Pending { refusal: Some(code) },
        LinkAfter::Spent => Stage::Completed { since: context.occasion.now, refusal: Some(code), unseen: None },
    }
}

/// A refusal: told once per request and code, however often it happens.
pub(super) fn refusal_of(
    request: ConsentRequest,
    code: Code,
    stage: Stage,
    told: &Told<'_>,
    context: Context<'_>,
) -> Record {
    let mut action = request.refused(code, context.occasion.now);
    if let ActionState::Blocked { missing, .. } = &mut action {
        *missing = told.names(code);
    }
    let first = !request.refused_codes.contains(&code);
    let delivery = first.then(|| deliver(&request, (action.word(), Some(code)), told, None, context)).flatten();
    let audit = audit(&request, &told.actor, action.word(), Some(code), context.occasion);
    let refusal = first.then_some(code);
    Record {
        request,
        is_new: false,
        stage,
        refusal,
        action,
        landing: Landing::IfNewest,
        isolates: Vec::new(),
        restores: Vec::new(),
        binds: None,
        delivery,
        handles: Vec::new(),
        awaits: None,
        audit,
    }
}

/// The outcome as it is sent; none where nobody named an address for it.
pub(super) fn deliver(
    request: &ConsentRequest,
    ending: (&'static str, Option<Code>),
    told: &Told<'_>,
    tokens: Option<&Tokens>,
    context: Context<'_>,
) -> Option<Delivery> {
    let url = request.redirect_url.clone()?;
    Some(Made::new(request, ending, told, tokens, context).to(request, url, context.occasion.now))
}

/// An outcome that is made, and may wait before it is sent.
pub(super) struct Made {
    pub(super) id: DeliveryId,
    pub(super) body: Body,
    event: String,
}

impl Made {
    pub(super) fn new(
        request: &ConsentRequest,
        (word, code): (&'static str, Option<Code>),
        told: &Told<'_>,
        tokens: Option<&Tokens>,
        context: Context<'_>,
    ) -> Self {
        let Context { keys, occasion, authority_host, .. } = context;
        let outcome = Outcome {
            enterprise: request.enterprise,
            action: request.action,
            word,
            problem: code.map(|code| code.explain_naming(&told.names(code))),
            signer: told.signer,
            facts: told.facts,
            tokens,
            authority_host,
        };
        let id = DeliveryId::new(occasion.now, occasion.random);
        let sealed = keys.seal(Purpose::DeliveryBody, id.as_str(), &outcome.body(), (occasion.now, occasion.random));
        Self { id, body: Body::Sealed(sealed), event: outcome.event().to_owned() }
    }

    pub(super) fn to(self, request: &ConsentRequest, url: RedirectUrl, now: Timestamp) -> Delivery {
        Delivery::new(self.id, (request.reseller, Some(request.enterprise)), self.event, url, self.body, now)
    }
}

pub(super) fn audit(
    request: &ConsentRequest,
    actor: &Actor,
    word: &str,
    code: Option<Code>,
    occasion: Occasion<'_>,
) -> AuditRow {
    let fact = Fact {
        actor,
        action: &format!("consent.{word}"),
        object: format!("action:{}", request.action),
        before: Some(request.stage.name().to_owned()),
        after: Some(code.map_or_else(|| word.to_owned(), |code| format!("{word}({code})"))),
    };
    AuditRow::new(request.reseller, Some(request.enterprise), fact, occasion)
}
