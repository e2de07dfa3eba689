//! What a service provider can give its enterprises: SBC gateways and PBX types (R075-R078).

use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::fields::{Fields, id_of};
use crate::id::{GatewayId, PbxTypeId};
use crate::place::Place;
use crate::region;
use crate::service::Service;
use crate::text::Name;

/// A session border controller gateway, as `GET /v1/sbc-gateways` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SbcGateway {
    /// What `sbcGateways` of an enterprise refers to.
    pub sbc_gateway_id: GatewayId,
    /// Where it stands, such as `US-East`.
    pub sbc_gateway_region: String,
}

/// A kind of PBX, as `GET /v1/pbx-types` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

impl SbcGateway {
    /// Stands for a gateway of which only the id counts.
    const fn in_use(sbc_gateway_id: GatewayId) -> Self {
        Self { sbc_gateway_id, sbc_gateway_region: String::new() }
    }
}

impl PbxType {
    /// Stands for a PBX type of which only the id counts.
    const fn in_use(id: PbxTypeId) -> Self {
        Self {
            id,
            pbx_name: String::new(),
            pbx_label: String::new(),
            is_default: false,
            is_disabled: false,
            hosting_type: String::new(),
        }
    }
}

/// A gateway to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GatewayChoice {
    /// The gateway.
    #[serde(flatten)]
    pub gateway: SbcGateway,
    /// Whether it is the nearest.
    pub recommended: bool,
}

/// A PBX type to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PbxTypeChoice {
    /// The PBX type.
    #[serde(flatten)]
    pub pbx_type: PbxType,
    /// Whether it is chosen unless the provider says otherwise.
    pub preselected: bool,
}

/// The gateways and PBX types of one service provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Catalogue {
    /// Its gateways.
    pub sbc_gateways: Vec<SbcGateway>,
    /// Its PBX types.
    pub pbx_types: Vec<PbxType>,
}

impl Catalogue {
    /// The same catalogue for an edit: what an enterprise has already it may keep, even if it is no longer listed, or is
    /// disabled for others.
    #[must_use]
    pub fn keeping(&self, gateways: &[GatewayId], pbx_types: &[PbxTypeId]) -> Self {
        let mut kept = self.clone();
        kept.sbc_gateways.retain(|gateway| !gateways.contains(&gateway.sbc_gateway_id));
        kept.sbc_gateways.extend(gateways.iter().map(|id| SbcGateway::in_use(*id)));
        kept.pbx_types.retain(|kind| !pbx_types.contains(&kind.id));
        kept.pbx_types.extend(pbx_types.iter().map(|id| PbxType::in_use(*id)));
        kept
    }

    /// The gateways as a provider chooses from them for an enterprise in `country`: the nearest first, and recommended;
    /// those whose region is nowhere we know last (R156). Without a country in the order of the list.
    #[must_use]
    pub fn gateways_for(&self, country: Option<Country>) -> Vec<GatewayChoice> {
        let home = country.and_then(Place::of);
        let distance = |gateway: &SbcGateway| Some(region::place(&gateway.sbc_gateway_region)?.distance(home?));
        let mut ranked: Vec<_> = self.sbc_gateways.iter().map(|gateway| (distance(gateway), gateway)).collect();
        ranked.sort_by(|(a, _), (b, _)| a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY)));
        let numbered = ranked.into_iter().enumerate();
        let choice = |(at, (distance, gateway)): (usize, (Option<f64>, &SbcGateway))| GatewayChoice {
            gateway: gateway.clone(),
            recommended: at == 0 && distance.is_some(),
        };
        numbered.map(choice).collect()
    }

    /// The PBX types as a provider chooses from them for these services: none where none is needed, else the enabled
    /// ones, those that are the default chosen beforehand (R158).
    #[must_use]
    pub fn pbx_types_for(&self, services: &[Service]) -> Vec<PbxTypeChoice> {
        let needed = services.iter().any(|service| service.needs_pbx_type());
        let enabled = self.pbx_types.iter().filter(|kind| needed && !kind.is_disabled);
        enabled.map(|kind| PbxTypeChoice { pbx_type: kind.clone(), preselected: kind.is_default }).collect()
    }

    /// Reads `sbcGateways`: required, only listed ids, and not empty when a calling service is wanted (R076, R082).
    pub fn choose_gateways(&self, body: &mut Fields, services: &[Service]) -> Option<Vec<GatewayId>> {
        let chosen = choose::<GatewayId>(body, "sbcGateways")?;
        let known = |id: &GatewayId| self.sbc_gateways.iter().any(|gateway| gateway.sbc_gateway_id == *id);
        for (at, id) in in_place(&chosen).filter(|(_, id)| !known(id)) {
            let detail =
                format!("{id} is not an SBC gateway of this service provider; GET /v1/sbc-gateways lists them");
            body.fault(&format!("sbcGateways/{at}"), "unknown_sbc_gateway", detail);
        }
        if chosen.is_empty() && services.iter().any(|service| service.is_calling()) {
            body.fault("sbcGateways", "required", "PBX and Trunk need at least one SBC gateway");
        }
        Some(chosen.into_iter().flatten().collect())
    }

    /// Reads `pbxId`: required, only listed and enabled ids, and not empty when a service needs one (R078, R081).
    pub fn choose_pbx_types(&self, body: &mut Fields, services: &[Service]) -> Option<Vec<PbxTypeId>> {
        let chosen = choose::<PbxTypeId>(body, "pbxId")?;
        for (at, id) in in_place(&chosen) {
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
        Some(chosen.into_iter().flatten().collect())
    }
}

