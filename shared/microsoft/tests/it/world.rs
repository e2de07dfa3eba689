//! Microsoft's place on the wire: a server that records each request and answers as the test says.
//!
//! "How often was it sent" is simply a count: connections are used once, unless an answer keeps its own open.

use std::sync::{Arc, Mutex};

use onboarding_core::application_client::ApplicationClients;
use onboarding_core::cloud::{Cloud, Endpoints};
use onboarding_core::id::ApplicationId;
use onboarding_core::time::Timestamp;
use onboarding_microsoft::{Microsoft, Settings};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

pub(crate) const CLIENT: ApplicationId = ApplicationId::from_u128(0xcccc_cccc_0000_4000_8000_0000_0000_0001);
/// Characters that break careless encoding.
pub(crate) const REDIRECT_URI: &str = "https://api.example/restricted/handleResponse?a=b&c=%2B";
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// What came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What goes out.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Json(u16, Value),
    /// The same, and the connection may be used again.
    Kept(u16, Value),
    Text(u16, String),
    /// To this address.
    Redirect(String),
    /// The connection is reset after the request.
    Reset,
    /// Silence.
    Hang,
    /// A body without end.
    Endless,
}

const CLOSE: &str = "Connection: close\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

type Answers = Box<dyn FnMut(&Request) -> Answer + Send>;

pub(crate) struct World {
    pub(crate) microsoft: Microsoft,
    pub(crate) base: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl World {
    pub(crate) async fn new(answers: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::default();
        let answers: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Box::new(answers)));
        tokio::spawn(serve(listener, Arc::clone(&requests), answers));
        Self { microsoft: connect(&base), base, requests }
    }

    pub(crate) async fn always(answer: Answer) -> Self {
        Self::new(move |_| answer.clone()).await
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

/// A client of Microsoft at `base`, for the login host, Graph and Partner Center alike.
pub(crate) fn connect(base: &str) -> Microsoft {
    let base = Url::parse(base).unwrap();
    let endpoints = Endpoints::of(Cloud::Global, Some(&base), Some(&base)).with_partner_center(Some(&base));
    Microsoft::new(Settings { endpoints, clients: ApplicationClients::single(CLIENT) }).unwrap()
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve(listener: TcpListener, requests: Arc<Mutex<Vec<Request>>>, answers: Arc<Mutex<Answers>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (requests, answers) = (Arc::clone(&requests), Arc::clone(&answers));
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            while let Some(request) = read(&mut stream).await {
                requests.lock().unwrap().push(request.clone());
                let answer = (answers.lock().unwrap())(&request);
                if let Answer::Kept(..) = answer {
                    write(stream.get_mut(), answer).await;
                } else {
                    return write(stream.get_mut(), answer).await;
                }
            }
        });
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines.first()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines[1..].iter().filter_map(header).collect();
    let mut request = Request { method, target, headers, body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

async fn write(stream: &mut TcpStream, answer: Answer) {
    let (status, headers, body) = match answer {
        Answer::Json(status, body) => (status, format!("{CLOSE}{JSON}"), body.to_string()),
        Answer::Kept(status, body) => (status, JSON.to_owned(), body.to_string()),
        Answer::Text(status, body) => (status, CLOSE.to_owned(), body),
        Answer::Redirect(to) => (302, format!("{CLOSE}Location: {to}\r\n"), String::new()),
        Answer::Reset => return stream.set_zero_linger().unwrap(),
        Answer::Hang => return std::future::pending().await,
        Answer::Endless => return endless(stream).await,
    };
    let length = body.len();
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    // A client that has seen enough may be gone.
    drop(stream.write_all(text.as_bytes()).await);
}

async fn endless(stream: &mut TcpStream) {
    drop(stream.write_all(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n[").await);
    while stream.write_all(&[b' '; 8_192]).await.is_ok() {}
}
