//! What the table and the secret store hold: one provider, one enterprise, one link, with keys made for this run.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::str::FromStr;

use onboarding_core::action::ActionType;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::consent::{ConsentRequest, LINK_LIFETIME, NewRequest};
use onboarding_core::credential::{ApiKey, Environment, KeyOwner};
use onboarding_core::enterprise::{Enterprise, Profile};
use onboarding_core::id::{ConsentRequestId, ResellerId};
use onboarding_core::outcome_link::OutcomeLink;
use onboarding_core::random::{Random, SystemRandomness};
use onboarding_core::reseller::{Reseller, ResellerStatus, TokenMode};
use onboarding_core::seal::SealingKeys;
use onboarding_core::secret::hex;
use onboarding_core::time::{Clock as _, SystemClock, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::Error;

/// The table's name.
pub(crate) const TABLE: &str = "bench";
/// What the names of secrets begin with.
pub(crate) const SECRETS_PREFIX: &str = "bench";

pub(crate) const RESELLER: u64 = 54;
pub(crate) const ENTERPRISE: u64 = 481_516_234;
/// Nobody is sent anything: no request of the bench makes an outcome.
const HOOK_HOST: &str = "hooks.example.com";

/// The outside of the functions, as data.
pub(crate) struct World {
    pub(crate) reseller_key: ApiKey,
    pub(crate) operator_key: ApiKey,
    pub(crate) outcome_handle: String,
    rows: HashMap<(String, String), Value>,
    secrets: HashMap<String, String>,
}

impl World {
    /// A new one: keys, ids and secrets are good for this run alone.
    pub(crate) fn new() -> Result<Self, Error> {
        let (random, now): (&dyn Random, _) = (&SystemRandomness::new(), SystemClock.now());
        let reseller_id: ResellerId = number(RESELLER)?;
        let key = |owner| ApiKey::new(Environment::Live, owner, random);
        let (reseller_key, operator_key) = (key(KeyOwner::Reseller(reseller_id)), key(KeyOwner::Operator));
        let reseller = reseller(reseller_id, now)?;
        let enterprise = Enterprise::create(number(ENTERPRISE)?, reseller_id, profile()?, now);
        let request = request(&enterprise, random, now)?;
        let sealing_keys = SealingKeys::generate(random);
        let ring = SealingKeys::from_json(&sealing_keys).map_err(|fault| Error::World(fault.to_string()))?;
        let outcome_handle = OutcomeLink::new(&request, None, now).seal(&ring, (now, random));

        let provider = format!("reseller#{RESELLER}");
        let mut rows = Rows::default();
        rows.put(&provider, "reseller", &reseller)?;
        rows.put(&provider, "catalogue", &catalogue()?)?;
        rows.put(&provider, &format!("key#{}", reseller_key.id()), &reseller_key.record(now))?;
        rows.put("operator", &format!("key#{}", operator_key.id()), &operator_key.record(now))?;
        rows.put(&format!("enterprise#{ENTERPRISE}"), "enterprise", &enterprise)?;
        rows.put(&format!("request#{}", request.id), "request", &request)?;
        let name = |name: &str| format!("{SECRETS_PREFIX}/{name}");
        let client_secret = hex(&random.bytes::<32>());
        let secrets = HashMap::from([(name("sealing-keys"), sealing_keys), (name("client-secret"), client_secret)]);
        Ok(Self { reseller_key, operator_key, outcome_handle, rows: rows.0, secrets })
    }

    /// The row with these keys, in DynamoDB's JSON.
    pub(crate) fn row(&self, pk: &str, sk: &str) -> Option<&Value> {
        self.rows.get(&(pk.to_owned(), sk.to_owned()))
    }

    /// The value of a secret.
    pub(crate) fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.get(name).map(String::as_str)
    }
}

/// Where the enterprise is read.
pub(crate) fn enterprise_path() -> String {
    format!("/v1/enterprises/{ENTERPRISE}")
}

/// Where an enterprise that the table does not hold is asked for.
pub(crate) fn user_info_of_nobody() -> String {
    format!("/v1/provisioning/o365-user-info?enterpriseId={}", ENTERPRISE + 1)
}

/// A link for an enterprise that the table does not hold.
pub(crate) fn link_to_nobody() -> Value {
    json!({
        "actionType": ActionType::Registration,
        "enterpriseId": ENTERPRISE + 1,
        "redirectUrl": format!("https://{HOOK_HOST}/onboarding"),
    })
}

