//! Generated attacks on the callback: tokens, states and forms that nobody but an attacker would send.
//!
//! | to find | look in |
//! |---|---|
//! | a link under attack, and what a refusal must leave untouched | [`target`] |
//! | a signer with Microsoft's own keys | [`forge`] |
//! | the tables of bad and good tokens | `bad_claims`, `bad_token`, `good_token` |
//! | the tokens at work, in process and over HTTP | `token` |
//! | flipped, spliced, truncated and random states | `state` |
//! | states of other key rings, and a ring that is rotated | `sealing_key` |
//! | forms and headers as an attacker or a proxy sends them | `form` |
//! | properties over arbitrary input | `property` |
//!
//! Every test prints its figures (`cargo nextest run --no-capture`).

mod bad_claims;
mod bad_token;
pub(crate) mod forge;
mod form;
mod good_token;
mod property;
mod sealing_key;
pub(crate) mod state;
pub(crate) mod target;
mod token;
