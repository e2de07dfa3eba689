//! Documents that are made from the code: `make docs` writes them, and a test for each compares them.

use std::path::Path;

/// Whether `docs/<name>` holds `text`. With `WRITE_DOCS` set it is written first.
pub(crate) fn holds(name: &str, text: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("WRITE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    std::fs::read_to_string(&path).unwrap_or_default() == text
}
