//! What happens without a request: the stream is read all the time or on a tick, the sweep runs every second or on a tick.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join4;
use onboarding_core::time::Clock as _;
use onboarding_dynamo::StoreError;
use thiserror::Error;

use crate::background::Background;
use crate::functions::Functions;
use crate::mailbox::Mailbox;
use crate::stream::{Mapping, StreamError};
use crate::{Options, SandboxClock, StreamReads};

/// How often the stream is looked at.
const POLL: Duration = Duration::from_millis(75);
/// How often the timer sweeps; deployed it is once a minute.
const SWEEP: Duration = Duration::from_secs(1);
/// How long one sweep may last.
const SWEEP_LIMIT: Duration = Duration::from_mins(1);

/// A tick could not be made.
#[derive(Debug, Error)]
pub enum TickError {
    /// The sweep did not come to its end.
    #[error(transparent)]
    Sweep(#[from] StoreError),
    /// The stream could not be read.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// The schedule and the event source mappings.
pub(crate) struct Schedule {
    pub(crate) functions: Arc<Functions>,
    pub(crate) verification: Arc<Mapping>,
    pub(crate) upkeep: Arc<Mapping>,
    pub(crate) delivery: Arc<Mapping>,
    pub(crate) mail: Arc<Mapping>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) clock: Arc<SandboxClock>,
}

impl Schedule {
    /// One pass of schedule and stream, and what follows from it, with every attempt that it starts (K5).
    pub(crate) async fn tick(&self) -> Result<(), TickError> {
        for _ in 0..2 {
            self.sweep().await?;
            self.drain().await?;
        }
        Ok(())
    }

    /// Starts what is to go on by itself: reading the stream, and the timer of the sweep.
    pub(crate) fn start(self: &Arc<Self>, options: &Options, background: &mut Background) {
        let mappings = [&self.verification, &self.upkeep, &self.delivery, &self.mail];
        for mapping in mappings.into_iter().filter(|_| options.stream == StreamReads::AllTheTime) {
            let mapping = Arc::clone(mapping);
            background.repeat(POLL, move || Arc::clone(&mapping).read_on());
        }
        if options.stream == StreamReads::AllTheTime {
            let schedule = Arc::clone(self);
            background.repeat(POLL, move || Arc::clone(&schedule).tell_on());
        }
        if options.sweep {
            let schedule = Arc::clone(self);
            background.repeat(SWEEP, move || Arc::clone(&schedule).sweep_on());
        }
    }

    async fn sweep_on(self: Arc<Self>) {
        if let Err(fault) = self.sweep().await {
            tracing::warn!(%fault, "the sweep failed; the next one goes on");
        }
    }

    async fn tell_on(self: Arc<Self>) {
        self.tell().await;
    }

    /// Brings what the mail service tells to who records it; what could not be recorded comes again. How much it was.
    async fn tell(&self) -> usize {
        let events = self.mailbox.events();
        let mut recorded = 0;
        for event in events {
            match self.functions.told_of_mail(event.clone()).await {
                Ok(()) => recorded += 1,
                Err(fault) => {
                    tracing::warn!(%fault, "what the mail service told is not recorded; it tells it again");
                    self.mailbox.tell_again(event);
                }
            }
        }
        recorded
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        self.functions.sweep(self.clock.now().plus(SWEEP_LIMIT)).await
    }

    /// Until no function's work has left a record for another.
    async fn drain(&self) -> Result<(), StreamError> {
        let (verification, upkeep) = (&self.verification, &self.upkeep);
        let (delivery, mail) = (&self.delivery, &self.mail);
        loop {
            let read = try_join4(verification.drain(), upkeep.drain(), delivery.drain(), mail.drain()).await?;
            if (read, self.tell().await) == ((0, 0, 0, 0), 0) {
                return Ok(());
            }
        }
    }
}
