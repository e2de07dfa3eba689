//! The proxy before one thing outside: one request a connection, passed on, held up, broken off or doubled.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::plan::{Kind, Plan};

/// What stands behind a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    DynamoDb,
    SecretsManager,
    Microsoft,
    Receiver,
}

/// A request as it came, but for the connection's end.
struct Request {
    head: String,
    body: Vec<u8>,
}

/// Serves on `listener` for `upstream` until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, side: Side, upstream: SocketAddr, plan: Plan) {
    while let Ok((client, _)) = listener.accept().await {
        let plan = plan.clone();
        // The other side may hang up at any time; that is what this is for.
        tokio::spawn(async move { drop(handle(client, side, upstream, &plan).await) });
    }
}

async fn handle(mut client: TcpStream, side: Side, upstream: SocketAddr, plan: &Plan) -> std::io::Result<()> {
    let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
    if plan.is_dead() {
        return hold(client, plan).await;
    }
    plan.hide(request.secrets());
    let kind = side.effect(&request).and_then(|effect| plan.meet(&effect, request.code().as_deref()));
    match kind {
        None => {
            let answer = request.forward(upstream).await?;
            plan.hide(request.tokens_in(&answer));
            client.write_all(&answer).await
        }
        Some(Kind::Duplicate) => {
            let answer = request.forward(upstream).await?;
            request.forward(upstream).await?;
            client.write_all(&answer).await
        }
        Some(Kind::Error) => client.write_all(side.error().as_bytes()).await,
        Some(Kind::Reset) => client.set_zero_linger(),
        Some(Kind::LostAnswer) => {
            request.forward(upstream).await?;
            client.set_zero_linger()
        }
        Some(Kind::Hang) => client.read(&mut [0]).await.map(drop),
        Some(Kind::CrashBefore) => {
            plan.die();
            hold(client, plan).await
        }
        Some(Kind::CrashAfter) => {
            request.forward(upstream).await?;
            plan.die();
            hold(client, plan).await
        }
    }
}

/// The dead do nothing and learn nothing.
async fn hold(client: TcpStream, plan: &Plan) -> std::io::Result<()> {
    plan.revival().await;
    client.set_zero_linger()
}

impl Side {
    /// The name of what a request does, if a function makes it; the sandbox's own reading of the stream and the
    /// visits of browsers are none.
    fn effect(self, request: &Request) -> Option<String> {
        match self {
            Self::DynamoDb => {
                let target = request.header("x-amz-target")?;
                let operation = target.strip_prefix("DynamoDB_20120810.")?;
                (!matches!(operation, "DescribeTable" | "CreateTable")).then(|| operation.to_owned())
            }
            Self::SecretsManager => request.header("x-amz-target").map(str::to_owned),
            Self::Microsoft => {
                let path = request.target();
                let of_functions = ["/oauth2/v2.0/token", "/discovery/", "/.well-known/", "/v1.0/", "/v1/"];
                of_functions.iter().find(|part| path.contains(**part)).map(|part| (*part).to_owned())
            }
            Self::Receiver => Some("webhook".to_owned()),
        }
    }

    fn error(self) -> String {
        let (status, body) = match self {
            Self::DynamoDb => (
                "500 Internal Server Error",
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"injected"}"#,
            ),
            Self::SecretsManager => {
                ("500 Internal Server Error", r#"{"__type":"InternalServiceError","Message":"injected"}"#)
            }
            Self::Microsoft | Self::Receiver => ("503 Service Unavailable", "injected"),
        };
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
    }
}

impl Request {
    async fn read(client: &mut TcpStream) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if client.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        };
        let body = bytes.split_off(end);
        let mut request = Self { head: String::from_utf8_lossy(&bytes).into_owned(), body };
        assert!(request.header("transfer-encoding").is_none(), "{}", request.head);
        let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        while request.body.len() < length {
            if client.read_buf(&mut request.body).await? == 0 {
                return Ok(None);
            }
        }
        Ok(Some(request))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(one, _)| one.eq_ignore_ascii_case(name));
        Some(self.head.lines().find(named)?.split_once(':')?.1.trim())
    }

    fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    fn asks_for_tokens(&self) -> bool {
        self.target().ends_with("/oauth2/v2.0/token")
    }

    /// The code that a redemption sends.
    fn code(&self) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(&self.body);
        fields.find(|(name, _)| self.asks_for_tokens() && name == "code").map(|(_, code)| code.into_owned())
    }

    /// What it tells Microsoft that nobody else may see.
    fn secrets(&self) -> Vec<String> {
        if !self.asks_for_tokens() {
            return Vec::new();
        }
        let fields = url::form_urlencoded::parse(&self.body);
        let secret = |name: &str| matches!(name, "code" | "code_verifier" | "client_secret" | "client_assertion");
        fields.filter(|(name, _)| secret(name)).map(|(_, value)| value.into_owned()).collect()
    }

    /// The tokens of its answer.
    fn tokens_in(&self, answer: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(answer);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let told: Value = if self.asks_for_tokens() { serde_json::from_str(body).unwrap() } else { Value::Null };
        let token = |name: &str| told[name].as_str().map(str::to_owned);
        ["access_token", "id_token", "refresh_token"].into_iter().filter_map(token).collect()
    }

    /// The whole answer of `upstream`, on a connection of its own.
    async fn forward(&self, upstream: SocketAddr) -> std::io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(upstream).await?;
        let kept = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:") && !line.is_empty();
        let head: Vec<&str> = self.head.split("\r\n").filter(kept).collect();
        let head = format!("{}\r\nconnection: close\r\n\r\n", head.join("\r\n"));
        server.write_all(head.as_bytes()).await?;
        server.write_all(&self.body).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}
