//! Receivers that answer something else than 2xx (T48, T49), and what each of them gets.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use onboarding_core::delivery::Attempt;
use tokio::io::AsyncWriteExt as _;
use webhook_delivery::{Reach, Sender};

use crate::receiver::{Answer, FAILED, Names, Receiver, failed_with, post, request};

/// A sender to loopback.
fn sender() -> Sender {
    Sender::new(Reach::PublicAndLoopback).unwrap()
}

/// A receiver that gives the same answer to each request.
fn answering(answer: impl Into<String>) -> Receiver {
    let answer: Arc<str> = answer.into().into();
    Receiver::start(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
}

fn head(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

/// G61, T48 A redirect is a failed attempt: nobody goes where it points, by whatever header.
#[tokio::test]
async fn a_redirect_is_a_failed_attempt() {
    let other = answering(head("200 OK", ""));
    let mut answers = 0;
    for status in ["300 Multiple Choices", "301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
    {
        for to in
            [other.url(), format!("//127.0.0.1:{}/", other.port), "http://169.254.169.254/".to_owned(), "/again".into()]
        {
            let receiver = answering(head(status, &format!("location: {to}\r\nrefresh: 0; url={to}\r\n")));
            let number = status[..3].parse().unwrap();
            assert_eq!(post(&sender(), &receiver.url()).await, failed_with(number), "{status} to {to}");
            assert_eq!(receiver.connects(), 1, "{status} to {to}");
            answers += 1;
        }
    }
    assert_eq!(other.connects(), 0);
    eprintln!("redirects: {answers} answers, 0 followed");
}

/// T48 `Alt-Svc`, `Refresh` and `Content-Location` move no later attempt.
#[tokio::test]
async fn another_service_that_an_answer_names_is_not_used() {
    let other = answering(head("200 OK", ""));
    let moved = format!(
        "alt-svc: http/1.1=\"127.0.0.1:{0}\"; ma=86400\r\nrefresh: 0; url={1}\r\ncontent-location: {1}\r\n",
        other.port,
        other.url()
    );
    let answer: Arc<str> = head("200 OK", &moved).into();
    let receiver = Receiver::start(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            // Keeps the connection, which the sender is not to use again.
            while !request(&mut stream).await.is_empty() {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    let sender = sender();
    for _ in 0..3 {
        assert_eq!(post(&sender, &receiver.url()).await, Attempt::Accepted);
    }
    assert_eq!((receiver.connects(), other.connects()), (3, 0), "each attempt connects anew, to the same receiver");
}

/// G62, G63 Each status is what it says; a `Retry-After` is heard with a failure only, in seconds only.
#[tokio::test]
async fn a_status_says_how_the_attempt_ended() {
    let waits =
        |status, seconds| Attempt::Failed { status: Some(status), retry_after: Some(Duration::from_secs(seconds)) };
    for (status, header, attempt) in [
        ("200 OK", "", Attempt::Accepted),
        ("202 Accepted", "retry-after: 9\r\n", Attempt::Accepted),
        ("204 No Content", "", Attempt::Accepted),
        ("299 Odd", "", Attempt::Accepted),
        ("410 Gone", "retry-after: 9\r\n", Attempt::Gone),
        ("400 Bad Request", "", failed_with(400)),
        ("401 Unauthorized", "www-authenticate: Basic\r\n", failed_with(401)),
        ("404 Not Found", "", failed_with(404)),
        ("407 Proxy Authentication Required", "proxy-authenticate: Basic\r\n", failed_with(407)),
        ("408 Request Timeout", "", failed_with(408)),
        ("421 Misdirected Request", "", failed_with(421)),
        ("425 Too Early", "", failed_with(425)),
        ("500 Internal Server Error", "", failed_with(500)),
        ("999 Odd", "", failed_with(999)),
        ("429 Too Many Requests", "retry-after: 120\r\n", waits(429, 120)),
        ("503 Unavailable", "retry-after: 0\r\n", waits(503, 0)),
        ("503 Unavailable", "retry-after: 18446744073709551615\r\n", waits(503, u64::MAX)),
        ("503 Unavailable", "retry-after: 18446744073709551616\r\n", failed_with(503)),
        ("503 Unavailable", "retry-after: -1\r\n", failed_with(503)),
        ("503 Unavailable", "retry-after: Wed, 21 Oct 2065 07:28:00 GMT\r\n", failed_with(503)),
        ("503 Unavailable", "retry-after: \u{ff11}\r\n", failed_with(503)),
    ] {
        let receiver = answering(head(status, header));
        assert_eq!(post(&sender(), &receiver.url()).await, attempt, "{status} {header}");
        assert_eq!(receiver.connects(), 1, "{status}: tried once");
    }
}

/// T49 What is no answer is a failed attempt, made once.
#[tokio::test]
async fn an_answer_that_is_no_http_fails_the_attempt() {
    for answer in [
        "",
        "HTTP/1.1",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "+PONG\r\n",
        "\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
    ] {
        let receiver = answering(answer);
        let attempt = post(&sender(), &receiver.url()).await;
        assert!(matches!(attempt, Attempt::Failed { retry_after: None, .. }), "{answer:?}: {attempt:?}");
        assert_eq!(receiver.connects(), 1, "{answer:?}");
    }
}

/// T48 https is TLS: a receiver that speaks plain text there gets nothing, neither does one that shows no certificate.
#[tokio::test]
async fn https_to_a_plain_text_port_fails() {
    let got = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&got);
    let plain = Receiver::start(move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            let mut hello = [0; 4_096];
            let _ = stream.readable().await;
            let read = stream.try_read(&mut hello).unwrap_or(0);
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&hello[..read]));
            let _ = stream.write_all(head("200 OK", "").as_bytes()).await;
        }
    });
    assert_eq!(post(&sender(), &plain.url().replace("http://", "https://")).await, FAILED);
    let names = Names::saying(vec![Answer::Addresses(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])]);
    let by_name = Sender::with_lookup(Reach::PublicAndLoopback, names).unwrap();
    assert_eq!(post(&by_name, &format!("https://hooks.example.com:{}/", plain.port)).await, FAILED);
    let said = got.lock().unwrap();
    assert_eq!(plain.connects(), 2, "one connect each: no fall-back to plain text");
    assert!(!said.contains("webhook-") && !said.contains("POST"), "{said}");
}

/// R116 What a receiver gets: one POST with the body, three headers of ours, and no wish for compression.
#[tokio::test]
async fn a_receiver_gets_one_post_and_no_more_than_it_needs() {
    let got = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&got);
    let receiver = Receiver::start(move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            let request = request(&mut stream).await;
            *kept.lock().unwrap() = request;
            let _ = stream.write_all(head("200 OK", "").as_bytes()).await;
        }
    });
    assert_eq!(post(&sender(), &format!("{}?a=b", receiver.url())).await, Attempt::Accepted);
    let said = got.lock().unwrap().clone();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let mut names: Vec<_> = head.lines().skip(1).map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, "{\"type\":\"t\"}");
    let expected = ["accept", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(names, [&expected[..], &["webhook-id", "webhook-signature", "webhook-timestamp"]].concat());
}
