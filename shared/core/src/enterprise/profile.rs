//! What a provider says of an enterprise: every field of the source's body, and our own extension fields.

use serde::{Deserialize, Serialize};

use super::ExpectedTenant;
use crate::catalogue::Catalogue;
use crate::country::Country;
use crate::fields::{Fault, Fields, text_of};
use crate::id::{GatewayId, PbxTypeId, ResellerId};
use crate::service::Service;
use crate::text::{Domain, EmailAddress, Name};

/// The most elements that a list of the body may have.
const MAX_LIST_LENGTH: usize = 100;

/// The code of the fault that a body names another service provider than its sender.
pub const NOT_YOUR_RESELLER: &str = "not_your_reseller";
/// The longest free text of the body, in characters.
const MAX_TEXT_LENGTH: usize = 1_024;

/// What a provider says of an enterprise, in the names of ConnectToTeams. Absent fields stay absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its name, unique among the enterprises of its provider; case and outer spaces do not count (R080).
    pub enterprise_name: Name,
    /// Its PBX types; at least one with `PBX` or `CALLAPP` (R081).
    pub pbx_id: Vec<PbxTypeId>,
    /// Its SBC gateways; at least one with `PBX` or `Trunk` (R082).
    pub sbc_gateways: Vec<GatewayId>,
    /// Its services, each once (R083, R084).
    pub services: Vec<Service>,
    /// Whether users may have numbers from outside (R085).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_external_numbers: Option<bool>,
    /// References for your invoices, in the order given (R086).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_references: Option<Vec<String>>,
    /// Whether the enterprise may add extensions (R087).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_add_extensions: Option<bool>,
    /// Asks the customer for the consent by which you may manage its provisioning (R088).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_reseller_manage_enterprise_provisioning: Option<bool>,
    /// A country, as the caller spelt it (R089).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::country::Country>))]
    pub country_name: Option<String>,
    /// Settings of the enterprise, kept as given (R090).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ent_config_infos: Option<Vec<EntConfigInfo>>,
    /// Whether the enterprise is federated; then `federationDomain` is required (R093).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federated: Option<bool>,
    /// The domain that it is federated with (R094).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_domain: Option<Domain>,
    /// Whether the PBX plays its own music on hold (R095).
    #[serde(default, rename = "pbxMOH", skip_serializing_if = "Option::is_none")]
    pub pbx_moh: Option<bool>,
    /// Who registers, in the caller's words; the audit trail has the real caller (R096).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_by: Option<String>,
    /// No mail and no portal for the customer's administrator (R098).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrict_admin_access: Option<bool>,
    /// Whether secure text messages are switched on (R099).
    #[serde(default, rename = "secureSMSEnabled", skip_serializing_if = "Option::is_none")]
    pub secure_sms_enabled: Option<bool>,
    /// The most users; absent is no limit, 0 is none (R100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_limit: Option<u64>,
    /// Whether users are provisioned automatically (R101).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_provisioning_enabled: Option<bool>,
    /// The tenant that links must end in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_tenant: Option<ExpectedTenant>,
    /// The Global Administrator to invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_admin_email: Option<EmailAddress>,
    /// Whether the customer's administrator may see call records; not unless the provider says so (R154).
    #[serde(default)]
    pub access_sip_data: bool,
}

/// An element of `entConfigInfos`, kept as given (R090).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the source names these fields and says no more")]
pub struct EntConfigInfo {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_details: Option<ConfigDetails>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// `configDetails` of an element of `entConfigInfos`, kept as given (R091).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the source names these fields and says no more")]
pub struct ConfigDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contexts: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub def_value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ent: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_popover: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_reseller: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl Profile {
    /// Whether the administrator acts by links alone, without a portal or mail (R098).
    #[must_use]
    pub fn has_no_portal(&self) -> bool {
        self.restrict_admin_access == Some(true)
    }

