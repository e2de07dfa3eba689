//! What a caller asks for: `{actionType, consentType?, enterpriseName | enterpriseId, redirectUrl}` (R105, R138).

use onboarding_core::action::ActionType;
use onboarding_core::fields::{Fault, Fields, whole_number};
use onboarding_core::id::EnterpriseId;
use onboarding_core::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use onboarding_core::text::Name;

/// A body that was read.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) action: ActionType,
    pub(crate) redirect_url: RedirectUrl,
    /// The codes of what is allowed and has a better way.
    pub(crate) warnings: &'static [&'static str],
}

/// Which enterprise a body names.
#[derive(Debug)]
pub(crate) enum Which {
    Number(EnterpriseId),
    Name(Name),
}

impl Which {
    /// The enterprise that `body` names, if it names just one.
    pub(crate) fn peek(body: &Fields) -> Option<Self> {
        let number = body.peek("enterpriseId").and_then(|value| EnterpriseId::try_from(whole_number(value)?).ok());
        let name = body.peek("enterpriseName").and_then(|value| value.as_str()?.parse().ok());
        match (number, name) {
            (Some(number), None) => Some(Self::Number(number)),
            (None, Some(name)) => Some(Self::Name(name)),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }
}

impl Ask {
    /// Reads the body of a provider that may use `hosts`.
    pub(crate) fn parse(mut body: Fields, hosts: &[RedirectHost], policy: RedirectPolicy) -> Result<Self, Vec<Fault>> {
        let warnings: &[&str] = if body.peek("action_type").is_some() { &["action_type_alias"] } else { &[] };
        let action = read_action(&mut body);
        check_consent_type(&mut body, action);
        let redirect_url =
            body.parsed("redirectUrl", "invalid_redirect_url", |text| RedirectUrl::parse(text, hosts, policy));
        let redirect_url = body.required("redirectUrl", redirect_url);
        read_which(&mut body);
        let ask = action.zip(redirect_url).map(|(action, redirect_url)| Self { action, redirect_url, warnings });
        body.finish(ask)
    }
}

/// `actionType`, or `action_type`: the source uses both spellings.
fn read_action(body: &mut Fields) -> Option<ActionType> {
    let both = body.peek("actionType").is_some() && body.peek("action_type").is_some();
    let field = if body.peek("actionType").is_none() && body.peek("action_type").is_some() {
        "action_type"
    } else {
        "actionType"
    };
    let action = body.parsed(field, "unknown_action_type", |text| {
        text.parse::<ActionType>().map_err(|_| format!("must be one of {}", allowed()))
    });
    if both {
        body.take("action_type");
        body.fault("action_type", "duplicate", "send actionType or action_type, not both");
    }
    body.required("actionType", action)
}

/// Each action type has its consent type; who sends both must send a pair (R138).
fn check_consent_type(body: &mut Fields, action: Option<ActionType>) {
    let (Some(sent), Some(action)) = (body.text("consentType"), action) else { return };
    if action.consent_type() != Some(sent.as_str()) {
        let wanted = match action.consent_type() {
            Some(own) => format!("must be {own} for {action}"),
            None => format!("{action} has no consent type"),
        };
        body.fault("consentType", "consent_type_mismatch", wanted);
    }
}

fn allowed() -> String {
    ActionType::all().map(ActionType::name).collect::<Vec<_>>().join(", ")
}

/// Just one of number and name.
fn read_which(body: &mut Fields) {
    let number = body.peek("enterpriseId").is_some();
    let named = body.peek("enterpriseName").is_some();
    if body.whole("enterpriseId") == Some(0) {
        body.fault("enterpriseId", "out_of_range", "must be a positive integer");
    }
    body.parsed("enterpriseName", "invalid_name", str::parse::<Name>);
    match (number, named) {
        (true, true) => body.fault("enterpriseName", "duplicate", "send enterpriseName or enterpriseId, not both"),
        (false, false) => body.fault("enterpriseName", "required", "enterpriseName or enterpriseId is required"),
        (true, false) | (false, true) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn faults(body: Value) -> Vec<(String, &'static str)> {
        let fields = Fields::of(body.as_object().cloned().unwrap());
        let hosts = ["hooks.example.com".parse().unwrap()];
        let faults = Ask::parse(fields, &hosts, RedirectPolicy::default()).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    const URL: &str = "https://hooks.example.com/x";

    /// R105 The documented body, in both spellings of its first key.
    #[test]
    fn the_documented_body_is_accepted() {
        for key in ["actionType", "action_type"] {
            assert_eq!(faults(json!({key: "REGISTRATION", "enterpriseName": "Contoso", "redirectUrl": URL})), []);
        }
        assert_eq!(faults(json!({"actionType": "REGISTRATION", "enterpriseId": 7, "redirectUrl": URL})), []);
    }

    /// R105 Every fault at once, each where it is.
    #[test]
    fn a_wrong_body_tells_all_its_faults() {
        let found = faults(json!({"actionType": "REGISTER", "redirectUrl": "http://hooks.example.com/", "x": 1}));
        let expected = [
            ("/actionType", "unknown_action_type"),
            ("/redirectUrl", "invalid_redirect_url"),
            ("/enterpriseName", "required"),
            ("/x", "unknown_field"),
        ];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
        let missing: Vec<&str> = faults(json!({})).into_iter().map(|(_, code)| code).collect();
        assert_eq!(missing, ["required", "required", "required"]);
    }

    /// R138 An action type and a consent type are a pair, or a fault.
    #[test]
    fn a_consent_type_must_be_its_actions() {
        let sent = |action: &str, consent: Value| {
            faults(json!({"actionType": action, "consentType": consent, "enterpriseId": 7, "redirectUrl": URL}))
        };
        assert_eq!(sent("GET_CDR_CONSENT", json!("CDR")), []);
        assert_eq!(sent("REGISTRATION", Value::Null), []);
        let mismatch = [("/consentType".to_owned(), "consent_type_mismatch")];
        for (action, consent) in
            [("GET_CDR_CONSENT", "Presence"), ("GET_CDR_CONSENT", "cdr"), ("REGISTRATION", "UserSync")]
        {
            assert_eq!(sent(action, json!(consent)), mismatch, "{action} {consent}");
        }
        assert_eq!(sent("GET_CDR_CONSENT", json!(1))[0].0, "/consentType");
    }

    #[test]
    fn one_thing_said_twice_is_refused() {
        let twice = json!({"actionType": "REGISTRATION", "action_type": "REGISTRATION", "enterpriseId": 7,
                           "enterpriseName": "Contoso", "redirectUrl": URL});
        let codes: Vec<&str> = faults(twice).into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, ["duplicate", "duplicate"]);
    }
}
