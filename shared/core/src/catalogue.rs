//! What a service provider can give its enterprises: SBC gateways and PBX types (R075-R078).

use serde::{Deserialize, Serialize};

use crate::fields::Fields;
use crate::id::{GatewayId, PbxTypeId};
use crate::service::Service;

/// A session border controller gateway, as `GET /v1/sbc-gateways` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SbcGateway {
    /// What `sbcGateways` of an enterprise refers to.
    pub sbc_gateway_id: GatewayId,
    /// Where it stands, such as `US-East`.
    pub sbc_gateway_region: String,
}

/// A kind of PBX, as `GET /v1/pbx-types` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PbxType {
    /// What `pbxId` of an enterprise refers to.
    pub id: PbxTypeId,
    /// Its name.
    pub pbx_name: String,
    /// Its name for people.
    pub pbx_label: String,
    /// Whether it is suggested first.
    pub is_default: bool,
    /// Whether new enterprises may no longer use it.
    pub is_disabled: bool,
    /// Such as `Cloud`.
    pub hosting_type: String,
}

/// The gateways and PBX types of one service provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalogue {
    /// Its gateways.
    pub sbc_gateways: Vec<SbcGateway>,
    /// Its PBX types.
    pub pbx_types: Vec<PbxType>,
}

impl Catalogue {
    /// Reads `sbcGateways`: required, only listed ids, and not empty when a calling service is wanted (R076, R082).
    pub fn choose_gateways(&self, body: &mut Fields, services: &[Service]) -> Option<Vec<GatewayId>> {
        let chosen = choose::<GatewayId>(body, "sbcGateways")?;
        let known = |id: &GatewayId| self.sbc_gateways.iter().any(|gateway| gateway.sbc_gateway_id == *id);
        for (at, id) in chosen.iter().enumerate().filter(|(_, id)| !known(id)) {
            let detail =
                format!("{id} is not an SBC gateway of this service provider; GET /v1/sbc-gateways lists them");
            body.fault(&format!("sbcGateways/{at}"), "unknown_sbc_gateway", detail);
        }
        if chosen.is_empty() && services.iter().any(|service| service.is_calling()) {
            body.fault("sbcGateways", "required", "PBX and Trunk need at least one SBC gateway");
        }
        Some(chosen)
    }

    /// Reads `pbxId`: required, only listed and enabled ids, and not empty when a service needs one (R078, R081).
    pub fn choose_pbx_types(&self, body: &mut Fields, services: &[Service]) -> Option<Vec<PbxTypeId>> {
        let chosen = choose::<PbxTypeId>(body, "pbxId")?;
        for (at, id) in chosen.iter().enumerate() {
            let field = format!("pbxId/{at}");
            match self.pbx_types.iter().find(|kind| kind.id == *id) {
                None => body.fault(
                    &field,
                    "unknown_pbx_type",
                    format!("{id} is not a PBX type of this service provider; GET /v1/pbx-types lists them"),
                ),
                Some(kind) if kind.is_disabled => {
                    body.fault(&field, "pbx_type_disabled", format!("{id} is disabled; choose an enabled PBX type"));
                }
                Some(_) => {}
            }
        }
        if chosen.is_empty() && services.iter().any(|service| service.needs_pbx_type()) {
            body.fault("pbxId", "required", "PBX and CALLAPP need at least one PBX type");
        }
        Some(chosen)
    }
}

/// Reads a required list of distinct ids.
fn choose<Id: TryFrom<u64> + PartialEq>(body: &mut Fields, field: &str) -> Option<Vec<Id>> {
    let listed = body.list(field, "a positive integer", |value| Id::try_from(value.as_u64()?).ok());
    let ids = body.required(field, listed)?;
    for at in (0..ids.len()).filter(|at| ids[..*at].contains(&ids[*at])) {
        body.fault(&format!("{field}/{at}"), "duplicate", "stands in this list twice");
    }
    Some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn catalogue() -> Catalogue {
        serde_json::from_value(json!({
            "sbcGateways": [{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}],
            "pbxTypes": [
                {"id": 1234, "pbxName": "Example PBX", "pbxLabel": "Example PBX Label", "isDefault": true,
                 "isDisabled": false, "hostingType": "Cloud"},
                {"id": 99, "pbxName": "Old", "pbxLabel": "Old", "isDefault": false, "isDisabled": true,
                 "hostingType": "Cloud"}
            ]
        }))
        .unwrap()
    }

    fn faults(body: Value, services: &[Service]) -> Vec<(String, &'static str)> {
        let mut fields = Fields::of(body.as_object().cloned().unwrap());
        catalogue().choose_gateways(&mut fields, services);
        catalogue().choose_pbx_types(&mut fields, services);
        let faults = fields.finish(Some(())).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    /// R076 Only gateways of the provider's own list can be assigned, and the fault names the id.
    #[test]
    fn an_unlisted_gateway_is_refused() {
        let found = faults(json!({"sbcGateways": [5678, 1], "pbxId": [1234]}), &[Service::Pbx]);
        assert_eq!(found, [("/sbcGateways/1".to_owned(), "unknown_sbc_gateway")]);
    }

    /// R078 A disabled PBX type cannot be assigned.
    #[test]
    fn a_disabled_pbx_type_is_refused() {
        let found = faults(json!({"sbcGateways": [5678], "pbxId": [99, 7]}), &[Service::Pbx]);
        assert_eq!(found, [("/pbxId/0".to_owned(), "pbx_type_disabled"), ("/pbxId/1".to_owned(), "unknown_pbx_type")]);
    }

    /// R081, R082 Both keys are required; an empty list is right only for services that need none.
    #[test]
    fn an_empty_list_is_right_only_where_nothing_is_needed() {
        let empty = json!({"sbcGateways": [], "pbxId": []});
        assert_eq!(faults(empty.clone(), &[Service::Chat]), []);
        assert_eq!(faults(empty.clone(), &[Service::Trunk]), [("/sbcGateways".to_owned(), "required")]);
        assert_eq!(faults(empty, &[Service::CallApp]), [("/pbxId".to_owned(), "required")]);
        let missing = [("/sbcGateways".to_owned(), "required"), ("/pbxId".to_owned(), "required")];
        assert_eq!(faults(json!({}), &[Service::Chat]), missing);
    }

    /// R081, R082 Lists of distinct positive integers, nothing else.
    #[test]
    fn a_list_of_anything_else_is_refused() {
        let found = faults(json!({"sbcGateways": [5678, 5678], "pbxId": ["1234", 0, 1.5, -1]}), &[]);
        let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/sbcGateways/1", "/pbxId/0", "/pbxId/1", "/pbxId/2", "/pbxId/3"]);
        assert_eq!(faults(json!({"sbcGateways": 5678, "pbxId": {}}), &[]).len(), 2);
    }
}
