//! Bodies that functions read and write by hand.
//!
//! A body that is read says `additionalProperties: false`, as the reader refuses unknown fields; one that is answered may
//! grow. The tests hold each reader against its schema.

use std::borrow::Cow;

use onboarding_core::action::{ActionItem, ActionType};
use onboarding_core::capability::Capabilities;
use onboarding_core::catalogue::{PbxType, SbcGateway};
use onboarding_core::credential::{KeyId, KeyView};
use onboarding_core::enterprise::{EnterpriseStatus, ManagementConsent, MusicOnHold, Preview, Profile, Warning};
use onboarding_core::id::{
    ApplicationId, EnterpriseId, GatewayId, MAX_SAFE_INTEGER, PbxTypeId, ReferenceId, ResellerId, TenantId,
};
use onboarding_core::redirect_url::{RedirectHost, RedirectUrl};
use onboarding_core::reseller::{ResellerView, TokenMode};
use onboarding_core::scope::Scope;
use onboarding_core::task::Task;
use onboarding_core::text::Name;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, ArrayBuilder, ArrayItems, Object, ObjectBuilder, OneOfBuilder, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::{ComponentsBuilder, RefOr, Schema};
use utoipa::{Number, PartialSchema, ToSchema};

use crate::described::reference;

/// The longest free text of an enterprise, in characters, and the longest list.
const LONGEST: (usize, usize) = (1_024, 100);

/// A new service provider.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct NewReseller {
    /// Its name, shown to tenants.
    name: Name,
    /// Hosts to which its outcomes may be sent. A host does not stand for its subdomains.
    redirect_hosts: Vec<RedirectHost>,
    /// Where everything but the outcomes of actions goes.
    events_url: Option<RedirectUrl>,
    /// Its SBC gateways; without them it begins with those of the deployment.
    sbc_gateways: Option<Vec<NewSbcGateway>>,
    /// Its PBX types; without them it begins with those of the deployment.
    pbx_types: Option<Vec<NewPbxType>>,
}

/// A change of a service provider; what is not said stays.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ResellerEdit {
    /// Its name, shown to tenants.
    name: Name,
    /// Hosts to which its outcomes may be sent.
    redirect_hosts: Vec<RedirectHost>,
    /// Where everything but the outcomes of actions goes; null for nowhere.
    events_url: Option<RedirectUrl>,
    /// Whether its keys are refused and its links do nothing.
    disabled: bool,
    /// What it gets in the place of Microsoft's tokens.
    token_mode: TokenMode,
    /// Its SBC gateways.
    sbc_gateways: Vec<NewSbcGateway>,
    /// Its PBX types.
    pbx_types: Vec<NewPbxType>,
}

/// An SBC gateway of a service provider.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct NewSbcGateway {
    /// What `sbcGateways` of an enterprise refers to.
    sbc_gateway_id: GatewayId,
    /// Where it stands.
    sbc_gateway_region: Name,
}

/// A PBX type of a service provider.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct NewPbxType {
    /// What `pbxId` of an enterprise refers to.
    id: PbxTypeId,
    /// Its name.
    pbx_name: Name,
    /// Its name for people.
    pbx_label: Name,
    /// Whether it is suggested first; one at most is.
    is_default: Option<bool>,
    /// Whether new enterprises may no longer use it.
    is_disabled: Option<bool>,
    /// Such as `Cloud`.
    hosting_type: Name,
}

/// A new API key.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct NewKey {
    /// What it is for.
    label: Option<Name>,
    /// What it may do; all that its owner may if it is left out.
    #[schema(min_items = 1)]
    scopes: Option<Vec<Scope>>,
    /// When it ends. Say this or `expiresInDays`, or neither: then it does not end.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// After how many days it ends.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u64>,
}

/// The API keys of a service provider.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Keys {
    /// The keys.
    items: Vec<KeyView<'static>>,
    /// Always null.
    #[schema(required)]
    next: Option<String>,
}

