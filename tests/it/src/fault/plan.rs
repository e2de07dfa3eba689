//! What is to go wrong, and what was done so far.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

/// What a fault does to one effect: a request of a function to something outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The process dies before the request is sent.
    CrashBefore,
    /// The process dies when the request is carried out; nobody learns the answer.
    CrashAfter,
    /// 500 or 503, not carried out.
    Error,
    /// The connection is reset, not carried out.
    Reset,
    /// Carried out, then the connection is reset without an answer.
    LostAnswer,
    /// Carried out twice; the first answer is given.
    Duplicate,
    /// Not carried out, and no answer until the caller gives up.
    Hang,
}

impl Kind {
    /// All but the one that takes as long as a time-out.
    pub(crate) const QUICK: [Self; 6] =
        [Self::CrashBefore, Self::CrashAfter, Self::Error, Self::Reset, Self::LostAnswer, Self::Duplicate];
    pub(crate) const ALL: [Self; 7] =
        [Self::CrashBefore, Self::CrashAfter, Self::Error, Self::Reset, Self::LostAnswer, Self::Duplicate, Self::Hang];
}

/// One fault: what, and at which effect, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injection {
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

/// Shared by all proxies of one outside world.
#[derive(Clone)]
pub(crate) struct Plan(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// What the functions and Microsoft told each other that nobody else may see (P10).
    secrets: Mutex<Vec<String>>,
    /// Whether the process is dead: nothing that it does has an effect any more.
    dead: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    armed: bool,
    injection: Option<Injection>,
    effects: Vec<String>,
    /// Every code that a function sent to the token endpoint.
    codes: Vec<String>,
}

impl Plan {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { state: Mutex::default(), secrets: Mutex::default(), dead: watch::Sender::new(false) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// From now on effects are counted, and `injection` happens.
    pub(crate) fn arm(&self, injection: Option<Injection>) {
        *self.state() = State { armed: true, injection, ..State::default() };
    }

    /// From now on everything works; what was done since [`Self::arm`].
    pub(crate) fn disarm(&self) -> Vec<String> {
        let mut state = self.state();
        state.armed = false;
        std::mem::take(&mut state.effects)
    }

    /// What is to happen to this effect.
    pub(crate) fn meet(&self, effect: &str, code: Option<&str>) -> Option<Kind> {
        let mut state = self.state();
        state.codes.extend(code.map(str::to_owned));
        if !state.armed {
            return None;
        }
        let at = state.effects.len();
        state.effects.push(effect.to_owned());
        state.injection.filter(|injection| injection.at == at).map(|injection| injection.kind)
    }

    /// The codes that were sent to the token endpoint since [`Self::arm`].
    pub(crate) fn codes(&self) -> Vec<String> {
        self.state().codes.clone()
    }

    /// Remembers what nobody else may see.
    pub(crate) fn hide(&self, secrets: impl IntoIterator<Item = String>) {
        self.0.secrets.lock().unwrap().extend(secrets);
    }

    /// What was hidden since the last call.
    pub(crate) fn take_hidden(&self) -> Vec<String> {
        std::mem::take(&mut self.0.secrets.lock().unwrap())
    }

    pub(crate) fn die(&self) {
        self.0.dead.send_replace(true);
    }

    /// A new process lives.
    pub(crate) fn revive(&self) {
        self.0.dead.send_replace(false);
    }

    /// Ends when the process is dead.
    pub(crate) async fn death(&self) {
        self.changed_to(true).await;
    }

    pub(crate) fn is_dead(&self) -> bool {
        *self.0.dead.borrow()
    }

    /// Ends when a new process lives.
    pub(crate) async fn revival(&self) {
        self.changed_to(false).await;
    }

    async fn changed_to(&self, dead: bool) {
        // The sender lives as long as `self`.
        drop(self.0.dead.subscribe().wait_for(|now| *now == dead).await);
    }
}
