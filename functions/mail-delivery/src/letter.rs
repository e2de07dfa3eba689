//! From a letter to the mail that goes out: subject, text part and HTML part, of the same words.
//!
//! askama escapes what goes into HTML. The text part needs no escaping, since no name holds a line break
//! ([`onboarding_core::text::Name`]), and a subject that holds one cannot be made ([`Subject`]).

use askama::Template;
use onboarding_core::action::ActionType;
use onboarding_core::id::MailId;
use onboarding_core::mail::{Addressed, InvalidSubject, Invites, Letter, MAX_SUBJECT_LENGTH, Subject};
use onboarding_mail::Finished;
use thiserror::Error;

use crate::text::{self, ActivationText, InvitationText, Opening, filled};

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

#[derive(Template)]
#[template(path = "invitation.txt")]
struct InvitationTextPart<'a>(&'a InvitationMail<'a>);

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationHtmlPart<'a>(&'a InvitationMail<'a>);

/// What both parts say.
struct InvitationMail<'a> {
    words: &'static InvitationText,
    subject: Subject,
    heading: &'static str,
    asks: String,
    until: String,
    code: &'a str,
    link: &'a str,
    signs_in_for: Vec<&'static str>,
    gives: Vec<&'static str>,
}

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
        Letter::Invitation(invites) => invitation(invites, |words| words.first)?,
        Letter::Reminder { invites, .. } => invitation(invites, |words| words.reminder)?,
    };
    Ok(Finished { id: id.clone(), to, subject, text, html })
}

/// Subject, text part and HTML part of an invitation that begins as `opening` chooses.
fn invitation(
    invites: &Invites,
    opening: fn(&InvitationText) -> &'static Opening,
) -> Result<(Subject, String, String), NotRendered> {
    let Invites { language, provider, enterprise, link, code, asks: [signs_in_for, gives], expires_at } = invites;
    let words = text::invitation(*language);
    let opening = opening(words);
    // A name may hold what stands for the other one, so each is put where it belongs in one go.
    let named = |text: &str| text::named(text, provider.as_str(), enterprise.as_str());
    let titles = |actions: &[ActionType]| actions.iter().map(|action| language.say(action.title())).collect();
    let mail = InvitationMail {
        words,
        subject: shortened(named(opening.subject)).parse()?,
        heading: opening.heading,
        asks: named(opening.asks),
        until: filled(words.until, "until", &expires_at.minute()),
        code: code.expose(),
        link: link.expose(),
        signs_in_for: titles(signs_in_for),
        gives: titles(gives),
    };
    Ok((mail.subject.clone(), InvitationTextPart(&mail).render()?, InvitationHtmlPart(&mail).render()?))
}

/// As much of a subject as one may hold: two names may be longer together.
fn shortened(text: String) -> String {
    if text.chars().count() <= MAX_SUBJECT_LENGTH {
        text
    } else {
        text.chars().take(MAX_SUBJECT_LENGTH - 1).chain(['\u{2026}']).collect()
    }
}

#[cfg(test)]
mod tests;
