//! Making and reading enterprises.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use simulated_microsoft::{CONTOSO, GRACE, Lag, Revocation};

use crate::world::{Decision, World, send};

/// R079, R103 The answer is the bare number, with which the enterprise reads back as it was sent.
#[tokio::test]
async fn an_enterprise_is_made_and_reads_back() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({"billingReferences": ["a"], "userLimit": 0, "pbxMOH": true})).await;
    let made = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
    let id: u64 = made.text.parse().expect("a bare JSON integer");
    assert!(id < 1 << 53);
    assert_eq!(made.header("location"), format!("/v1/enterprises/{id}"));
    let read = world.provider(Method::GET, made.header("location"), None).await;
    assert_eq!(read.header("etag"), made.header("etag"));
    let read = read.json();
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&read[field], value, "{field}");
    }
    assert_eq!(
        (&read["enterpriseId"], &read["status"], &read["tenantId"]),
        (&json!(id), &json!("draft"), &Value::Null)
    );
    assert_eq!(read["managementConsent"]["status"], "not_requested");
}

/// R079 The path that existing clients use makes one too.
#[tokio::test]
async fn the_alias_makes_an_enterprise() {
    let world = World::new().await;
    let body = world.enterprise_body(json!({})).await;
    assert!(world.provider(Method::POST, "/reseller/newEnterprise", Some(&body)).await.json().is_u64());
}

/// R080 One name, one enterprise, whatever its spelling and however many ask at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_creates_of_one_name_one_wins() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    let spellings = ["Caf\u{e9} Contoso", "CAF\u{c9} CONTOSO", " cafe\u{301} contoso\t", "Cafe\u{301} conToso"];
    for spelling in spellings.iter().cycle().take(50) {
        bodies.push(world.enterprise_body(json!({ "enterpriseName": spelling })).await);
    }
    let creates = bodies.iter().map(|body| world.provider(Method::POST, "/v1/enterprises", Some(body)));
    let answers = join_all(creates).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        let faults = vec![("/enterpriseName".to_owned(), "enterprise_name_taken".to_owned())];
        assert_eq!(lost.problem(), (409, "enterprise_name_taken".to_owned(), faults));
    }
}

/// R079, R081-R091, R093-R096, R098-R101, R150, R152, R157 Every field of the source reads back as it was sent, in its
/// own spelling, and so do our own.
#[tokio::test]
async fn every_field_reads_back() {
    let world = World::new().await;
    let details = json!({
        "contexts": "c", "defValue": "d", "ent": true, "id": 0, "labelName": "l", "labelPopover": "p",
        "masterReseller": false, "name": "n", "partner": true, "reseller": false, "system": true, "type": "t"
    });
    let body = world.enterprise_body(json!({
        "allowExternalNumbers": true, "billingReferences": ["b", "a"], "canAddExtensions": false,
        "canResellerManageEnterpriseProvisioning": true, "countryName": "Germany",
        "entConfigInfos": [{"configDetails": details, "entityId": 4, "id": 5, "value": "v"}], "enterpriseId": 0,
        "federated": true, "federationDomain": "contoso.com", "pbxMOH": false, "registeredBy": "Ann of Sales",
        "resellerId": world.reseller_id(), "restrictAdminAccess": true, "secureSMSEnabled": true,
        "services": ["PBX", "Trunk", "CALLAPP", "CallRecording", "SMS", "CHAT"], "userLimit": 25,
        "userProvisioningEnabled": false, "expectedTenant": CONTOSO.id, "enterpriseAdminEmail": "it@contoso.com",
        "accessSipData": true
    }));
    let mut body = body.await;
    let made = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
    let read = world.provider(Method::GET, made.header("location"), None).await.json();
    body["enterpriseId"] = made.json();
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&read[field], value, "{field}");
    }
    let blank = json!({"enterpriseName": "Blank", "services": ["pbx"], "userLimit": null, "countryName": null});
    let blank = world.enterprise(blank).await;
    let read = world.provider(Method::GET, &format!("/v1/enterprises/{blank}"), None).await.json();
    assert_eq!((&read["services"], read.get("userLimit")), (&json!(["PBX"]), None));
    for (at, service) in ["PBX", "Trunk"].iter().enumerate() {
        world.enterprise(json!({"enterpriseName": format!("With {at}"), "services": [service]})).await;
    }
}

