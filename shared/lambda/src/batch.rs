//! A batch of the table's stream: each record is tried by itself, whatever becomes of the others.

use std::fmt::Display;

use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::future::join_all;

use crate::panic::{self, Panicked};

/// Makes all `tries` at once, each beside the sequence number of its record. Whoever fails, or panics, is logged as what
/// it is that `could_not` be done, and reported back, so that the stream brings it again; the others are done.
pub async fn tried<F, E>(could_not: &'static str, tries: impl IntoIterator<Item = (String, F)>) -> DynamoDbEventResponse
where
    F: Future<Output = Result<(), E>>,
    E: Display + From<Panicked>,
{
    let tries = tries.into_iter().map(async |(sequence, attempt)| {
        let ended = panic::caught(attempt).await.unwrap_or_else(|panicked| Err(panicked.into()));
        (sequence, ended)
    });
    let mut response = DynamoDbEventResponse::default();
    for (sequence, ended) in join_all(tries).await {
        if let Err(error) = ended {
            tracing::error!(error = %error, "{could_not}");
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence);
            response.batch_item_failures.push(failure);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use thiserror::Error;

    use super::*;
    use crate::log::{self, Level};

    #[derive(Debug, Error)]
    enum NotDone {
        #[error("it did not work")]
        Failed,
        #[error(transparent)]
        Panicked(#[from] Panicked),
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn failures(response: &DynamoDbEventResponse) -> Vec<&str> {
        response.batch_item_failures.iter().filter_map(|failure| failure.item_identifier.as_deref()).collect()
    }

    /// P4 What failed, or panicked, is reported back and told in the log; what stands beside it in the batch is done.
    #[test]
    fn what_could_not_be_done_is_reported_back_by_itself() {
        let done = Cell::new(0);
        let one = async |at: u8| match at {
            1 => Err(NotDone::Failed),
            2 => panic!("a secret {at}"),
            _ => {
                done.set(done.get() + 1);
                Ok(())
            }
        };
        let mut told = Vec::new();
        let log = log::tests::caught(Level::Error, || {
            let tries = (0..4_u8).map(|at| (format!("sequence-{at}"), one(at)));
            told.extend(failures(&block_on(tried("a thing could not be done", tries))).into_iter().map(str::to_owned));
        });
        assert_eq!((told, done.get()), (vec!["sequence-1".to_owned(), "sequence-2".to_owned()], 2));
        assert_eq!(log.matches("a thing could not be done").count(), 2, "{log}");
        assert!(log.contains("it did not work") && log.contains("our program has a mistake"), "{log}");
        assert!(!log.contains("a secret"), "{log}");
    }

    /// All are tried at once: none waits until the one before it has ended.
    #[test]
    fn nothing_waits_for_what_stands_before_it() {
        let (begun, seen) = (Cell::new(0), Cell::new(0));
        let one = async |_: u8| {
            begun.set(begun.get() + 1);
            tokio::task::yield_now().await;
            seen.set(seen.get().max(begun.get()));
            Ok::<(), NotDone>(())
        };
        let tries = (0..3).map(|at| (at.to_string(), one(at)));
        assert!(failures(&block_on(tried("a thing could not be done", tries))).is_empty());
        assert_eq!(seen.get(), 3);
    }
}
