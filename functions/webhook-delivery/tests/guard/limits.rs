//! Receivers that never end: slow, endless and compressed answers (T49).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use onboarding_core::delivery::Attempt;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use webhook_delivery::{ATTEMPT_TIMEOUT, Reach, Sender};

use crate::receiver::{Answer, FAILED, Names, Receiver, failed_with, post, request};

/// What a receiver can get rid of before the sender hangs up: the buffers of both sockets and of the HTTP parser.
const MOST: usize = 1_024 * 1_024;
/// A connection has to come up in this time, its name looked up and its TLS begun.
const CONNECT: Duration = Duration::from_secs(3);
/// A receiver gives up pouring here, so that a failing test ends.
const ENDLESS: usize = 64 * MOST;

fn sender() -> Sender {
    Sender::new(Reach::PublicAndLoopback).unwrap()
}

/// A receiver that answers `head` and then `drop` after `drop`; how much it could write is counted.
fn pouring(head: &'static [u8], drop: &'static [u8]) -> (Receiver, Arc<AtomicUsize>) {
    let poured = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&poured);
    let receiver = Receiver::start(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(head).await;
            while counter.load(Ordering::SeqCst) < ENDLESS {
                match stream.write(drop).await {
                    Ok(written) => counter.fetch_add(written, Ordering::SeqCst),
                    Err(_) => break,
                };
            }
        }
    });
    (receiver, poured)
}

/// How much was written in the end: the receiver has seen the reset when the figure stands still.
async fn settled(poured: &AtomicUsize) -> usize {
    loop {
        let before = poured.load(Ordering::SeqCst);
        sleep(Duration::from_millis(100)).await;
        if poured.load(Ordering::SeqCst) == before {
            return before;
        }
    }
}

/// The head of a gzip stream of zeros; each further zero byte stands for another kilobyte.
const BOMB: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: identity\r\n\r\n\
    \x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xc1\x01\x01\0\0\0\x80\x90\xfe\xaf\xee\x08\x0a";

/// T49 Bodies are not read, whatever their length, their coding or the status.
#[tokio::test]
async fn an_endless_body_is_not_read() {
    for (name, head, drop, attempt) in [
        ("until close", &b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'a'; 8_192][..], Attempt::Accepted),
        (
            "of a length",
            b"HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000000\r\n\r\n",
            &[0; 8_192],
            Attempt::Accepted,
        ),
        (
            "in chunks",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"8\r\naaaaaaaa\r\n",
            Attempt::Accepted,
        ),
        (
            "one chunk line",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8;",
            &[b'a'; 8_192],
            Attempt::Accepted,
        ),
        ("of an error", b"HTTP/1.1 500 Internal Server Error\r\n\r\n", &[b'a'; 8_192], failed_with(500)),
        ("of a redirect", b"HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n", &[b'a'; 8_192], failed_with(302)),
        ("gzip bomb", BOMB, &[0; 8_192], Attempt::Accepted),
        (
            "gzip over gzip",
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip, br\r\n\r\n",
            &[0; 8_192],
            Attempt::Accepted,
        ),
    ] {
        let (receiver, poured) = pouring(head, drop);
        let start = Instant::now();
        assert_eq!(post(&sender(), &receiver.url()).await, attempt, "{name}");
        assert!(start.elapsed() < Duration::from_secs(2), "{name}: {:?}", start.elapsed());
        let written = settled(&poured).await;
        assert!(written < MOST, "{name}: {written} bytes");
        eprintln!("endless body, {name}: {} KiB written before the reset", written / 1_024);
    }
}

/// T49 Heads are read up to the parser's limit.
#[tokio::test]
async fn an_endless_head_is_not_read() {
    for (name, head, drop) in [
        ("many headers", &b"HTTP/1.1 200 OK\r\n"[..], &b"x: y\r\n"[..]),
        ("one header", b"HTTP/1.1 200 OK\r\nx: ", &[b'a'; 8_192]),
        ("one header name", b"HTTP/1.1 200 OK\r\n", &[b'a'; 8_192]),
        ("reason", b"HTTP/1.1 200 ", &[b'a'; 8_192]),
        ("not HTTP", b"", &[0; 8_192]),
    ] {
        let (receiver, poured) = pouring(head, drop);
        let start = Instant::now();
        assert_eq!(post(&sender(), &receiver.url()).await, FAILED, "{name}");
        assert!(start.elapsed() < Duration::from_secs(4), "{name}: {:?}", start.elapsed());
        let written = settled(&poured).await;
        assert!(written < MOST, "{name}: {written} bytes");
        eprintln!("endless head, {name}: {} KiB written before the reset", written / 1_024);
    }
}

/// G64, T49 An attempt ends at its limit, whatever the receiver does meanwhile.
#[tokio::test]
async fn an_attempt_ends_at_its_limit() {
    let late = Receiver::start(async |mut stream: TcpStream| answer_late(&mut stream).await);
    let silent = Receiver::start(async |stream: TcpStream| hold(stream).await);
    let dripping = Receiver::start(async |mut stream: TcpStream| {
        request(&mut stream).await;
        for byte in b"HTTP/1.1 200 OK\r\nx: ".iter().chain(std::iter::repeat(&b'a')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    let (early_hints, hints) = pouring(b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
    let (continues, _) = pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n");
    let (line_breaks, _) = pouring(b"", b"\r\n\r\n\r\n\r\n");
    let mute = Names::saying(vec![Answer::Silence]);
    let unnamed = Sender::with_lookup(Reach::PublicAndLoopback, mute).unwrap();
    let timed = async |name: &str, sender: &Sender, url: String, limit: Duration| {
        let start = Instant::now();
        let attempt = timeout(2 * ATTEMPT_TIMEOUT, post(sender, &url)).await;
        let elapsed = start.elapsed();
        assert_eq!(attempt, Ok(FAILED), "{name} after {elapsed:?}");
        assert!(elapsed < limit + Duration::from_secs(1), "{name}: {elapsed:?}");
        eprintln!("slow answer, {name}: given up after {:.2} s", elapsed.as_secs_f64());
    };
    let sender = sender();
    let secure = silent.url().replace("http://", "https://");
    tokio::join!(
        timed("head after 7 s", &sender, late.url(), ATTEMPT_TIMEOUT),
        timed("silence", &sender, silent.url(), ATTEMPT_TIMEOUT),
        timed("silence instead of TLS", &sender, secure, CONNECT),
        timed("a byte now and then", &sender, dripping.url(), ATTEMPT_TIMEOUT),
        timed("endless early hints", &sender, early_hints.url(), ATTEMPT_TIMEOUT),
        timed("endless 100 Continue", &sender, continues.url(), ATTEMPT_TIMEOUT),
        timed("endless line breaks", &sender, line_breaks.url(), ATTEMPT_TIMEOUT),
        timed("no answer of the name server", &unnamed, "http://hooks.example.com/".to_owned(), CONNECT),
    );
    eprintln!("endless early hints: {} KiB written", settled(&hints).await / 1_024);
}

async fn answer_late(stream: &mut TcpStream) {
    request(stream).await;
    sleep(Duration::from_secs(7)).await;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
}

async fn hold(mut stream: TcpStream) {
    request(&mut stream).await;
    std::future::pending::<()>().await;
}
