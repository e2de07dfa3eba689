//! From a letter to the mail that goes out: subject, text part and HTML part, of the same words.
//!
//! askama escapes what goes into HTML. The text part needs no escaping, since no name holds a line break
//! ([`onboarding_core::text::Name`]), and a subject that holds one cannot be made ([`Subject`]).

use askama::Template;
use onboarding_core::id::MailId;
use onboarding_core::mail::{Addressed, InvalidSubject, Letter, Subject};
use onboarding_mail::Finished;
use thiserror::Error;

use crate::text::{self, ActivationText, filled};

/// A letter could not be put into words.
#[derive(Debug, Error)]
pub(crate) enum NotRendered {
    #[error("the mail {0}")]
    Subject(#[from] InvalidSubject),
    #[error("a template cannot be rendered: {0}")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "activation.txt")]
struct ActivationTextPart<'a>(&'a ActivationMail<'a>);

#[derive(Template)]
#[template(path = "activation.html")]
struct ActivationHtmlPart<'a>(&'a ActivationMail<'a>);

/// What both parts say.
struct ActivationMail<'a> {
    words: &'static ActivationText,
    subject: Subject,
    made: String,
    after: String,
    until: String,
    link: &'a str,
}

/// The mail `id`, as it goes out.
pub(crate) fn finished(id: &MailId, Addressed { to, letter }: Addressed) -> Result<Finished, NotRendered> {
    let (subject, text, html) = match &letter {
        Letter::Activation { provider, link, expires_at } => {
            let (words, provider) = (&text::ACTIVATION, provider.as_str());
            let mail = ActivationMail {
                words,
                subject: filled(words.subject, "provider", provider).parse()?,
                made: filled(words.made, "provider", provider),
                after: filled(words.after, "provider", provider),
                until: filled(words.until, "until", &expires_at.minute()),
                link: link.expose(),
            };
            (mail.subject.clone(), ActivationTextPart(&mail).render()?, ActivationHtmlPart(&mail).render()?)
        }
    };
    Ok(Finished { id: id.clone(), to, subject, text, html })
}

#[cfg(test)]
mod tests;
