//! Panics: a mistake of ours must not tell what was in hand.
//!
//! The text of a panic may quote the value that broke: slicing a text in the middle of a character quotes the whole of
//! it. So only a text that stands in the program itself is logged, and none is answered.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::task::Poll;

use thiserror::Error;

/// Something panicked. What and where is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("our program has a mistake; the line \"panicked\" before this one says where")]
pub struct Panicked;

/// Runs `future` and makes its panic an error, so that the environment lives on and its caller is answered.
pub async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    // On the heap: kept in place it would be moved, and so counted, twice.
    let mut future = Box::pin(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(Err(Panicked)), |polled| polled.map(Ok))
    })
    .await
}

/// Logs each panic as one line: where, and what if the text stands in the program.
pub(crate) fn log_as_lines() {
    std::panic::set_hook(Box::new(|info| tracing::error!(place = place(info), what = text(info), "panicked")));
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default()
}

/// The text, if it was not put together when the program ran.
fn text(info: &PanicHookInfo<'_>) -> &'static str {
    info.payload().downcast_ref::<&'static str>().copied().unwrap_or("not shown: it may quote a value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_panic_is_an_error_and_everything_else_goes_through() {
        assert_eq!(block_on(caught(async { 7 })), Ok(7));
        let late = async {
            tokio::task::yield_now().await;
            panic!("secret {}", 7)
        };
        assert_eq!(block_on(caught(late)).map(|(): ()| ()), Err(Panicked));
        assert!(!Panicked.to_string().contains("secret"));
    }
}
