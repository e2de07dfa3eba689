//! Bodies that functions read and write by hand.
//!
//! A body that is read says `additionalProperties: false`, as the reader refuses unknown fields; one that is answered may
//! grow. The tests hold each reader against its schema.

mod audit;
mod connection;
mod consent;
mod enterprise;
mod invitation;
mod operator;
mod provisioning;
mod webhooks;

use std::borrow::Cow;

use onboarding_core::action::{ActionItem, ActionType};
use onboarding_core::capability::Capabilities;
use onboarding_core::catalogue::{PbxType, SbcGateway};
use onboarding_core::connection::end::Certificate;
use onboarding_core::credential::KeyId;
use onboarding_core::enterprise::{Preview, Profile};
use onboarding_core::id::{EnterpriseId, MAX_SAFE_INTEGER, ReferenceId, ResellerId};
use onboarding_core::provisioning::UserInfo;
use onboarding_core::readiness::Readiness;
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::reseller::ResellerView;
use onboarding_core::text::Name;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, ArrayBuilder, ArrayItems, Object, ObjectBuilder, OneOfBuilder, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::{ComponentsBuilder, RefOr, Schema};
use utoipa::{Number, PartialSchema, ToSchema};

use crate::described::reference;

pub(crate) use audit::Trail;
pub(crate) use connection::{ConnectionHealth, ConnectionLink, ConnectionPage, NewConnection};
pub(crate) use consent::{
    ActionItems, ConfirmTenant, Permissions, PlannedPermission, PlannedScreen, StartLink, WantedStart,
};
pub(crate) use enterprise::{CountedUser, EnterprisePage, Health, Known, Newly, TaskAllowed, TaskQuestion};
pub(crate) use invitation::{InvitationPage, NewInvitation, SentInvitation};
pub(crate) use operator::{
    AccessToken, ActivationMail, CreatedKey, CreatedReseller, Keys, NewKey, NewReseller, ResellerEdit, ResellerPage,
    TokenRefusal, TokenRequest, WebhookSecret,
};
pub(crate) use provisioning::{ProvisionedTenant, Tenancy, WantedManagementConsent, WantedProvisioning};
pub(crate) use webhooks::{DeliveryPage, WantedTest};

/// The longest free text of an enterprise, in characters, and the longest list.
const LONGEST: (usize, usize) = (1_024, 100);

/// An object without any field.
pub(crate) struct Nothing;

/// A new enterprise.
pub(crate) struct NewEnterprise;

/// An enterprise as its provider reads it.
pub(crate) struct Enterprise;

/// An enterprise that was edited.
pub(crate) struct EditedEnterprise;

/// An edit of an enterprise.
pub(crate) struct EnterpriseEdit;

/// A tenant and who registered it, as Graph shows them.
pub(crate) struct UserInfoOfTenant;

/// The number of a new enterprise, or what a dry run found.
pub(crate) struct CreatedOrPreview;

/// A link that is asked for.
pub(crate) struct WantedLink;

/// The text of one of Microsoft's error screens.
pub(crate) struct PastedError;

/// Microsoft's `form_post`.
pub(crate) struct FormPost;

macro_rules! by_hand {
    ($($name:ident => $schema:expr),+ $(,)?) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    RefOr::T($schema.into())
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )+
    };
}

by_hand! {
    Nothing => closed(ObjectBuilder::new().schema_type(Type::Object).description(Some("An object without any field.")).build()),
    NewEnterprise => new_enterprise(),
    Enterprise => AllOfBuilder::new().item(reference::<Known>()).item(reference::<Profile>()).build(),
    EditedEnterprise => AllOfBuilder::new().item(reference::<Newly>()).item(reference::<Enterprise>()).build(),
    EnterpriseEdit => enterprise_edit(),
    UserInfoOfTenant => AllOfBuilder::new().item(reference::<Tenancy>()).item(reference::<UserInfo>()).build(),
    CreatedOrPreview => OneOfBuilder::new().item(reference::<EnterpriseId>()).item(reference::<Preview>()).build(),
    WantedLink => wanted_link(),
    PastedError => ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("text", ObjectBuilder::new().schema_type(Type::String)),
    FormPost => ["state", "code", "id_token", "session_state", "iss", "error", "error_description", "error_subcode"]
        .into_iter()
        .fold(ObjectBuilder::new().schema_type(Type::Object).required("state"), |form, name| {
            form.property(name, ObjectBuilder::new().schema_type(Type::String))
        })
        .build(),
}

