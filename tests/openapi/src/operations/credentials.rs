use onboarding_core::activation::ActivationView;
use onboarding_core::advice::Code;
use onboarding_core::reseller::ResellerView;
use onboarding_lambda::routes::CredentialsOp;
use serde_json::{Value, json};

use crate::bodies::{
    AccessToken, ActivationMail, CreatedKey, CreatedReseller, Keys, NewKey, NewReseller, Nothing, ResellerEdit,
    ResellerPage, TokenRequest, WebhookSecret,
};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: CredentialsOp) -> Described {
    let op = |id, summary, description| Described::new(Tagged::Operator, id, summary, description);
    match operation {
        CredentialsOp::CreateReseller => op(
            "createReseller",
            "Make a service provider",
            "It is active at once; with a `contactEmail` it may have keys, and makes enterprises only once somebody has opened \
             the mail's link and pressed the page's button. The webhook secret is shown here and never again.",
        )
        .takes::<NewReseller>(json!({
            "name": "Acme Voice",
            "redirectHosts": ["hooks.acme.example"],
            "eventsUrl": "https://hooks.acme.example/events",
        }))
        .answers::<CreatedReseller>(201, "The service provider.", json!({"id": 54, "webhookSecret": "whsec_<base64>"}))
        .refuses(409, &[Code::AlreadyCreated])
        .leads_to("readReseller", "resellerId", "$response.body#/id")
        .leads_to("editReseller", "resellerId", "$response.body#/id")
        .leads_to("listKeys", "resellerId", "$response.body#/id")
        .leads_to("createKey", "resellerId", "$response.body#/id")
        .leads_to("rotateWebhookSecret", "resellerId", "$response.body#/id"),
        CredentialsOp::SendActivationMail => send_activation_mail(),
        CredentialsOp::ShowActivation => activation(
            "showActivation",
            "Show the page that activates a service provider",
            "It has one button until the service provider is active. Reading changes nothing.",
        )
        .answers_page(200, "The page."),
        CredentialsOp::Activate => activate(),
        CredentialsOp::CreateKey => {
            op("createKey", "Make an API key", "A key for a service provider. It is shown here and never again.")
                .takes::<NewKey>(json!({"label": "CRM", "scopes": ["enterprises:read", "links:write"], "expiresInDays": 90}))
                .answers::<CreatedKey>(
                    201,
                    "The key.",
                    json!({"keyId": "54-7q2m0k3x", "key": "onb_live_54-7q2m0k3x_<secret><checksum>"}),
                )
        .leads_to("revokeKey", "keyId", "$response.body#/keyId")
        .refuses(409, &[Code::AlreadyCreated, Code::TooManyKeys])
        }
        CredentialsOp::ListResellers => op(
            "listResellers",
            "List the service providers",
            "By pages, in the order in which they were made; without their SBC gateways and PBX types.",
        )
        .answers::<ResellerPage>(200, "A page.", json!({"items": [listed_reseller()], "next": null})),
        CredentialsOp::ReadReseller => {
            op("readReseller", "Read a service provider", "Everything but its secrets, which nobody reads.")
                .answers::<ResellerView<'_>>(200, "The service provider.", reseller())
        }
        CredentialsOp::EditReseller => op(
            "editReseller",
            "Change a service provider, stop it or let it go on",
            "What is not said stays; a list replaces the former one; `eventsUrl: null` removes it. With `disabled` its keys are \
             refused and its links do nothing.",
        )
        .takes_patch::<ResellerEdit>(json!({"redirectHosts": ["hooks.acme.example", "crm.acme.example"]}))
        .answers::<ResellerView<'_>>(200, "The service provider.", reseller()),
        CredentialsOp::ListKeys => op("listKeys", "List the API keys of a service provider", "Without what opens.")
            .answers::<Keys>(
                200,
                "The keys.",
                json!({
                    "items": [{
                        "keyId": "54-7q2m0k3x",
                        "label": "CRM",
                        "scopes": ["enterprises:read", "links:write"],
                        "createdAt": "2026-11-25T09:00:00.000Z",
                        "expiresAt": null,
                    }],
                    "next": null,
                }),
            ),
        CredentialsOp::RevokeKey => {
            op("revokeKey", "Revoke an API key", "It ends at once, with its tokens; the links that it made go on.")
                .answers_nothing(204, "It is revoked.")
        }
        CredentialsOp::CreateToken => create_token(),
        CredentialsOp::CreateEnterpriseToken => Described::new(
            Tagged::Enterprises,
            "createEnterpriseToken",
            "Make a token of one enterprise",
            "Good for an hour, and for this enterprise alone. A disabled enterprise gets none.",
        )
        .refuses(409, &[Code::AlreadyCreated, Code::EnterpriseDisabled])
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<AccessToken>(200, "The token.", token()),
        CredentialsOp::RotateWebhookSecret => op(
            "rotateWebhookSecret",
            "Make a new webhook secret",
            "The former one signs for 24 hours more, beside the new one, which is shown here and never again.",
        )
        .takes::<Nothing>(json!({}))
        .answers::<WebhookSecret>(200, "The new secret.", json!({"webhookSecret": "whsec_<base64>"}))
        .refuses(409, &[Code::AlreadyCreated]),
    }
}

