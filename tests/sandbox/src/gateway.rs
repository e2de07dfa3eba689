//! What plays API Gateway's HTTP API: turns a request into an event (payload format 2.0), invokes the function, and
//! turns its response back.
//!
//! The event is written as JSON and read by `lambda_http`, so that a function sees exactly what it sees when deployed:
//! headers in lower case with repeated ones joined, cookies apart, and every body in base64.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::Url;

use crate::server::Shared;

/// The largest body that API Gateway takes.
const MAX_BODY: usize = 10 * 1024 * 1024;
/// The longest that API Gateway waits for a function. The function goes on, as it would in Lambda.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Headers that belong to the connection and that API Gateway does not hand on.
const OF_THE_CONNECTION: [&str; 3] = ["connection", "keep-alive", "transfer-encoding"];

/// Serves everything that is not the sandbox's own.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let Some(request) = invocation(&parts, &body, peer.ip()) else {
        return refusal(StatusCode::BAD_REQUEST, "Bad Request");
    };
    // A task of its own: the function goes on when the client goes away, and its panic is an error answer.
    let functions = Arc::clone(&shared.functions);
    let invoked = tokio::spawn(async move { functions.serve(request).await });
    match tokio::time::timeout(INTEGRATION_TIMEOUT, invoked).await {
        Ok(Ok(response)) => {
            let came = (response.status(), response.headers(), response.body().as_ref());
            shared.walk.saw((&parts.method, parts.uri.path(), &body), came);
            answer(response)
        }
        Ok(Err(_)) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Err(_) => refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// The request as the function gets it; none if the address is not one.
fn invocation(parts: &Parts, body: &[u8], peer: IpAddr) -> Option<lambda_http::Request> {
    let host = parts.headers.get(HOST)?.to_str().ok()?;
    Url::parse(&format!("http://{host}{}", parts.uri.path())).ok()?;
    lambda_http::request::from_str(&event(parts, body, peer, host).to_string()).ok()
}

fn event(parts: &Parts, body: &[u8], peer: IpAddr, host: &str) -> Value {
    let path = parts.uri.path();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "cookies": cookies(&parts.headers),
        "headers": headers(&parts.headers, peer),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "sandbox",
            "domainName": host,
            "domainPrefix": "sandbox",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": peer.to_string(),
                "userAgent": parts.headers.get(USER_AGENT).map(text).unwrap_or_default(),
            },
            "requestId": "sandbox",
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": 0,
        },
        "body": (!body.is_empty()).then(|| STANDARD.encode(body)),
        "isBase64Encoded": !body.is_empty(),
    })
}

fn headers(headers: &HeaderMap, peer: IpAddr) -> Map<String, Value> {
    let handed_on = |name: &&HeaderName| **name != COOKIE && !OF_THE_CONNECTION.contains(&name.as_str());
    let joined = |name: &HeaderName| headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(",");
    let mut map: Map<String, Value> =
        headers.keys().filter(handed_on).map(|name| (name.to_string(), json!(joined(name)))).collect();
    let via = HeaderName::from_static("x-forwarded-for");
    let chain = headers.get_all(&via).iter().map(text).chain([peer.to_string()]);
    map.insert(via.to_string(), json!(chain.collect::<Vec<_>>().join(", ")));
    map.insert("x-forwarded-proto".to_owned(), json!("http"));
    map
}

/// One element for each cookie; none at all if there is no cookie.
fn cookies(headers: &HeaderMap) -> Option<Vec<String>> {
    let cookies: Vec<String> = headers.get_all(COOKIE).iter().map(text).collect();
    let cookies: Vec<String> = cookies.iter().flat_map(|line| line.split("; ")).map(str::to_owned).collect();
    (!cookies.is_empty()).then_some(cookies)
}

/// Bytes that are no text are read as Latin-1, as API Gateway does.
fn text(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|byte| char::from(*byte)).collect()
}

fn answer(response: lambda_http::Response<lambda_http::Body>) -> Response {
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, Body::from(body.to_vec()))
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json!({ "message": message }).to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::RequestExt as _;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn parts(target: &str, headers: &[(&str, &str)]) -> Parts {
        let request =
            headers.iter().fold(axum::http::Request::post(target), |r, (name, value)| r.header(*name, *value));
        request.header(HOST, "127.0.0.1:8787").body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_function_gets_path_query_and_bytes_as_they_came() {
        let request = invocation(&parts("/a%2Fb/../c?x=1&x=%20", &[]), b"\xff\x00body", PEER).unwrap();
        assert_eq!(request.raw_http_path(), "/a%2Fb/../c");
        assert_eq!(request.uri().query(), Some("x=1&x=%20"));
        assert_eq!(request.method(), "POST");
        assert_eq!(&request.body()[..], b"\xff\x00body");
        assert!(invocation(&parts("/", &[]), b"", PEER).unwrap().body().is_empty());
    }

    #[test]
    fn repeated_headers_are_joined_and_cookies_stay_apart() {
        let sent = [("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1; b=2"), ("Cookie", "c=3"), ("Connection", "close")];
        let request = invocation(&parts("/", &sent), b"", PEER).unwrap();
        assert_eq!(request.headers()["x-a"], "1,2");
        assert_eq!(request.headers()["cookie"], "a=1; b=2; c=3");
        assert!(!request.headers().contains_key("connection"));
        assert_eq!(request.headers()["x-forwarded-for"], "127.0.0.1");
        let event = event(&parts("/", &sent), b"", PEER, "127.0.0.1");
        assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
        assert_eq!(event["body"], Value::Null);
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        let mut strange = parts("/", &[]);
        strange.headers.insert(HOST, HeaderValue::from_static("a b"));
        assert!(invocation(&strange, b"", PEER).is_none());
    }

    #[tokio::test]
    async fn headers_of_a_response_stay_apart() {
        let response = lambda_http::Response::builder().status(303).header("set-cookie", "a=1");
        let response = response.header("set-cookie", "b=2").body(lambda_http::Body::Binary(vec![255])).unwrap();
        let answer = answer(response);
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(&to_bytes(answer.into_body(), 9).await.unwrap()[..], [255]);
    }
}