/// Bodies, and parts of bodies, that are read.
const READ: &[&str] = &[
    "ActivationMail",
    "ConfigDetails",
    "ConfirmTenant",
    "EntConfigInfo",
    "NewConnection",
    "NewInvitation",
    "NewKey",
    "NewPbxType",
    "NewSbcGateway",
    "TaskQuestion",
    "WantedManagementConsent",
    "WantedProvisioning",
    "WantedStart",
    "WantedTest",
];

/// Every schema that an operation refers to, with all that they refer to.
pub(crate) fn into_components(components: ComponentsBuilder) -> ComponentsBuilder {
    macro_rules! each {
        ($($name:ident),+ $(,)?) => {{
            let mut all = Vec::new();
            all.push((ResellerView::name().into_owned(), ResellerView::schema()));
            ResellerView::schemas(&mut all);
            $(
                all.push(($name::name().into_owned(), $name::schema()));
                $name::schemas(&mut all);
            )+
            all
        }};
    }
    let all = each!(
        EnterprisePage,
        Capabilities,
        Trail,
        CreatedOrPreview,
        Permissions,
        Preview,
        TaskAllowed,
        TaskQuestion,
        ResellerEdit,
        ResellerPage,
        NewKey,
        Keys,
        TokenRequest,
        AccessToken,
        TokenRefusal,
        CountedUser,
        Newly,
        EditedEnterprise,
        EnterpriseEdit,
        Tenancy,
        ProvisionedTenant,
        WantedManagementConsent,
        WantedProvisioning,
        Readiness,
        DeliveryPage,
        ConnectionPage,
        ConnectionLink,
        ConnectionHealth,
        Certificate,
        NewConnection,
        InvitationPage,
        SentInvitation,
        NewInvitation,
        WantedTest,
        UserInfo,
        UserInfoOfTenant,
        KeyId,
        NewReseller,
        ActivationMail,
        CreatedReseller,
        CreatedKey,
        WebhookSecret,
        Health,
        Known,
        ActionItem,
        ActionItems,
        ConfirmTenant,
        Nothing,
        NewEnterprise,
        Enterprise,
        WantedLink,
        WantedStart,
        StartLink,
        PlannedScreen,
        PlannedPermission,
        FormPost,
        PastedError,
        Profile,
        SbcGateway,
        PbxType,
        ReferenceId,
        EnterpriseId,
        ResellerId,
    );
    components.schemas_from_iter(all.into_iter().map(|(name, schema)| {
        let read = READ.contains(&name.as_str());
        let schema = match schema {
            RefOr::T(Schema::Object(object)) if name == "ResellerEdit" => {
                RefOr::T(closed(distinct(any_of(object))).into())
            }
            RefOr::T(Schema::Object(object)) if name == "NewReseller" => RefOr::T(closed(distinct(object)).into()),
            RefOr::T(Schema::Object(object)) if read => RefOr::T(closed(bounded(object)).into()),
            RefOr::T(_) | RefOr::Ref(_) => schema,
        };
        (name, schema)
    }))
}

/// A list of `T`.
pub(crate) fn list_of<T: ToSchema>() -> RefOr<Schema> {
    ArrayBuilder::new().items(reference::<T>()).into()
}

/// Some object.
pub(crate) fn object() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Object).into()
}

/// A page.
pub(crate) fn html() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// A link.
pub(crate) fn address() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uri".to_owned()))).into()
}

fn closed(mut object: Object) -> Object {
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    object
}

/// The same without a required field.
fn any_of(mut object: Object) -> Object {
    object.required.clear();
    object
}

/// No gateway and no PBX type stands in its list twice.
fn distinct(mut object: Object) -> Object {
    for field in ["sbcGateways", "pbxTypes", "pbxId"] {
        if let Some(RefOr::T(Schema::Array(list))) = object.properties.get_mut(field) {
            list.unique_items = true;
        }
    }
    object
}