/// Reads a required list of distinct ids; nothing in the place of what is no id.
fn choose<Id: TryFrom<u64> + PartialEq>(body: &mut Fields, field: &str) -> Option<Vec<Option<Id>>> {
    let listed = body.elements(field, "an integer from 1 to 9007199254740991", id_of);
    let ids = body.required(field, listed)?;
    refuse_duplicates(body, field, "", &ids);
    Some(ids)
}

/// The elements that are something, each with its place.
fn in_place<T>(elements: &[Option<T>]) -> impl Iterator<Item = (usize, &T)> {
    elements.iter().enumerate().filter_map(|(at, element)| Some((at, element.as_ref()?)))
}

fn refuse_duplicates<Id: PartialEq>(body: &mut Fields, field: &str, below: &str, ids: &[Option<Id>]) {
    for at in (0..ids.len()).filter(|at| ids[*at].is_some() && ids[..*at].contains(&ids[*at])) {
        body.fault(&format!("{field}/{at}{below}"), "duplicate", "stands in this list twice");
    }
}

/// What an operator says of a catalogue: each list as it is to be from now on, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueEdit {
    sbc_gateways: Option<Vec<SbcGateway>>,
    pbx_types: Option<Vec<PbxType>>,
}

impl CatalogueEdit {
    /// Reads `sbcGateways` and `pbxTypes`, in the form in which the lists are answered.
    pub fn read(body: &mut Fields) -> Self {
        Self { sbc_gateways: read_gateways(body), pbx_types: read_pbx_types(body) }
    }

    /// The catalogue with the lists that were said.
    #[must_use]
    pub fn apply(&self, catalogue: &Catalogue) -> Catalogue {
        Catalogue {
            sbc_gateways: self.sbc_gateways.clone().unwrap_or_else(|| catalogue.sbc_gateways.clone()),
            pbx_types: self.pbx_types.clone().unwrap_or_else(|| catalogue.pbx_types.clone()),
        }
    }
}

fn read_gateways(body: &mut Fields) -> Option<Vec<SbcGateway>> {
    let listed = body.objects("sbcGateways", |gateway| {
        let id = id(gateway, "sbcGatewayId");
        let region = name(gateway, "sbcGatewayRegion");
        Some(SbcGateway { sbc_gateway_id: id?, sbc_gateway_region: region? })
    })?;
    let gateways: Vec<Option<SbcGateway>> = listed.into_iter().map(Option::flatten).collect();
    let ids: Vec<_> = gateways.iter().map(|gateway| gateway.as_ref().map(|gateway| gateway.sbc_gateway_id)).collect();
    refuse_duplicates(body, "sbcGateways", "/sbcGatewayId", &ids);
    gateways.into_iter().collect()
}

