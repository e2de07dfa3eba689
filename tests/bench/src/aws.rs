//! What plays AWS: reads of the table and of secrets, over TLS. Signatures are not checked, and nothing is written. Whoever
//! leases permits of its key, with every twentieth request, is answered that it has them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::tls::TlsListener;
use crate::world::World;

/// Serves until the bench ends.
pub(crate) fn serve(listener: TlsListener, world: Arc<World>) {
    let router = Router::new().route("/", post(answer)).with_state(world);
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
}

async fn answer(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    match target {
        "DynamoDB_20120810.BatchGetItem" => written("application/x-amz-json-1.0", &batch(&world, &request)),
        "DynamoDB_20120810.UpdateItem" if leases(&request) => written("application/x-amz-json-1.0", &json!({})),
        "secretsmanager.GetSecretValue" => match secret(&world, &request) {
            Some(answer) => written("application/x-amz-json-1.1", &answer),
            None => StatusCode::BAD_REQUEST.into_response(),
        },
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

fn batch(world: &World, request: &Value) -> Value {
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    let responses = tables.map(|(table, wanted)| {
        let keys = wanted["Keys"].as_array().into_iter().flatten();
        let rows = keys.filter_map(|key| world.row(key["PK"]["S"].as_str()?, key["SK"]["S"].as_str()?));
        (table.clone(), rows.cloned().collect::<Value>())
    });
    json!({ "Responses": responses.collect::<serde_json::Map<_, _>>(), "UnprocessedKeys": {} })
}

fn leases(request: &Value) -> bool {
    request["Key"]["PK"]["S"].as_str().is_some_and(|partition| partition.starts_with("rate#"))
}

fn secret(world: &World, request: &Value) -> Option<Value> {
    let name = request["SecretId"].as_str()?;
    let arn = format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{name}");
    Some(json!({
        "ARN": arn, "Name": name, "SecretString": world.secret(name)?,
        "VersionId": "00000000-0000-4000-8000-000000000000", "VersionStages": ["AWSCURRENT"], "CreatedDate": 1_767_225_600,
    }))
}

fn written(content_type: &'static str, body: &Value) -> Response {
    ([(CONTENT_TYPE, content_type)], body.to_string()).into_response()
}