/// Free texts and numbers end somewhere.
fn bounded(mut object: Object) -> Object {
    for schema in object.properties.values_mut() {
        let RefOr::T(Schema::Object(field)) = schema else { continue };
        if is(field, &Type::String) && field.pattern.is_none() && field.format.is_none() {
            field.max_length = Some(LONGEST.0);
        }
        if is(field, &Type::Integer) && field.maximum.is_none() {
            field.maximum = usize::try_from(MAX_SAFE_INTEGER).ok().map(Number::UInt);
        }
    }
    object
}

fn is(object: &Object, wanted: &Type) -> bool {
    match &object.schema_type {
        SchemaType::Type(kind) => kind == wanted,
        SchemaType::Array(kinds) => kinds.contains(wanted),
        SchemaType::AnyValue => false,
    }
}

/// A profile, and the two ids that may be named and not chosen.
fn new_enterprise() -> Object {
    let mut profile = read_profile();
    let integer = |description: &str| {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
            .minimum(Some(0))
            .description(Some(description))
    };
    let new = integer("0 or absent: the answer holds the number.").maximum(Some(0));
    let own = integer("0, absent, or your own number.");
    profile.properties.insert("enterpriseId".to_owned(), new.into());
    profile.properties.insert("resellerId".to_owned(), own.into());
    profile.description =
        Some("A new enterprise. `pbxId` and `sbcGateways` may be empty for services that need none.".to_owned());
    profile
}

/// Any of a profile.
fn enterprise_edit() -> Object {
    let mut profile = any_of(read_profile());
    profile.description = Some("What changes of an enterprise; `null` takes an optional field away.".to_owned());
    profile
}

/// A profile as it is read.
fn read_profile() -> Object {
    let RefOr::T(Schema::Object(mut profile)) = Profile::schema() else { return Object::new() };
    profile = distinct(profile);
    // What has a value where none was sent may be sent as null too.
    let required = profile.required.clone();
    for (_, field) in profile.properties.iter_mut().filter(|(name, _)| !required.contains(name)) {
        if let RefOr::T(Schema::Object(field)) = field
            && let SchemaType::Type(kind) = &field.schema_type
        {
            field.schema_type = SchemaType::from_iter([kind.clone(), Type::Null]);
        }
    }
    if let Some(RefOr::T(Schema::Array(list))) = profile.properties.get_mut("services") {
        list.min_items = Some(1);
    }
    if let Some(RefOr::T(Schema::Array(list))) = profile.properties.get_mut("entConfigInfos") {
        list.max_items = Some(LONGEST.1);
    }
    if let Some(RefOr::T(Schema::Array(list))) = profile.properties.get_mut("billingReferences") {
        list.max_items = Some(LONGEST.1);
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST.0));
        list.items = ArrayItems::from(text);
    }
    closed(bounded(profile))
}

/// The actions that have no link.
const NO_LINK: &[ActionType] = &[ActionType::LoginEnterpriseAdmin, ActionType::ServiceProviderManagement];

/// `{actionType, enterpriseId | enterpriseName, redirectUrl}`; `action_type` is an older spelling of `actionType`.
fn wanted_link() -> Schema {
    let available = ActionType::all().filter(|action| !NO_LINK.contains(action)).map(ActionType::name);
    let available: Vec<&str> = available.collect();
    let consents = ActionType::all().filter_map(ActionType::consent_type);
    let action = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(available.clone()))
            .description(Some(description))
    };
    let fields = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("actionType", action("What is asked for."))
        .property("action_type", action("Another spelling of `actionType`."))
        .property(
            "consentType",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some(consents))
                .description(Some("The consent type of the action; may be left out.")),
        )
        .property("enterpriseId", reference::<EnterpriseId>())
        .property("enterpriseName", reference::<Name>())
        .property("redirectUrl", reference::<RedirectUrl>())
        .required("redirectUrl");
    let one_of = |left: &str, right: &str| {
        let with = |field: &str| ObjectBuilder::new().schema_type(Type::Object).required(field);
        OneOfBuilder::new().item(with(left)).item(with(right))
    };
    AllOfBuilder::new()
        .description(Some("A link that is asked for: one action, one enterprise by number or by name."))
        .item(closed(fields.build()))
        .item(one_of("actionType", "action_type"))
        .item(one_of("enterpriseId", "enterpriseName"))
        .build()
        .into()
}