/// A request for an access token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TokenRequest {
    /// `client_credentials`.
    #[schema(pattern = "^client_credentials$")]
    grant_type: String,
    /// `keyId` of the key, unless it is in the header `Authorization`.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// The key, unless it is in the header `Authorization`.
    #[schema(nullable = false)]
    client_secret: Option<String>,
    /// Scopes with spaces between; all that the key has if it is left out.
    #[schema(nullable = false)]
    scope: Option<String>,
}

/// An access token.
#[derive(ToSchema)]
#[expect(dead_code, clippy::struct_field_names, reason = "for its schema")]
pub(crate) struct AccessToken {
    /// To be sent as `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// For how long it is good, in seconds.
    expires_in: u64,
    /// What it may do.
    scope: String,
}

/// A refusal of the token endpoint (RFC 6749 §5.2).
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TokenRefusal {
    /// The code of the RFC.
    error: String,
    /// What happened, and what to do.
    error_description: String,
}

/// A permission, for whoever grants it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, clippy::struct_field_names, reason = "for its schema")]
pub(crate) struct Permission {
    /// The action that asks for it.
    action: ActionType,
    /// Its name at its API.
    permission: String,
    /// The API that it belongs to.
    resource_app_id: ApplicationId,
    /// `delegated`, together with a person who is signed in, or `application`.
    kind: String,
    /// What it is for.
    purpose: String,
    /// What it does not allow.
    limit: String,
}

/// The permissions that actions ask for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Permissions {
    /// The permissions.
    items: Vec<Permission>,
    /// Always null.
    #[schema(required)]
    next: Option<String>,
}

/// A question: may the caller do this now?
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TaskQuestion {
    /// The task.
    task: Task,
}

/// The caller may.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TaskAllowed {
    /// The task.
    task: Task,
    /// Always true: where the caller may not, a problem says why.
    allowed: bool,
}

/// A page of an audit trail.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Trail {
    /// The rows, oldest first.
    items: Vec<TrailRow>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
    /// The segments of the rows.
    segments: Vec<TrailSegment>,
}

/// A row of an audit trail.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TrailRow {
    /// Its id.
    id: String,
    /// When, in UTC.
    #[schema(format = DateTime)]
    at: String,
    /// Who, such as `key:<id>`.
    who: String,
    /// What was done.
    action: String,
    /// To what.
    object: String,
    /// How it was.
    #[schema(required)]
    before: Option<String>,
    /// How it is.
    #[schema(required)]
    after: Option<String>,
    /// `X-Request-Id` of the request in which it was done.
    #[schema(required)]
    request_id: Option<String>,
    /// Microsoft's correlation id.
    #[schema(required)]
    microsoft_correlation_id: Option<String>,
    /// The enterprise that it is about.
    #[schema(required)]
    enterprise_id: Option<EnterpriseId>,
    /// The number of its segment; null until it is sealed.
    #[schema(required)]
    segment: Option<u64>,
}

/// A segment of an audit trail.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct TrailSegment {
    /// The number of the service provider, or `operator`.
    trail: String,
    /// Its number.
    number: u64,
    /// When it was sealed, in UTC.
    #[schema(format = DateTime)]
    sealed_at: String,
    /// The hash of the segment before.
    previous: String,
    /// Its rows, with their hashes.
    rows: Vec<SealedRow>,
    /// Its own hash.
    hash: String,
}

/// A row in a segment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct SealedRow {
    /// Its id.
    id: String,
    /// Its hash.
    hash: String,
}

/// What an edit makes an enterprise wait for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Newly {
    /// The actions that wait for somebody only because of this edit.
    consent_needed: Vec<ActionType>,
}

/// A start link that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct WantedStart {
    /// What is to be reached; every action that is missing or asked for if it is left out.
    #[schema(min_items = 1)]
    actions: Option<Vec<ActionType>>,
    /// Where the outcomes are posted. A dry run needs none.
    redirect_url: Option<RedirectUrl>,
}

/// A start link, or with `dryRun` the plan behind it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct StartLink {
    /// The start page, for the customer's Global Administrator.
    #[schema(format = "uri", nullable = false)]
    start_url: Option<String>,
    /// When it ends.
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// How many of Microsoft's screens there are to go through.
    microsoft_screens: u64,
    /// The screens, in order.
    #[schema(nullable = false)]
    screens: Option<Vec<PlannedScreen>>,
    /// The mandatory actions that are not granted.
    #[schema(nullable = false)]
    missing: Option<Vec<ActionType>>,
}

