//! Schemas of the types that are texts or numbers with a rule, for the OpenAPI document.
//!
//! A schema says as much of the rule as JSON Schema can. What it cannot say (that a country exists, that a number is in
//! the caller's list) is in the description, and told by the answer 422.

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::action::{ActionStatus, ActionType};
use crate::connection::ConnectionStatus;
use crate::country::Country;
use crate::credential::KeyId;
use crate::delivery::DeliveryStatus;
use crate::enterprise::{EnterpriseStatus, ExpectedTenant};
use crate::id::{
    ApplicationId, ConnectionId, DeliveryId, EnterpriseId, GatewayId, InvitationId, MAX_SAFE_INTEGER, PbxTypeId,
    ReferenceId, ResellerId, TenantId,
};
use crate::invitation::InvitationStatus;
use crate::language::Language;
use crate::redirect_url::{MAX_HOST_LENGTH, MAX_URL_LENGTH, RedirectHost, RedirectUrl};
use crate::scope::Scope;
use crate::service::Service;
use crate::task::Task;
use crate::text::{Domain, EmailAddress, INVISIBLE, MAX_NAME_LENGTH, Name};

const GUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const DOMAIN: &str = "^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$";
const DOMAIN_OR_GUID: &str = "^([0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+\
     [A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)$";

macro_rules! schemas {
    ($($of:ident => $schema:expr),+ $(,)?) => {
        $(
            impl PartialSchema for $of {
                fn schema() -> RefOr<Schema> {
                    $schema.build().into()
                }
            }

            impl ToSchema for $of {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($of))
                }
            }
        )+
    };
}

schemas! {
    EnterpriseId => number("The number of an enterprise.", 481_516_234),
    ResellerId => number("The number of a service provider.", 54),
    GatewayId => number("The number of an SBC gateway; `GET /v1/sbc-gateways` lists yours.", 5678),
    PbxTypeId => number("The number of a PBX type; `GET /v1/pbx-types` lists yours.", 1234),
    TenantId => text("A Microsoft Entra tenant.").pattern(Some(GUID)).examples(["c0a70500-1111-4a4a-8b8b-0000000c0001"]),
    ReferenceId => text("The reference of one request; the same as in the header `X-Request-Id`.")
        .pattern(Some("^req_[0-9a-hjkmnp-tv-z]{26}$")),
    InvitationId => text("An invitation; it stays the same over all its mails.")
        .pattern(Some("^inv_[0-9a-hjkmnp-tv-z]{26}$"))
        .examples(["inv_01hzy0000000000000000000zz"]),
    DeliveryId => text("A delivery: the `webhook-id` of all its attempts.")
        .pattern(Some("^msg_[0-9a-hjkmnp-tv-z]{26}$"))
        .examples(["msg_01hzy0000000000000000000zz"]),
    ConnectionId => text("A connection to Partner Center.")
        .pattern(Some("^con_[0-9a-hjkmnp-tv-z]{26}$"))
        .examples(["con_01hzy0000000000000000000zz"]),
    Name => text("A name for people to read: NFC, without control, bidirectional or zero-width characters.")
        .min_length(Some(1))
        .max_length(Some(MAX_NAME_LENGTH))
        .pattern(Some(name_pattern()))
        .examples(["Contoso Ltd"]),
    Domain => text("A domain of at least two labels.").max_length(Some(253)).pattern(Some(DOMAIN)).examples(["contoso.com"]),
    EmailAddress => text("One mail address.")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .examples(["admin@contoso.com"]),
    Country => text("A country: its ISO 3166-1 alpha-2 or alpha-3 code, or its English name.").examples(["US", "Germany"]),
    ExpectedTenant => text("The tenant that links must end in: its id, or a domain that it has verified.")
        .max_length(Some(253))
        .pattern(Some(DOMAIN_OR_GUID))
        .examples(["contoso.com", "c0a70500-1111-4a4a-8b8b-0000000c0001"]),
    RedirectHost => text("A host name, without scheme, port or path. It does not stand for its subdomains.")
        .max_length(Some(MAX_HOST_LENGTH))
        .pattern(Some(DOMAIN))
        .examples(["hooks.example.com"]),
    RedirectUrl => text("Where outcomes are posted: https, port 443, a host on the provider's list.")
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .max_length(Some(MAX_URL_LENGTH))
        .examples(["https://hooks.example.com/onboarding"]),
    KeyId => text("The public part of an API key.").pattern(Some("^[1-9][0-9]*-[0-9a-hjkmnp-tv-z]+$")).examples(["54-7q2m0k3x"]),
    Scope => words("One thing that a credential may do.", Scope::all().map(Scope::as_str)),
    ApplicationId => text("An application in Microsoft Entra.").pattern(Some(GUID)),
    Task => words("A task in an enterprise.", Task::WORDS.iter().copied()),
    Service => words("A service of an enterprise. Read in any case, answered in this one.", Service::all().map(Service::spelling)),
    ActionType => words("A kind of action, under its ConnectToTeams name.", ActionType::all().map(ActionType::name)),
    ActionStatus => words("How far an action is.", ActionStatus::WORDS.iter().copied()),
    EnterpriseStatus => words("How far an enterprise is.", EnterpriseStatus::WORDS.iter().copied()),
    ConnectionStatus => words("How far a connection is.", ConnectionStatus::WORDS.iter().copied()),
    InvitationStatus => words("How far an invitation is.", InvitationStatus::WORDS.iter().copied()),
    Language => words("A language of pages and mails (BCP 47).", Language::WORDS.iter().copied()),
    DeliveryStatus => words("How far a delivery is.", DeliveryStatus::WORDS.iter().copied()),
}

/// Not blank, and without the characters that [`Name`] refuses. Those above U+FFFF stand for themselves: how to escape
/// them differs from one reader of patterns to another.
fn name_pattern() -> String {
    let written = |character: char| {
        let code = u32::from(character);
        if code > 0xffff { character.to_string() } else { format!("\\u{code:04x}") }
    };
    let invisible = INVISIBLE
        .iter()
        .map(|(from, to)| if from == to { written(*from) } else { format!("{}-{}", written(*from), written(*to)) });
    format!("^(?=.*[^\\s\\u2800])[^{}]*$", invisible.collect::<String>())
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

fn words(description: &str, words: impl Iterator<Item = &'static str>) -> ObjectBuilder {
    text(description).enum_values(Some(words))
}

fn number(description: &str, example: u64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1_u64))
        .maximum(Some(usize::try_from(MAX_SAFE_INTEGER).unwrap_or(usize::MAX)))
        .description(Some(description))
        .examples([json!(example)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_schema_shows_as_an_example_is_accepted() {
        assert!("481516234".parse::<EnterpriseId>().is_ok());
        for text in ["contoso.com", "c0a70500-1111-4a4a-8b8b-0000000c0001"] {
            assert!(text.parse::<ExpectedTenant>().is_ok());
        }
        for text in ["US", "Germany"] {
            assert!(Country::parse(text).is_ok());
        }
        assert!("Contoso Ltd".parse::<Name>().is_ok() && "admin@contoso.com".parse::<EmailAddress>().is_ok());
        assert!("hooks.example.com".parse::<RedirectHost>().is_ok());
    }
}