#[derive(Default)]
struct Rows(HashMap<(String, String), Value>);

impl Rows {
    fn put<T: Serialize>(&mut self, pk: &str, sk: &str, entity: &T) -> Result<(), Error> {
        self.0.insert((pk.to_owned(), sk.to_owned()), row(pk, sk, entity)?);
        Ok(())
    }
}

/// The row of `entity` with these keys, in DynamoDB's JSON.
pub(crate) fn row<T: Serialize>(pk: &str, sk: &str, entity: &T) -> Result<Value, Error> {
    let mut fields = serde_json::to_value(entity).map_err(made::<T>)?;
    (fields["PK"], fields["SK"]) = (json!(pk), json!(sk));
    Ok(attribute(fields)["M"].take())
}

/// A value as DynamoDB writes it: under the name of its type.
fn attribute(value: Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(yes) => json!({ "BOOL": yes }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(list) => json!({ "L": list.into_iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(map) => {
            let map: Map<_, _> = map.into_iter().map(|(name, value)| (name, attribute(value))).collect();
            json!({ "M": map })
        }
    }
}

pub(crate) fn reseller(id: ResellerId, now: Timestamp) -> Result<Reseller, Error> {
    let (name, host) = (parsed("Acme Voice")?, parsed(HOOK_HOST)?);
    let status = ResellerStatus::Active;
    Ok(Reseller {
        id,
        name,
        redirect_hosts: vec![host],
        events_url: None,
        status,
        token_mode: TokenMode::Handles,
        activation: None,
        created_at: now,
        webhook_keys_changed_at: None,
        revoked_keys: BTreeMap::new(),
        revision: 0,
    })
}

fn catalogue() -> Result<Catalogue, Error> {
    read(json!({
        "sbcGateways": [
            {"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"},
            {"sbcGatewayId": 5679, "sbcGatewayRegion": "EU-West"},
        ],
        "pbxTypes": [
            {"id": 1234, "pbxName": "AcmePBX", "pbxLabel": "Acme Cloud PBX", "isDefault": true, "isDisabled": false,
             "hostingType": "Cloud"},
        ],
    }))
}

pub(crate) fn profile() -> Result<Profile, Error> {
    read(json!({
        "enterpriseName": "Contoso", "pbxId": [1234], "sbcGateways": [5678], "services": ["PBX", "SMS"],
        "billingReferences": ["PO-1", "PO-2"], "canAddExtensions": true, "countryName": "United States",
        "registeredBy": "bench", "userLimit": 250,
    }))
}

fn request(enterprise: &Enterprise, random: &dyn Random, now: Timestamp) -> Result<ConsentRequest, Error> {
    let new = NewRequest {
        enterprise: enterprise.id,
        reseller: enterprise.reseller,
        action: ActionType::Registration,
        together: vec![],
        part: Vec::new(),
        without: Vec::new(),
        redirect_url: Some(read(json!(format!("https://{HOOK_HOST}/onboarding")))?),
        pin: None,
        asked_again: false,
        resets: 0,
        language: None,
    };
    Ok(ConsentRequest::new(ConsentRequestId::new(now, random), new, now, now.plus(LINK_LIFETIME)))
}

pub(crate) fn number<T: TryFrom<u64>>(number: u64) -> Result<T, Error> {
    T::try_from(number).map_err(|_| made::<T>("the number is out of range"))
}

pub(crate) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(made::<T>)
}

pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(made::<T>)
}

pub(crate) fn made<T>(fault: impl Display) -> Error {
    Error::World(format!("{}: {fault}", std::any::type_name::<T>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_written_as_dynamodb_writes_it() {
        let world = World::new().unwrap();
        let row = world.row("enterprise#481516234", "enterprise").unwrap();
        assert_eq!(row["PK"]["S"], "enterprise#481516234");
        assert_eq!(row["reseller"]["N"], "54");
        assert_eq!(row["profile"]["M"]["services"]["L"][0]["S"], "PBX");
        assert_eq!(row["profile"]["M"]["canAddExtensions"]["BOOL"], true);
        assert!(world.row("enterprise#481516234", "other").is_none());
    }

    #[test]
    fn keys_are_made_for_one_run() {
        let (one, other) = (World::new().unwrap(), World::new().unwrap());
        assert_ne!(one.reseller_key.expose(), other.reseller_key.expose());
        assert_ne!(one.secret("bench/client-secret"), other.secret("bench/client-secret"));
    }
}
