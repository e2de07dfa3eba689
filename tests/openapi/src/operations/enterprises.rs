use onboarding_core::action::{ActionItem, ActionStatus};
use onboarding_core::advice::Code;
use onboarding_core::enterprise::EnterpriseStatus;
use onboarding_lambda::routes::EnterprisesOp;
use serde_json::{Value, json};

use crate::bodies::{
    ActionItems, ConfirmTenant, CountedUser, EditedEnterprise, Enterprise, EnterpriseEdit, EnterprisePage, Nothing,
    TaskAllowed, TaskQuestion,
};
use crate::described::{Described, Tagged};

pub(super) fn describe(operation: EnterprisesOp) -> Described {
    match operation {
        EnterprisesOp::List => list(),
        EnterprisesOp::ListAllActions => Described::new(
            Tagged::Consents,
            "listActionItems",
            "List the actions of all your enterprises",
            "By pages. A page may be short, a filtered one even empty, and still have a `next`.",
        )
        .filters_by::<ActionStatus>("status", "Only actions that are so far.")
        .answers::<ActionItems>(200, "A page.", json!({"items": [granted()], "next": null})),
        EnterprisesOp::Read => Described::new(
            Tagged::Enterprises,
            "readEnterprise",
            "Read an enterprise",
            "What you said of it, and what is known beside it.",
        )
        .answers::<Enterprise>(200, "The enterprise.", enterprise())
        .with_header("ETag", "The version of the enterprise."),
        EnterprisesOp::Edit => Described::new(
            Tagged::Enterprises,
            "editEnterprise",
            "Edit an enterprise",
            "A merge patch (RFC 7396): a field that you send is replaced, `null` takes an optional one away, the rest stays. \
             What the edit newly waits for is in `consentNeeded`.",
        )
        .takes_patch::<EnterpriseEdit>(json!({"userLimit": 25, "registeredBy": null}))
        .for_a_version()
        .answers::<EditedEnterprise>(200, "The enterprise.", edited())
        .with_header("ETag", "The new version of the enterprise.")
        .refuses(
            409,
            &[
                Code::EnterpriseDisabled,
                Code::EnterpriseNameTaken,
                Code::RevokeRequired,
                Code::TenantAlreadyBound,
                Code::UserLimitReached,
            ],
        ),
        EnterprisesOp::ListActions => Described::new(
            Tagged::Consents,
            "listActions",
            "List the actions of an enterprise",
            "What is mandatory or was asked for, with its state; `problem` says what to do where something is wrong.",
        )
        .answers::<ActionItems>(200, "Its actions.", json!({"items": [granted()], "next": null})),
        EnterprisesOp::AuthorizeTask => Described::new(
            Tagged::Enterprises,
            "authorizeTask",
            "Ask whether you may do a task now",
            "With a key for the provider, with a token of the enterprise for its administrator. Nothing is done. Where an administrator \
             can help, `actionUrl` of the refusal is a link to hand to them.",
        )
        .takes::<TaskQuestion>(json!({"task": "cdrs.read"}))
        .answers::<TaskAllowed>(200, "You may.", json!({"task": "cdrs.read", "allowed": true}))
        .refuses(403, &[Code::ConsentRequired, Code::EnterpriseAdminRequired, Code::SipDataNotShared])
        .refuses(409, &[Code::EnterpriseDisabled, Code::ServiceNotEnabled, Code::UserProvisioningDisabled]),
        EnterprisesOp::ConfirmTenant => Described::new(
            Tagged::Consents,
            "confirmTenant",
            "Confirm a tenant",
            "For an action that is `pending_confirmation`: says that the tenant shown is the customer's. Saying it twice \
             is saying it.",
        )
        .takes::<ConfirmTenant>(json!({"tenantId": "c0a70500-1111-4a4a-8b8b-0000000c0001"}))
        .answers::<ActionItem>(200, "The action, granted.", granted())
        .refuses(
            409,
            &[
                Code::NothingToConfirm,
                Code::TenantNotShown,
                Code::TenantBoundElsewhere,
                Code::WrongTenant,
                Code::EnterpriseDisabled,
            ],
        ),
        EnterprisesOp::ResetAction => reset_action(),
        EnterprisesOp::AddUser => add_user(),
        EnterprisesOp::RemoveUser => remove_user(),
        EnterprisesOp::Disable => disable(),
        EnterprisesOp::Enable => enable(),
    }
}

