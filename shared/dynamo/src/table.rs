//! The one table: keys, indexes, access patterns and what they cost.
//!
//! # Items
//!
//! | item | `PK` | `SK` | index |
//! |---|---|---|---|
//! | service provider | `reseller#{id}` | `reseller` | owner |
//! | its gateways and PBX types | `reseller#{id}` | `catalogue` | |
//! | API key of a provider | `reseller#{id}` | `key#{keyId}` | |
//! | access token of a provider, or of one of its enterprises | `reseller#{id}` | `token#{keyId}.{number}` | |
//! | API key of the operator | `operator` | `key#{keyId}` | |
//! | a name in use | `reseller#{id}` | `name#{SHA-256 of the folded name}` | |
//! | a URL that answered 410 | `reseller#{id}` | `endpoint#{SHA-256 of the URL}` | |
//! | enterprise, with its actions | `enterprise#{id}` | `enterprise` | owner; due once something is granted |
//! | users of an enterprise, how many they are and may be | `enterprise#{id}` | `users` | |
//! | user of an enterprise | `enterprise#{id}` | `user#{SHA-256 of the id}` | |
//! | roles that an enterprise waits for | `enterprise#{id}` | `roles` | due |
//! | tenant guard | `tenant#{tid}` | `guard` | |
//! | consent request | `request#{id}` | `request` | due while leased, verifying or awaiting a grant, and when a link ends by which nobody came back |
//! | connection to Partner Center | `connection#{id}` | `connection` | owner; due while leased, and for its next look |
//! | start link | `start#{SHA-256}` | `start` | |
//! | token handle | `handle#{SHA-256}` | `handle` | |
//! | delivery (outbox) | `deliveries#{resellerId}` | `{deliveryId}` | due while pending |
//! | mail (outbox) | `mail#{id}` | `mail` | due while pending |
//! | invitation | `invitation#{id}` | `invitation` | due while pending; owner |
//! | wrong codes of a network | `wrong#{SHA-256}` | `network` | |
//! | wrong codes for an invitation | `wrong#{invitationId}` | `wrong` | |
//! | activation link of a provider | `activation#{SHA-256}` | `activation` | |
//! | what stands under an idempotency key | `idempotency#{resellerId or operator}#{SHA-256 of the key}` | `idempotency` | |
//! | permits leased by a key | `rate#{keyId}` | `{begin of the window}` | |
//! | audit row | `audit#{resellerId or operator}` | `{auditId}` | due until sealed; owner, if about an enterprise |
//! | segment of audit rows | `segments#{resellerId or operator}` | `{number}` | |
//!
//! Actions live on their enterprise: one read tells all of it, and their states are moved by conditions on the
//! action's own attributes, so two actions never overwrite each other.
//!
//! # Indexes
//!
//! - `due` (sparse, keys only): `DPK` = `due#{kind}#{shard}`, `DSK` = instant. What must happen at a time, oldest first.
//!   Invitations have eight shards, audit rows four, everything else one.
//! - `owner`: `OPK` = `reseller#{id}`, `OSK` = `enterprise#{created}#{id}`. Lists. The providers:
//!   `OPK` = `resellers`, `OSK` = `reseller#{created}#{id}`. Connections: `OPK` = `reseller#{id}`, `OSK` = `connection#{id}`.
//!   An enterprise's audit rows: `OPK` = `audit#{resellerId}#{enterpriseId}`, `OSK` = `{auditId}`. Its invitations:
//!   `OPK` = `invitations#{enterpriseId}`, `OSK` = `{invitationId}`.
//!
//! # Access patterns
//!
//! Units for items up to 1 KB: strongly consistent reads cost 1, transactional writes 2, and each index that an item
//! appears in 1 more: an audit row costs 4 if it is about an enterprise, else 3. `tests/it/src/meter.rs` measures them.
//!
//! | call | pattern | read | write |
//! |---|---|---|---|
//! | any API call | BatchGetItem: key or token, provider, object | 2 to 3 | |
//! | every twentieth API call of a key and instance | besides, UpdateItem: permits | | 1 |
//! | `POST /v1/resellers` | TransactWriteItems: provider, catalogue, audit | 1 | 8 |
//! | the same, with a `contactEmail` | in the transaction also link and mail; due index | 1 | 13 |
//! | `GET /v1/resellers` | BatchGetItem: key; Query of the owner index, for each provider of 1 KB 0.125 | 1 + 6.5 | |
//! | `GET /v1/resellers/{id}` | BatchGetItem: key, provider, catalogue; while it waits, GetItem: mail | 3 (4) | |
//! | `POST /v1/resellers/{id}/activation-mail` | BatchGetItem; TransactWriteItems: provider, link, mail, audit; due index | 3 | 11 |
//! | `GET /activate/{handle}` | GetItem: link; GetItem: provider | 2 | |
//! | `POST /activate/{handle}` | the same; TransactWriteItems: provider, audit | 2 | 6 |
//! | `PATCH /v1/resellers/{id}` | BatchGetItem; TransactWriteItems: provider, catalogue if it differs, audit | 3 | 8 |
//! | `POST /v1/resellers/{id}/keys` | GetItem: provider; Query: its keys; TransactWriteItems: key, provider, audit | 3 | 8 |
//! | `GET /v1/resellers/{id}/keys` | BatchGetItem; Query: its keys | 4 | |
//! | `DELETE …/keys/{keyId}` | GetItem: provider; TransactWriteItems: key, provider, audit | 2 | 8 |
//! | `POST /oauth/token` | BatchGetItem: key, provider; TransactWriteItems: check key, token, audit | 2 | 7 |
//! | `POST /v1/enterprises/{id}/token` | BatchGetItem; TransactWriteItems: check key, check enterprise, token, audit | 3 | 10 |
//! | `POST /v1/resellers/{id}/webhook-secret` | TransactWriteItems: provider, audit; PutItem: audit | 1 | 8 |
//! | `POST /v1/enterprises` | TransactWriteItems: enterprise, name, audit; owner index | 3 | 9 |
//! | the same with an `enterpriseAdminEmail` | in the transaction also invitation, link, mail, reminder, audit; four indexes more; events apart | 3 | 25 |
//! | `POST …/invitations` | BatchGetItem; TransactWriteItems: enterprise, invitation, link, mail, reminder, audit, and the invitation whose place it takes, with 2 more | 3 | 19 |
//! | `GET …/invitations` | BatchGetItem; Query of the owner index, for each of 1 KB 0.125; BatchGetItem: their mails | 3 + 6.5 + 50 | |
//! | `POST …/resend`, of an invitation | BatchGetItem; GetItem: enterprise; TransactWriteItems: as for a new one | 4 | 20 |
//! | `POST …/revoke`, of an invitation | BatchGetItem; GetItem: enterprise; TransactWriteItems: invitation, enterprise, audit; GetItem | 5 | 13 |
//! | `POST …/action-url` | TransactWriteItems: request, action, audit; due index; by name two GetItem more | 3 (5) | 10 |
//! | a route that creates, with an `Idempotency-Key` | one more item in the read and in the transaction; a repeat is the read alone | 1 | 2 |
//! | `PATCH /v1/enterprises/{id}` | BatchGetItem with the catalogue; TransactWriteItems: enterprise, audit; owner index; a rename: two names | 4 | 7 (11) |
//! | the same with another `userLimit` | one more item in the transaction: the count of users | 4 | 9 |
//! | `PUT`, `DELETE …/users/{userId}` | BatchGetItem; TransactWriteItems: user, count, check enterprise, audit; above the limit one GetItem more | 3 (4) | 10 |
//! | `POST …/actions/{actionType}/reset` | BatchGetItem; TransactWriteItems: action, check request, audit; a repeat is the read alone | 3 | 9 |
//! | `GET /v1/enterprises`, `GET /v1/action-items` | BatchGetItem; Query of the owner index, for each enterprise of 1 KB 0.125 | 2 + 6.5 | |
//! | `POST …/links` | BatchGetItem; TransactWriteItems: start link, check enterprise, audit | 3 | 6 |
//! | `GET /start/{handle}` | GetItem: start link; BatchGetItem: enterprise, provider | 3 | |
//! | `POST /start/{handle}` | the same; BatchGetItem: requests; TransactWriteItems: a request for each action, actions, audit; due index | 4 | 8 |
//! | the page of an invitation | GetItem: start link; BatchGetItem: enterprise, provider, invitation, wrong codes | 5 | |
//! | its code, besides | UpdateItem: invitation; owner index; of a wrong one UpdateItem: network, invitation | | 2 |
//! | an invitation is accepted, besides what makes its enterprise ready | in the same transaction: invitation, event, audit | | 11 |
//! | callback: lease | UpdateItem, due index; beside it BatchGetItem: enterprise, provider | 2 | 3 |
//! | callback: redeemed | TransactWriteItems: request, action, audit | | 11 |
//! | callback: unpinned link | GetItem: enterprise | 1 | |
//! | callback: granted | TransactWriteItems: request, action (from the first on in the due index), provider, guard, delivery, 2 handles, audit | | 24 |
//! | admin consent: came back | BatchGetItem: request, enterprise, provider; TransactWriteItems: request, action, audit; due index | 3 | 11 |
//! | admin consent: granted | TransactWriteItems: request, action (as above), provider, guard, delivery, audit | | 20 |
//! | admin consent: each action granted along | GetItem: its own request; TransactWriteItems: request, action, provider, guard, delivery, audit | 1 | 19 |
//! | any reading of Graph: each consent that is gone | GetItem: the request that granted it; TransactWriteItems: action, delivery of 2 KB, start link, audit | 1 | 14 |
//! | any reading of Graph: each consent that is back | GetItem: the same; TransactWriteItems: action, provider, guard, delivery, audit | 1 | 14 |
//! | drift watch, per enterprise, at least twice a day | UpdateItem to wake; GetItem: enterprise, provider; UpdateItem: when again; due and owner index | 2 | 8 |
//! | the last step to be ready (a grant, a confirmation, an edit, to go on), besides | in the same transaction: delivery of `enterprise.ready` | | 3 |
//! | `GET …/readiness` | BatchGetItem | 3 | |
//! | `POST /v1/provisioning/tenant-admin-api` | BatchGetItem; GetItem: handle, and enterprise if the handle names it; PutItem: audit, if something was made | 4 | 2 |
//! | `POST /v1/provisioning/management-consent` | BatchGetItem; GetItem: handle, enterprise, and the sign-in's request; BatchGetItem: enterprise, provider, before and after; TransactWriteItems: request, action, provider, guard, audit; and as of a callback: granted | 9 | 40 |
//! | roles that are waited for, each look | UpdateItem to wake; GetItem: row; BatchGetItem: enterprise, provider; TransactWriteItems: when again; due index | 3 | 7 |
//! | `GET /v1/provisioning/o365-user-info` | BatchGetItem; with a token of an enterprise GetItem: enterprise | 3 | |
//! | `POST /v1/partner-center/connections` | BatchGetItem; TransactWriteItems: connection, audit; owner index | 2 | 6 |
//! | `GET /v1/partner-center/connections` | BatchGetItem; Query of the owner index, for each connection of 1 KB 0.125 | 2 + 6.5 | |
//! | `GET /v1/partner-center/connections/{connectionId}` | BatchGetItem | 3 | |
//! | a link of a connection's step | BatchGetItem; PutItem: audit | 3 | 2 |
//! | a step of a connection | GetItem: connection, provider, and connection once more; TransactWriteItems: connection, to lease; TransactWriteItems: connection, audit | 3 | 10 |
//! | a look at a connection | GetItem: connection, provider; TransactWriteItems: connection, to lease; TransactWriteItems: connection, audit, what is told; due and owner index | 2 | 12 |
//! | `GET /v1/webhooks/deliveries` | BatchGetItem; Query of the provider's deliveries, newest first, for each of 2 KB 0.5 | 2 + 25.5 | |
//! | `POST /v1/webhooks/deliveries/{deliveryId}/redeliver` | BatchGetItem; GetItem: delivery; TransactWriteItems: delivery of 2 KB, audit; due index | 3 | 8 |
//! | `POST /v1/webhooks/test` | BatchGetItem; TransactWriteItems: delivery, audit; due index | 2 | 6 |
//! | `GET /outcome/{handle}` | BatchGetItem: request, enterprise, provider | 3 | |
//! | refusal | BatchGetItem: request, enterprise, provider; TransactWriteItems: request, action, delivery, audit; due index | 3 | 11 |
//! | a link has ended by which nobody came back | UpdateItem to wake; GetItem: request, enterprise; TransactWriteItems: request, action, delivery, audit; due index | 2 | 14 |
//! | delivery | UpdateItem to claim, BatchGetItem provider and endpoint, UpdateItem to finish | 2 | 4 |
//! | mail | UpdateItem to claim, UpdateItem to finish; due index | | 4 |
//! | a reminder that is due | UpdateItem to wake, to claim, to finish; GetItem: invitation; BatchGetItem: enterprise, provider, mail; due index | 4 | 6 |
//! | a mail that nobody gets, besides | GetItem: invitation, provider; in one transaction mail, event, audit | 2 | 9 |
//! | sweep, per shard | Query of the due index | 0.5 | |
//! | `GET /v1/audit` | BatchGetItem, for the operator with the provider; Query of the trail, or of the owner index for an enterprise; BatchGetItem: segments | 2 + 12.5 + 2.5 a segment | |
//! | sweep, per invitation that expired | BatchGetItem: rows, providers; TransactWriteItems: invitation, event, audit; due and owner index | 1 | 11 |
//! | sweep, per due row | UpdateItem; due index | | 3 |
//! | sweep, per audit row | BatchGetItem: rows; Query: last segment; TransactWriteItems: segment, rows; due and owner index | 1 | 4 |
//! | sweep, per segment | of 1 to 90 rows, 130 bytes each | 0.5 to 3 | 2 to 24 |
//!
//! DynamoDB's TTL (`ttl`, seconds) only tidies up; whatever ends is compared with now when it is used.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata as _};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};