/// `isDefault` and `isDisabled` are false where they are not said; one type at most is the default, and it is in use.
fn read_pbx_types(body: &mut Fields) -> Option<Vec<PbxType>> {
    let listed = body.objects("pbxTypes", |kind| {
        let (id, pbx_name) = (id(kind, "id"), name(kind, "pbxName"));
        let (pbx_label, hosting_type) = (name(kind, "pbxLabel"), name(kind, "hostingType"));
        let is_default = kind.boolean("isDefault").unwrap_or_default();
        let is_disabled = kind.boolean("isDisabled").unwrap_or_default();
        if is_default && is_disabled {
            kind.fault("isDisabled", "default_is_disabled", "the default PBX type cannot be disabled");
        }
        let (pbx_name, pbx_label, hosting_type) = (pbx_name?, pbx_label?, hosting_type?);
        Some(PbxType { id: id?, pbx_name, pbx_label, is_default, is_disabled, hosting_type })
    })?;
    let kinds: Vec<Option<PbxType>> = listed.into_iter().map(Option::flatten).collect();
    let ids: Vec<_> = kinds.iter().map(|kind| kind.as_ref().map(|kind| kind.id)).collect();
    refuse_duplicates(body, "pbxTypes", "/id", &ids);
    for (at, _) in in_place(&kinds).filter(|(_, kind)| kind.is_default).skip(1) {
        body.fault(
            &format!("pbxTypes/{at}/isDefault"),
            "second_default",
            "another PBX type of this list is the default",
        );
    }
    kinds.into_iter().collect()
}

fn id<Id: TryFrom<u64>>(body: &mut Fields, field: &str) -> Option<Id> {
    let number = body.whole(field);
    let number = body.required(field, number)?;
    let id = Id::try_from(number).ok();
    if id.is_none() {
        body.fault(field, "out_of_range", format!("{field} must be an integer from 1 to 9007199254740991"));
    }
    id
}

