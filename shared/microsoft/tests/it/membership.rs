//! The roles by which Teams is managed: joined in the signer's name, and believed only when read back.

use std::time::Duration;

use onboarding_core::action::ActionType;
use onboarding_core::id::{ObjectId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::proof::membership::{Member, Role, SKYPE_ADMINISTRATOR, View};
use onboarding_core::proof::{Also, GLOBAL_ADMINISTRATOR, Policy, Question, TEAMS_ADMINISTRATOR, TenantView};
use onboarding_microsoft::ReadBack;
use serde_json::{Value, json};

use crate::world::{Answer, CLIENT, NOW, Request, World};

const TENANT: TenantId = TenantId::from_u128(1);
const PERSON: ObjectId = ObjectId::from_u128(2);
const OURS: ObjectId = ObjectId::from_u128(3);

async fn read(world: &World, pin: TenantId) -> TenantView {
    let signer = Signer { tenant: TENANT, object: PERSON, user_principal_name: None };
    let action = ActionType::ServiceProviderManagement;
    let question = Question { action, signer: &signer, since: NOW, asked_again: false, pin: Some(pin) };
    let wanted = ReadBack { question, policy: Policy::default(), also: &Also::default() };
    world.microsoft.read_back(&"t0ken".into(), wanted, Duration::from_secs(2)).await
}

/// A batch in which the Teams role has these members, and the tenant has no Skype role.
fn batch(teams: &[ObjectId]) -> Answer {
    let part = |id: &str, status: u16, body: Value| json!({ "id": id, "status": status, "body": body });
    let members: Vec<Value> = teams.iter().map(|id| json!({ "id": id })).collect();
    let absent = json!({ "error": { "code": "Request_ResourceNotFound", "message": "x" } });
    Answer::Json(
        200,
        json!({ "responses": [
            part("organization", 200, json!({ "value": [{ "id": TENANT, "displayName": "MSFT" }] })),
            part("roles", 200, json!({ "value": [{ "roleTemplateId": GLOBAL_ADMINISTRATOR }] })),
            part("grants", 200, json!({ "value": [] })),
            part("graph", 404, absent.clone()),
            part("teams", 404, absent.clone()),
            part("ours", 200, json!({ "id": OURS, "appId": CLIENT })),
            part("teams-role", 200, json!({ "value": members })),
            part("skype-role", 404, absent),
        ]}),
    )
}

fn active(ids: &[ObjectId]) -> Role {
    Role::Active(ids.iter().map(|id| Member { id: *id, user_principal_name: None }).collect())
}

/// R031 Our service principal is added to the role that the tenant has, and the roles are read again.
#[tokio::test]
async fn an_active_role_is_joined_and_read_back() {
    let mut batches = 0;
    let world = World::new(move |request: &Request| {
        if request.target != "/v1.0/$batch" {
            return Answer::Text(204, String::new());
        }
        batches += 1;
        if batches == 1 { batch(&[]) } else { batch(&[OURS]) }
    })
    .await;
    let management = read(&world, TENANT).await.management;
    assert_eq!(management, Some(View { principal: OURS, teams: active(&[OURS]), skype: Role::Inactive }));
    let [first, join, second] = <[_; 3]>::try_from(world.requests()).unwrap();
    for role in [TEAMS_ADMINISTRATOR, SKYPE_ADMINISTRATOR] {
        let path = format!("/directoryRoles/roleTemplateId={role}/members?$select=id,userPrincipalName");
        assert!(first.body.contains(&path) && second.body.contains(&path), "{}", first.body);
    }
    let path = format!("/v1.0/directoryRoles/roleTemplateId={TEAMS_ADMINISTRATOR}/members/$ref");
    assert_eq!((join.method.as_str(), join.target.as_str()), ("POST", path.as_str()));
    assert_eq!(join.header("authorization"), Some("Bearer t0ken"));
    let body: Value = serde_json::from_str(&join.body).unwrap();
    assert_eq!(body, json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{OURS}", world.base) }));
}

/// P1 A member already asks for nothing; a refused request leaves what is read; a wrong tenant is not touched.
#[tokio::test]
async fn only_what_is_read_counts() {
    let world = World::always(batch(&[OURS])).await;
    assert!(read(&world, TENANT).await.management.is_some());
    assert_eq!(world.count(), 1);
    let refusing = World::new(
        |request: &Request| {
            if request.target == "/v1.0/$batch" { batch(&[]) } else { Answer::Json(403, json!({})) }
        },
    )
    .await;
    assert_eq!(read(&refusing, TENANT).await.management.map(|view| view.teams), Some(active(&[])));
    let world = World::always(batch(&[])).await;
    read(&world, TenantId::from_u128(9)).await;
    assert_eq!(world.count(), 1, "read, and nothing else");
}
