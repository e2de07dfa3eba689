//! Proxies in the environment (T48).

use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use onboarding_core::delivery::Attempt;
use webhook_delivery::{Reach, Sender};

use crate::receiver::{FAILED, Receiver, post, request};

/// Set for the copy of the test that runs with proxies in its environment; the receiver's URL.
const INSIDE: &str = "GUARD_TEST_RECEIVER";
const THIS: &str = "environment::a_proxy_in_the_environment_is_not_used";

/// T48 Neither an allowed post nor a refused one goes through a proxy that the environment names.
#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() {
    if let Some(url) = env::var_os(INSIDE) {
        return inside(url.to_str().unwrap()).await;
    }
    let (receiver, posted) = (Receiver::start(ok), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::default();
    let (counter, lines) = (Arc::clone(&posted), Arc::<std::sync::Mutex<Vec<String>>>::clone(&seen));
    let proxy = Receiver::start(move |mut stream| {
        let (counter, lines) = (Arc::clone(&counter), Arc::clone(&lines));
        async move {
            let asked = request(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(asked.lines().next().unwrap_or("").to_owned());
            write(&mut stream).await;
        }
    });
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", THIS, "--nocapture"])
        .env(INSIDE, receiver.url())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    child.env_remove("REQUEST_METHOD");
    let at = format!("http://127.0.0.1:{}", proxy.port);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        child.env(name, &at);
    }
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2, "only the control's two requests come to the proxy: {seen:?}");
    assert!(seen[0].starts_with("GET http://control.example/"), "{seen:?}");
    assert!(seen[1].starts_with("CONNECT control.example:443"), "{seen:?}");
    assert_eq!(receiver.connects(), 1, "the allowed post goes straight to its receiver");
    eprintln!("proxies: 6 variables, 2 control requests through the proxy, 4 posts, 0 of them through it");
}

async fn inside(url: &str) {
    // The control: this environment does bring a client without `no_proxy` to the proxy.
    #[expect(clippy::disallowed_methods, reason = "the control: a client that heeds the environment")]
    let heeding = reqwest::Client::builder().tls_backend_preconfigured(tls()).build().unwrap();
    assert!(heeding.get("http://control.example/").send().await.is_ok());
    assert!(heeding.get("https://control.example/").send().await.is_err());

    let sandbox = Sender::new(Reach::PublicAndLoopback).unwrap();
    assert_eq!(post(&sandbox, url).await, Attempt::Accepted);
    let deployed = Sender::new(Reach::Public).unwrap();
    for refused in [url, "http://localhost/", "https://localhost/"] {
        assert_eq!(post(&deployed, refused).await, FAILED, "{refused}");
    }
}

fn tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

async fn ok(mut stream: tokio::net::TcpStream) {
    request(&mut stream).await;
    write(&mut stream).await;
}

async fn write(stream: &mut tokio::net::TcpStream) {
    use tokio::io::AsyncWriteExt as _;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
}
