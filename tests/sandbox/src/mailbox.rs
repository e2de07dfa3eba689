//! The mailbox: where every mail of the sandbox lands, behind a stand-in for the one call of SES that we make.

pub(crate) mod http;
mod ses;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::ses::Sending;
use crate::data::{DataFolder, read_json, write_json};

/// How many are kept; the oldest give way.
const MOST: usize = 1_000;
/// The file in the data folder.
const FILE: &str = "mail.json";

/// A mail (K6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// To whom it goes.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
}

/// What the mail service does in the place of taking a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Too many mails at once: 429.
    Throttled,
    /// It is away: 503.
    Unavailable,
    /// It takes no such mail, now or later: 400.
    Rejected,
    /// It sends nothing for this account until somebody has mended that: 400.
    Paused,
    /// It takes the mail, and the answer gets lost.
    TakenUnanswered,
    /// It takes the mail, which reaches nobody: an event tells so afterwards.
    Bounced,
}

/// How the mail service behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Behaviour {
    /// What it does.
    pub fault: Fault,
    /// How many times, before it is well again; for good without it.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The mailbox of a sandbox.
#[derive(Debug, Default)]
pub struct Mailbox {
    shelf: Mutex<Shelf>,
    /// Where to keep what has come over a restart.
    file: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Shelf {
    count: u64,
    mails: VecDeque<Mail>,
    /// How often it was called; ends with the sandbox, as its behaviour does.
    #[serde(skip)]
    calls: usize,
    #[serde(skip)]
    behaviour: Option<Behaviour>,
    /// What `EventBridge` has yet to bring.
    #[serde(skip)]
    events: Vec<Value>,
}

impl Mailbox {
    /// A mailbox that goes on with what `data` has.
    pub(crate) fn new(data: Option<&DataFolder>) -> Self {
        let file = data.map(|data| data.file(FILE));
        let shelf = file.as_deref().and_then(read_json::<Shelf>).unwrap_or_default();
        Self { shelf: Mutex::new(shelf), file }
    }

    /// What has come, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Mail> {
        self.held().mails.iter().cloned().collect()
    }

    /// How often the mail service was called, whatever came of it.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.held().calls
    }

    /// The mail service behaves so from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.held().behaviour = Some(behaviour);
    }

    /// The mail service takes every mail from now on.
    pub fn behave_well(&self) {
        self.held().behaviour = None;
    }

    /// What the mail service tells of mails that it took, once.
    pub(crate) fn events(&self) -> Vec<Value> {
        std::mem::take(&mut self.held().events)
    }

    /// Tells that once more: nobody could record it.
    pub(crate) fn tell_again(&self, event: Value) {
        self.held().events.push(event);
    }

    /// Takes a mail, or tells what comes in the place of that.
    fn take(&self, Sending { mail, told_of }: Sending) -> Result<String, Fault> {
        let mut held = self.held();
        held.calls += 1;
        let fault = held.next_fault();
        if fault == Some(Fault::Bounced) {
            held.events.extend(told_of.map(|id| ses::bounced(&id, &mail.to)));
            return Ok("bounced".to_owned());
        }
        if let Some(fault) = fault.filter(|fault| *fault != Fault::TakenUnanswered) {
            return Err(fault);
        }
        let id = held.put(mail);
        if let Some(file) = &self.file
            && let Err(fault) = write_json(file, &*held)
        {
            tracing::warn!(%fault, "what has come is not kept over a restart");
        }
        fault.map_or(Ok(id), Err)
    }

    fn held(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn put(&mut self, mail: Mail) -> String {
        self.count += 1;
        let id = self.count.to_string();
        self.mails.push_back(Mail { id: id.clone(), ..mail });
        while self.mails.len() > MOST {
            self.mails.pop_front();
        }
        id
    }

    fn next_fault(&mut self) -> Option<Fault> {
        let behaviour = self.behaviour.as_mut()?;
        let fault = behaviour.fault;
        match &mut behaviour.times {
            None => Some(fault),
            Some(0) => {
                self.behaviour = None;
                None
            }
            Some(left) => {
                *left -= 1;
                Some(fault)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        let empty = String::new;
        let headers = BTreeMap::new();
        Mail { id: empty(), to: Vec::new(), subject: empty(), text: empty(), html: empty(), headers }
    }

    fn sending() -> Sending {
        Sending { mail: mail(), told_of: Some("mail_1".to_owned()) }
    }

    #[test]
    fn a_fault_lasts_for_its_times() {
        let mailbox = Mailbox::default();
        mailbox.behave(Behaviour { fault: Fault::Throttled, times: Some(2) });
        let taken: Vec<_> = (0..4).map(|_| mailbox.take(sending())).collect();
        let throttled = || Err(Fault::Throttled);
        assert_eq!(taken, [throttled(), throttled(), Ok("1".to_owned()), Ok("2".to_owned())]);
        mailbox.behave(Behaviour { fault: Fault::TakenUnanswered, times: None });
        assert_eq!(mailbox.take(sending()), Err(Fault::TakenUnanswered));
        assert_eq!((mailbox.messages().len(), mailbox.calls()), (3, 5));
    }

    #[test]
    fn a_mail_that_bounces_is_taken_reaches_nobody_and_is_told_once() {
        let mailbox = Mailbox::default();
        mailbox.behave(Behaviour { fault: Fault::Bounced, times: Some(2) });
        assert!(mailbox.take(sending()).is_ok());
        assert!(
            mailbox.take(Sending { told_of: None, ..sending() }).is_ok(),
            "without a configuration set nothing is told"
        );
        let told = mailbox.events();
        assert_eq!((told.len(), mailbox.events().len(), mailbox.messages().len()), (1, 0, 0));
        assert_eq!(told[0]["detail"]["mail"]["tags"]["mail-id"][0], "mail_1");
    }

    #[test]
    fn the_newest_are_kept() {
        let mut shelf = Shelf::default();
        (1..=MOST + 2).for_each(|_| drop(shelf.put(mail())));
        assert_eq!((shelf.mails.len(), shelf.mails[0].id.as_str()), (MOST, "3"));
        let kept: Shelf = serde_json::from_value(serde_json::to_value(&shelf).unwrap()).unwrap();
        assert_eq!(kept.mails, shelf.mails);
    }
}
