//! Why a call is not answered for the sake of its caller.

use thiserror::Error;

use super::NotAccepted;
use crate::rate_limit::Exhausted;
use crate::scope::Scope;

/// Why a route is closed to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// No credential, or none that opens this route. The caller is not told which (G65).
    #[error("no accepted credential")]
    Unauthenticated,
    /// The credential is accepted, and made for less than this (RFC 6750 §3.1).
    #[error("the credential lacks the scope {0}")]
    InsufficientScope(Scope),
    /// The credential is accepted, and its key has made as many requests as it may.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

impl From<NotAccepted> for Refused {
    fn from(_: NotAccepted) -> Self {
        Self::Unauthenticated
    }
}
