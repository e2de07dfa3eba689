//! A connection to Partner Center: two consents of one tenant, by two people (R170).

pub mod health;
