//! The lease of a request, and its ends.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::record::{Told, refusal_of, stage_after};
use super::{ConsentRequest, Context, Record, SealedToken, Stage, Verifying};
use crate::advice::Code;
use crate::identity::Signer;
use crate::reseller::TokenMode;
use crate::seal::Purpose;
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// Why a sign-in does not get the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LeaseRefusal {
    /// The link has ended.
    #[error("the link has expired")]
    Expired,
    /// The same code came before: show what became of it (T04).
    #[error("this code was used by this link before")]
    SameCode,
    /// Another sign-in is being worked on.
    #[error("another sign-in of this link is under way")]
    UnderWay,
    /// The link was spent on another sign-in (T05).
    #[error("the link was spent on another sign-in")]
    Spent,
    /// Above [`MAX_ATTEMPTS`](super::MAX_ATTEMPTS).
    #[error("the link was tried too often")]
    TooManyAttempts,
}

impl LeaseRefusal {
    /// The word for the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "link_expired",
            Self::SameCode => "code_repeated",
            Self::UnderWay => "sign_in_under_way",
            Self::Spent => "link_spent",
            Self::TooManyAttempts => "link_tried_too_often",
        }
    }
}

/// The lease of a request: the right, and the only one, to redeem one code.
#[derive(Debug)]
pub struct Leased {
    request: ConsentRequest,
    signer: Signer,
    until: Timestamp,
    /// To be handed out, with the access token, to a provider that is given the tokens themselves.
    id_token: Option<SecretString>,
}

impl Leased {
    /// The lease that a store's conditional write has just won, or that has come to its end unanswered.
    #[must_use]
    pub fn of(request: ConsentRequest) -> Option<Self> {
        match &request.stage {
            Stage::Leased { until, signer, .. } => {
                Some(Self { signer: signer.clone(), until: *until, id_token: None, request })
            }
            Stage::Pending { .. }
            | Stage::Verifying { .. }
            | Stage::AwaitingGrant { .. }
            | Stage::AwaitingConfirmation { .. }
            | Stage::Completed { .. } => None,
        }
    }

    /// The same lease for a provider that is given what `mode` says. The id token is kept for no other.
    #[must_use]
    pub fn telling(mut self, mode: TokenMode, id_token: &SecretString) -> Self {
        self.id_token = (mode == TokenMode::Raw).then(|| id_token.clone());
        self
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &ConsentRequest {
        &self.request
    }

    /// The stage of a request whose lease is given back unused.
    #[must_use]
    pub fn released(&self) -> Stage {
        Stage::Pending { refusal: self.request.refused_codes.last().copied() }
    }

    /// What stands for its code once the lease was given back: the code, which was not sent, may be brought again, and the attempt
    /// still counts.
    #[must_use]
    pub fn unsent_code(&self) -> SecretHash {
        SecretHash::of(&format!("unsent {}#{}", self.request.id, self.request.attempt()))
    }

    /// Whether its holder is out of time.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        now >= self.until
    }

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
        let actor = context.actor(&signer);
        Verifying::begin(leased, (signer, token), &actor, occasion)
    }

    /// Ends the lease without a redeemed code: refused by Microsoft, broken off, or out of time.
    #[must_use]
    pub fn fail(self, code: Code, correlation_id: Option<String>, context: Context<'_>) -> Record {
        let told = Told { signer: Some(&self.signer), facts: None, named: &[], actor: context.actor(&self.signer) };
        let mut record = refusal_of(self.request, code, stage_after(code, context), &told, context);
        record.audit = record.audit.with_correlation_id(correlation_id);
        record
    }
}
