//! The rules of tenant onboarding: pure, without I/O, so that each can be tested beside where it stands.
//!
//! Time and randomness are arguments. States are enums whose moves take the old state; the store repeats each move
//! as one conditional write. What was proved is a type with one maker: [`consent::Leased`],
//! [`identity::VerifiedIdentity`], [`proof::Granted`].
//!
//! | to find | look in |
//! |---|---|
//! | who may call, and what; a call sent twice | [`credential`], [`token`], [`scope`], [`reseller`], [`activation`], [`idempotency`], [`rate_limit`] |
//! | an enterprise and its body | [`enterprise`], [`catalogue`], [`service`], [`country`], [`place`], [`region`], [`text`], [`fields`] |
//! | lists, page by page | [`listing`] |
//! | actions and what they ask for | [`action`], [`permission`], [`application_client`], [`task`], [`capability`] |
//! | a plan, a link, a sign-in, a proof, its loss | [`invitation`], [`plan`], [`start`], [`consent`], [`state`], [`identity`], [`proof`], [`awaited_roles`], [`drift`], [`readiness`], [`provisioning`] |
//! | what is told, and to whom | [`outcome`], [`authentication_result`], [`outcome_link`], [`event`], [`delivery`], [`mail`], [`language`], [`redirect_url`], [`advice`], [`audit`] |
//! | groundwork | [`id`], [`time`], [`random`], [`patience`], [`secret`], [`seal`], [`json`], [`word`], [`cloud`] |
//! | who may call, and what of a call sent twice | [`credential`], [`token`], [`scope`], [`reseller`], [`activation`], [`idempotency`], [`rate_limit`] |
//! | an enterprise and its body | [`enterprise`], [`user`], [`catalogue`], [`service`], [`country`], [`place`], [`region`], [`text`], [`fields`] |
//! | lists, page by page | [`listing`] |
//! | actions and what they ask for | [`action`], [`permission`], [`task`], [`capability`], [`application_client`] |
//! | a plan, a link, a sign-in, a proof, its loss | [`plan`], [`start`], [`consent`], [`state`], [`identity`], [`proof`], [`drift`] |
//! | a connection to Partner Center | [`connection`] |
//! | a plan, a link, a sign-in, a proof, its loss | [`invitation`], [`plan`], [`start`], [`consent`], [`state`], [`identity`], [`proof`], [`drift`] |
//! | what a tenant needs besides | [`readiness`], [`provisioning`] |
//! | what is told, and to whom | [`outcome`], [`authentication_result`], [`outcome_link`], [`event`], [`delivery`], [`mail`], [`language`], [`redirect_url`], [`advice`], [`audit`] |
//! | groundwork | [`id`], [`time`], [`random`], [`patience`], [`secret`], [`client_credential`], [`seal`], [`json`], [`word`], [`cloud`] |

pub mod action;
pub mod activation;
pub mod advice;
pub mod app_manifest;
pub mod application_client;
pub mod audit;
pub mod authentication_result;
pub mod awaited_roles;
pub mod capability;
pub mod catalogue;
pub mod client_credential;
pub mod cloud;
pub mod connection;
pub mod consent;
pub mod country;
pub mod credential;
pub mod delivery;
#[cfg(test)]
mod document;
pub mod drift;
pub mod enterprise;
pub mod event;
pub mod fields;
pub mod id;
pub mod idempotency;
pub mod identity;
pub mod invitation;
pub mod isolation;
pub mod json;
pub mod language;
pub mod listing;
pub mod mail;
pub mod metric;
pub mod outcome;
pub mod outcome_link;
pub mod patience;
pub mod permission;
pub mod place;
pub mod plan;
pub mod proof;
pub mod provisioning;
pub mod random;
pub mod rate_limit;
pub mod readiness;
pub mod redirect_url;
pub mod region;
pub mod reseller;
#[cfg(feature = "openapi")]
mod schema;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod service;
pub mod start;
pub mod state;
pub mod task;
pub mod text;
pub mod time;
pub mod token;
pub mod user;
pub mod word;
