//! What runs beside the requests, and how it is brought to an end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long what is under way may still take once everything is to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tasks that end when they are told to, or when this is dropped.
pub(crate) struct Background {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Background {
    pub(crate) fn new() -> Self {
        Self { stop: watch::Sender::new(false), tasks: Vec::new() }
    }

    /// Ends when everything is to stop.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        // An error is the sender's end, which means the same.
        async move { drop(stop.wait_for(|stop| *stop).await) }
    }

    /// Runs a task that ends by itself after [`Self::stopped`].
    pub(crate) fn serve(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(task));
    }

    /// Runs a task that may be cut off anywhere.
    pub(crate) fn until_stopped(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.stopped();
        self.serve(async move {
            tokio::select! {
                () = stopped => {}
                () = task => {}
            }
        });
    }

    /// Does `work` again and again, with a pause between; what was begun is brought to its end.
    pub(crate) fn repeat<F, W>(&mut self, pause: Duration, work: F)
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = ()> + Send,
    {
        let mut stop = self.stop.subscribe();
        self.serve(async move {
            while !*stop.borrow() {
                work().await;
                tokio::select! {
                    changed = stop.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }

    /// Stops everything and waits for it; what is too slow is cut off.
    pub(crate) async fn stop(&mut self) {
        self.stop.send_replace(true);
        for mut task in self.tasks.drain(..) {
            if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn work_is_repeated_until_the_stop() {
        let mut background = Background::new();
        let count = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&count);
        background.repeat(Duration::from_millis(1), move || {
            let counter = Arc::clone(&counter);
            async move {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        background.until_stopped(std::future::pending());
        while count.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        background.stop().await;
        let stopped_at = count.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(count.load(Ordering::SeqCst), stopped_at);
    }
}
