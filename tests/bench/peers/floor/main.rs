//! The floor: the least that a bootstrap can do.

mod runtime;

fn main() -> std::io::Result<()> {
    runtime::serve()
}
