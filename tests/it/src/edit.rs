//! Editing enterprises.

use futures_util::future::join_all;
use onboarding_core::action::ActionType;
use onboarding_core::audit::{Actor, AuditRow, Fact, Occasion};
use onboarding_core::catalogue::Catalogue;
use onboarding_core::enterprise::Enterprise;
use onboarding_core::fields::Fields;
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::enterprise::Edited;
use reqwest::Method;
use serde_json::{Value, json};
use simulated_microsoft::{CONTOSO, FABRIKAM, FRANK, GRACE};

use crate::admin_consent::{granted, said, visit};
use crate::world::{Answer, Decision, World, send};

const MANAGED: &str = "canResellerManageEnterpriseProvisioning";
const MANAGEMENT: &str = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
const USER_SYNC: &str = "GET_USER_SYNC_CONSENT";

impl World {
    /// An edit of `enterprise` for the version `etag`, if one is given.
    pub(crate) async fn patch(&self, enterprise: u64, etag: Option<&str>, patch: &Value) -> Answer {
        let call = self.call(Method::PATCH, &format!("/v1/enterprises/{enterprise}"));
        let call = call.bearer_auth(self.sandbox.reseller_key()).json(patch);
        send(match etag {
            Some(etag) => call.header("if-match", etag),
            None => call,
        })
        .await
    }

    /// An edit whatever the version, which is right.
    pub(crate) async fn edit(&self, enterprise: u64, patch: Value) -> Value {
        let edited = self.patch(enterprise, Some("*"), &patch).await;
        assert_eq!(edited.status, 200, "{}", edited.text);
        edited.json()
    }

