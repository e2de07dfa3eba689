//! OpenID relying-party conformance: each row under the name of the OpenID Foundation's own test.
//!
//! The suite itself needs a Java server and cannot run here, so each of its tests that concerns the front-channel
//! `code id_token` flow is mirrored, over HTTP. A row refuses by its effects: no token call, no Graph call, rows as
//! they were, nothing told, and the good answer that follows succeeds ([`crate::attack::target::Target`]).
//!
//! Where we differ on purpose:
//!
//! - `kid-absent-single-jwks`: the suite accepts a token without a key id where one key is listed; Entra always sends
//!   one, so we refuse it.
//! - `idtoken-sig-none`, `invalid-sig-*`: the suite lets clients of the code flow skip them; we never skip.
//!
//! Rows that are not here:
//!
//! - `refresh-token`, `refresh-token-invalid-issuer`, `refresh-token-invalid-sub`: `shared/microsoft/tests/it/refresh.rs`, under
//!   these names.
//! - `client-secret-basic`: one way to authenticate is enough; ours is `client_secret_post`, which
//!   `shared/microsoft/tests/it/redeem.rs` reads off the wire, under this name.

mod keys;
mod redemption;
mod response;
mod token;
