//! OpenID relying-party conformance: each row under the name of the OpenID Foundation's own test.
