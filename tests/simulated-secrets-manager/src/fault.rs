//! Failures a test orders in advance, per operation, used up in the order they were ordered.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::operation::Operation;

/// What happens instead of, or around, one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answered with this status and error type; nothing is applied.
    Fail { status: u16, error_type: String },
    /// Applied and answered after a wait.
    Delay(Duration),
    /// The connection ends without an answer; nothing is applied.
    DropBefore,
    /// Applied, then the connection ends without an answer: the case idempotency exists for.
    DropAfter,
}

/// The failures still to come. Each is used by one call; an SDK that retries uses up several.
#[derive(Default)]
pub struct Faults(Mutex<HashMap<Operation, VecDeque<Fault>>>);

impl Faults {
    /// Answers the next `times` calls of `operation` with `status` and the error type, for example
    /// `(503, "ServiceUnavailable")` or `(400, "ThrottlingException")`, applying nothing.
    pub fn fail(&self, operation: Operation, times: usize, status: u16, error_type: &str) {
        let error_type = error_type.to_owned();
        self.order(operation, times, &Fault::Fail { status, error_type });
    }

    /// Lets the next `times` calls of `operation` wait before they are applied. Calls of others
    /// go on meanwhile.
    pub fn delay(&self, operation: Operation, times: usize, wait: Duration) {
        self.order(operation, times, &Fault::Delay(wait));
    }

    /// Cuts the connection of the next `times` calls of `operation` before anything is applied.
    pub fn drop_before(&self, operation: Operation, times: usize) {
        self.order(operation, times, &Fault::DropBefore);
    }

    /// Applies the next `times` calls of `operation`, then cuts the connection without an answer.
    pub fn drop_after(&self, operation: Operation, times: usize) {
        self.order(operation, times, &Fault::DropAfter);
    }

    /// Forgets all failures not yet used.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The failure due for this call, taken off the list.
    pub(crate) fn take(&self, operation: Operation) -> Option<Fault> {
        self.lock().get_mut(&operation)?.pop_front()
    }

    fn order(&self, operation: Operation, times: usize, fault: &Fault) {
        let mut ordered = self.lock();
        let queue = ordered.entry(operation).or_default();
        queue.extend(std::iter::repeat_n(fault.clone(), times));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Operation, VecDeque<Fault>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
