use onboarding_core::advice::Code;
use onboarding_core::delivery::{DeliveryStatus, DeliveryView};
use onboarding_core::id::EnterpriseId;
use onboarding_lambda::routes::WebhooksOp;
use serde_json::{Value, json};

use crate::bodies::{DeliveryPage, Nothing, WantedTest};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: WebhooksOp) -> Described {
    match operation {
        WebhooksOp::ListDeliveries => Described::new(
            Tagged::Webhooks,
            "listDeliveries",
            "List what is posted to you",
            "By pages, the newest first, for 30 days after each ended. A page may be short, a filtered one even empty, and still have \
             a `next`.",
        )
        .filters_by::<DeliveryStatus>("status", "Only deliveries that are so far.")
        .filters_by::<EnterpriseId>("enterpriseId", "Only deliveries about this enterprise.")
        .answers::<DeliveryPage>(200, "A page.", json!({"items": [parked()], "next": null}))
        .refuses(404, &[Code::NotFound]),
        WebhooksOp::Redeliver => Described::new(
            Tagged::Webhooks,
            "redeliver",
            "Have a delivery made once more",
            "Ended or not: at once, and by the whole schedule. The `webhook-id` and the body stay as they are. To a URL that \
             answered 410 things are sent again from now on.",
        )
        .takes::<Nothing>(json!({}))
        .optionally()
        .answers::<DeliveryView<'_>>(202, "It is on its way.", pending(json!(481_516_234), "action.granted"))
        .refuses(404, &[Code::NotFound])
        .refuses(409, &[Code::RedirectHostNotListed]),
        WebhooksOp::Test => Described::new(
            Tagged::Webhooks,
            "testWebhook",
            "Have a test posted to you",
            "The event `webhook.test`, signed and repeated like every other. The list of deliveries tells what became of it.",
        )
        .takes::<WantedTest>(json!({"redirectUrl": "https://hooks.acme.example/outcomes"}))
        .answers::<DeliveryView<'_>>(202, "It is on its way.", pending(Value::Null, "webhook.test")),
    }
}

fn pending(enterprise: Value, event: &str) -> Value {
    json!({
        "id": "msg_01hzy0000000000000000000zz",
        "enterpriseId": enterprise,
        "event": event,
        "redirectUrl": "https://hooks.acme.example/outcomes",
        "status": "pending",
        "attempts": 0,
        "nextAttemptAt": null,
        "lastFailure": null,
        "createdAt": "2026-11-25T09:00:00.000Z",
    })
}

fn parked() -> Value {
    let mut parked = pending(json!(481_516_234), "action.granted");
    parked["status"] = json!("parked");
    parked["attempts"] = json!(10);
    parked["lastFailure"] = json!({"at": "2026-11-28T12:35:05.000Z", "status": 500});
    parked
}