fn reset_action() -> Described {
    Described::new(
        Tagged::Consents,
        "resetAction",
        "Have a consent asked for anew",
        "Leads it back to `pending_consent`. Links that were made before are dead; nothing is taken away at Microsoft. An \
             action that nobody has begun stays as it is.",
    )
    .takes::<Nothing>(json!({}))
    .optionally()
    .answers::<ActionItem>(200, "The action.", action("GET_PRESENCE_CONSENT", "Presence", "pending_consent"))
    .refuses(409, &[Code::ConsentUnderWay, Code::EnterpriseDisabled, Code::NotResettable])
}

fn add_user() -> Described {
    Described::new(
        Tagged::Enterprises,
        "addUser",
        "Count a user",
        "Against `userLimit`, before you set the user up. Saying it twice is saying it, and counts once.",
    )
    .takes::<Nothing>(json!({}))
    .optionally()
    .answers::<CountedUser>(200, "The user is counted.", json!({"userId": "grace@contoso.example"}))
    .refuses(409, &[Code::UserLimitReached, Code::EnterpriseDisabled])
}

fn remove_user() -> Described {
    Described::new(
        Tagged::Enterprises,
        "removeUser",
        "No longer count a user",
        "Makes room under `userLimit`. Saying it twice is saying it.",
    )
    .answers_nothing(204, "The user is not counted.")
    .refuses(409, &[Code::EnterpriseDisabled])
    .refuses(422, &[Code::InvalidBody])
}

fn disable() -> Described {
    Described::new(
        Tagged::Enterprises,
        "disableEnterprise",
        "Stop an enterprise",
        "Its links do nothing and nothing is granted for it until it is enabled. Saying it twice is saying it.",
    )
    .takes::<Nothing>(json!({}))
    .optionally()
    .answers::<Enterprise>(200, "The enterprise.", in_status("disabled"))
    .with_header("ETag", "The version of the enterprise.")
    .refuses(409, &[Code::EnterpriseDisabled])
}

fn enable() -> Described {
    Described::new(
        Tagged::Enterprises,
        "enableEnterprise",
        "Let an enterprise go on",
        "Its links work again. Saying it twice is saying it.",
    )
    .takes::<Nothing>(json!({}))
    .optionally()
    .answers::<Enterprise>(200, "The enterprise.", in_status("draft"))
    .with_header("ETag", "The version of the enterprise.")
    .refuses(409, &[Code::EnterpriseDisabled])
}

/// The list with its filter.
fn list() -> Described {
    Described::new(
        Tagged::Enterprises,
        "listEnterprises",
        "List your enterprises",
        "By pages, in the order in which they were made. A page may be short, a filtered one even empty, and still have a \
             `next`.",
    )
    .filters_by::<EnterpriseStatus>("status", "Only enterprises that are so far.")
    .answers::<EnterprisePage>(
        200,
        "A page.",
        json!({
            "items": [{
                "enterpriseId": 481_516_234,
                "enterpriseName": "Contoso Ltd",
                "status": "registering",
                "tenantId": null,
                "pendingActions": ["REGISTRATION"],
                "createdAt": "2026-11-25T09:00:00.000Z",
            }],
            "next": null,
        }),
    )
}

fn enterprise() -> Value {
    json!({
        "enterpriseId": 481_516_234,
        "resellerId": 54,
        "status": "draft",
        "tenantId": null,
        "managementConsent": {"status": "not_requested", "requestedAt": null, "grantedAt": null, "grantedBy": null,
                              "lastVerifiedAt": null},
        "actionItems": [],
        "moh": {"source": "builtin"},
        "warnings": [],
        "createdAt": "2026-11-25T09:00:00.000Z",
        "enterpriseName": "Contoso Ltd",
        "pbxId": [1234],
        "sbcGateways": [5678],
        "services": ["PBX"],
        "expectedTenant": "contoso.com",
        "accessSipData": false,
    })
}

fn in_status(status: &str) -> Value {
    let mut enterprise = enterprise();
    enterprise["status"] = json!(status);
    enterprise
}

fn edited() -> Value {
    let mut enterprise = enterprise();
    enterprise["userLimit"] = json!(25);
    enterprise["consentNeeded"] = json!([]);
    enterprise
}

fn action(action_type: &str, consent_type: &str, status: &str) -> Value {
    let mut action = granted();
    action["actionType"] = json!(action_type);
    action["consentType"] = json!(consent_type);
    action["status"] = json!(status);
    action["title"] = json!("Allow presence synchronisation");
    action
}

fn granted() -> Value {
    json!({
        "enterpriseId": 481_516_234,
        "actionType": "REGISTRATION",
        "consentType": null,
        "status": "granted",
        "mandatory": true,
        "recommended": false,
        "recommendedBecause": null,
        "title": "Register your organisation",
        "problem": null,
    })
}