    /// A link of the management consent, once `enterprise` is registered.
    async fn link_for_management(&self, enterprise: u64) {
        self.visit(&self.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
        self.link_for(enterprise, MANAGEMENT).await;
    }

    async fn read(&self, enterprise: u64) -> Answer {
        self.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await
    }
}

fn code(answer: &Answer) -> (u16, String) {
    let (status, code, _) = answer.problem();
    (status, code)
}

/// R167 An edit changes the fields that it names, makes a new version, and leaves one audit row with those fields alone.
#[tokio::test]
async fn an_edit_changes_what_it_names() {
    let world = World::new().await;
    let made = json!({"userLimit": 5, "billingReferences": ["a"], "registeredBy": "Ann"});
    let enterprise = world.enterprise(made).await;
    let before = world.read(enterprise).await;
    let patch = json!({"userLimit": null, "billingReferences": ["b", "c"], "pbxMOH": true});
    let edited = world.patch(enterprise, Some(before.header("etag")), &patch).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    let after = world.read(enterprise).await;
    assert_eq!((edited.header("etag"), edited.header("etag") == before.header("etag")), (after.header("etag"), false));
    let mut expected = before.json();
    expected.as_object_mut().unwrap().remove("userLimit");
    expected["billingReferences"] = json!(["b", "c"]);
    expected["pbxMOH"] = json!(true);
    expected["moh"] = json!({"source": "pbx"});
    assert_eq!(after.json(), expected);
    let mut answered = edited.json();
    assert_eq!(answered.as_object_mut().unwrap().remove("consentNeeded"), Some(json!([])));
    assert_eq!(answered, expected);
    let glance = world.glance().await;
    let trail = glance.of_kind("audit");
    let edits: Vec<_> = trail.iter().filter(|row| row.contains("enterprise.edited")).collect();
    let [edit] = edits.as_slice() else { panic!("{edits:?}") };
    let before = r#"{"billingReferences":["a"],"pbxMOH":null,"userLimit":5,"version":1}"#;
    assert!(edit.contains(&before.replace('"', r#"\""#)), "{edit}");
    assert!(!edit.contains("registeredBy"), "{edit}");
}

/// R152, R167 A name that is taken and a limit below the count, in one edit: refused at once for one of them, and not as if it
/// had met another edit.
#[tokio::test]
async fn an_edit_is_wrong_in_two_ways_at_once() {
    let world = World::new().await;
    world.enterprise(json!({"enterpriseName": "Taken"})).await;
    let enterprise = world.enterprise(json!({"enterpriseName": "Own"})).await;
    let counted =
        world.provider(Method::PUT, &format!("/v1/enterprises/{enterprise}/users/one"), Some(&json!({}))).await;
    assert_eq!(counted.status, 200, "{}", counted.text);
    let refused = world.patch(enterprise, Some("*"), &json!({"enterpriseName": "Taken", "userLimit": 0})).await;
    assert_eq!(code(&refused), (409, "enterprise_name_taken".to_owned()));
}

/// R167 An edit names the version that it is made for; what names another, or none, changes nothing.
#[tokio::test]
async fn an_edit_is_made_for_one_version() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let first = world.read(enterprise).await.header("etag").to_owned();
    let limit = |limit: u64| json!({ "userLimit": limit });
    assert_eq!(code(&world.patch(enterprise, None, &limit(1)).await), (428, "precondition_required".to_owned()));
    assert_eq!(world.patch(enterprise, Some(&first), &limit(1)).await.status, 200);
    let weak = format!("W/{first}");
    for stale in [first.as_str(), &weak, "\"no\", \"nor\""] {
        assert_eq!(
            code(&world.patch(enterprise, Some(stale), &limit(2)).await),
            (412, "precondition_failed".to_owned())
        );
    }
    let broken = world.patch(enterprise, Some(first.trim_matches('"')), &limit(2)).await;
    assert_eq!(code(&broken), (400, "invalid_if_match".to_owned()));
    let wrong_and_stale = world.patch(enterprise, Some(&first), &json!({"userLimit": -1})).await;
    assert_eq!(wrong_and_stale.status, 412, "the version comes first");
    assert_eq!(world.read(enterprise).await.json()["userLimit"], 1);
    let present = world.read(enterprise).await.header("etag").to_owned();
    assert_eq!(world.patch(enterprise, Some(&format!("{first}, {present}")), &limit(2)).await.status, 200);
    let nothing = world.patch(enterprise, Some("*"), &limit(2)).await;
    assert_eq!((nothing.status.as_u16(), nothing.header("etag")), (200, world.read(enterprise).await.header("etag")));
}

/// R167 Of many edits of one version one is made, whatever is sent beside it.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_edits_of_one_version_one_is_made() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let version = world.read(enterprise).await.header("etag").to_owned();
    let patches: Vec<Value> = (0..50).map(|limit| json!({ "userLimit": limit + 1 })).collect();
    let answers = join_all(patches.iter().map(|patch| world.patch(enterprise, Some(&version), patch))).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(made.len(), 1);
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.status == 412));
    assert_eq!(world.read(enterprise).await.json()["userLimit"], made[0].json()["userLimit"]);
}

/// R167, R002 The write itself compares: an edit of what has been edited, or of an action that has moved, is not written,
/// whoever read it before, and takes no name.
#[tokio::test]
async fn an_edit_of_what_has_moved_is_not_written() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let store = world.sandbox.store();
    let random = SystemRandomness::new();
    let read = async || store.enterprise(enterprise.try_into().unwrap()).await.unwrap().unwrap();
    let edit = async |read: &Enterprise, patch: Value| {
        let now = Timestamp::from_seconds(1_790_000_000);
        let patch = Fields::of(patch.as_object().cloned().unwrap());
        let edit = read.edit(patch, &Catalogue::default(), now).unwrap();
        let (before, after) = edit.changes();
        let fact = Fact {
            actor: &Actor::System("test"),
            action: "enterprise.edited",
            object: format!("enterprise:{enterprise}"),
            before: Some(before),
            after: Some(after),
        };
        let audit =
            AuditRow::new(read.reseller, Some(read.id), fact, Occasion { now, reference: None, random: &random });
        store.edit_enterprise(&edit, None, &audit).await.unwrap()
    };
    let first = read().await;
    assert_eq!(edit(&first, json!({"userLimit": 1})).await, Edited::Done);
    assert_eq!(edit(&first, json!({"userLimit": 2})).await, Edited::Moved);
    assert_eq!(edit(&first, json!({"enterpriseName": "Wanted"})).await, Edited::Moved);
    assert_eq!(read().await.profile.user_limit, Some(1));
    world.enterprise(json!({"enterpriseName": "Wanted"})).await;

    let unlinked = read().await;
    world.link_for_management(enterprise).await;
    assert_eq!(edit(&unlinked, json!({ MANAGED: true })).await, Edited::Moved, "the action has moved");
    let bound = read().await;
    assert_eq!(edit(&unlinked, json!({"userLimit": 3})).await, Edited::Done, "which is no other version");
    assert_eq!(bound.action(ActionType::ServiceProviderManagement).word(), "started");
}