fn name(body: &mut Fields, field: &str) -> Option<String> {
    let name = body.parsed(field, "invalid_name", str::parse::<Name>);
    body.required(field, name).map(String::from)
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

    /// R156 The nearest region comes first and is recommended, unknown ones last; without a country nothing is.
    #[test]
    fn gateways_are_ordered_by_distance() {
        let region = |id: u64, region: &str| SbcGateway {
            sbc_gateway_id: id.try_into().unwrap(),
            sbc_gateway_region: region.to_owned(),
        };
        let regions = [(1, "Moon Base"), (2, "US-East"), (3, "EU-West"), (4, "eu-central-1"), (5, "Lab")];
        let catalogue =
            Catalogue { sbc_gateways: regions.map(|(id, name)| region(id, name)).to_vec(), pbx_types: Vec::new() };
        let order = |country: Option<&str>| -> Vec<(u64, bool)> {
            let choices = catalogue.gateways_for(country.map(|country| Country::parse(country).unwrap()));
            choices.iter().map(|one| (one.gateway.sbc_gateway_id.get(), one.recommended)).collect()
        };
        let germany = [(4, true), (3, false), (2, false), (1, false), (5, false)];
        assert_eq!(order(Some("Germany")), germany);
        assert_eq!(order(Some("US"))[0], (2, true));
        assert_eq!(order(None), [1, 2, 3, 4, 5].map(|id| (id, false)));
    }

    /// R158 PBX types are to be chosen only where a service needs one; the disabled ones are not among them.
    #[test]
    fn pbx_types_are_chosen_after_the_services() {
        assert!(catalogue().pbx_types_for(&[]).is_empty());
        assert!(catalogue().pbx_types_for(&[Service::Trunk, Service::Sms]).is_empty());
        for service in [Service::Pbx, Service::CallApp] {
            let choices = catalogue().pbx_types_for(&[service]);
            let ids: Vec<_> = choices.iter().map(|one| (one.pbx_type.id.get(), one.preselected)).collect();
            assert_eq!(ids, [(1234, true)]);
        }
    }

    /// R078, R167 An enterprise keeps what it has, and gets nothing else that is disabled or not listed.
    #[test]
    fn what_an_enterprise_has_it_may_keep() {
        let (gone, disabled) = (GatewayId::try_from(1).unwrap(), PbxTypeId::try_from(99).unwrap());
        let chosen = |catalogue: &Catalogue, gateway: u64| {
            let body = json!({"sbcGateways": [gateway], "pbxId": [99]});
            let mut fields = Fields::of(body.as_object().cloned().unwrap());
            catalogue.choose_gateways(&mut fields, &[]);
            catalogue.choose_pbx_types(&mut fields, &[]);
            fields.finish(Some(())).err().unwrap_or_default().len()
        };
        assert_eq!(chosen(&catalogue(), 1), 2);
        assert_eq!(chosen(&catalogue().keeping(&[gone], &[disabled]), 1), 0);
        assert_eq!(chosen(&catalogue().keeping(&[gone], &[disabled]), 2), 1);
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

    fn edited(body: Value) -> Result<Catalogue, Vec<(String, &'static str)>> {
        let mut fields = Fields::of(body.as_object().cloned().unwrap());
        let edit = CatalogueEdit::read(&mut fields);
        let told =
            |faults: Vec<crate::fields::Fault>| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect();
        fields.finish(Some(edit)).map(|edit| edit.apply(&catalogue())).map_err(told)
    }

    /// K9 A list that is said replaces the former one, and reads as it is answered; the other stays.
    #[test]
    fn a_list_is_replaced_whole() {
        let gateways = json!([{"sbcGatewayId": 7, "sbcGatewayRegion": "EU"}]);
        let changed = edited(json!({ "sbcGateways": gateways })).unwrap();
        assert_eq!(serde_json::to_value(&changed.sbc_gateways).unwrap(), gateways);
        assert_eq!(changed.pbx_types, catalogue().pbx_types);
        let types = serde_json::to_value(catalogue().pbx_types).unwrap();
        assert_eq!(edited(json!({ "pbxTypes": types })).unwrap(), catalogue());
        assert_eq!(edited(json!({"pbxTypes": []})).unwrap().pbx_types, []);
        assert_eq!(edited(json!({})).unwrap(), catalogue());
    }

    /// R076, R078 Nobody can offer two things under one id, nameless things, or a default that is not in use.
    #[test]
    fn a_list_that_contradicts_itself_is_refused() {
        let kind = |id: u64, default: bool, disabled: bool| {
            json!({"id": id, "pbxName": "P", "pbxLabel": "P", "isDefault": default, "isDisabled": disabled,
                   "hostingType": "Cloud"})
        };
        let gateway = |id: u64| json!({"sbcGatewayId": id, "sbcGatewayRegion": "EU"});
        let cases = [
            (json!({"sbcGateways": [gateway(1), gateway(1)]}), vec![("/sbcGateways/1/sbcGatewayId", "duplicate")]),
            (json!({"sbcGateways": [gateway(0)]}), vec![("/sbcGateways/0/sbcGatewayId", "out_of_range")]),
            (
                json!({"sbcGateways": [{"sbcGatewayRegion": " ", "x": 1}]}),
                vec![
                    ("/sbcGateways/0/sbcGatewayId", "required"),
                    ("/sbcGateways/0/sbcGatewayRegion", "invalid_name"),
                    ("/sbcGateways/0/x", "unknown_field"),
                ],
            ),
            (
                json!({"pbxTypes": [kind(1, false, false), kind(1, false, false)]}),
                vec![("/pbxTypes/1/id", "duplicate")],
            ),
            (
                json!({"pbxTypes": [kind(1, true, false), kind(2, true, false)]}),
                vec![("/pbxTypes/1/isDefault", "second_default")],
            ),
            (json!({"pbxTypes": [kind(1, true, true)]}), vec![("/pbxTypes/0/isDisabled", "default_is_disabled")]),
        ];
        for (body, expected) in cases {
            let expected: Vec<(String, &str)> = expected.into_iter().map(|(at, code)| (at.to_owned(), code)).collect();
            assert_eq!(edited(body).unwrap_err(), expected);
        }
    }
}
