//! An open proof: a sign-in whose code was redeemed, until Graph decides.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::record::{Made, Told, audit, refusal_of, stage_after, under_way};
use super::{ConsentRequest, Context, Landing, PROOF_WINDOW, Record, SealedToken, SharedSignIn, Stage, Unseen};
use crate::action::{ActionState, ActionType, Waiting};
use crate::advice::Code;
use crate::audit::{Actor, Occasion};
use crate::awaited_roles::AwaitedRoles;
use crate::enterprise::Enterprise;
use crate::id::ConsentRequestId;
use crate::identity::Signer;
use crate::isolation;
use crate::outcome::{RawTokens, TokenHandle, TokenHandles, Tokens};
use crate::proof::{Facts, Granted, Judgement, Question};
use crate::seal::{Purpose, SealingKeys, Unsealable};
use crate::time::Timestamp;

/// A request whose signer is back and whose proof is open.
#[derive(Debug)]
pub struct Verifying {
    request: ConsentRequest,
    signer: Signer,
    since: Timestamp,
    token: SealedToken,
    reads: u32,
    /// The tenants that wait for the provider already, the newest first.
    waiting: Vec<Waiting>,
}

/// What a reading of Graph leads to.
#[derive(Debug)]
pub enum Conclusion {
    /// It is decided.
    Decided(Box<Record>),
    /// Graph is to be read again; the proof stays open.
    ReadAgain(Box<Verifying>),
}

impl Verifying {
    /// The proof that is open on a stored request, if one is.
    #[must_use]
    pub fn of(request: ConsentRequest) -> Option<Self> {
        match &request.stage {
            Stage::Verifying { since, signer, token, reads } => {
                let (signer, token) = (signer.clone(), token.clone());
                Some(Self { signer, since: *since, token, reads: *reads, waiting: Vec::new(), request })
            }
            Stage::Pending { .. }
            | Stage::Leased { .. }
            | Stage::AwaitingGrant { .. }
            | Stage::AwaitingConfirmation { .. }
            | Stage::Completed { .. } => None,
        }
    }

    /// The proof of one sign-in begins, and the record of it.
    pub(super) fn begin(
        of: ConsentRequest,
        (signer, token): (Signer, SealedToken),
        actor: &Actor,
        occasion: Occasion<'_>,
    ) -> (Record, Self) {
        let since = occasion.now;
        let stage = Stage::Verifying { since, signer: signer.clone(), token: token.clone(), reads: 0 };
        let request = ConsentRequest { stage: stage.clone(), ..of.clone() };
        let record = under_way(of, stage, actor, occasion);
        (record, Self { request, signer, since, token, reads: 0, waiting: Vec::new() })
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &ConsentRequest {
        &self.request
    }

    /// The same proof for its enterprise as it is now: it may be bound to a tenant since the link was made, or expected to be, and
    /// others may wait for the provider.
    #[must_use]
    pub fn meeting(mut self, enterprise: &Enterprise) -> Self {
        self.request.pin = self.request.pin.or(enterprise.pin());
        self.waiting = enterprise.action(self.request.action).waiting();
        self
    }

    /// The question that Graph answers.
    #[must_use]
    pub const fn question(&self) -> Question<'_> {
        Question {
            action: self.request.action,
            signer: &self.signer,
            since: self.since,
            asked_again: self.request.asked_again,
            pin: self.request.pin,
        }
    }

    /// The signer's Graph token as it rests.
    #[must_use]
    pub fn sealed_token(&self) -> &str {
        &self.token.sealed
    }

    /// The signer's Graph token; `None` once Microsoft's token has ended.
    pub fn access_token(&self, keys: &SealingKeys, now: Timestamp) -> Result<Option<SecretString>, Unsealable> {
        if now >= self.token.expires_at {
            return Ok(None);
        }
        self.token.access_token(&self.request.id, keys, now).map(Some)
    }

    /// The id token, if the provider is given the tokens themselves and it can be opened.
    fn id_token(&self, keys: &SealingKeys, now: Timestamp) -> Option<SecretString> {
        let sealed = self.token.sealed_id_token.as_ref()?;
        let plain = keys.open(Purpose::IdToken, self.request.id.as_str(), sealed, now).ok()?;
        String::from_utf8(plain).ok().map(SecretString::from)
    }

    /// The sign-in, for the other links of its screen.
    #[must_use]
    pub fn shared(&self) -> SharedSignIn {
        SharedSignIn::new(self.signer.clone(), self.token.expires_at)
    }

    /// The links of the other actions that the same screen asked for, as far as `enterprise` still asks for them.
    #[must_use]
    pub fn links_beside(&self, enterprise: &Enterprise) -> Vec<ConsentRequestId> {
        let asked = self.request.together.iter().filter(|action| enterprise.is_asked_for(**action));
        asked.filter_map(|action| enterprise.action(*action).link().cloned()).collect()
    }

