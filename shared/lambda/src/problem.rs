//! Problem documents (RFC 9457): what a program gets instead of its answer.

use std::borrow::Cow;

use onboarding_core::advice::{Code, Who};
use onboarding_core::fields::Fault;
use onboarding_core::id::ReferenceId;
use serde::Serialize;

use crate::failure::Failure;

/// The media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A problem document. Every field but the last four is always there, so that a client needs no two ways to read it.
///
/// `type` and `instance` are URNs, not URLs: `type` can be compared byte for byte in every deployment.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem<'a> {
    /// `urn:onboarding:error:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// A short title; the same for every problem of this type.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The cause.
    detail: Cow<'static, str>,
    /// `urn:onboarding:request:<reference>`: this one occurrence.
    instance: String,
    /// The stable code.
    code: Code,
    /// Who must act.
    who: Who,
    /// What they do, in order.
    next_steps: &'static [&'static str],
    /// The same for a program.
    #[cfg_attr(feature = "openapi", schema(required))]
    next_action: Option<&'static str>,
    /// Seconds until trying again may help; equal to the header.
    #[cfg_attr(feature = "openapi", schema(required))]
    retry_after: Option<u32>,
    /// What is wrong with the body, with JSON pointers.
    errors: &'a [Fault],
    /// The reference, as in `X-Request-Id`.
    request_id: &'a ReferenceId,
    /// `already_created` alone: the id of what was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// `user_limit_reached` alone: how many users there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// `user_limit_reached` alone: how many are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<u64>,
    /// Where an administrator's consent or sign-in mends it: a start link to hand over.
    #[serde(skip_serializing_if = "Option::is_none")]
    action_url: Option<&'a str>,
}

impl<'a> Problem<'a> {
    /// The document for `failure`.
    #[must_use]
    pub fn of(failure: &'a Failure, reference: &'a ReferenceId) -> Self {
        let explanation = failure.explain();
        Self {
            kind: format!("urn:onboarding:error:{}", failure.code()),
            title: failure.code().advice().title,
            status: failure.status().as_u16(),
            detail: explanation.detail,
            instance: format!("urn:onboarding:request:{reference}"),
            code: explanation.code,
            who: explanation.who,
            next_steps: explanation.next_steps,
            next_action: explanation.next_action,
            retry_after: explanation.retry_after,
            errors: failure.faults(),
            request_id: reference,
            id: failure.id(),
            limit: failure.users().and_then(|users| users.limit),
            current: failure.users().map(|users| users.current),
            action_url: failure.action_url(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_has_every_field_of_the_contract() {
        let reference: ReferenceId = "req_01h00000000000000000000000".parse().unwrap();
        let failure = Failure::invalid(vec![Fault::new("enterpriseName", "required", "enterpriseName is required")]);
        let advice = Code::InvalidBody.advice();
        let expected = json!({
            "type": "urn:onboarding:error:invalid_body",
            "title": advice.title,
            "status": 422,
            "detail": advice.cause,
            "instance": "urn:onboarding:request:req_01h00000000000000000000000",
            "code": "invalid_body",
            "who": "developer",
            "nextSteps": advice.next_steps,
            "nextAction": null,
            "retryAfter": null,
            "errors": [
                {"pointer": "/enterpriseName", "code": "required", "detail": "enterpriseName is required"}
            ],
            "requestId": "req_01h00000000000000000000000",
        });
        assert_eq!(serde_json::to_value(Problem::of(&failure, &reference)).unwrap(), expected);
    }
}
