//! Mail through Amazon SES. The only crate that knows `aws-sdk-sesv2`, and what SES tells of a mail ([`Feedback`]).
//!
//! One call, [`Mailer::send`], and one answer: taken, better later, or hopeless. The SDK tries nothing twice: `SendEmail` has
//! no token that makes a repeat harmless, and the schedule of `onboarding_core::mail` is patient enough.

mod feedback;

use std::fmt;
use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{Builder, Config};
use aws_sdk_sesv2::error::{BuildError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use aws_types::SdkConfig;
use onboarding_core::id::MailId;
use onboarding_core::mail::{Attempt, Subject, Undeliverable};
use onboarding_core::text::EmailAddress;

pub use feedback::Feedback;

/// The most that one attempt may take; SES answers within a second.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// The header that tells two copies of one mail from two mails; SES chooses the `Message-ID` itself.
pub const ID_HEADER: &str = "X-Onboarding-Mail-Id";

/// Headers of every mail. A machine wrote it, so no machine is to answer (RFC 3834 §5).
const HEADERS: [(&str, &str); 1] = [("Auto-Submitted", "auto-generated")];

const CHARSET: &str = "UTF-8";

/// A finished mail.
#[derive(Clone)]
pub struct Finished {
    /// Its id, constant over all attempts.
    pub id: MailId,
    /// Whom it is for.
    pub to: EmailAddress,
    /// Its subject.
    pub subject: Subject,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
}

// Both parts hold the link, which is for the reader alone.
impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, to, subject, .. } = self;
        f.debug_struct("Finished").field("id", id).field("to", to).field("subject", subject).finish_non_exhaustive()
    }
}

/// From where mail comes.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The address. SES must have it, or its domain, as a verified identity.
    pub address: EmailAddress,
    /// The configuration set, by which SES tells what becomes of a mail; without it nobody hears of a bounce.
    pub configuration_set: Option<String>,
}

/// Sends mail from one address.
#[derive(Clone, Debug)]
pub struct Mailer {
    client: Client,
    sender: Sender,
}

impl Mailer {
    /// Connects to nothing yet. `sdk` brings HTTP client, credentials and region; `endpoint` replaces AWS's own.
    #[must_use]
    pub fn connect(sdk: &SdkConfig, endpoint: Option<&str>, sender: Sender) -> Self {
        Self { client: Client::from_conf(config(sdk, endpoint)), sender }
    }

    /// Hands one mail to SES, once.
    pub async fn send(&self, mail: &Finished) -> Attempt {
        let (Ok(content), Ok(tag)) = (content(mail), tag(&mail.id)) else {
            return Attempt::Hopeless(Undeliverable::Unreadable);
        };
        let request = self
            .client
            .send_email()
            .from_email_address(self.sender.address.expose())
            .set_configuration_set_name(self.sender.configuration_set.clone())
            .email_tags(tag)
            .destination(Destination::builder().to_addresses(mail.to.expose()).build())
            .content(content);
        match request.send().await {
            Ok(_) => Attempt::Accepted,
            Err(fault) => judged(&mail.id, &fault),
        }
    }
}

fn tag(id: &MailId) -> Result<MessageTag, BuildError> {
    MessageTag::builder().name(feedback::ID_TAG).value(id.as_str()).build()
}

fn content(mail: &Finished) -> Result<EmailContent, BuildError> {
    let part = |text: &str| Content::builder().data(text).charset(CHARSET).build();
    let body = Body::builder().text(part(&mail.text)?).html(part(&mail.html)?).build();
    let mut message = Message::builder().subject(part(mail.subject.as_str())?).body(body);
    for (name, value) in HEADERS.into_iter().chain([(ID_HEADER, mail.id.as_str())]) {
        message = message.headers(MessageHeader::builder().name(name).value(value).build()?);
    }
    Ok(EmailContent::builder().simple(message.build()).build())
}

/// What SES will not take whenever it is tried is hopeless; everything else may pass, and what the operator has to mend (an
/// identity that is not verified, an account that is paused) is waited for as long as the schedule lasts.
fn judged(id: &MailId, fault: &SdkError<SendEmailError>) -> Attempt {
    let hopeless = fault.as_service_error().is_some_and(|fault| {
        matches!(fault, SendEmailError::BadRequestException(_) | SendEmailError::MessageRejected(_))
    });
    // The service's own code for the fault; its message may hold the address.
    let code = fault.as_service_error().and_then(|fault| fault.code()).unwrap_or("no answer");
    tracing::warn!(mail.id = %id, code, hopeless, "SES did not take a mail");
    if hopeless { Attempt::Hopeless(Undeliverable::Rejected) } else { Attempt::Failed }
}

fn config(sdk: &SdkConfig, endpoint: Option<&str>) -> Config {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    let mut builder = Builder::from(sdk).retry_config(RetryConfig::disabled()).timeout_config(timeouts);
    if let Some(endpoint) = endpoint {
        builder.set_endpoint_url(Some(endpoint.to_owned()));
    }
    builder.build()
}
