//! `SendEmail` of SES v2 as it is on the wire (REST JSON), as far as we use it: one address, subject, text and HTML.
//!
//! Strict, as SES is: what it would not take is refused here too, so that a test learns of it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Fault, Mail};

/// Where the call is, below the endpoint.
pub(crate) const PATH: &str = "/v2/email/outbound-emails";

/// The longest value of a header of one's own, in characters (API reference, `MessageHeader`).
const LONGEST_VALUE: usize = 870;

/// The tag by which a mail is known in events.
const ID_TAG: &str = "mail-id";

/// A mail, and the id under which events tell of it.
pub(super) struct Sending {
    pub(super) mail: Mail,
    pub(super) told_of: Option<String>,
}

/// The event of a mail of which its server says that nobody has the address, as `EventBridge` brings it.
pub(super) fn bounced(id: &str, to: &[String]) -> Value {
    let recipients: Vec<Value> =
        to.iter().map(|to| json!({"emailAddress": to, "action": "failed", "status": "5.1.1"})).collect();
    json!({
        "version": "0", "id": "of-the-sandbox", "source": "aws.ses", "detail-type": "Email Bounced", "account": "000000000000",
        "detail": {
            "eventType": "Bounce",
            "mail": {"messageId": "of-the-sandbox", "destination": to, "tags": {(ID_TAG): [id]}},
            "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": recipients}
        }
    })
}

/// A call of `SendEmail`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct SendEmail {
    from_email_address: String,
    destination: Destination,
    content: EmailContent,
    configuration_set_name: Option<String>,
    #[serde(default)]
    email_tags: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Destination {
    to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EmailContent {
    simple: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Message {
    subject: Content,
    body: Body,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Body {
    text: Content,
    html: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Content {
    data: String,
    charset: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Header {
    name: String,
    value: String,
}

/// An error of SES.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What `x-amzn-ErrorType` says.
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
}

const BAD_REQUEST: &str = "BadRequestException";

impl Refusal {
    pub(super) const fn bad_request(message: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: BAD_REQUEST, message }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let (status, kind, message) = match fault {
            Fault::Throttled => {
                (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException", "Maximum sending rate exceeded.")
            }
            // What bounces is taken: of that only the answer could get lost.
            Fault::Unavailable | Fault::TakenUnanswered | Fault::Bounced => {
                (StatusCode::SERVICE_UNAVAILABLE, "InternalServiceErrorException", "Service unavailable")
            }
            Fault::Rejected => {
                (StatusCode::BAD_REQUEST, "MessageRejected", "Email address is not verified: nobody@rejected.example")
            }
            Fault::Paused => (StatusCode::BAD_REQUEST, "SendingPausedException", "Email sending is disabled."),
        };
        Self { status, kind, message }
    }
}

impl SendEmail {
    /// The call in `body`, and what it sends.
    pub(super) fn parse(body: &[u8]) -> Result<Sending, Refusal> {
        let call: Self =
            serde_json::from_slice(body).map_err(|_| Refusal::bad_request("not a call that is made here"))?;
        let told_of = call.told_of()?;
        Ok(Sending { mail: call.mail()?, told_of })
    }

    /// The id under which events tell of the mail; none without a configuration set, as no events come then.
    fn told_of(&self) -> Result<Option<String>, Refusal> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if self.email_tags.iter().any(|tag| !(tag.name.bytes().chain(tag.value.bytes())).all(sound)) {
            return Err(Refusal::bad_request("Invalid tag"));
        }
        let tag = self.email_tags.iter().find(|tag| tag.name == ID_TAG).map(|tag| tag.value.clone());
        Ok(tag.filter(|_| self.configuration_set_name.is_some()))
    }

    fn mail(self) -> Result<Mail, Refusal> {
        let Message { subject, body, headers } = self.content.simple;
        if [&subject, &body.text, &body.html].iter().any(|part| part.charset != "UTF-8") {
            return Err(Refusal::bad_request("Unknown charset"));
        }
        let one_line = |text: &str| !text.chars().any(char::is_control);
        let legal = |address: &String| address.is_ascii() && address.contains('@') && one_line(address);
        if !legal(&self.from_email_address) || !self.destination.to_addresses.iter().all(legal) {
            return Err(Refusal::bad_request("Illegal address"));
        }
        if !one_line(&subject.data) {
            return Err(Refusal::bad_request("Control characters in the subject"));
        }
        let mut told = BTreeMap::from([("From".to_owned(), self.from_email_address)]);
        for Header { name, value } in headers {
            let name_is_sound = name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') && !name.is_empty();
            if !name_is_sound || !one_line(&value) || value.len() > LONGEST_VALUE {
                return Err(Refusal::bad_request("Invalid header"));
            }
            told.insert(name, value);
        }
        Ok(Mail {
            id: String::new(),
            to: self.destination.to_addresses,
            subject: subject.data,
            text: body.text.data,
            html: body.html.data,
            headers: told,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Value {
        let content = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
        json!({
            "FromEmailAddress": "no-reply@onboarding.example",
            "Destination": {"ToAddresses": ["a@b.example"]}, "ConfigurationSetName": "events",
            "EmailTags": [{"Name": "mail-id", "Value": "mail_1"}],
            "Content": {"Simple": {
                "Subject": content("S"), "Body": {"Text": content("T"), "Html": content("H")},
                "Headers": [{"Name": "X-Id", "Value": "1"}]
            }}
        })
    }

    #[test]
    fn a_call_makes_a_mail() {
        let Sending { mail, told_of } = SendEmail::parse(call().to_string().as_bytes()).unwrap();
        assert_eq!(told_of.as_deref(), Some("mail_1"));
        assert_eq!((mail.to.as_slice(), mail.subject.as_str()), (&["a@b.example".to_owned()][..], "S"));
        assert_eq!((mail.text.as_str(), mail.html.as_str()), ("T", "H"));
        assert_eq!(mail.headers["X-Id"], "1");
    }

    #[test]
    fn what_ses_would_not_take_is_refused() {
        for (pointer, wrong) in [
            ("/Content/Simple/Subject/Data", json!("S\r\nBcc: x@y.example")),
            ("/Content/Simple/Headers/0/Name", json!("X:Id")),
            ("/Content/Simple/Headers/0/Value", json!("1\n2")),
            ("/Content/Simple/Body/Html/Charset", json!("latin1")),
            ("/Destination/ToAddresses/0", json!("b\u{fc}cher@b.example")),
            ("/EmailTags/0/Value", json!("a@b.example")),
            ("/FromEmailAddress", json!(7)),
        ] {
            let mut call = call();
            *call.pointer_mut(pointer).unwrap() = wrong;
            let refused = SendEmail::parse(call.to_string().as_bytes()).err().unwrap();
            assert_eq!((refused.status, refused.kind), (StatusCode::BAD_REQUEST, BAD_REQUEST), "{pointer}");
        }
    }
}
