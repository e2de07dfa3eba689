//! The edge: what every function has between Lambda and its own rules.
//!
//! | to find | look in |
//! |---|---|
//! | every path, and who may call it | [`routes`] |
//! | how a request is served | [`edge`], [`call`] |
//! | what a request carries | [`body`], [`callback`], [`caller`], [`oauth`] |
//! | how it is answered | [`answer`], [`failure`], [`problem`], [`page`] |
//! | how a batch of the table's stream is tried | [`batch`] |
//! | the environment and the AWS SDK | [`config`], [`aws`] |
//! | the log and its metrics | [`log`], [`mod@panic`] |

pub mod answer;
pub mod aws;
pub mod batch;
pub mod body;
pub mod call;
pub mod callback;
pub mod caller;
pub mod config;
pub mod edge;
pub mod failure;
mod idempotency;
pub mod log;
mod metric;
pub mod oauth;
pub mod page;
pub mod panic;
pub mod precondition;
pub mod problem;
pub mod routes;
mod text;

#[cfg(test)]
mod testing;
