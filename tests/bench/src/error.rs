//! Why there are no figures.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Says what failed, and what to do about it.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// A program to be measured is not there.
    #[error("{path} is missing: run `make bench`, which builds it")]
    NoProgram {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program stopped, or answered something else than it should.
    #[error("{subject}: {what}; --show shows what it writes")]
    Failed {
        /// The program.
        subject: &'static str,
        /// What happened.
        what: String,
    },
    /// A program neither asked for an event nor answered one.
    #[error("{subject} was silent for {} s and was stopped; --show shows what it writes", .after.as_secs())]
    Silent {
        /// The program.
        subject: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The listeners on loopback cannot be had.
    #[error("no listener on loopback: {0}")]
    Listener(#[source] std::io::Error),
    /// There are no figures of a running program here: Linux alone has them.
    #[error("/proc says nothing of a running program: the bench needs Linux")]
    NoProc,
    /// The certificates cannot be made.
    #[error("the certificates cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The table in memory does not do what it is asked.
    #[error("the table: {0}")]
    Table(String),
    /// The sweep does not get to an end.
    #[error("{recorded} of {due} were recorded in {minutes} minutes; --minutes gives it more")]
    Slow {
        /// How many were recorded.
        recorded: u64,
        /// How many were due.
        due: usize,
        /// How long it was waited for.
        minutes: u16,
    },
    /// A row that we made is not what the product would read. The text names the type.
    #[error("the rows cannot be made: {0}")]
    World(String),
}

impl Error {
    /// A fault at `path`.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
