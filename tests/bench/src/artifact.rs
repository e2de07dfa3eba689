//! The size of what is deployed.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::error::Error;

/// What a zip file of one member named `bootstrap` has beside it: a local header of 30 bytes, a central one of 46, an
/// end of 22, and the name twice.
const ZIP_FRAME: u64 = 30 + 46 + 22 + 2 * 9;

/// The sizes of one file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// As it is.
    pub(crate) binary: u64,
    /// As the one member of a zip file.
    pub(crate) zip: u64,
}

/// The sizes of the file at `path`.
pub(crate) fn sizes(path: &Path) -> Result<Sizes, Error> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = deflate.write_all(&bytes).and_then(|()| deflate.finish()).map_err(Error::file(path))?;
    Ok(Sizes { binary: length(&bytes), zip: length(&deflated) + ZIP_FRAME })
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
