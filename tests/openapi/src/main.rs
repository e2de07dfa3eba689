//! Prints the OpenAPI document; `make openapi` puts it where it is kept.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().lock().write_all(openapi::text().as_bytes())
}
