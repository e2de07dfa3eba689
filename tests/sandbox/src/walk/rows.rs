//! What the table has of one enterprise, read from DynamoDB itself; what is sealed in it is shown as sealed.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use onboarding_core::id::EnterpriseId;
use serde_json::{Map, Value};

use crate::outside::{DynamoDb, TABLE};

/// How many pages of 1 MB are looked through; a sandbox seldom fills the first.
const MOST_PAGES: usize = 8;

/// The table, for reading.
pub(crate) struct Table(Client);

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) kind: RowKind,
    pub(crate) pk: String,
    pub(crate) sk: String,
    /// Everything but the key, as indented JSON.
    pub(crate) text: String,
}

/// What a row is, in the order in which rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowKind {
    Enterprise,
    Name,
    Request,
    Guard,
    Handle,
    Delivery,
    Audit,
    Other,
}

impl Table {
    pub(crate) fn new(dynamodb: &DynamoDb) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(&dynamodb.sdk).endpoint_url(&dynamodb.endpoint);
        Self(Client::from_conf(config.build()))
    }

    /// The rows of `enterprise`, or why they cannot be read. A scan: the product itself never needs all of them.
    pub(crate) async fn rows_of(&self, enterprise: EnterpriseId) -> Result<Vec<Row>, String> {
        let own_key = format!("enterprise#{enterprise}");
        let scan = || {
            let scan = self.0.scan().table_name(TABLE).consistent_read(true);
            let scan = scan.filter_expression("enterprise = :id OR PK = :key OR begins_with(PK, :guards)");
            scan.expression_attribute_values(":id", AttributeValue::N(enterprise.to_string()))
                .expression_attribute_values(":key", AttributeValue::S(own_key.clone()))
                .expression_attribute_values(":guards", AttributeValue::S("tenant#".to_owned()))
        };
        let mut found: Vec<Map<String, Value>> = Vec::new();
        let mut start = None;
        for _ in 0..MOST_PAGES {
            let page = scan().set_exclusive_start_key(start.take()).send().await;
            let page = page.map_err(|fault| DisplayErrorContext(&fault).to_string())?;
            let items = page.items.unwrap_or_default().into_iter();
            found.extend(items.filter_map(|item| serde_dynamo::from_item(item).ok()));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(related(found, &own_key))
    }
}

/// The rows to show: guards of other tenants are none of this enterprise's.
fn related(found: Vec<Map<String, Value>>, own_key: &str) -> Vec<Row> {
    let own = found.iter().find(|row| row.get("PK").is_some_and(|pk| pk == own_key));
    let guard = own.and_then(|own| Some(format!("tenant#{}", own.get("tenant")?.as_str()?)));
    let mut rows: Vec<Row> = found.into_iter().filter_map(Row::of).collect();
    rows.retain(|row| row.kind != RowKind::Guard || guard.as_ref() == Some(&row.pk));
    rows.sort_by(|one, other| (one.kind, &one.pk, &one.sk).cmp(&(other.kind, &other.pk, &other.sk)));
    rows
}

impl Row {
    fn of(mut attributes: Map<String, Value>) -> Option<Self> {
        let mut key = |name: &str| Some(attributes.remove(name)?.as_str()?.to_owned());
        let (pk, sk) = (key("PK")?, key("SK")?);
        let mut attributes = Value::Object(attributes);
        hide_sealed(&mut attributes);
        Some(Self { kind: RowKind::of(&pk, &sk), pk, sk, text: format!("{attributes:#}") })
    }

    /// Its key in one word.
    pub(crate) fn key(&self) -> String {
        format!("{} / {}", self.pk, self.sk)
    }
}

/// What is sealed is of no use to a reader but by its length.
fn hide_sealed(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let Value::String(text) = field
                    && name.starts_with("sealed")
                {
                    *text = format!("‹sealed, {} characters›", text.len());
                } else {
                    hide_sealed(field);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(hide_sealed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl RowKind {
    fn of(pk: &str, sk: &str) -> Self {
        match pk.split_once('#').map_or(pk, |(kind, _)| kind) {
            "enterprise" => Self::Enterprise,
            "reseller" if sk.starts_with("name#") => Self::Name,
            "request" => Self::Request,
            "tenant" => Self::Guard,
            "handle" => Self::Handle,
            "deliveries" => Self::Delivery,
            "audit" => Self::Audit,
            _ => Self::Other,
        }
    }

    /// What it is for.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Enterprise => "Enterprise, with its actions",
            Self::Name => "Name in use",
            Self::Request => "Consent request",
            Self::Guard => "Tenant guard",
            Self::Handle => "Token handle",
            Self::Delivery => "Delivery",
            Self::Audit => "Audit row",
            Self::Other => "Row",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(rows: Value) -> Vec<Map<String, Value>> {
        serde_json::from_value(rows).unwrap()
    }

    /// P10 Not even the ciphertext of a token leaves the table by the page.
    #[test]
    fn what_is_sealed_is_told_by_its_length() {
        let rows = found(json!([{"PK": "request#r", "SK": "request", "stage": {
            "name": "verifying", "token": {"sealed": "c2VhbGVk", "expiresAt": 1}, "others": [{"sealedBody": "c2Vh"}]}}]));
        let rows = related(rows, "enterprise#1");
        assert!(rows[0].text.contains("‹sealed, 8 characters›") && rows[0].text.contains("‹sealed, 4 characters›"));
        assert!(!rows[0].text.contains("c2Vh"), "{}", rows[0].text);
    }

    #[test]
    fn of_the_guards_only_that_of_the_own_tenant_is_shown() {
        let rows = related(
            found(json!([
                {"PK": "tenant#b", "SK": "guard"}, {"PK": "tenant#a", "SK": "guard"},
                {"PK": "audit#54", "SK": "aud_1", "enterprise": 1},
                {"PK": "enterprise#1", "SK": "enterprise", "tenant": "a"}
            ])),
            "enterprise#1",
        );
        let keys: Vec<_> = rows.iter().map(|row| row.pk.as_str()).collect();
        assert_eq!(keys, ["enterprise#1", "tenant#a", "audit#54"]);
    }
}
