//! A dry run: what a body of `POST /v1/enterprises` lacks, what is wrong with it, and what there is to choose (R078, R156,
//! R158).

use serde::Serialize;

use super::Profile;
use super::profile::peek_choices;
use super::warning::Warning;
use crate::catalogue::{Catalogue, GatewayChoice, PbxTypeChoice};
use crate::fields::{Fault, Fields};
use crate::id::ResellerId;
use crate::text::Name;

/// What would become of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Whether an enterprise would be made of it.
    pub valid: bool,
    /// The fields that are still needed. `pbxId` is asked for once there are services.
    pub missing: Vec<String>,
    /// What is wrong with the fields that are there.
    pub errors: Vec<Fault>,
    /// What is allowed and probably not meant; told once nothing is wrong.
    pub warnings: Vec<Warning>,
    /// The PBX types to choose from; none while no service needs one.
    pub pbx_types: Vec<PbxTypeChoice>,
    /// The SBC gateways to choose from, the nearest to `countryName` first.
    pub sbc_gateways: Vec<GatewayChoice>,
}

impl Preview {
    /// What would become of `body`, for `caller` with its `catalogue`, and the name that it wants, which the store knows
    /// to be taken or not.
    #[must_use]
    pub fn of(body: Fields, caller: ResellerId, catalogue: &Catalogue) -> (Self, Option<Name>) {
        let (services, country) = peek_choices(&body);
        let name = body.peek("enterpriseName").and_then(|value| value.as_str()?.parse().ok());
        let (warnings, faults) = match Profile::parse(body, caller, catalogue) {
            Ok(profile) => (profile.warnings(), Vec::new()),
            Err(faults) => (Vec::new(), faults),
        };
        let valid = faults.is_empty();
        let (missing, errors): (Vec<Fault>, Vec<Fault>) =
            faults.into_iter().partition(|fault| fault.code == "required" && !fault.pointer[1..].contains('/'));
        let mut missing: Vec<String> = missing.into_iter().map(|fault| fault.pointer[1..].to_owned()).collect();
        missing.retain(|field| field != "pbxId" || !services.is_empty());
        let pbx_types = catalogue.pbx_types_for(&services);
        let sbc_gateways = catalogue.gateways_for(country);
        (Self { valid, missing, errors, warnings, pbx_types, sbc_gateways }, name)
    }

    /// The same, where another enterprise has the name (R080).
    #[must_use]
    pub fn with_name_taken(mut self) -> Self {
        self.valid = false;
        self.errors.push(Fault::name_taken());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn preview(body: Value) -> Preview {
        let catalogue: Catalogue = serde_json::from_value(json!({
            "sbcGateways": [
                {"sbcGatewayId": 1, "sbcGatewayRegion": "US-East"}, {"sbcGatewayId": 2, "sbcGatewayRegion": "EU-West"}
            ],
            "pbxTypes": [
                {"id": 3, "pbxName": "A", "pbxLabel": "A", "isDefault": true, "isDisabled": false, "hostingType": "Cloud"},
                {"id": 4, "pbxName": "B", "pbxLabel": "B", "isDefault": false, "isDisabled": true, "hostingType": "Cloud"}
            ]
        }))
        .unwrap();
        let body = Fields::of(body.as_object().cloned().unwrap());
        Preview::of(body, ResellerId::try_from(54).unwrap(), &catalogue).0
    }

    /// R158 PBX types are asked for once a service needs one.
    #[test]
    fn pbx_types_are_asked_for_after_services() {
        let nothing = preview(json!({}));
        assert_eq!(nothing.missing, ["enterpriseName", "services", "sbcGateways"]);
        assert!(!nothing.valid && nothing.errors.is_empty() && nothing.pbx_types.is_empty());
        let wrong = preview(json!({"services": ["FAX"]}));
        assert!(wrong.pbx_types.is_empty() && !wrong.missing.contains(&"pbxId".to_owned()));
        assert_eq!(wrong.errors[0].pointer, "/services/0");
        for pbx_id in [Value::Null, json!([])] {
            let body = json!({"enterpriseName": "A", "services": ["PBX"], "sbcGateways": [1], "pbxId": pbx_id});
            let with_pbx = preview(body);
            assert_eq!(with_pbx.missing, ["pbxId"]);
            let choices: Vec<_> =
                with_pbx.pbx_types.iter().map(|one| (one.pbx_type.id.get(), one.preselected)).collect();
            assert_eq!(choices, [(3, true)]);
        }
    }

    /// R156 Gateways are ordered by distance, whatever else is wrong.
    #[test]
    fn the_nearest_gateway_is_recommended() {
        let first = |country: Value| {
            let gateway = preview(json!({ "countryName": country })).sbc_gateways.remove(0);
            (gateway.gateway.sbc_gateway_id.get(), gateway.recommended)
        };
        assert_eq!((first(json!("France")), first(json!("CA"))), ((2, true), (1, true)));
        assert_eq!((first(json!("Nowhere")), first(Value::Null)), ((1, false), (1, false)));
    }

    /// R078 A body that is right is valid, with its warnings; a taken name makes it wrong.
    #[test]
    fn a_right_body_is_valid() {
        let body = json!({"enterpriseName": "A", "services": ["SMS"], "sbcGateways": [], "pbxId": [], "userLimit": 0});
        let right = preview(body);
        assert!(right.valid && right.missing.is_empty() && right.errors.is_empty());
        assert_eq!(right.warnings[0].code, "user_limit_is_zero");
        let taken = right.with_name_taken();
        assert_eq!((taken.valid, taken.errors[0].code), (false, "enterprise_name_taken"));
    }
}
