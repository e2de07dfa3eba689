//! What was asked of the stand-in: for tests that count calls. Never a value.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::operation::Operation;

/// One request that reached the stand-in, answered or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was asked.
    pub operation: Operation,
    /// The name of the secret it was asked about, also when asked by ARN; `None` for `ListSecrets`
    /// and for a request without one.
    pub secret: Option<String>,
}

/// Every call since the start, or since the last [`Calls::clear`].
#[derive(Default)]
pub(crate) struct Calls(Mutex<Vec<Call>>);

impl Calls {
    pub(crate) fn record(&self, call: Call) {
        self.lock().push(call);
    }

    pub(crate) fn all(&self) -> Vec<Call> {
        self.lock().clone()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