/// One of Microsoft's screens.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct PlannedScreen {
    /// `delegated` or `application`.
    kind: String,
    /// The app registration that asks.
    client_id: String,
    /// What it decides.
    actions: Vec<ActionType>,
    /// Granted actions whose permissions it asks for again.
    granted_before: Vec<ActionType>,
    /// All that it asks for.
    permissions: Vec<PlannedPermission>,
}

/// A permission of a screen.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct PlannedPermission {
    /// Its name.
    permission: String,
    /// The API it belongs to.
    resource_app_id: String,
    /// What it is for.
    purpose: String,
    /// What it does not allow.
    limit: String,
}

/// A service provider that was made.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct CreatedReseller {
    /// Its number.
    id: ResellerId,
    /// What its webhooks are signed with. Shown once.
    webhook_secret: String,
}

/// An API key that was made.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct CreatedKey {
    /// The public part of the key.
    key_id: String,
    /// The key. Shown once.
    key: String,
}

/// A webhook secret that was made.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct WebhookSecret {
    /// What webhooks are signed with from now on. Shown once.
    webhook_secret: String,
}

/// The deployment answers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Health {
    /// `ok`.
    status: String,
}

/// An enterprise as its provider reads it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct Known {
    /// Its number.
    enterprise_id: EnterpriseId,
    /// Whose it is.
    reseller_id: ResellerId,
    /// How far it is.
    status: EnterpriseStatus,
    /// The tenant that it is bound to by a proved consent.
    #[schema(required)]
    tenant_id: Option<TenantId>,
    /// The consent by which its provider may manage its provisioning.
    management_consent: ManagementConsent,
    /// Its actions.
    action_items: Vec<ActionItem>,
    /// Where music on hold comes from.
    moh: MusicOnHold,
    /// What is allowed and probably not meant.
    warnings: Vec<Warning>,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An enterprise in a list.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct EnterpriseSummary {
    /// Its number.
    enterprise_id: EnterpriseId,
    /// Its name.
    enterprise_name: Name,
    /// How far it is.
    status: EnterpriseStatus,
    /// The tenant that it is bound to by a proved consent.
    #[schema(required)]
    tenant_id: Option<TenantId>,
    /// The actions that wait for somebody.
    pending_actions: Vec<ActionType>,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A page of enterprises.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct EnterprisePage {
    /// What is on it.
    items: Vec<EnterpriseSummary>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}

/// A list of actions.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ActionItems {
    /// What is on this page.
    items: Vec<ActionItem>,
    /// The cursor of the next page; null at the end, and always for the actions of one enterprise.
    #[schema(required)]
    next: Option<String>,
}

/// A tenant to be confirmed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ConfirmTenant {
    /// The tenant that the action item shows, in any case.
    #[schema(value_type = String, pattern = "^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$")]
    tenant_id: TenantId,
}

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

/// The number of a new enterprise, or what a dry run found.
pub(crate) struct CreatedOrPreview;

/// A link that is asked for.
pub(crate) struct WantedLink;

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
    CreatedOrPreview => OneOfBuilder::new().item(reference::<EnterpriseId>()).item(reference::<Preview>()).build(),
    WantedLink => wanted_link(),
    FormPost => ["state", "code", "id_token", "session_state", "iss", "error", "error_description", "error_subcode"]
        .into_iter()
        .fold(ObjectBuilder::new().schema_type(Type::Object).required("state"), |form, name| {
            form.property(name, ObjectBuilder::new().schema_type(Type::String))
        })
        .build(),
}

/// Bodies, and parts of bodies, that are read.
const READ: &[&str] = &[
    "ConfigDetails",
    "ConfirmTenant",
    "EntConfigInfo",
    "NewKey",
    "NewPbxType",
    "NewSbcGateway",
    "TaskQuestion",
    "WantedStart",
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
        NewKey,
        Keys,
        TokenRequest,
        AccessToken,
        TokenRefusal,
        Newly,
        EditedEnterprise,
        EnterpriseEdit,
        KeyId,
        NewReseller,
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
