use onboarding_lambda::routes::CredentialsOp;
use serde_json::json;

use crate::bodies::{CreatedKey, CreatedReseller, NewReseller, Nothing, WebhookSecret};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: CredentialsOp) -> Described {
    let op = |id, summary, description| Described::new(Tagged::Operator, id, summary, description);
    match operation {
        CredentialsOp::CreateReseller => op(
            "createReseller",
            "Make a service provider",
            "It is active at once. The webhook secret is shown here and never again.",
        )
        .takes::<NewReseller>(json!({
            "name": "Acme Voice",
            "redirectHosts": ["hooks.acme.example"],
            "eventsUrl": "https://hooks.acme.example/events",
        }))
        .answers::<CreatedReseller>(201, "The service provider.", json!({"id": 54, "webhookSecret": "whsec_<base64>"}))
        .leads_to("createKey", "resellerId", "$response.body#/id")
        .leads_to("rotateWebhookSecret", "resellerId", "$response.body#/id"),
        CredentialsOp::CreateKey => {
            op("createKey", "Make an API key", "A key for a service provider. It is shown here and never again.")
                .takes::<Nothing>(json!({}))
                .answers::<CreatedKey>(
                    201,
                    "The key.",
                    json!({"keyId": "54-7q2m0k3x", "key": "onb_live_54-7q2m0k3x_<secret><checksum>"}),
                )
        }
        CredentialsOp::RotateWebhookSecret => op(
            "rotateWebhookSecret",
            "Make a new webhook secret",
            "The former one signs for 24 hours more, beside the new one, which is shown here and never again.",
        )
        .takes::<Nothing>(json!({}))
        .answers::<WebhookSecret>(200, "The new secret.", json!({"webhookSecret": "whsec_<base64>"})),
    }
}
