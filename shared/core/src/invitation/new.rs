//! What an invitation is made of: whom, for how long, and when a reminder is due (R037, R149).

use thiserror::Error;

use crate::enterprise::{Enterprise, Profile, Standing};
use crate::fields::{Fault, Fields};
use crate::language::Language;
use crate::text::EmailAddress;

use super::Days;

/// How long one lives of which nobody says how long.
const STANDARD: Days = Days(7);

/// How long before its end one reminds of which nobody says when, if that long is less than its life.
const STANDARD_REMINDER: Days = Days(2);

/// Why no administrator of an enterprise is invited, or reminded of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotInvited {
    /// It is stopped or gone.
    #[error("the enterprise is stopped or gone")]
    Stopped,
    /// Everything is granted, or was once.
    #[error("the enterprise was ready already")]
    Ready,
    /// Its service provider wants no mail for its administrator (R098).
    #[error("nothing is mailed to the administrator of this enterprise")]
    Restricted,
}

/// Whether mail may invite administrators of `enterprise`.
pub fn may_invite(enterprise: &Enterprise) -> Result<(), NotInvited> {
    if enterprise.standing != Standing::Open {
        return Err(NotInvited::Stopped);
    }
    if enterprise.ready_at.is_some() {
        return Err(NotInvited::Ready);
    }
    if enterprise.profile.has_no_portal() {
        return Err(NotInvited::Restricted);
    }
    Ok(())
}

/// Whom to invite, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvitation {
    /// The administrator.
    pub admin: EmailAddress,
    /// How long it lives.
    pub days: Days,
    /// How long before its end the administrator is reminded; none: not at all.
    pub remind: Option<Days>,
    /// The language of its mails and pages, if its provider has chosen one.
    pub language: Option<Language>,
}

impl NewInvitation {
    /// An invitation of `admin` of which its provider says nothing else: it lives 7 days, and reminds 2 before its end.
    #[must_use]
    pub fn standard(admin: EmailAddress) -> Self {
        Self { admin, days: STANDARD, remind: standard_reminder(STANDARD), language: None }
    }

    /// The invitation that a new enterprise comes with; none where its administrator gets no mail (R098, R149).
    #[must_use]
    pub fn of(profile: &Profile) -> Option<Self> {
        let admin = profile.enterprise_admin_email.clone().filter(|_| !profile.has_no_portal())?;
        Some(Self::standard(admin))
    }

    /// Reads `{adminEmail, expiresInDays?, remindDaysBefore?, language?}`. `null` is no number of days (R037, G69).
    pub fn parse(mut body: Fields) -> Result<Self, Vec<Fault>> {
        let admin = body.parsed("adminEmail", "invalid_email", str::parse::<EmailAddress>);
        let admin = body.required("adminEmail", admin);
        let language = body.parsed("language", "unknown_language", str::parse::<Language>);
        let days = life(&mut body);
        let remind = reminder(&mut body, &days);
        let whole = match (admin, days, remind) {
            (Some(admin), Ok(days), Ok(remind)) => Some(Self { admin, days, remind, language }),
            _ => None,
        };
        body.finish(whole)
    }
}

const fn standard_reminder(life: Days) -> Option<Days> {
    if STANDARD_REMINDER.0 < life.0 { Some(STANDARD_REMINDER) } else { None }
}

/// What is said of a field is wrong, and among the faults.
struct Wrong;

fn life(body: &mut Fields) -> Result<Days, Wrong> {
    let days = number(body, "expiresInDays")?.map_or(Some(STANDARD), Days::new);
    days.ok_or_else(|| wrong(body, "expiresInDays", "an integer from 1 to 30; leave it out for 7"))
}

/// When an invitation with this life reminds, if it does. Of a wrong life there is a fault already, and nothing to compare with.
fn reminder(body: &mut Fields, life: &Result<Days, Wrong>) -> Result<Option<Days>, Wrong> {
    let said = number(body, "remindDaysBefore")?;
    let Ok(life) = life else { return Err(Wrong) };
    match said {
        None => Ok(standard_reminder(*life)),
        Some(0) => Ok(None),
        Some(days) => {
            let wanted = "less than expiresInDays, or 0 for no reminder; leave it out for 2";
            let before = Days::new(days).filter(|days| days < life);
            before.map(Some).ok_or_else(|| wrong(body, "remindDaysBefore", wanted))
        }
    }
}

/// The whole number in `field`, if there is any.
fn number(body: &mut Fields, field: &str) -> Result<Option<u64>, Wrong> {
    if body.cleared(field) {
        return Err(wrong(body, field, "a whole number of days; null is none"));
    }
    let number = body.whole(field);
    if body.has_fault(field) { Err(Wrong) } else { Ok(number) }
}

fn wrong(body: &mut Fields, field: &str, wanted: &'static str) -> Wrong {
    body.fault(field, "out_of_range", wanted);
    Wrong
}