/// R097, R102, R167 What is ours to say, what is not known, and what breaks a rule of making: all in one answer, and
/// nothing is changed.
#[tokio::test]
async fn a_wrong_edit_changes_nothing() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let before = world.snapshot().await;
    let patch = json!({
        "enterpriseId": enterprise, "resellerId": world.reseller_id(), "tenantId": CONTOSO.id, "status": "active",
        "managementConsent": {}, "userLimt": null, "sbcGateways": [], "pbxId": [1], "countryName": "Nowhere"
    });
    let refused = world.patch(enterprise, Some("*"), &patch).await;
    let (status, told, mut faults) = refused.problem();
    faults.sort_unstable();
    let expected = [
        ("/countryName", "unknown_country"),
        ("/enterpriseId", "not_settable"),
        ("/managementConsent", "not_settable"),
        ("/pbxId/0", "unknown_pbx_type"),
        ("/resellerId", "not_settable"),
        ("/sbcGateways", "required"),
        ("/status", "not_settable"),
        ("/tenantId", "not_settable"),
        ("/userLimt", "unknown_field"),
    ];
    assert_eq!(faults, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    assert_eq!((status, told.as_str()), (422, "invalid_body"));
    assert_eq!(world.effects_since(&before).await, crate::effects::Effects::none());
}

/// R167 A merge patch comes as such or as plain JSON.
#[tokio::test]
async fn an_edit_is_json() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let patch = async |content_type: &str| {
        let call = world.call(Method::PATCH, &format!("/v1/enterprises/{enterprise}"));
        let call = call.bearer_auth(world.sandbox.reseller_key()).header("if-match", "*");
        send(call.header("content-type", content_type).body("{}")).await.status.as_u16()
    };
    assert_eq!(patch("application/merge-patch+json").await, 200);
    assert_eq!(patch("application/json").await, 200);
    assert_eq!(patch("application/json-patch+json").await, 415);
}

/// R204 Another provider's enterprise cannot be edited, or even seen to be there.
#[tokio::test]
async fn another_providers_enterprise_is_not_edited() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    let other = world.other_provider().await;
    let patch = async |id: u64| {
        let call = world.call(Method::PATCH, &format!("/v1/enterprises/{id}")).bearer_auth(&other.key);
        let answer = send(call.header("if-match", "*").json(&json!({"userLimit": 1}))).await;
        let reference = answer.json()["requestId"].as_str().unwrap().to_owned();
        (answer.status.as_u16(), answer.text.replace(&reference, "REF"))
    };
    let (status, text) = patch(enterprise).await;
    assert_eq!((status, text), patch(1).await);
    assert_eq!(status, 404);
}

/// R080 A rename takes the new name and gives the former one back; a name in use is refused; another spelling of one's own
/// is fine.
#[tokio::test]
async fn a_rename_moves_the_name() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"enterpriseName": "Contoso"})).await;
    world.enterprise(json!({"enterpriseName": "Fabrikam"})).await;
    let taken = world.patch(enterprise, Some("*"), &json!({"enterpriseName": " FABRIKAM"})).await;
    let faults = vec![("/enterpriseName".to_owned(), "enterprise_name_taken".to_owned())];
    assert_eq!(taken.problem(), (409, "enterprise_name_taken".to_owned(), faults));
    assert_eq!(world.edit(enterprise, json!({"enterpriseName": "CONTOSO"})).await["enterpriseName"], "CONTOSO");
    world.edit(enterprise, json!({"enterpriseName": "Contoso Voice"})).await;
    let by_name = async |name: &str| {
        let body = json!({"actionType": "REGISTRATION", "enterpriseName": name, "redirectUrl": world.hook()});
        world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await.status.as_u16()
    };
    assert_eq!((by_name("contoso voice").await, by_name("contoso").await), (200, 404));
    world.enterprise(json!({"enterpriseName": "contoso"})).await;
}

