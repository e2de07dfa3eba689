//! AWS JSON 1.1: which operation, for which region, and how an answer or a refusal is written.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    call::Call, connection::Scissors, fault::Fault, operation::Operation, refusal::Refusal, secret_id, server::Service,
};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// A request that says clearly what it wants and from which region; its body is not yet read.
struct Request {
    operation: Operation,
    region: String,
    body: Bytes,
}

/// Answers one request.
pub(crate) async fn answer(
    State(service): State<Arc<Service>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = match Request::read(&headers, body) {
        Ok(request) => request,
        Err(refusal) => return refused(&refusal),
    };
    service.calls.record(request.call());
    match service.faults.take(request.operation) {
        None => request.apply(&service),
        Some(Fault::Delay(wait)) => {
            tokio::time::sleep(wait).await;
            request.apply(&service)
        }
        Some(Fault::Fail { status, error_type }) => {
            written(status, Some(&error_type), &failure(&error_type, "A fault ordered by a test."))
        }
        Some(Fault::DropBefore) => unanswered(&scissors),
        Some(Fault::DropAfter) => {
            drop(request.apply(&service));
            unanswered(&scissors)
        }
    }
}

impl Request {
    fn read(headers: &HeaderMap, body: Bytes) -> Result<Self, Refusal> {
        let target = text(headers, "x-amz-target").unwrap_or_default();
        let operation = Operation::from_target(target).ok_or_else(|| Refusal::UnknownOperation(target.to_owned()))?;
        if text(headers, header::CONTENT_TYPE.as_str()) != Some(CONTENT_TYPE) {
            return Err(Refusal::Unreadable(format!("The content type must be {CONTENT_TYPE}.")));
        }
        let authorization = text(headers, header::AUTHORIZATION.as_str());
        let region = region(authorization.ok_or(Refusal::Unsigned)?)?;
        Ok(Self { operation, region, body })
    }

    fn call(&self) -> Call {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let id = body.get("SecretId").or_else(|| body.get("Name")).and_then(Value::as_str);
        let secret = id.map(|id| secret_id::name_in(id).to_owned());
        Call { operation: self.operation, secret }
    }

    fn apply(&self, service: &Service) -> Response {
        match service.apply(self.operation, &self.region, &self.body) {
            Ok(answer) => written(StatusCode::OK.as_u16(), None, &answer),
            Err(refusal) => refused(&refusal),
        }
    }
}

/// The region in the credential scope of a signed request:
/// `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/secretsmanager/aws4_request, …`.
fn region(authorization: &str) -> Result<String, Refusal> {
    let scope = authorization
        .strip_prefix("AWS4-HMAC-SHA256 Credential=")
        .and_then(|rest| rest.split(',').next())
        .ok_or(Refusal::Unsigned)?;
    let parts: Vec<&str> = scope.split('/').collect();
    match parts.as_slice() {
        [_, _, region, "secretsmanager", "aws4_request"] if !region.is_empty() => Ok((*region).to_owned()),
        _ => Err(Refusal::WrongScope),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn refused(refusal: &Refusal) -> Response {
    let error_type = refusal.error_type();
    written(refusal.status(), Some(error_type), &failure(error_type, &refusal.to_string()))
}

fn failure(error_type: &str, message: &str) -> Value {
    json!({ "__type": error_type, "message": message })
}

fn written(status: u16, error_type: Option<&str>, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if let Some(Ok(error_type)) = error_type.map(HeaderValue::from_str) {
        headers.insert("x-amzn-errortype", error_type);
    }
    response
}

/// No byte of this response is sent.
fn unanswered(scissors: &Scissors) -> Response {
    scissors.cut();
    Response::new(Body::empty())
}
