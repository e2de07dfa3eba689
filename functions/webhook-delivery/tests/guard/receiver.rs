//! A receiver on loopback that does what its test says, a name server that does the same, and a sender for both.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, pending};
use onboarding_core::delivery::Attempt;
use onboarding_core::redirect_url::RedirectUrl;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};
use webhook_delivery::{Lookup, Sender};

/// What the name server says.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// These addresses, none or more.
    Addresses(Vec<IpAddr>),
    /// That it cannot say.
    Broken,
    /// Nothing, ever.
    Silence,
}

/// A name server that gives one answer after the other, and the last one for ever.
pub(crate) struct Names {
    script: Vec<Answer>,
    asked: AtomicUsize,
}

impl Names {
    pub(crate) fn saying(script: Vec<Answer>) -> Arc<Self> {
        Arc::new(Self { script, asked: AtomicUsize::new(0) })
    }

    /// How many look-ups there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Names {
    fn addresses<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.script.len() - 1);
        Box::pin(async move {
            match &self.script[turn] {
                Answer::Addresses(addresses) => Ok(addresses.clone()),
                Answer::Broken => Err(io::Error::other("SERVFAIL")),
                Answer::Silence => pending().await,
            }
        })
    }
}

/// A URL as a row of the table could have it: the rules about its text are not asked.
pub(crate) fn stored(url: &str) -> RedirectUrl {
    serde_json::from_value(url.into()).unwrap()
}

/// One attempt.
pub(crate) async fn post(sender: &Sender, url: &str) -> Attempt {
    let headers = [("webhook-id", "1"), ("webhook-timestamp", "2"), ("webhook-signature", "v1,3")];
    sender.post(&stored(url), headers.map(|(name, value)| (name, value.to_owned())), b"{\"type\":\"t\"}".to_vec()).await
}

/// A failed attempt without the receiver's wish.
pub(crate) const FAILED: Attempt = Attempt::Failed { status: None, retry_after: None };

/// An answer with this status, which is a failure.
pub(crate) const fn failed_with(status: u16) -> Attempt {
    Attempt::Failed { status: Some(status), retry_after: None }
}

/// A listener on 127.0.0.1 that counts connects and hands each to its test.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    connects: Arc<AtomicUsize>,
}

impl Receiver {
    /// Its send buffer is small, so that what it has written is what the other side has taken.
    pub(crate) fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(16 * 1_024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(64).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connects = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connects);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { port, connects }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn connects(&self) -> usize {
        self.connects.load(Ordering::SeqCst)
    }
}

/// Reads a whole request: its head, and the body that it announces.
pub(crate) async fn request(stream: &mut TcpStream) -> String {
    let (mut request, mut chunk) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text.into_owned();
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read @ 1..) => request.extend_from_slice(&chunk[..read]),
            Ok(0) | Err(_) => return String::from_utf8_lossy(&request).into_owned(),
        }
    }
}
