//! The moves of a consent request that leave something behind, each as one [`Record`].

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{AwaitingGrant, CONFIRM_WITHIN, ConsentRequest, Leased, PROOF_WINDOW, SealedToken, Stage, Verifying};
use crate::action::{ActionState, ActionType, ProvedBy, Waiting};
use crate::advice::{Code, LinkAfter};
use crate::audit::{Actor, AuditRow, Fact, Occasion};
use crate::delivery::Delivery;
use crate::id::{ConsentRequestId, DeliveryId, TenantId};
use crate::identity::Signer;
use crate::outcome::{Outcome, RawTokens, TokenHandle, TokenHandles, Tokens};
use crate::proof::{Facts, Granted, Judgement};
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
    /// The tenant that the enterprise is bound to from now on.
    pub binds: Option<TenantId>,
    /// What is told to the one who asked.
    pub delivery: Option<Delivery>,
    /// The handles that the delivery's body holds.
    pub handles: Vec<TokenHandle>,
    /// What the audit trail keeps.
    pub audit: AuditRow,
}

impl Record {
    /// The tenant in which it grants, if it is told.
    #[must_use]
    pub const fn tenant(&self) -> Option<TenantId> {
        match (&self.binds, &self.landing) {
            (Some(tenant), _) | (None, Landing::Within(tenant) | Landing::Along(tenant)) => Some(*tenant),
            (None, Landing::Must | Landing::Beside(_) | Landing::IfNewest) => None,
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
    fn actor(&self, signer: &Signer) -> Actor {
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
}

/// A provider's answer to a tenant that waits for confirmation.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The tenant that the provider says is the right one.
    pub tenant: TenantId,
    /// Who says so.
    pub actor: Actor,
}

/// What a reading of Graph leads to.
#[derive(Debug)]
pub enum Conclusion {
    /// It is decided.
    Decided(Box<Record>),
    /// Graph is to be read again; the proof stays open.
    ReadAgain(Box<Verifying>),
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
        let told = Told { signer: refusal.signer.as_ref(), facts: None, actor };
        let stage = Stage::Pending { refusal: Some(refusal.code) };
        let mut record = refusal_of(self, refusal.code, stage, &told, context);
        record.audit = record.audit.with_correlation_id(refusal.correlation_id);
        Some(record)
    }

    /// Grants what was proved for a tenant that nobody had named, now that the provider names it.
    ///
    /// `None` unless this request waits for the confirmation of just that tenant.
    #[must_use]
    pub fn confirm(self, confirmation: Confirmation, occasion: Occasion<'_>) -> Option<Record> {
        let Stage::AwaitingConfirmation { signer, delivery, sealed_body, .. } = self.stage.clone() else { return None };
        if signer.tenant != confirmation.tenant || self.stage.due().is_some_and(|end| occasion.now >= end) {
            return None;
        }
        let now = occasion.now;
        let (whose, url) = ((self.reseller, self.enterprise), self.redirect_url.clone());
        let delivery = Delivery::new(delivery, whose, "action.granted".to_owned(), url, sealed_body, now);
        let audit = audit(&self, &confirmation.actor, "granted", None, occasion);
        Some(Record {
            stage: Stage::Completed { since: now, refusal: None },
            refusal: None,
            action: ActionState::Granted { since: now, request: self.id.clone(), by: Some(signer) },
            landing: Landing::Must,
            binds: Some(confirmation.tenant),
            delivery: Some(delivery),
            handles: Vec::new(),
            audit,
            request: self,
            is_new: false,
        })
    }
}

impl ConsentRequest {
    /// Ends a wait for the provider that has lasted too long. `None` unless there is one.
    #[must_use]
    pub fn lapse(self, context: Context<'_>) -> Option<Record> {
        let Stage::AwaitingConfirmation { since, signer, .. } = self.stage.clone() else { return None };
        if context.occasion.now < since.plus(CONFIRM_WITHIN) {
            return None;
        }
        let told = Told { signer: Some(&signer), facts: None, actor: context.actor(&signer) };
        let code = Code::ConfirmationLapsed;
        Some(refusal_of(self, code, stage_after(code, context), &told, context))
    }
}

impl Leased {
    /// The code was redeemed: from here on Graph decides. Nothing is told yet, but once the record is written nothing
    /// can get lost any more.
    #[must_use]
    pub fn accept(self, token: &SecretString, lifetime: Duration, context: Context<'_>) -> (Record, Verifying) {
        let Context { keys, occasion, .. } = context;
        let Self { request: leased, signer, id_token, .. } = self;
        let seal = |purpose, token: &SecretString| {
            let plain = token.expose_secret().as_bytes();
            keys.seal(purpose, leased.id.as_str(), plain, (occasion.now, occasion.random))
        };
        let sealed = seal(Purpose::AccessToken, token);
        let sealed_id_token = id_token.map(|token| seal(Purpose::IdToken, &token));
        let token = SealedToken { sealed, sealed_id_token, expires_at: occasion.now.plus(lifetime) };
        let stage = Stage::Verifying { since: occasion.now, signer: signer.clone(), token: token.clone(), reads: 0 };
        let request = ConsentRequest { stage: stage.clone(), ..leased.clone() };
        let record = under_way(leased, stage, &context.actor(&signer), occasion);
        (record, Verifying { request, signer, since: occasion.now, token, reads: 0, waiting: Vec::new() })
    }

