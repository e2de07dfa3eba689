//! System calls before the first event, counted by strace. A count, so it does not vary with the machine's load.

use std::path::Path;

use crate::error::Error;

/// The words before a program that write its calls to `trace`. `-D` leaves the program our own child, so that it can be
/// ended; `-f` follows its threads.
pub(crate) fn wrapper(trace: &str) -> [&str; 8] {
    ["strace", "-D", "-f", "-qq", "-s", "128", "-o", trace]
}

/// Whether strace can be used here.
pub(crate) fn is_available() -> bool {
    let tried = std::process::Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// The calls in the file `trace` up to the one that asks for the first event.
pub(crate) fn before_first_event(trace: &Path) -> Result<u64, Error> {
    let text = std::fs::read(trace).map_err(Error::file(trace))?;
    Ok(count(&String::from_utf8_lossy(&text)))
}

/// Every line is a call, but for signals, ends of threads, and second halves of calls that were interrupted.
fn count(trace: &str) -> u64 {
    let before = trace.lines().take_while(|line| !line.contains("/runtime/invocation/next"));
    let calls = before.filter(|line| ![" resumed>", "+++ ", "--- "].iter().any(|mark| line.contains(mark)));
    calls.map(|_| 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_once_and_what_is_no_call_not_at_all() {
        let trace = "\
            7 execve(\"bootstrap\", [\"bootstrap\"], 0x7f /* 25 vars */) = 0\n\
            7 epoll_wait(3,  <unfinished ...>\n\
            8 set_robust_list(0x7f, 24) = 0\n\
            7 <... epoll_wait resumed>[], 1024, 5) = 0\n\
            8 +++ exited with 0 +++\n\
            7 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
            7 sendto(9, \"GET /2018-06-01/runtime/invocation/next HTTP/1.1\", 48, 0, NULL, 0) = 48\n\
            7 epoll_wait(3, [], 1024, 5) = 0\n";
        assert_eq!(count(trace), 3);
    }
}
