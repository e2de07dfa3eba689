use onboarding_core::action::ActionType;
use onboarding_core::advice::Code;
use onboarding_core::capability::Capabilities;
use onboarding_core::catalogue::{PbxType, SbcGateway};
use onboarding_lambda::routes::CreateEnterpriseOp;
use serde_json::json;

use crate::bodies::{CreatedOrPreview, Health, NewEnterprise, PastedError, Permissions, list_of, object};
use crate::described::{Described, Tagged, reference};

pub(super) fn describe(operation: CreateEnterpriseOp) -> Described {
    match operation {
        CreateEnterpriseOp::ListGateways => Described::new(
            Tagged::Catalogue,
            "listSbcGateways",
            "List your SBC gateways",
            "What `sbcGateways` of an enterprise may hold.",
        )
        .answers_with(
            200,
            "Your SBC gateways.",
            list_of::<SbcGateway>(),
            json!([{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}]),
        ),
        CreateEnterpriseOp::ListPbxTypes => Described::new(
            Tagged::Catalogue,
            "listPbxTypes",
            "List your PBX types",
            "What `pbxId` of an enterprise may hold, but for those that are disabled.",
        )
        .answers_with(
            200,
            "Your PBX types.",
            list_of::<PbxType>(),
            json!([{"id": 1234, "pbxName": "Example PBX", "pbxLabel": "Example PBX Label", "isDefault": true,
                    "isDisabled": false, "hostingType": "Cloud"}]),
        ),
        CreateEnterpriseOp::Create => create(),
        CreateEnterpriseOp::Capabilities => Described::new(
            Tagged::Service,
            "readCapabilities",
            "Read what the deployment can do",
            "Nothing of it depends on who asks.",
        )
        .answers_with(200, "What it can do.", reference::<Capabilities>(), json!(Capabilities::present())),
        CreateEnterpriseOp::ListPermissions => Described::new(
            Tagged::Consents,
            "listPermissions",
            "List what actions ask for",
            "In plain words, for whoever grants it.",
        )
        .filters_by::<ActionType>("action", "Of this action alone.")
        .answers::<Permissions>(
            200,
            "The permissions.",
            json!({
                "items": [{
                    "action": "GET_PRESENCE_CONSENT",
                    "permission": "Presence.Read.All",
                    "resourceAppId": "00000003-0000-0000-c000-000000000000",
                    "kind": "application",
                    "purpose": "Read who is available",
                    "limit": "It does not change anything.",
                }],
                "next": null,
            }),
        ),
        CreateEnterpriseOp::ShowPermissions => Described::new(
            Tagged::Pages,
            "showPermissions",
            "Show the list of permissions",
            "The same as `GET /v1/permissions`, for a person. Nobody is known.",
        )
        .answers_page(200, "Every permission, by action."),
        CreateEnterpriseOp::Health => Described::new(
            Tagged::Service,
            "health",
            "Ask whether the deployment answers",
            "Nothing else is asked for an answer.",
        )
        .answers::<Health>(200, "It does.", json!({"status": "ok"})),
        CreateEnterpriseOp::Diagnosis => Described::new(
            Tagged::Pages,
            "diagnosis",
            "Show the page that explains Microsoft's errors",
            "For errors that Microsoft keeps to itself.",
        )
        .answers_page(200, "The form."),
        CreateEnterpriseOp::Diagnose => Described::new(
            Tagged::Pages,
            "diagnose",
            "Explain an error of Microsoft's",
            "The text of Microsoft's screen, in any language. It is neither kept nor logged nor shown.",
        )
        .takes_form::<PastedError>(json!({"text": "AADSTS65004: …"}))
        .answers_page(200, "What it means, who must act, and what to do next.")
        .refuses(400, &[Code::InvalidCallback])
        .refuses(413, &[Code::InvalidCallback])
        .refuses(415, &[Code::InvalidCallback]),
        CreateEnterpriseOp::Document => Described::new(
            Tagged::Service,
            "openapi",
            "Read this document",
            "OpenAPI 3.1.",
        )
        .answers_with(200, "This document.", object(), serde_json::Value::Null),
    }
}

fn create() -> Described {
    Described::new(
        Tagged::Enterprises,
        "createEnterprise",
        "Register an enterprise",
        "Send `expectedTenant` whenever you know it: links then end in that tenant and in no other.",
    )
    .takes::<NewEnterprise>(json!({
        "enterpriseName": "Contoso Ltd",
        "pbxId": [1234],
        "sbcGateways": [5678],
        "services": ["PBX"],
        "expectedTenant": "contoso.com",
    }))
    .switched_by("dryRun", "Make nothing: say what is missing, what is wrong, and what there is to choose.")
    .answers::<CreatedOrPreview>(
        200,
        "The number of the new enterprise, or with `dryRun` what was found.",
        json!(481_516_234),
    )
    .with_header("ETag", "The version of the enterprise.")
    .with_header("Location", "The path of the enterprise.")
    .with_header("Onboarding-Warnings", "Codes of what is allowed and probably not meant.")
    .leads_to("readEnterprise", "enterpriseId", "$response.body")
    .leads_to("editEnterprise", "enterpriseId", "$response.body")
    .leads_to("createEnterpriseToken", "enterpriseId", "$response.body")
    .leads_to("makeStartLink", "enterpriseId", "$response.body")
    .leads_to("authorizeTask", "enterpriseId", "$response.body")
    .leads_to("listActions", "enterpriseId", "$response.body")
    .leads_to("confirmTenant", "enterpriseId", "$response.body")
    .leads_to("disableEnterprise", "enterpriseId", "$response.body")
    .leads_to("enableEnterprise", "enterpriseId", "$response.body")
    .refuses(403, &[Code::NotYourReseller])
    .refuses(409, &[Code::EnterpriseNameTaken])
}
