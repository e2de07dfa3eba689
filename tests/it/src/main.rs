//! Every flow of the bundle, as its users meet it: over HTTP, against the real AWS SDK, real signatures and a
//! simulated Microsoft. Time moves by the sandbox's clock, never by sleeping.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod abandoned;
mod action;
mod activation;
mod admin_consent;
mod api_key;
mod attack;
mod audit;
mod awaited_roles;
mod callers;
mod canary;
mod capability;
mod catalogue;
mod client_credential;
mod conformance;
mod consent;
mod contention;
mod delivery;
mod diagnosis;
mod docs;
mod drift;
mod edit;
mod effects;
mod enterprise;
mod fault;
mod idempotency;
mod invitation;
mod isolation;
mod journey;
mod late;
mod link;
mod listing;
mod lost_answer;
mod mail;
mod meter;
mod openapi;
mod page;
mod partner_center;
mod preview;
mod program;
mod provisioning;
mod race;
mod rate_limit;
mod raw_token;
mod readiness;
mod refusal;
mod requests;
mod reseller;
mod reset;
mod rotation;
mod sealing_key;
mod start;
mod tap;
mod task;
mod token;
mod user;

mod verifiers;
mod webhook_secret;
mod webhooks;
mod withdrawal;
mod world;
