//! A person at Microsoft who does as was chosen: page after page over HTTP, as a browser goes them.

use std::time::Duration;

use simulated_microsoft::Person;
use url::Url;

use super::trouble::Deed;
use crate::form::{Form, Submission, text_of};
use crate::visitor::{Lost, Page, Visitor};

/// More pages than there are on any way.
const MOST_PAGES: usize = 8;
/// No part of a path that says something is longer.
const LONGEST_NAME: usize = 40;
/// How long the whole way may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// A page on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Where, without query and handle.
    pub(crate) place: String,
    pub(crate) status: u16,
    pub(crate) heading: String,
    /// What the person pressed there.
    pub(crate) pressed: Option<String>,
}

/// The way of `person` from the link to where it ends, and why it broke off, if it did.
pub(crate) async fn play(link: &Url, person: &Person, deed: Deed) -> (Vec<Stop>, Option<String>) {
    let mut stops = Vec::new();
    let walked = tokio::time::timeout(PATIENCE, go(link, person, deed, &mut stops)).await;
    let broken = match walked {
        Ok(Ok(())) => None,
        Ok(Err(lost)) => Some(lost.to_string()),
        Err(_) => Some("no end within 40 seconds".to_owned()),
    };
    (stops, broken)
}

async fn go(link: &Url, person: &Person, deed: Deed, stops: &mut Vec<Stop>) -> Result<(), Lost> {
    let mut visitor = Visitor::new().map_err(|fault| Lost::NoAddress(fault.to_string()))?;
    let mut page = visitor.open(link.as_str()).await?;
    for _ in 0..MOST_PAGES {
        let next = page.form().and_then(|form| press(form, person, deed));
        stops.push(Stop::at(&page, next.as_ref().map(|(pressed, _)| pressed.clone())));
        let Some((_, submission)) = next else { break };
        page = visitor.submit(submission).await?;
    }
    Ok(())
}

/// What the person presses on a page of Microsoft's; pages of ours have nothing to press.
fn press(form: Form, person: &Person, deed: Deed) -> Option<(String, Submission)> {
    if let Some(chosen) = form.clone().press(person.name) {
        return Some((person.name.to_owned(), chosen));
    }
    if deed == Deed::Cancel
        && let Some(cancelled) = form.clone().press("Cancel")
    {
        return Some(("Cancel".to_owned(), cancelled));
    }
    if deed == Deed::AcceptForAll
        && let Some(accepted) = form.clone().tick("Consent on behalf").and_then(|form| form.press("Accept"))
    {
        return Some(("Consent on behalf of your organization, Accept".to_owned(), accepted));
    }
    ["Accept", "Return to the application", "Continue"]
        .into_iter()
        .find_map(|button| Some((button.to_owned(), form.clone().press(button)?)))
}

impl Stop {
    fn at(page: &Page, pressed: Option<String>) -> Self {
        let (origin, path) = (page.url.origin().ascii_serialization(), shortened(page.url.path()));
        Self { place: format!("{origin}{path}"), status: page.status, heading: heading(&page.body), pressed }
    }
}

/// A path without the handle at its end, if that is a long one.
fn shortened(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((before, handle)) if handle.len() > LONGEST_NAME => format!("{before}/…"),
        Some(_) | None => path.to_owned(),
    }
}

/// The first heading of a page.
fn heading(html: &str) -> String {
    let inside = html.split_once("<h1").and_then(|(_, rest)| rest.split_once('>')).map(|(_, rest)| rest);
    text_of(inside.and_then(|rest| rest.split_once("</h1>")).map_or("", |(heading, _)| heading))
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulated_microsoft::GRACE;

    fn form(html: &str) -> Form {
        Form::first_of(html, &Url::parse("http://localhost:1/").unwrap()).unwrap()
    }

    const CONSENT: &str = r#"<form method="post"><label><input type="checkbox" name="on_behalf"> Consent on behalf
        of your organization</label><button name="d" value="c">Cancel</button><button name="d" value="a">Accept</button>
        </form>"#;

    #[test]
    fn each_deed_presses_its_own_button() {
        let pressed = |deed| press(form(CONSENT), &GRACE, deed).unwrap().0;
        assert_eq!(pressed(Deed::Cancel), "Cancel");
        assert_eq!(pressed(Deed::AcceptForSelf), "Accept");
        assert_eq!(pressed(Deed::AcceptForAll), "Consent on behalf of your organization, Accept");
    }

    #[test]
    fn a_page_with_nothing_known_on_it_is_the_end() {
        let other = form("<form method=post><button>Delete</button></form>");
        assert!(press(other, &GRACE, Deed::AcceptForAll).is_none());
        assert_eq!(shortened("/simulated/consent"), "/simulated/consent");
        assert_eq!(shortened(&format!("/outcome/{}", "x".repeat(200))), "/outcome/…");
        assert_eq!(heading("<h1 class=x>Sorry, <b>but</b></h1>"), "Sorry, but");
    }
}
