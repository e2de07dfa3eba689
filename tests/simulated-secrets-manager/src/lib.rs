//! A small, strict stand-in for AWS Secrets Manager, spoken to over real HTTP by the real SDK.
//!
//! It exists because every stand-in on offer gets version tokens or staging labels wrong: they
//! ignore `ClientRequestToken`, accept a used token with another value, or leave one label on two
//! versions. The sandbox and the tests lean on exactly these rules, so here they hold:
//!
//! * `ClientRequestToken` *is* the `VersionId`; a repeat with the same value changes nothing, a
//!   repeat with another value is `ResourceExistsException`;
//! * a staging label is on at most one version of a secret at any time, and whenever
//!   `AWSCURRENT` moves, the version it left becomes `AWSPREVIOUS`;
//! * a secret scheduled for deletion keeps its name and refuses everything but `DescribeSecret`
//!   and a forced delete;
//! * of one secret no more than 100 versions are made within 24 hours: `LimitExceededException`.
//!
//! Sources: the Secrets Manager API Reference (2017-10-17), and for error names and texts the
//! answers of the real service recorded by others. Requests with a parameter this crate does not
//! know are refused, never half obeyed.
//!
//! Knowingly different from AWS: signatures are not verified (only the credential scope is
//! read); a raw request without `ClientRequestToken` gets a generated one, where AWS refuses it
//! (an SDK always sends one); a forced delete takes effect at once; unlabelled versions are kept
//! for ever; `LastAccessedDate` is not kept. Values lie in the clear in the state file.

mod call;
mod connection;
mod fault;
mod operation;
mod operations;
mod protocol;
mod refusal;
mod secret;
mod secret_id;
mod server;
mod store;
mod version;

pub use call::Call;
pub use fault::Faults;
pub use operation::Operation;
pub use server::{Error, SimulatedSecretsManager};