/// R080 Of many who want one name at once, by making or by renaming, one gets it, and no name is lost.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_renames_and_creates_of_one_name_one_wins() {
    let world = World::new().await;
    let mut enterprises = Vec::new();
    for at in 0..25 {
        enterprises.push(world.enterprise(json!({ "enterpriseName": format!("Old {at}") })).await);
    }
    let wanted = world.enterprise_body(json!({"enterpriseName": "Wanted"})).await;
    let making = join_all((0..25).map(|_| world.provider(Method::POST, "/v1/enterprises", Some(&wanted))));
    let rename = json!({"enterpriseName": "WANTED "});
    let renaming = join_all(enterprises.iter().map(|id| world.patch(*id, Some("*"), &rename)));
    let (made, renamed) = futures_util::future::join(making, renaming).await;
    let answers: Vec<&Answer> = made.iter().chain(&renamed).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(code(lost), (409, "enterprise_name_taken".to_owned()), "{}", lost.text);
    }
    let listed = world.provider(Method::GET, "/v1/enterprises?limit=100", None).await.json();
    let mut names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|item| item["enterpriseName"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.eq_ignore_ascii_case("wanted")).count(), 1);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), listed["items"].as_array().unwrap().len());
}

/// R001, R002, R155 Ticking raises the item once, and says so; unticking withdraws it.
#[tokio::test]
async fn the_management_consent_is_asked_for_by_an_edit() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    assert_eq!(world.action(enterprise, MANAGEMENT).await, Value::Null);
    let asked = world.edit(enterprise, json!({ MANAGED: true })).await;
    assert_eq!(asked["consentNeeded"], json!([MANAGEMENT]));
    let item = world.action(enterprise, MANAGEMENT).await;
    assert_eq!(
        (&item["status"], &item["title"]),
        (&json!("pending_consent"), &json!("Allow Management by Service Provider"))
    );
    assert_eq!((&item["mandatory"], &item["recommended"]), (&json!(false), &json!(true)));
    let requested = asked["managementConsent"]["requestedAt"].clone();
    assert!(requested.is_string());
    world.sandbox.clock().advance(60);
    let again = world.edit(enterprise, json!({ MANAGED: true })).await;
    assert_eq!((&again["consentNeeded"], &again["managementConsent"]["requestedAt"]), (&json!([]), &requested));
    let items = again["actionItems"].as_array().unwrap().clone();
    assert_eq!(items.iter().filter(|item| item["actionType"] == MANAGEMENT).count(), 1);
    let withdrawn = world.edit(enterprise, json!({ MANAGED: false })).await;
    assert_eq!(withdrawn["managementConsent"]["status"], "withdrawn");
}

/// R137, R167 A service that is added raises the items that it needs, and the answer names them.
#[tokio::test]
async fn an_added_service_raises_its_items() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"services": ["SMS"]})).await;
    assert_eq!(world.action(enterprise, "GET_CALL_APP_CONSENT").await, Value::Null);
    let edited = world.edit(enterprise, json!({"services": ["SMS", "CALLAPP"]})).await;
    assert_eq!(edited["consentNeeded"], json!(["GET_PRESENCE_CONSENT", "GET_CALL_APP_CONSENT"]));
    assert_eq!(world.action(enterprise, "GET_CALL_APP_CONSENT").await["status"], "pending_consent");
    assert_eq!(world.edit(enterprise, json!({"services": ["SMS", "CHAT"]})).await["consentNeeded"], json!([]));
    assert_eq!(world.action(enterprise, "GET_CALL_APP_CONSENT").await, Value::Null);
}

