//! What several fuzz targets share. A target states what must hold for whatever input libFuzzer thinks of, where it can
//! by asking somebody else's reader of the same format.

pub mod edit;
pub mod entra;
pub mod json;
pub mod random;

use onboarding_core::time::Timestamp;

/// The present of every target.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