    /// Ends the lease without a redeemed code: refused by Microsoft, broken off, or out of time.
    #[must_use]
    pub fn fail(self, code: Code, correlation_id: Option<String>, context: Context<'_>) -> Record {
        let told = Told { signer: Some(&self.signer), facts: None, actor: context.actor(&self.signer) };
        let mut record = refusal_of(self.request, code, stage_after(code, context), &told, context);
        record.audit = record.audit.with_correlation_id(correlation_id);
        record
    }
}

/// A sign-in that is good for more than the link that it was spent on: its screen asked for other actions too.
#[derive(Clone, Debug)]
pub struct SharedSignIn {
    signer: Signer,
    expires_at: Timestamp,
}

impl SharedSignIn {
    /// Goes on with another link of the same screen, as if its own code had been redeemed. `None` unless that link is
    /// unused, asks for delegated permissions, and is for this tenant.
    #[must_use]
    pub fn go_on(
        &self,
        own: ConsentRequest,
        token: &SecretString,
        context: Context<'_>,
    ) -> Option<(Record, Verifying)> {
        let Context { keys, occasion, .. } = context;
        let now = occasion.now;
        if !own.is_unused(now) || own.pin != Some(self.signer.tenant) || own.action.proved_by() == ProvedBy::AppRoles {
            return None;
        }
        let plain = token.expose_secret().as_bytes();
        let sealed = keys.seal(Purpose::AccessToken, own.id.as_str(), plain, (now, occasion.random));
        let token = SealedToken { sealed, sealed_id_token: None, expires_at: self.expires_at };
        let signer = self.signer.clone();
        let stage = Stage::Verifying { since: now, signer: signer.clone(), token: token.clone(), reads: 0 };
        let request = ConsentRequest { stage: stage.clone(), ..own.clone() };
        let record = under_way(own, stage, &context.actor(&signer), occasion);
        Some((record, Verifying { request, signer, since: now, token, reads: 0, waiting: Vec::new() }))
    }
}

impl Verifying {
    /// The sign-in, for the other links of its screen.
    #[must_use]
    pub fn shared(&self) -> SharedSignIn {
        SharedSignIn { signer: self.signer.clone(), expires_at: self.token.expires_at }
    }

    /// The stage in which the request waits for Graph.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let Self { signer, since, token, reads, .. } = self;
        Stage::Verifying { since: *since, signer: signer.clone(), token: token.clone(), reads: *reads }
    }

    /// How often Graph was read before.
    #[must_use]
    pub const fn reads(&self) -> u32 {
        self.reads
    }

    /// What a judgement leads to. Only a grant that Graph shows becomes one (P1).
    #[must_use]
    pub fn conclude(self, judgement: Judgement, access_token: &SecretString, context: Context<'_>) -> Conclusion {
        let late = context.occasion.now.since(self.since) >= PROOF_WINDOW;
        let decided = match judgement {
            Judgement::Granted(granted) => self.grant(&granted, access_token, context),
            Judgement::Refused(code, facts) => self.refuse(code, Some(&facts), context),
            Judgement::NotVisibleYet(facts) if late => self.refuse(Code::GrantNotVisible, Some(&facts), context),
            Judgement::Unreadable if late => self.refuse(Code::ProofUnreadable, None, context),
            Judgement::NotVisibleYet(_) | Judgement::Unreadable => {
                return Conclusion::ReadAgain(Box::new(Self { reads: self.reads + 1, ..self }));
            }
        };
        Conclusion::Decided(Box::new(decided))
    }

    /// Ends the proof without a grant.
    #[must_use]
    pub fn refuse(self, code: Code, facts: Option<&Facts>, context: Context<'_>) -> Record {
        let told = Told { signer: Some(&self.signer), facts, actor: context.actor(&self.signer) };
        refusal_of(self.request, code, stage_after(code, context), &told, context)
    }