/// R167 What is allowed and probably not meant is told with every answer that shows it.
#[tokio::test]
async fn warnings_are_told() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({"services": ["SMS"], "enterpriseAdminEmail": "it@contoso.com"})).await;
    assert_eq!(world.read(enterprise).await.json()["warnings"], json!([]));
    let patch = json!({"federationDomain": "contoso.com", "enterpriseAdminEmail": "no-reply@contoso.com"});
    let edited = world.edit(enterprise, patch).await;
    let codes: Vec<&Value> = edited["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]).collect();
    assert_eq!(codes, ["federation_domain_unused", "admin_email_is_shared"]);
    assert_eq!(world.read(enterprise).await.json()["warnings"], edited["warnings"]);
}

/// An enterprise that is bound to a tenant cannot come to expect another one.
#[tokio::test]
async fn a_bound_tenant_is_not_contradicted() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    world.visit(&world.registration_url(enterprise).await, &GRACE, Decision::ForTheOrganization).await.ours();
    let refused = world.patch(enterprise, Some("*"), &json!({ "expectedTenant": FABRIKAM.id })).await;
    let faults = vec![("/expectedTenant".to_owned(), "tenant_already_bound".to_owned())];
    assert_eq!(refused.problem(), (409, "tenant_already_bound".to_owned(), faults));
    assert_eq!(world.edit(enterprise, json!({"expectedTenant": null})).await["tenantId"], CONTOSO.id);
}

/// T11 A link that was made for another tenant than the one that is expected by now ends in a refusal, and binds nothing.
#[tokio::test]
async fn a_link_made_before_the_tenant_was_corrected_binds_nothing() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    world.edit(enterprise, json!({ "expectedTenant": FABRIKAM.id })).await;
    world.post(answer).await;
    world.pass(60).await;
    assert_eq!(world.registration(enterprise).await, ("blocked".to_owned(), Some("wrong_tenant".to_owned())));
    assert_eq!(world.read(enterprise).await.json()["tenantId"], Value::Null);
}

/// P1 What was proved in the tenant that was expected first says nothing of the one that the enterprise is bound to: it is
/// pending there, nothing is ready by it, and the plan asks for it again.
#[tokio::test]
async fn what_was_proved_elsewhere_does_not_count() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let path = format!("/v1/enterprises/{enterprise}");
    visit(&world.link_for(enterprise, USER_SYNC).await, "Accept").await;
    assert_eq!(world.standing(enterprise, USER_SYNC).await, granted());
    let edited = world.patch(enterprise, Some("*"), &json!({"expectedTenant": FABRIKAM.id, "services": ["SMS"]})).await;
    assert_eq!(edited.status, 200, "{}", edited.text);
    assert_eq!(world.standing(enterprise, USER_SYNC).await, ("pending_consent".to_owned(), None));
    world.visit(&world.registration_url(enterprise).await, &FRANK, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(enterprise).await, granted());
    assert_eq!(world.standing(enterprise, USER_SYNC).await, ("pending_consent".to_owned(), None));
    let read = world.provider(Method::GET, &path, None).await.json();
    assert_eq!((&read["tenantId"], &read["status"]), (&json!(FABRIKAM.id), &json!("awaiting_application_consent")));
    let preview = format!("{path}/links?dryRun=true");
    let plan = world.provider(Method::POST, &preview, Some(&json!({}))).await.json();
    assert!(plan["missing"].as_array().unwrap().contains(&json!(USER_SYNC)), "{plan}");
    let start = world.start_url(enterprise).await;
    let begun = world.http.post(&start).send().await.unwrap();
    assert!(begun.headers()["location"].to_str().unwrap().contains("/adminconsent?"), "{begun:?}");
    let link = world.link_for(enterprise, USER_SYNC).await;
    world.consent_to_everything(&link, &FABRIKAM);
    world.come_back(&said(&link, &FABRIKAM)).await;
    world.pass(10).await;
    assert_eq!(world.standing(enterprise, USER_SYNC).await, granted());
}

/// R168 A disabled enterprise can be mended before it goes on.
#[tokio::test]
async fn a_disabled_enterprise_is_edited() {
    let world = World::new().await;
    let enterprise = world.enterprise(json!({})).await;
    world.provider(Method::POST, &format!("/v1/enterprises/{enterprise}/disable"), None).await;
    let edited = world.edit(enterprise, json!({"userLimit": 3})).await;
    assert_eq!((&edited["status"], &edited["userLimit"]), (&json!("disabled"), &json!(3)));
}
