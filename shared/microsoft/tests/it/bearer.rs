//! Whose a token is: what Graph says, and nobody else.

use std::time::Duration;

use onboarding_core::id::{ObjectId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_microsoft::Bearer;
use serde_json::{Value, json};

use crate::world::{Answer, Request, World};

const TENANT: TenantId = TenantId::from_u128(1);
const PERSON: ObjectId = ObjectId::from_u128(2);

async fn bearer(answer: Answer) -> Bearer {
    let world = World::new(move |_: &Request| answer.clone()).await;
    world.microsoft.bearer(&"t0ken".into(), Duration::from_secs(2)).await
}

fn batch(me: u16) -> Answer {
    let part = |id: &str, status: u16, body: Value| json!({ "id": id, "status": status, "body": body });
    let organization = json!({ "value": [{ "id": TENANT, "displayName": "MSFT" }] });
    let person = json!({ "id": PERSON, "userPrincipalName": "grace@contoso.example" });
    Answer::Json(200, json!({ "responses": [part("me", me, person), part("organization", 200, organization)] }))
}

/// R142 A token is of the person and the tenant that Graph names; one that it does not take is nobody's, and no answer says
/// nothing.
#[tokio::test]
async fn a_token_is_of_whom_graph_names() {
    let user_principal_name = Some("grace@contoso.example".to_owned());
    let expected = Signer { tenant: TENANT, object: PERSON, user_principal_name };
    assert_eq!(bearer(batch(200)).await, Bearer::Known(expected));
    for status in [401, 403] {
        assert_eq!(bearer(batch(status)).await, Bearer::Refused);
        assert_eq!(bearer(Answer::Text(status, String::new())).await, Bearer::Refused);
    }
    for away in [batch(429), Answer::Text(503, String::new()), Answer::Text(200, "x".to_owned())] {
        assert_eq!(bearer(away).await, Bearer::Unread);
    }
}
