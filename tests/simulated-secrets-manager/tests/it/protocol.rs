//! What the SDK never sends, in raw HTTP.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::world::{NAME, World};

const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0\r\n";
const JSON: &str = "Content-Type: application/x-amz-json-1.1\r\n";

/// The head and the body of the answer to a raw request.
async fn raw(world: &World, target: &str, headers: &str, body: &Value) -> (String, Value) {
    let mut connection = TcpStream::connect(world.service.address()).await.unwrap();
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\nX-Amz-Target: {target}\r\n{headers}\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap())
}

/// Refusals carry their type in the body and in the header, with 400 and AWS's content type.
#[tokio::test]
async fn a_refusal_has_its_type_in_header_and_body() {
    let world = World::new().await;
    let headers = format!("{SIGNED}{JSON}");
    let body = json!({ "SecretId": NAME });
    let (head, body) = raw(&world, "secretsmanager.GetSecretValue", &headers, &body).await;
    assert!(head.starts_with("http/1.1 400 "), "{head}");
    assert!(head.contains("x-amzn-errortype: resourcenotfoundexception"), "{head}");
    assert!(head.contains("content-type: application/x-amz-json-1.1"), "{head}");
    let message = "Secrets Manager can't find the specified secret.";
    assert_eq!(body, json!({ "__type": "ResourceNotFoundException", "message": message }));
}

/// A raw request without a token gets one of the form of a UUID.
#[tokio::test]
async fn a_missing_token_is_generated() {
    let world = World::new().await;
    let headers = format!("{SIGNED}{JSON}");
    let body = json!({ "Name": NAME, "SecretString": "one" });
    let (head, body) = raw(&world, "secretsmanager.CreateSecret", &headers, &body).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body["VersionId"].as_str().unwrap().len(), 36);
}

/// Unsigned, wrongly scoped, unknown, half-known and unreadable requests are refused.
#[tokio::test]
async fn a_request_that_is_not_understood_is_refused() {
    let world = World::new().await;
    let signed = format!("{SIGNED}{JSON}");
    let scoped = signed.replace("/secretsmanager/", "/dynamodb/");
    let get = "secretsmanager.GetSecretValue";
    let asked = json!({ "SecretId": NAME });
    let half_known = json!({ "SecretId": NAME, "Colour": "blue" });
    let cases = [
        (get, JSON, &asked, "MissingAuthenticationTokenException"),
        (get, &scoped, &asked, "InvalidSignatureException"),
        (get, SIGNED, &asked, "SerializationException"),
        ("secretsmanager.RotateSecret", &signed, &asked, "UnknownOperationException"),
        ("DynamoDB_20120810.GetItem", &signed, &asked, "UnknownOperationException"),
        (get, &signed, &half_known, "SerializationException"),
        (get, &signed, &json!([]), "SerializationException"),
    ];
    for (target, headers, body, error_type) in cases {
        let (head, answer) = raw(&world, target, headers, body).await;
        assert!(head.starts_with("http/1.1 400 "), "{head}");
        assert_eq!(answer["__type"], error_type, "{target} {body}");
    }
}
