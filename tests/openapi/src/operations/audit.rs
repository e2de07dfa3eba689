use onboarding_core::id::EnterpriseId;
use onboarding_lambda::routes::AuditOp;
use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::bodies::{Trail, html};
use crate::described::{Described, Tagged};

/// The same row as a table.
const TABLE: &str = concat!(
    r#""id","at","who","action","object","before","after","requestId","microsoftCorrelationId","enterpriseId","segment""#,
    "\r\n",
    r#""aud_01hzy0000000000000000000zz","2026-01-31T12:00:00.000Z","key:54-7q2m0k3x","enterprise.disabled","enterprise:481516234","open","disabled","req_01hzy0000000000000000000zz","","481516234","""#,
    "\r\n"
);

pub(super) fn describe(operation: AuditOp) -> Described {
    match operation {
        AuditOp::List => ["from", "to"]
            .into_iter()
            .fold(
                Described::new(
                    Tagged::Audit,
                    "listAudit",
                    "Read the audit trail",
                    "Oldest first, with the segments that prove the rows. With `Accept: text/csv` the rows alone, as CSV, and the \
                     next page in `Link`.",
                ),
                |described, name| {
                    let instant = ObjectBuilder::new().schema_type(Type::String).examples(["2026-01-31T12:00:00Z", "2026-01-31"]);
                    described.parameter(
                        ParameterBuilder::new()
                            .name(name)
                            .parameter_in(ParameterIn::Query)
                            .description(Some("An instant or a day, in UTC; `from` is in, `to` is not."))
                            .schema(Some(instant)),
                    )
                },
            )
            .filters_by::<EnterpriseId>("enterpriseId", "Rows about this enterprise alone.")
            .answers::<Trail>(
                200,
                "A page.",
                json!({
                    "items": [{
                        "id": "aud_01hzy0000000000000000000zz",
                        "at": "2026-01-31T12:00:00.000Z",
                        "who": "key:54-7q2m0k3x",
                        "action": "enterprise.disabled",
                        "object": "enterprise:481516234",
                        "before": "open",
                        "after": "disabled",
                        "requestId": "req_01hzy0000000000000000000zz",
                        "microsoftCorrelationId": null,
                        "enterpriseId": 481_516_234,
                        "segment": null,
                    }],
                    "next": null,
                    "segments": [],
                }),
            )
            .or_as("text/csv", html(), json!(TABLE))
            .with_header("Link", "The next page of a CSV table."),
    }
}