use crate::key::Key;
use crate::value::Item;
use crate::{Store, StoreError};

/// The due index.
pub const DUE_INDEX: &str = "due";
/// The owner index.
pub const OWNER_INDEX: &str = "owner";
/// The attributes of the table's key: partition and sort.
pub const KEY: (&str, &str) = ("PK", "SK");
/// The attribute by which DynamoDB tidies up.
pub const TTL: &str = "ttl";
/// Every index: its name, its key, and whether it holds whole rows or keys alone.
pub const INDEXES: [(&str, (&str, &str), bool); 2] =
    [(DUE_INDEX, ("DPK", "DSK"), false), (OWNER_INDEX, ("OPK", "OSK"), true)];

impl Store {
    /// Makes the table if there is none.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        let definition = definition(&self.client, &self.table).map_err(StoreError::malformed)?;
        match definition.send().await {
            Err(error) if error.code() != Some("ResourceInUseException") => Err(StoreError::unavailable(&error)),
            _ => self.wait_until_active().await,
        }
    }

    async fn wait_until_active(&self) -> Result<(), StoreError> {
        for _ in 0..600 {
            let table = self.client.describe_table().table_name(&self.table).send().await;
            let table = table.map_err(|error| StoreError::unavailable(&error))?.table;
            let status = table.and_then(|table| table.table_status);
            if status == Some(aws_sdk_dynamodb::types::TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err(StoreError::Unavailable("the table did not become active within a minute".to_owned()))
    }

    /// The ARN of the table's stream, which carries inserts and wakes to their functions.
    pub async fn stream_arn(&self) -> Result<Option<String>, StoreError> {
        let table = self.client.describe_table().table_name(&self.table).send().await;
        Ok(table.map_err(|error| StoreError::unavailable(&error))?.table.and_then(|table| table.latest_stream_arn))
    }

    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let read = self.client.get_item().table_name(&self.table).set_key(Some(key.into_item()));
        Ok(read.consistent_read(true).send().await.map_err(|error| StoreError::unavailable(&error))?.item)
    }
}

fn definition(client: &Client, table: &str) -> Result<CreateTableFluentBuilder, BuildError> {
    let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    let keys = std::iter::once(KEY).chain(INDEXES.map(|(_, key, _)| key));
    for name in keys.flat_map(|(partition, sort)| [partition, sort]) {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        create = create.attribute_definitions(attribute.build()?);
    }
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    for (name, key, whole) in INDEXES {
        let projection = if whole { ProjectionType::All } else { ProjectionType::KeysOnly };
        create = create.global_secondary_indexes(index(name, schema(key)?, projection)?);
    }
    Ok(create.set_key_schema(Some(schema(KEY)?)).stream_specification(stream.build()?))
}

fn schema((hash, range): (&str, &str)) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![element(hash, KeyType::Hash)?, element(range, KeyType::Range)?])
}

fn index(
    name: &str,
    schema: Vec<KeySchemaElement>,
    projection: ProjectionType,
) -> Result<GlobalSecondaryIndex, BuildError> {
    let projection = Projection::builder().projection_type(projection).build();
    GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(schema)).projection(projection).build()
}