/// R095, R153 Music on hold is the PBX's where ticked.
#[tokio::test]
async fn music_on_hold_follows_the_field() {
    let world = World::new().await;
    for (at, (ticked, source)) in
        [(json!(true), "pbx"), (json!(false), "builtin"), (Value::Null, "builtin")].into_iter().enumerate()
    {
        let fields = json!({"enterpriseName": format!("Enterprise {at}"), "pbxMOH": ticked});
        let enterprise = world.enterprise(fields).await;
        let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
        assert_eq!(read["moh"], json!({"source": source}), "{ticked}");
    }
}

/// R001, R088, R155 Ticking the request raises the item with its title, and says since when; not ticking raises none.
#[tokio::test]
async fn the_management_consent_is_asked_for_by_making() {
    let world = World::new().await;
    let management = "GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT";
    for (ticked, status) in [(true, "pending_consent"), (false, "not_requested")] {
        let fields = json!({"enterpriseName": status, "canResellerManageEnterpriseProvisioning": ticked});
        let enterprise = world.enterprise(fields).await;
        let read = world.provider(Method::GET, &format!("/v1/enterprises/{enterprise}"), None).await.json();
        assert_eq!(read["managementConsent"]["status"], status);
        assert_eq!(read["managementConsent"]["requestedAt"].is_string(), ticked);
        let item = world.action(enterprise, management).await;
        assert_eq!(item["title"] == "Allow Management by Service Provider", ticked, "{item}");
        assert_eq!(item["recommended"] == true, ticked, "{item}");
    }
}

/// R003 A body that is refused asks nobody for anything.
#[tokio::test]
async fn a_refused_body_raises_no_item() {
    let world = World::new().await;
    let before = world.snapshot().await;
    let wrong = json!({"canResellerManageEnterpriseProvisioning": true, "userLimit": -1});
    let wrong = world.enterprise_body(wrong).await;
    assert_eq!(world.provider(Method::POST, "/v1/enterprises", Some(&wrong)).await.status, 422);
    assert_eq!(world.effects_since(&before).await, crate::effects::Effects::none());
    assert_eq!(world.provider(Method::GET, "/v1/action-items", None).await.json()["items"], json!([]));
}

