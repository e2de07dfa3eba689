//! What the operator says and reads, and the token endpoint.

use onboarding_core::credential::KeyView;
use onboarding_core::id::GatewayId;
use onboarding_core::id::PbxTypeId;
use onboarding_core::id::ResellerId;
use onboarding_core::redirect_url::RedirectHost;
use onboarding_core::redirect_url::RedirectUrl;
use onboarding_core::reseller::{ResellerSummary, TokenMode};
use onboarding_core::scope::Scope;
use onboarding_core::text::{EmailAddress, Name};
use utoipa::ToSchema;

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
    /// Who activates it, by a mail; without anybody it is active at once. The address is kept nowhere.
    contact_email: Option<EmailAddress>,
    /// Its SBC gateways; without them it begins with those of the deployment.
    sbc_gateways: Option<Vec<NewSbcGateway>>,
    /// Its PBX types; without them it begins with those of the deployment.
    pbx_types: Option<Vec<NewPbxType>>,
}

/// A page of service providers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ResellerPage {
    /// They, oldest first.
    items: Vec<ResellerSummary<'static>>,
    /// The cursor of the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
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

/// Whom another activation mail goes to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for its schema")]
pub(crate) struct ActivationMail {
    /// Who activates the service provider. The address is kept nowhere.
    contact_email: EmailAddress,
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