    fn grant(self, granted: &Granted, access_token: &SecretString, context: Context<'_>) -> Record {
        let Context { occasion, .. } = context;
        let (tokens, handles) = self.tokens(access_token, context);
        let delivery = self.outcome(granted, &tokens, context);
        let (since, request) = (occasion.now, self.request.id.clone());
        let binds_tenant = self.request.action == ActionType::Registration;
        let (stage, action, binds, delivery) = if self.request.pin.is_some() {
            let action = ActionState::Granted { since, request, by: Some(self.signer.clone()) };
            (
                Stage::Completed { since, refusal: None },
                action,
                binds_tenant.then_some(self.signer.tenant),
                Some(delivery),
            )
        } else {
            let organization = granted.facts().organization.clone();
            let tenant = self.signer.tenant;
            let others = Waiting::behind(tenant, &self.waiting);
            let action = ActionState::PendingConfirmation { since, request, tenant, organization, others, next: None };
            let Delivery { id: delivery, sealed_body, .. } = delivery;
            let signer = self.signer.clone();
            (Stage::AwaitingConfirmation { since, signer, delivery, sealed_body }, action, None, None)
        };
        let audit = audit(&self.request, &context.actor(&self.signer), action.word(), None, occasion);
        let landing = if binds.is_some() {
            Landing::Must
        } else if binds_tenant {
            Landing::Beside(self.waiting.first().map(|newest| newest.request.clone()))
        } else {
            Landing::Within(self.signer.tenant)
        };
        let request = self.request;
        Record { request, is_new: false, stage, refusal: None, action, landing, binds, delivery, handles, audit }
    }

    /// What the provider is told of Microsoft's tokens, and the handles in it.
    fn tokens(&self, access_token: &SecretString, context: Context<'_>) -> (Tokens, Vec<TokenHandle>) {
        let Context { keys, occasion, .. } = context;
        if let Some(id) = self.id_token(keys, occasion.now) {
            let raw = RawTokens { access: access_token.clone(), id, expires_at: self.token.expires_at };
            return (Tokens::Raw(raw), Vec::new());
        }
        let tokens = TokenHandles::new(self.token.expires_at, occasion.random);
        let handles = self.token_handles(&tokens, access_token, context);
        (Tokens::Handles(tokens), handles)
    }

    fn outcome(&self, granted: &Granted, tokens: &Tokens, context: Context<'_>) -> Delivery {
        let (signer, facts) = (Some(&self.signer), Some(granted.facts()));
        let told = Told { signer, facts, actor: context.actor(&self.signer) };
        deliver(&self.request, ("granted", None), &told, Some(tokens), context)
    }

    fn token_handles(&self, tokens: &TokenHandles, access: &SecretString, context: Context<'_>) -> Vec<TokenHandle> {
        let lifetime = tokens.expires_at().since(context.occasion.now);
        if lifetime == Duration::ZERO {
            return Vec::new();
        }
        let access_hash = tokens.access_hash();
        let plain = access.expose_secret().as_bytes();
        let at = (context.occasion.now, context.occasion.random);
        let sealed = context.keys.seal(Purpose::AccessToken, access_hash.as_str(), plain, at);
        let handle = |hash, sealed_token| TokenHandle {
            hash,
            reseller: self.request.reseller,
            enterprise: self.request.enterprise,
            request: self.request.id.clone(),
            // Whom the token is of is enough to compare; the name would only lie about.
            signer: Signer { user_principal_name: None, ..self.signer.clone() },
            sealed_token,
            expires_at: tokens.expires_at(),
        };
        vec![handle(access_hash, Some(sealed)), handle(tokens.id_hash(), None)]
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
        binds: None,
        delivery: None,
        handles: Vec::new(),
    }
}

/// What is told of an ended sign-in.
pub(super) struct Told<'a> {
    pub(super) signer: Option<&'a Signer>,
    pub(super) facts: Option<&'a Facts>,
    pub(super) actor: Actor,
}

pub(super) fn stage_after(code: Code, context: Context<'_>) -> Stage {
    match code.advice().link {
        LinkAfter::Open => Stage::Pending { refusal: Some(code) },
        LinkAfter::Spent => Stage::Completed { since: context.occasion.now, refusal: Some(code) },
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
    if let (ActionState::Blocked { missing, .. }, Some(facts)) = (&mut action, told.facts) {
        *missing = facts.named(code);
    }
    let first = !request.refused_codes.contains(&code);
    let delivery = first.then(|| deliver(&request, (action.word(), Some(code)), told, None, context));
    let audit = audit(&request, &told.actor, action.word(), Some(code), context.occasion);
    let refusal = first.then_some(code);
    let (landing, handles) = (Landing::IfNewest, Vec::new());
    Record { request, is_new: false, stage, refusal, action, landing, binds: None, delivery, handles, audit }
}

pub(super) fn deliver(
    request: &ConsentRequest,
    (word, code): (&'static str, Option<Code>),
    told: &Told<'_>,
    tokens: Option<&Tokens>,
    context: Context<'_>,
) -> Delivery {
    let Context { keys, occasion, authority_host, .. } = context;
    let outcome = Outcome {
        enterprise: request.enterprise,
        action: request.action,
        word,
        code,
        signer: told.signer,
        facts: told.facts,
        tokens,
        authority_host,
    };
    let id = DeliveryId::new(occasion.now, occasion.random);
    let sealed = keys.seal(Purpose::DeliveryBody, id.as_str(), &outcome.body(), (occasion.now, occasion.random));
    let whose = (request.reseller, request.enterprise);
    Delivery::new(id, whose, outcome.event().to_owned(), request.redirect_url.clone(), sealed, occasion.now)
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