/// R094, R099, R151 What is probably not meant is made as it was sent, and told: the codes beside the bare number, and
/// all of it with the enterprise.
#[tokio::test]
async fn warnings_come_beside_the_number() {
    let world = World::new().await;
    let odd = json!({"federationDomain": "contoso.com", "secureSMSEnabled": true,
                     "enterpriseAdminEmail": "no-reply@contoso.com"});
    let body = world.enterprise_body(odd).await;
    let made = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
    let codes = "federation_domain_unused, secure_sms_without_sms, admin_email_is_shared";
    assert_eq!((made.json().is_u64(), made.header("onboarding-warnings")), (true, codes));
    let read = world.provider(Method::GET, made.header("location"), None).await.json();
    let told: Vec<&str> =
        read["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect();
    assert_eq!(told.join(", "), codes);
    let plain = world.enterprise_body(json!({"enterpriseName": "Plain"})).await;
    let plain = world.provider(Method::POST, "/v1/enterprises", Some(&plain)).await;
    assert!(plain.headers.get("onboarding-warnings").is_none());
    let malformed = world.enterprise_body(json!({"enterpriseAdminEmail": "a@b@contoso.com"})).await;
    let malformed = world.provider(Method::POST, "/v1/enterprises", Some(&malformed)).await;
    assert_eq!(malformed.problem().2, [("/enterpriseAdminEmail".to_owned(), "invalid_email".to_owned())]);
}

/// R080-R102, R150 Every fault of a body in one answer, nothing made; the same body mended makes one.
#[tokio::test]
async fn a_wrong_body_tells_all_its_faults_and_makes_nothing() {
    let world = World::new().await;
    let wrong = json!({
        "enterpriseName": " ", "pbxId": [1], "sbcGateways": "5678", "services": ["FAX"], "userLimit": -1,
        "federated": true, "countryName": "Nowhere", "enterpriseId": 5, "allowExternalNumbers": "true", "status": "active"
    });
    let answer = world.provider(Method::POST, "/v1/enterprises", Some(&wrong)).await;
    let (status, code, faults) = answer.problem();
    assert_eq!((status, code.as_str()), (422, "invalid_body"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let mut pointers: Vec<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    pointers.sort_unstable();
    let mut expected = vec![
        "/enterpriseName",
        "/pbxId/0",
        "/sbcGateways",
        "/services/0",
        "/userLimit",
        "/federationDomain",
        "/countryName",
        "/enterpriseId",
        "/allowExternalNumbers",
        "/status",
    ];
    expected.sort_unstable();
    assert_eq!(pointers, expected);
    for field in ["type", "title", "status", "detail", "instance", "code", "who", "nextSteps", "requestId"] {
        assert!(!answer.json()[field].is_null(), "{field}");
    }
}

/// R080, K20 Whatever is a name can be taken, found and given back: 255 characters of four bytes, and those that grow when
/// folded.
#[tokio::test]
async fn the_longest_names_are_kept() {
    let world = World::new().await;
    for letter in ["\u{1f600}", "\u{1fb7}"] {
        let name = letter.repeat(255);
        let body = world.enterprise_body(json!({ "enterpriseName": name })).await;
        let made = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        let taken = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
        assert_eq!(taken.problem().1, "enterprise_name_taken");
        let link = json!({"actionType": "REGISTRATION", "enterpriseName": name, "redirectUrl": world.hook()});
        assert_eq!(world.provider(Method::POST, "/v1/enterprises/action-url", Some(&link)).await.status, 200);
    }
}

/// R154 A body that is wrong in very many places is told the first of them: Lambda answers no more than 6 MB.
#[tokio::test]
async fn an_answer_has_an_end() {
    let world = World::new().await;
    for (elements, told) in [(32_000, 1), (1_000, 100)] {
        let body = world.enterprise_body(json!({ "sbcGateways": vec![1; elements] })).await;
        let refused = world.provider(Method::POST, "/v1/enterprises", Some(&body)).await;
        assert_eq!((refused.problem().0, refused.problem().2.len()), (422, told));
        assert!(refused.text.len() < 64 * 1024, "{}", refused.text.len());
    }
}

/// R097 Another provider's number in the body is refused.
#[tokio::test]
async fn a_foreign_reseller_id_is_refused() {
    let world = World::new().await;
    let foreign = world.enterprise_body(json!({"resellerId": world.reseller_id().get() + 1})).await;
    let answer = world.provider(Method::POST, "/v1/enterprises", Some(&foreign)).await;
    assert_eq!((answer.problem().0, answer.problem().1.as_str()), (403, "not_your_reseller"));
    assert_eq!(answer.problem().2, [("/resellerId".to_owned(), "not_your_reseller".to_owned())]);
}

/// Bodies that cannot be read are told apart from bodies that are wrong.
#[tokio::test]
async fn what_cannot_be_read_is_told_apart() {
    let world = World::new().await;
    let post = |content_type: &str, body: String| {
        let call = world.call(Method::POST, "/v1/enterprises").bearer_auth(world.sandbox.reseller_key());
        send(call.header("content-type", content_type).body(body))
    };
    assert_eq!(post("application/json", "{".into()).await.problem().0, 400);
    assert_eq!(post("application/json", r#"{"a":1,"a":1}"#.into()).await.problem().0, 400);
    assert_eq!(post("text/plain", "{}".into()).await.problem().0, 415);
    assert_eq!(post("application/json", format!("{{\"a\":\"{}\"}}", "x".repeat(65_536))).await.problem().0, 413);
    let wrong_method = world.provider(Method::DELETE, "/v1/enterprises", None).await;
    assert_eq!((wrong_method.problem().0, wrong_method.header("allow")), (405, "POST, GET"));
    assert_eq!(world.provider(Method::GET, "/v1/nothing", None).await.problem().0, 404);
    assert_eq!(world.provider(Method::GET, "/v1/enterprises/seven", None).await.problem().0, 404);
}

/// K9, R168 A disabled enterprise's links do nothing and say so; enabled again, the same links work.
#[tokio::test]
async fn links_of_a_disabled_enterprise_do_nothing() {
    let world = World::new().await;
    let enterprise = world.contoso().await;
    let link = world.registration_url(enterprise).await;
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    let cancelled = world.answer_of_microsoft(&link, &GRACE, Decision::Cancel).await.unwrap();
    let stop = async |word: &str| {
        let path = format!("/v1/enterprises/{enterprise}/{word}");
        let stopped = send(world.call(Method::POST, &path).bearer_auth(world.sandbox.reseller_key())).await;
        (stopped.status.as_u16(), stopped.json()["status"].clone())
    };
    for _ in 0..2 {
        assert_eq!(stop("disable").await, (200, json!("disabled")));
    }
    for form in [&answer, &cancelled, &answer] {
        let page = world.post(form.clone()).await;
        assert_eq!(page.status, 403);
        let text = page.text();
        assert!(text.contains("The enterprise is disabled"), "{text}");
        // Who must act is who acts first.
        assert!(text.contains("The service provider enables the enterprise again, with POST"), "{text}");
        assert!(!text.contains("Ask the"), "{text}");
    }
    let body = json!({"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": world.hook()});
    let refused = world.provider(Method::POST, "/v1/enterprises/action-url", Some(&body)).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "enterprise_disabled"));
    world.pass(3_600).await;
    assert!(world.outcomes().is_empty());
    assert_eq!((world.token_calls(), world.registration(enterprise).await), (0, ("started".to_owned(), None)));

    assert_eq!(stop("enable").await, (200, json!("registering")));
    let answer = world.answer_of_microsoft(&link, &GRACE, Decision::ForTheOrganization).await.unwrap();
    assert_eq!(world.post(answer).await.status, 200);
    assert_eq!(world.outcome().await, ("granted".to_owned(), None));
}

/// A consent that is under way when its enterprise is disabled is refused where it would be granted, and told.
#[tokio::test]
async fn nothing_is_granted_for_a_disabled_enterprise() {
    let world = World::new().await;
    let pinned = world.contoso().await;
    let unpinned = world.enterprise(json!({"enterpriseName": "Unpinned"})).await;
    world.visit(&world.registration_url(unpinned).await, &GRACE, Decision::ForTheOrganization).await.ours();
    world.microsoft().set_lag(Lag::Seconds(30));
    let client_id = world.client_id(pinned).await;
    let all = Revocation { tenant: CONTOSO.id.to_owned(), client_id, ..Revocation::default() };
    assert!(world.microsoft().revoke(&all) > 0);
    world.visit(&world.registration_url(pinned).await, &GRACE, Decision::ForTheOrganization).await.ours();
    assert_eq!(world.registration(pinned).await.0, "verifying");
    for enterprise in [pinned, unpinned] {
        let path = format!("/v1/enterprises/{enterprise}/disable");
        assert_eq!(world.provider(Method::POST, &path, Some(&json!({}))).await.status, 200);
    }
    let path = format!("/v1/enterprises/{unpinned}/confirm-tenant");
    let body = json!({"tenantId": CONTOSO.id});
    let refused = world.provider(Method::POST, &path, Some(&body)).await;
    assert_eq!((refused.problem().0, refused.problem().1.as_str()), (409, "enterprise_disabled"));
    for _ in 0..4 {
        world.pass(20).await;
    }
    assert_eq!(world.outcome().await, ("blocked".to_owned(), Some("enterprise_disabled".to_owned())));
    assert_eq!(world.registration(unpinned).await.0, "pending_confirmation");
}
