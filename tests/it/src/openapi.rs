//! The OpenAPI document, served.

use reqwest::Method;

use crate::world::{World, send};

/// What is served, to anybody, is byte for byte what is kept.
#[tokio::test]
async fn the_served_document_is_the_kept_one() {
    let world = World::new().await;
    let answer = send(world.call(Method::GET, "/openapi.json")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert!(answer.text == include_str!("../../../openapi.json"));
}