    /// Whether `other`, a link of the same screen, still waits though this sign-in has granted what it asks for.
    #[must_use]
    pub fn has_left(&self, other: &ConsentRequest) -> bool {
        other.stage.is_awaited() && other.created_at <= self.since
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

    /// Ends the proof without a grant. Roles that the tenant lacks are waited for, as long as the sign-in lives (R144).
    #[must_use]
    pub fn refuse(self, code: Code, facts: Option<&Facts>, context: Context<'_>) -> Record {
        let told = Told { signer: Some(&self.signer), facts, named: &[], actor: context.actor(&self.signer) };
        let awaits = (code == Code::TeamsSkypeRolesMissing)
            .then(|| AwaitedRoles::new(&self.request, self.signer.clone(), self.token.clone(), context.occasion.now));
        let mut stage = stage_after(code, context);
        if let (Code::GrantNotVisible, Stage::Completed { unseen, .. }, Some(facts)) = (code, &mut stage, facts) {
            *unseen = Some(Box::new(Unseen { signer: self.signer.clone(), facts: facts.clone() }));
        }
        Record { awaits, ..refusal_of(self.request, code, stage, &told, context) }
    }

    fn grant(self, granted: &Granted, access_token: &SecretString, context: Context<'_>) -> Record {
        let Context { occasion, .. } = context;
        let (tokens, handles) = self.tokens(access_token, context);
        let made = self.outcome(granted, &tokens, context);
        let (since, request) = (occasion.now, self.request.id.clone());
        let binds_tenant = self.request.action == ActionType::Registration;
        let (stage, action, binds, delivery) = if self.request.pin.is_some() {
            let action = ActionState::Granted {
                since,
                request,
                by: Some(self.signer.clone()),
                tenant: Some(self.signer.tenant),
            };
            (
                Stage::granted(since),
                action,
                binds_tenant.then_some(self.signer.tenant),
                self.request.redirect_url.clone().map(|url| made.to(&self.request, url, occasion.now)),
            )
        } else {
            let organization = granted.facts().organization.clone();
            let tenant = self.signer.tenant;
            let others = Waiting::behind(tenant, &self.waiting);
            let action = ActionState::PendingConfirmation { since, request, tenant, organization, others, next: None };
            let Made { id: delivery, body, .. } = made;
            let signer = self.signer.clone();
            (Stage::AwaitingConfirmation { since, signer, delivery, body }, action, None, None)
        };
        let audit = audit(&self.request, &context.actor(&self.signer), action.word(), None, occasion);
        let landing = if binds.is_some() {
            Landing::Must
        } else if binds_tenant {
            Landing::Beside(self.waiting.first().map(|newest| newest.request.clone()))
        } else {
            Landing::Within(self.signer.tenant)
        };
        let restores = if action.is_granted() {
            isolation::restored(self.request.action, granted.facts().contains_teams_tenant_admin_api)
        } else {
            Vec::new()
        };
        Record {
            request: self.request,
            is_new: false,
            stage,
            refusal: None,
            action,
            landing,
            isolates: Vec::new(),
            restores,
            binds,
            delivery,
            handles,
            awaits: None,
            audit,
        }
    }

    /// What the provider is told of Microsoft's tokens, and the handles in it.
    fn tokens(&self, access_token: &SecretString, context: Context<'_>) -> (Tokens, Vec<TokenHandle>) {
        let Context { keys, occasion, .. } = context;
        if let Some(id) = self.id_token(keys, occasion.now) {
            let raw = RawTokens { access: access_token.clone(), id, expires_at: self.token.expires_at };
            return (Tokens::Raw(raw), Vec::new());
        }
        let tokens = TokenHandles::new(self.token.expires_at, occasion.random);
        let told = self.request.redirect_url.is_some();
        // Handles that nobody is told are not kept.
        let handles = if told { self.token_handles(&tokens, access_token, context) } else { Vec::new() };
        (Tokens::Handles(tokens), handles)
    }

    fn outcome(&self, granted: &Granted, tokens: &Tokens, context: Context<'_>) -> Made {
        let (signer, facts) = (Some(&self.signer), Some(granted.facts()));
        let told = Told { signer, facts, named: &[], actor: context.actor(&self.signer) };
        Made::new(&self.request, ("granted", None), &told, Some(tokens), context)
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

impl SealedToken {
    /// Seals Microsoft's access token for `request`, until it ends.
    #[must_use]
    pub fn sealing(
        access_token: &SecretString,
        (request, expires_at): (&ConsentRequestId, Timestamp),
        (keys, occasion): (&SealingKeys, Occasion<'_>),
    ) -> Self {
        let plain = access_token.expose_secret().as_bytes();
        let sealed = keys.seal(Purpose::AccessToken, request.as_str(), plain, (occasion.now, occasion.random));
        Self { sealed, sealed_id_token: None, expires_at }
    }

    /// Microsoft's access token, which was sealed for `request`.
    pub fn access_token(
        &self,
        request: &ConsentRequestId,
        keys: &SealingKeys,
        now: Timestamp,
    ) -> Result<SecretString, Unsealable> {
        let plain = keys.open(Purpose::AccessToken, request.as_str(), &self.sealed, now)?;
        String::from_utf8(plain).map(SecretString::from).map_err(|_| Unsealable::Malformed)
    }
}
