//! Events of API Gateway's HTTP API, payload format 2.0.

use onboarding_core::credential::ApiKey;
use serde_json::{Value, json};

/// A GET of `path`, with its query string if it has one, as the holder of `key`.
pub(crate) fn get(path: &str, key: Option<&ApiKey>) -> Value {
    event("GET", path, key, None)
}

/// A POST of `body` to `path`, as the holder of `key`.
pub(crate) fn post(path: &str, key: Option<&ApiKey>, body: &Value) -> Value {
    event("POST", path, key, Some(body.to_string()))
}

fn event(method: &str, path: &str, key: Option<&ApiKey>, body: Option<String>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = json!({
        "accept": "*/*",
        "content-length": body.as_ref().map_or(0, String::len).to_string(),
        "content-type": "application/json",
        "host": "api.example.com",
        "user-agent": "bench",
        "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    });
    if let Some(key) = key {
        headers["authorization"] = json!(format!("Bearer {}", key.expose()));
    }
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "bench",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "bench",
            },
            "requestId": "bench",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}
