use super::*;
use crate::enterprise::tests::sample;
use crate::id::ConsentRequestId;
use crate::random::tests::Counting;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(100);

fn catalogue() -> Catalogue {
    serde_json::from_value(json!({
        "sbcGateways": [{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}],
        "pbxTypes": [{"id": 1234, "pbxName": "A", "pbxLabel": "A", "isDefault": true, "isDisabled": false,
                      "hostingType": "Cloud"}]
    }))
    .unwrap()
}

fn edit(enterprise: &Enterprise, patch: Value) -> Result<Edit, EditRefused> {
    enterprise.edit(Fields::of(patch.as_object().cloned().unwrap()), &catalogue(), NOW)
}

fn faults(enterprise: &Enterprise, patch: Value) -> Vec<(String, &'static str)> {
    let Err(EditRefused::Invalid(faults)) = edit(enterprise, patch) else { panic!("no fault") };
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

/// R167 What a patch names is replaced, what it sets to null is gone, the rest stays.
#[test]
fn a_patch_changes_what_it_names() {
    let before = sample(7, &json!({"userLimit": 5, "billingReferences": ["a", "b"], "pbxMOH": true}));
    let edit = edit(&before, json!({"userLimit": null, "billingReferences": ["c"]})).unwrap();
    let after = &edit.after().profile;
    assert_eq!((after.user_limit, after.billing_references.clone()), (None, Some(vec!["c".to_owned()])));
    assert_eq!((after.pbx_moh, &after.enterprise_name), (Some(true), &before.profile.enterprise_name));
    assert_eq!((edit.before().version, edit.after().version), (1, 2));
    let (was, is) = edit.changes();
    assert_eq!(was, r#"{"billingReferences":["a","b"],"userLimit":5,"version":1}"#);
    assert_eq!(is, r#"{"billingReferences":["c"],"userLimit":null,"version":2}"#);
}

/// R167 A patch that changes nothing is none: no new version.
#[test]
fn a_patch_that_changes_nothing_is_empty() {
    let before = sample(7, &json!({"userLimit": 5}));
    for patch in [json!({}), json!({"userLimit": 5}), json!({"countryName": null}), json!({"services": ["sms"]})] {
        let edit = edit(&before, patch).unwrap();
        assert!(edit.is_empty() && edit.after().version == 1);
    }
}

/// R167 The rules of making hold for what an edit makes, too, each fault where it is.
#[test]
fn an_edit_keeps_the_rules_of_making() {
    let before = sample(7, &json!({}));
    let required = |field: &str| vec![(format!("/{field}"), "required")];
    assert_eq!(faults(&before, json!({"enterpriseName": null})), required("enterpriseName"));
    assert_eq!(faults(&before, json!({"services": []})), required("services"));
    assert_eq!(faults(&before, json!({"federated": true})), required("federationDomain"));
    assert_eq!(faults(&before, json!({"services": ["Trunk"]})), required("sbcGateways"));
    assert_eq!(faults(&before, json!({"services": ["CALLAPP"]})), required("pbxId"));
    assert_eq!(faults(&before, json!({"sbcGateways": [1]})), [("/sbcGateways/0".to_owned(), "unknown_sbc_gateway")]);
    let several = json!({"userLimit": -1, "countryName": "Nowhere", "odd": null, "status": null});
    let mut found = faults(&before, several);
    found.sort_unstable();
    let expected = [
        ("/countryName", "unknown_country"),
        ("/odd", "unknown_field"),
        ("/status", "not_settable"),
        ("/userLimit", "out_of_range"),
    ];
    assert_eq!(found, expected.map(|(at, code)| (at.to_owned(), code)));
}

/// R097, R102 What we say of an enterprise nobody sets, not even to what it is.
#[test]
fn what_is_ours_to_say_is_not_settable() {
    let before = sample(7, &json!({}));
    for field in NOT_SETTABLE {
        assert_eq!(faults(&before, json!({*field: 1})), [(format!("/{field}"), "not_settable")]);
    }
}

/// R080 Another spelling of the same name is no new name.
#[test]
fn a_name_in_another_case_is_no_other_name() {
    let before = sample(7, &json!({"enterpriseName": "Contoso"}));
    let respelt = edit(&before, json!({"enterpriseName": "CONTOSO"})).unwrap();
    assert!(!respelt.is_empty() && respelt.renamed().is_none());
    let renamed = edit(&before, json!({"enterpriseName": "Fabrikam"})).unwrap();
    assert_eq!(renamed.renamed().map(|(old, new)| (old.as_str(), new.as_str())), Some(("Contoso", "Fabrikam")));
}

/// R002 Ticking raises the item once, with the instant; unticking withdraws it; ticking again raises it again.
#[test]
fn the_management_consent_is_asked_for_and_withdrawn() {
    const FIELD: &str = "canResellerManageEnterpriseProvisioning";
    let before = sample(7, &json!({}));
    let asked = edit(&before, json!({ FIELD: true })).unwrap();
    assert_eq!(asked.consent_needed(), [ActionType::ServiceProviderManagement]);
    let (_, was, is) = asked.moved().unwrap();
    assert_eq!((was, is), (None, &ActionState::PendingConsent { since: NOW }));
    assert_eq!(asked.after().management_requested_at, Some(NOW));
    assert!(edit(asked.after(), json!({ FIELD: true })).unwrap().is_empty());

    let mut linked = asked.after().clone();
    let request = ConsentRequestId::new(NOW, &Counting::default());
    let started = ActionState::Started { since: NOW, request, asked_again: false };
    linked.actions.insert(ActionType::ServiceProviderManagement, started);
    for (pending, untick) in [(asked.after(), json!(false)), (asked.after(), Value::Null), (&linked, json!(false))] {
        let withdrawn = edit(pending, json!({ FIELD: untick })).unwrap();
        assert_eq!(withdrawn.after().management_consent().status, "withdrawn");
        assert_eq!(
            withdrawn.withdraws().unwrap()[&ActionType::ServiceProviderManagement],
            1,
            "links from before are dead"
        );
        assert!(withdrawn.consent_needed().is_empty());
        let again = edit(withdrawn.after(), json!({ FIELD: true })).unwrap();
        assert_eq!(again.after().management_consent().status, "pending_consent");
    }
}

/// R002 What is granted is revoked, not withdrawn.
#[test]
fn a_granted_management_consent_is_not_withdrawn() {
    let mut granted = sample(7, &json!({"canResellerManageEnterpriseProvisioning": true}));
    let request = ConsentRequestId::new(NOW, &Counting::default());
    let state = ActionState::Granted { since: NOW, request, by: None, tenant: None };
    granted.actions.insert(ActionType::ServiceProviderManagement, state);
    let refused = edit(&granted, json!({"canResellerManageEnterpriseProvisioning": false}));
    assert_eq!(refused.unwrap_err(), EditRefused::RevokeRequired(RevokeRequired));
    assert!(edit(&granted, json!({"userLimit": 3})).unwrap().moved().is_none());
}

/// R137, R167 A service that is added raises what it needs, and the edit says so.
#[test]
fn an_added_service_needs_new_consent() {
    let before = sample(7, &json!({}));
    let added = json!({"services": ["SMS", "CALLAPP", "CallRecording"], "pbxId": [1234]});
    let needed = edit(&before, added).unwrap().consent_needed();
    assert_eq!(needed, [ActionType::Presence, ActionType::CallApp, ActionType::CallRecording]);
    assert!(edit(&before, json!({"services": ["SMS", "CHAT"]})).unwrap().consent_needed().is_empty());
}

/// A tenant that is bound is not contradicted: neither by another id nor by a domain, whosever it is.
#[test]
fn a_bound_tenant_is_not_contradicted() {
    let bound = TenantId::from_u128(7);
    let mut enterprise = sample(7, &json!({"expectedTenant": "contoso.com"}));
    let other = TenantId::from_u128(8).to_string();
    assert!(edit(&enterprise, json!({ "expectedTenant": other })).unwrap().newly_expected().is_some());
    enterprise.tenant = Some(bound);
    for contradiction in [other.as_str(), "fabrikam.com"] {
        let refused = edit(&enterprise, json!({ "expectedTenant": contradiction }));
        assert_eq!(refused.unwrap_err(), EditRefused::TenantBound(bound), "{contradiction}");
    }
    for fine in [json!(bound.to_string()), json!("contoso.com"), Value::Null] {
        assert!(edit(&enterprise, json!({ "expectedTenant": fine })).is_ok(), "{fine}");
    }
}

#[test]
fn what_is_gone_is_not_edited() {
    let mut gone = sample(7, &json!({}));
    gone.standing = Standing::Offboarded;
    assert_eq!(edit(&gone, json!({})).unwrap_err(), EditRefused::Offboarded);
    gone.standing = Standing::Disabled;
    assert!(edit(&gone, json!({"userLimit": 3})).is_ok());
}