/// RFC 6749 §4.4, with the client in the header or in the body.
fn create_token() -> Described {
    Described::new(
            Tagged::Service,
            "createToken",
            "Make an access token",
            "Client credentials (RFC 6749 §4.4): `keyId` is the client's id, `key` its secret, shown as Basic or in the body. \
             The token is good for an hour and dies with its key.",
        )
        .takes_form::<TokenRequest>(json!({
            "grant_type": "client_credentials",
            "client_id": "54-7q2m0k3x",
            "client_secret": "<key>",
            "scope": "enterprises:read links:write",
        }))
        .answers::<AccessToken>(200, "The token.", token())
        .refuses(
            400,
            &[
                Code::InvalidTokenRequest,
                Code::InvalidScope,
                Code::UnauthorizedClient,
                Code::UnsupportedGrantType,
            ],
        )
        .refuses(401, &[Code::InvalidClient])
        .refuses(413, &[Code::PayloadTooLarge])
}

fn send_activation_mail() -> Described {
    Described::new(
        Tagged::Operator,
        "sendActivationMail",
        "Mail a new activation link",
        "For a service provider that waits for its activation. The former link is dead from now on. How far the mail is \
         tells `activation.mail` of the service provider.",
    )
    .takes::<ActivationMail>(json!({"contactEmail": "sales@acme.example"}))
    .answers::<ActivationView>(
        202,
        "The mail is queued.",
        json!({"expiresAt": "2026-12-09T09:00:00.000Z", "mail": null}),
    )
    .refuses(409, &[Code::ResellerAlreadyActive])
}

fn activate() -> Described {
    activation(
        "activate",
        "Activate a service provider",
        "What the page's button does; once, however often it is sent.",
    )
    .answers_nothing(303, "Back to the page, which says that it is done.")
    .with_header("Location", "The page.")
}

/// A page that an activation mail leads to.
fn activation(id: &'static str, summary: &'static str, description: &'static str) -> Described {
    Described::new(Tagged::Pages, id, summary, description)
        .refuses(404, &[Code::ActivationLinkEnded])
        .refuses(500, &[Code::InternalError])
        .refuses(503, &[Code::Unavailable])
}

fn listed_reseller() -> Value {
    json!({
        "id": 54,
        "name": "Acme Voice",
        "redirectHosts": ["hooks.acme.example"],
        "eventsUrl": null,
        "disabled": false,
        "tokenMode": "handles",
        "activation": null,
        "createdAt": "2026-11-25T09:00:00.000Z",
    })
}

fn reseller() -> Value {
    let mut reseller = listed_reseller();
    reseller["sbcGateways"] = json!([{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}]);
    reseller["pbxTypes"] = json!([]);
    reseller
}

fn token() -> Value {
    json!({
        "access_token": "onb_live_54-7q2m0k3x.9z8y7w6v_<secret><checksum>",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "enterprises:read",
    })
}