    /// Reads the body of `POST /v1/enterprises`, for `caller` with its `catalogue`; every fault at once.
    pub fn parse(mut body: Fields, caller: ResellerId, catalogue: &Catalogue) -> Result<Self, Vec<Fault>> {
        let name = body.parsed("enterpriseName", "invalid_name", str::parse::<Name>);
        let name = body.required("enterpriseName", name);
        let services = read_services(&mut body);
        let wanted = services.as_deref().unwrap_or_default();
        let sbc_gateways = catalogue.choose_gateways(&mut body, wanted);
        let pbx_id = catalogue.choose_pbx_types(&mut body, wanted);
        refuse_foreign_ids(&mut body, caller);
        let required = name.zip(services).zip(pbx_id.zip(sbc_gateways));
        let optional = read_optional(&mut body);
        body.finish(required.map(|((enterprise_name, services), (pbx_id, sbc_gateways))| Self {
            enterprise_name,
            pbx_id,
            sbc_gateways,
            services,
            ..optional
        }))
    }
}

/// The services of a body that are some, and its country, if it is one: what there is to choose follows from them, whatever
/// else is wrong.
pub(super) fn peek_choices(body: &Fields) -> (Vec<Service>, Option<Country>) {
    let mut body = body.clone();
    let services = read_services(&mut body).unwrap_or_default();
    let country = body.parsed("countryName", "unknown_country", Country::parse);
    (services, country)
}

/// `services`: required, not empty, repetitions collapsed (R083, R084); those that are services even if others are none.
fn read_services(body: &mut Fields) -> Option<Vec<Service>> {
    let wanted = "one of PBX, Trunk, CALLAPP, CallRecording, SMS, CHAT";
    let listed =
        body.elements::<Service>("services", wanted, |value| text_of(value)?.parse().map_err(|_| "unknown_service"));
    let listed = body.required("services", listed)?;
    if listed.is_empty() {
        body.fault("services", "required", format!("at least {wanted}"));
    }
    let mut services: Vec<Service> = listed.into_iter().flatten().collect();
    services.sort_unstable();
    services.dedup();
    Some(services)
}

/// The ids that a caller may name but not choose: `enterpriseId` is ours, `resellerId` is the caller's (R092, R097).
fn refuse_foreign_ids(body: &mut Fields, caller: ResellerId) {
    if body.whole("enterpriseId").is_some_and(|id| id != 0) {
        body.fault("enterpriseId", "enterprise_id_not_settable", "must be 0 or absent; the answer holds the new id");
    }
    if body.whole("resellerId").is_some_and(|id| id != 0 && id != caller.get()) {
        body.fault("resellerId", NOT_YOUR_RESELLER, format!("must be {caller}, the service provider of your key"));
    }
}

/// The optional fields; the required ones of the answer are to be replaced.
fn read_optional(body: &mut Fields) -> Profile {
    let federated = body.boolean("federated");
    let federation_domain = body.parsed("federationDomain", "invalid_domain", str::parse::<Domain>);
    if federated == Some(true) && federation_domain.is_none() {
        body.required::<()>("federationDomain", None);
    }
    Profile {
        enterprise_name: Name::placeholder(),
        pbx_id: Vec::new(),
        sbc_gateways: Vec::new(),
        services: Vec::new(),
        allow_external_numbers: body.boolean("allowExternalNumbers"),
        billing_references: read_billing_references(body),
        can_add_extensions: body.boolean("canAddExtensions"),
        can_reseller_manage_enterprise_provisioning: body.boolean("canResellerManageEnterpriseProvisioning"),
        country_name: read_country(body),
        ent_config_infos: read_config_infos(body),
        federated,
        federation_domain,
        pbx_moh: body.boolean("pbxMOH"),
        registered_by: free_text(body, "registeredBy"),
        restrict_admin_access: body.boolean("restrictAdminAccess"),
        secure_sms_enabled: body.boolean("secureSMSEnabled"),
        user_limit: body.whole("userLimit"),
        user_provisioning_enabled: body.boolean("userProvisioningEnabled"),
        expected_tenant: body.parsed("expectedTenant", "invalid_tenant", str::parse::<ExpectedTenant>),
        enterprise_admin_email: body.parsed("enterpriseAdminEmail", "invalid_email", str::parse::<EmailAddress>),
        access_sip_data: body.boolean("accessSipData").unwrap_or(false),
    }
}

fn read_billing_references(body: &mut Fields) -> Option<Vec<String>> {
    let references = body.list("billingReferences", "a string", |value| text_of(value).map(str::to_owned))?;
    if references.len() > MAX_LIST_LENGTH || references.iter().any(|one| one.chars().count() > MAX_TEXT_LENGTH) {
        body.fault("billingReferences", "out_of_range", "at most 100 strings of at most 1024 characters");
    }
    Some(references)
}

fn read_country(body: &mut Fields) -> Option<String> {
    let text = body.text("countryName")?;
    match Country::parse(&text) {
        Ok(_) => Some(text),
        Err(unknown) => {
            let hint = unknown.suggestion.map_or_else(String::new, |name| format!("; did you mean {name}?"));
            body.fault("countryName", "unknown_country", format!("must be a country's ISO 3166 name or code{hint}"));
            None
        }
    }
}

fn free_text(body: &mut Fields, field: &str) -> Option<String> {
    let text = body.text(field)?;
    if text.chars().count() > MAX_TEXT_LENGTH {
        body.fault(field, "out_of_range", "at most 1024 characters");
    }
    Some(text)
}

fn read_config_infos(body: &mut Fields) -> Option<Vec<EntConfigInfo>> {
    let infos = body.objects("entConfigInfos", |info| EntConfigInfo {
        config_details: info.object("configDetails", read_config_details),
        entity_id: info.whole("entityId"),
        id: info.whole("id"),
        value: free_text(info, "value"),
    })?;
    if infos.len() > MAX_LIST_LENGTH {
        body.fault("entConfigInfos", "out_of_range", "at most 100 elements");
    }
    Some(infos.into_iter().flatten().collect())
}

fn read_config_details(details: &mut Fields) -> ConfigDetails {
    ConfigDetails {
        contexts: free_text(details, "contexts"),
        def_value: free_text(details, "defValue"),
        ent: details.boolean("ent"),
        id: details.whole("id"),
        label_name: free_text(details, "labelName"),
        label_popover: free_text(details, "labelPopover"),
        master_reseller: details.boolean("masterReseller"),
        name: free_text(details, "name"),
        partner: details.boolean("partner"),
        reseller: details.boolean("reseller"),
        system: details.boolean("system"),
        kind: free_text(details, "type"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(extra: Value) -> Result<Value, Vec<(String, &'static str)>> {
        let catalogue: Catalogue = serde_json::from_value(json!({
            "sbcGateways": [{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}],
            "pbxTypes": [{"id": 1234, "pbxName": "P", "pbxLabel": "P", "isDefault": true, "isDisabled": false,
                          "hostingType": "Cloud"}]
        }))
        .unwrap();
        let mut body =
            json!({"enterpriseName": "Contoso", "pbxId": [1234], "sbcGateways": [5678], "services": ["PBX"]});
        for (field, value) in extra.as_object().cloned().unwrap() {
            body[field] = value;
        }
        let fields = Fields::of(body.as_object().cloned().unwrap());
        let parsed = Profile::parse(fields, ResellerId::try_from(54).unwrap(), &catalogue);
        let told = |faults: Vec<Fault>| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
        parsed.map(|profile| serde_json::to_value(profile).unwrap()).map_err(told)
    }

    #[track_caller]
    fn refused(extra: Value, pointer: &str, code: &str) {
        assert_eq!(parse(extra), Err(vec![(pointer.to_owned(), Box::leak(code.to_owned().into_boxed_str()) as &str)]));
    }

    #[track_caller]
    fn echoed(field: &str, value: Value) {
        assert_eq!(parse(json!({field: value.clone()})).map(|profile| profile[field].clone()), Ok(value), "{field}");
    }

    /// R081-R084 What is wrong with one element hides nothing of the others.
    #[test]
    fn a_wrong_element_hides_no_other() {
        let told = |extra: Value| -> Vec<String> {
            parse(extra).unwrap_err().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect()
        };
        assert_eq!(
            told(json!({"pbxId": ["a", 77, 77], "sbcGateways": ["x", 99]})),
            [
                "/sbcGateways/0 wrong_type",
                "/sbcGateways/1 unknown_sbc_gateway",
                "/pbxId/0 wrong_type",
                "/pbxId/2 duplicate",
                "/pbxId/1 unknown_pbx_type",
                "/pbxId/2 unknown_pbx_type",
            ]
        );
        assert_eq!(
            told(json!({"services": ["PBX", "FAX"], "pbxId": [], "sbcGateways": []})),
            ["/services/1 unknown_service", "/sbcGateways required", "/pbxId required"]
        );
        assert_eq!(
            told(json!({"entConfigInfos": [{"entityId": "x", "foo": 1}, 5]})),
            [
                "/entConfigInfos/1 wrong_type",
                "/entConfigInfos/0/entityId wrong_type",
                "/entConfigInfos/0/foo unknown_field",
            ]
        );
    }

    /// R079 The three assignments read back as given.
    #[test]
    fn services_gateways_and_pbx_types_are_kept() {
        let profile = parse(json!({})).unwrap();
        assert_eq!(profile["services"], json!(["PBX"]));
        assert_eq!(profile["sbcGateways"], json!([5678]));
        assert_eq!(profile["pbxId"], json!([1234]));
    }

    /// R080 The name is required and not blank.
    #[test]
    fn a_missing_or_blank_name_is_refused() {
        refused(json!({"enterpriseName": null}), "/enterpriseName", "required");
        refused(json!({"enterpriseName": "  "}), "/enterpriseName", "invalid_name");
        refused(json!({"enterpriseName": 7}), "/enterpriseName", "wrong_type");
    }

    /// R083, R084 At least one of the six services; repetitions collapse; any case.
    #[test]
    fn services_are_of_the_six() {
        refused(json!({"services": null}), "/services", "required");
        refused(json!({"services": []}), "/services", "required");
        refused(json!({"services": ["PBX", "FAX"]}), "/services/1", "unknown_service");
        refused(json!({"services": [1]}), "/services/0", "wrong_type");
        let collapsed = parse(json!({"services": ["chat", "pbx", "PBX", "CallRecording"]})).unwrap();
        assert_eq!(collapsed["services"], json!(["PBX", "CallRecording", "CHAT"]));
    }

    /// R085, R087, R088, R093, R095 Truth values are stored and echoed; words for them are not.
    #[test]
    fn truth_values_are_truth_values() {
        for field in [
            "allowExternalNumbers",
            "canAddExtensions",
            "canResellerManageEnterpriseProvisioning",
            "pbxMOH",
            "restrictAdminAccess",
            "secureSMSEnabled",
            "userProvisioningEnabled",
            "accessSipData",
        ] {
            echoed(field, json!(true));
            echoed(field, json!(false));
            refused(json!({field: "true"}), &format!("/{field}"), "wrong_type");
            refused(json!({field: 1}), &format!("/{field}"), "wrong_type");
        }
        refused(json!({"federated": "true"}), "/federated", "wrong_type");
    }

    /// R086 References keep their order; no element is null.
    #[test]
    fn billing_references_are_strings_in_order() {
        echoed("billingReferences", json!(["b", "a", "b"]));
        refused(json!({"billingReferences": ["a", null]}), "/billingReferences/1", "wrong_type");
        refused(json!({"billingReferences": "a"}), "/billingReferences", "wrong_type");
    }

    /// R089 A country is one, or the fault suggests one.
    #[test]
    fn a_country_is_known() {
        echoed("countryName", json!("Germany"));
        refused(json!({"countryName": "Germny"}), "/countryName", "unknown_country");
        refused(json!({"countryName": 49}), "/countryName", "wrong_type");
    }

    /// R090, R091 Configuration elements round-trip unchanged, whole or in part.
    #[test]
    fn configuration_elements_round_trip() {
        echoed(
            "entConfigInfos",
            json!([{
                "configDetails": {
                    "contexts": "string", "defValue": "string", "ent": true, "id": 0, "labelName": "string",
                    "labelPopover": "string", "masterReseller": true, "name": "string", "partner": true,
                    "reseller": true, "system": true, "type": "string"
                },
                "entityId": 0, "id": 0, "value": "string"
            }, {"id": 3}]),
        );
        refused(json!({"entConfigInfos": [{"id": "0"}]}), "/entConfigInfos/0/id", "wrong_type");
        let nested = json!({"entConfigInfos": [{"configDetails": {"ent": "yes"}}]});
        refused(nested, "/entConfigInfos/0/configDetails/ent", "wrong_type");
        refused(
            json!({"entConfigInfos": [{"configDetails": {"x": 1}}]}),
            "/entConfigInfos/0/configDetails/x",
            "unknown_field",
        );
    }

    /// R092 The id is ours to give.
    #[test]
    fn an_enterprise_id_cannot_be_chosen() {
        assert!(parse(json!({"enterpriseId": 0})).is_ok());
        refused(json!({"enterpriseId": 5}), "/enterpriseId", "enterprise_id_not_settable");
        refused(json!({"enterpriseId": "0"}), "/enterpriseId", "wrong_type");
    }

    /// R093, R094 A federated enterprise names its domain; a domain alone is kept.
    #[test]
    fn a_federated_enterprise_names_its_domain() {
        refused(json!({"federated": true}), "/federationDomain", "required");
        refused(json!({"federationDomain": "not a domain"}), "/federationDomain", "invalid_domain");
        let kept = parse(json!({"federated": false, "federationDomain": "contoso.com"})).unwrap();
        assert_eq!(kept["federationDomain"], "contoso.com");
    }

    /// R096 Whoever the caller says registers is kept as said.
    #[test]
    fn registered_by_is_kept() {
        echoed("registeredBy", json!("Ann of Sales"));
        refused(json!({"registeredBy": 5}), "/registeredBy", "wrong_type");
    }

    /// R097 Another provider's id is refused; the caller's own, or none, is right.
    #[test]
    fn a_foreign_reseller_id_is_refused() {
        assert!(parse(json!({"resellerId": 54})).is_ok());
        refused(json!({"resellerId": 55}), "/resellerId", "not_your_reseller");
    }

    /// R100 A limit of 0 is none at all, an absent one is no limit, a negative one is wrong.
    #[test]
    fn a_user_limit_is_zero_or_more() {
        echoed("userLimit", json!(0));
        assert_eq!(parse(json!({"userLimit": null})).unwrap().get("userLimit"), None);
        refused(json!({"userLimit": -1}), "/userLimit", "out_of_range");
        refused(json!({"userLimit": 1.5}), "/userLimit", "out_of_range");
    }

    #[test]
    fn our_own_fields_are_checked_too() {
        echoed("expectedTenant", json!("contoso.com"));
        refused(json!({"expectedTenant": "common"}), "/expectedTenant", "invalid_tenant");
        refused(json!({"enterpriseAdminEmail": "nobody"}), "/enterpriseAdminEmail", "invalid_email");
        refused(json!({"tenantId": "x"}), "/tenantId", "unknown_field");
    }
}
