//! The page at `/`: a walk from the first call to the webhook, step by step, with what was asked, what came back, what
//! is stored and what Microsoft was asked.
//!
//! Nothing on it is written beforehand: each button makes a call over HTTP, as anybody could with curl, and the page
//! shows that call and its answer. A walk lives in memory; what its calls have made stays in the table.
//!
//! | to find | look in |
//! |---|---|
//! | the steps, and how far a walk is | `step`, `progress` |
//! | a call, its curl line and its answer | `ask` |
//! | what each button does | `moves` |
//! | people, and what may go wrong | `trouble`, `play` |
//! | what came back through the gateway | `passage` |
//! | what there is now | `observe` |
//! | rows and Microsoft's calls, by step | `rows`, `ledger` |
//! | the page, its paths, and who may use them | `view`, `routes`, `guard` |

mod ask;
mod guard;
mod ledger;
mod moves;
mod observe;
mod passage;
mod play;
mod progress;
pub(crate) mod routes;
pub(crate) mod rows;
mod step;
mod trouble;
mod view;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Method, StatusCode};
use onboarding_core::random::Random;
use onboarding_core::secret::hex;
use onboarding_microsoft::http::ClientError;
use simulated_microsoft::Person;

use self::ask::{Caller, Exchange};
use self::ledger::Ledger;
use self::observe::Said;
use self::passage::Passage;
use self::play::Stop;
use self::progress::Progress;
use self::rows::Table;
use self::step::Step;
use self::trouble::Trouble;
use crate::Ready;

/// What the page knows of its sandbox.
pub(crate) struct Setting {
    pub(crate) ready: Ready,
    /// Where the simulated Microsoft is, if all of Microsoft is simulated here.
    pub(crate) microsoft: Option<String>,
    /// Whether due rows move by themselves.
    pub(crate) timer: bool,
    pub(crate) random: Arc<dyn Random>,
}

/// The walk of a sandbox.
pub(crate) struct Walk {
    setting: Setting,
    caller: Caller,
    table: Table,
    token: String,
    /// Held over a move, so that a button pressed twice does its work once.
    turn: tokio::sync::Mutex<()>,
    held: Mutex<Held>,
}

/// What one walk has come to.
struct Held {
    progress: Progress,
    /// What is proposed as the enterprise's name.
    proposed: String,
    asked: BTreeMap<Step, Vec<Exchange>>,
    visit: Option<Visit>,
    /// What came back from Microsoft, newest last.
    passages: Vec<Passage>,
    /// The last move of clock, tick or Microsoft.
    control: Vec<Exchange>,
    said: Option<Said>,
    ledger: Ledger,
}

/// The link being opened, as it was chosen.
#[derive(Clone)]
struct Visit {
    person: &'static Person,
    trouble: &'static Trouble,
    by: By,
}

/// Who presses the buttons at Microsoft.
#[derive(Clone)]
enum By {
    /// Whoever looks at the page, in a browser.
    Browser,
    /// The sandbox: the pages on its way, and why it broke off, if it did.
    Sandbox(Vec<Stop>, Option<String>),
}

impl Walk {
    pub(crate) fn new(setting: Setting, table: Table) -> Result<Self, ClientError> {
        let caller = Caller::new(setting.ready.clone(), setting.microsoft.clone())?;
        let token = hex(&setting.random.bytes::<16>());
        let held = Mutex::new(Held::new(setting.ready.journey.enterprise_name.clone()));
        Ok(Self { setting, caller, table, token, turn: tokio::sync::Mutex::default(), held })
    }

    /// What every form of the page carries.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Whose page the link leads to.
    pub(crate) fn link_origin(&self) -> Option<String> {
        self.held().progress.link().map(progress::Link::origin)
    }

    /// Looks at what goes through the gateway for the answer to the walk's link.
    pub(crate) fn saw(
        &self,
        (method, path, sent): (&Method, &str, &[u8]),
        (status, headers, body): (StatusCode, &HeaderMap, &[u8]),
    ) {
        let mut held = self.held();
        let state = held.progress.link().and_then(progress::Link::state);
        let fields = state.and_then(|state| passage::fields_of(method, path, sent, &state));
        if let Some(fields) = fields
            && held.passages.len() < passage::MOST
        {
            held.passages.push(Passage::new(fields, status, headers, body));
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_name(&self) -> String {
        format!("Contoso {}", hex(&self.setting.random.bytes::<3>()))
    }
}

impl Held {
    const fn new(proposed: String) -> Self {
        Self {
            progress: Progress::Begun,
            proposed,
            asked: BTreeMap::new(),
            visit: None,
            passages: Vec::new(),
            control: Vec::new(),
            said: None,
            ledger: Ledger::new(),
        }
    }
}
