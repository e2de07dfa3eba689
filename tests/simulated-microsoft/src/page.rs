//! The pages a person sees at Microsoft.
//!
//! Plain HTML with a little style and no external resource. Forms are kept simple, because tests
//! read them too: one form a page, hidden fields, buttons with a name and a value.

use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use chrono::{DateTime, Utc};

use crate::aadsts::Refusal;
use crate::answer::Field;
use crate::directory::{Account, Person, people, tenants};
use crate::permission::{Permission, resource_name};
use crate::sign_in::{Purpose, SignIn};

const STYLE: &str = "\
body{margin:0;font:16px/1.5 'Segoe UI',system-ui,sans-serif;background:#f2f2f2;color:#1b1b1b}\
header{background:#1b1b1b;color:#fff;padding:.6rem 1.5rem}header b{color:#ffd54a}\
main{max-width:44rem;margin:2rem auto;background:#fff;padding:1.5rem 2rem 2rem;box-shadow:0 2px 8px #0003}\
main.wide{max-width:72rem}h1{font-size:1.5rem;margin:.2rem 0 1rem}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}\
fieldset{border:1px solid #d0d0d0;margin:0 0 1rem;padding:.4rem 1rem 1rem}legend{font-weight:600;padding:0 .4rem}\
button{font:inherit;padding:.5rem 1rem;border:1px solid #8a8886;background:#fff;cursor:pointer}\
button.primary{background:#0067b8;border-color:#0067b8;color:#fff}\
button.person{display:block;width:100%;text-align:left;margin-top:.5rem}\
button:hover{filter:brightness(.95)}button:focus-visible{outline:3px solid #0067b8;outline-offset:2px}\
small{color:#555}pre{white-space:pre-wrap;background:#f2f2f2;padding:.8rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\
code{overflow-wrap:anywhere}.actions{margin-top:1.5rem;display:flex;gap:.8rem}";

/// Text made safe for element content and attribute values.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A raw line break in an attribute would not survive the browser's form encoding.
            '\r' => safe.push_str("&#13;"),
            '\n' => safe.push_str("&#10;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A whole page.
pub(crate) fn layout(title: &str, class: &str, main: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – Simulated Microsoft</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><b>Simulated Microsoft – sandbox</b> · nothing here is the real Microsoft</header>\n\
         <main class=\"{class}\">\n{main}\n</main>\n</body>\n</html>\n"
    ))
}

fn answer(title: &str, main: &str) -> Response {
    layout(title, "", main).into_response()
}

/// Something Microsoft keeps to itself: no way back to the application.
pub(crate) fn refusal(refusal: &Refusal, now: DateTime<Utc>) -> Response {
    let main = format!(
        "<h1>Sorry, but we’re having trouble signing you in.</h1>\n<pre>{}</pre>\n\
         <p>This page stays at Microsoft: the application is not told.</p>",
        escape(&refusal.describe(now))
    );
    (StatusCode::BAD_REQUEST, layout("Error", "", &main)).into_response()
}

/// A form of a sign-in that is over or was never begun.
pub(crate) fn stale(now: DateTime<Utc>) -> Response {
    refusal(
        &Refusal::new(
            "invalid_request",
            165_000,
            "Invalid request: the sign-in session of this page is over. Close old tabs and open a fresh link.",
        ),
        now,
    )
}

pub(crate) fn sign_in(transaction: &str, sign_in: &SignIn) -> Response {
    let mut main = format!(
        "<h1>Sign in</h1>\n<p>to continue to <b>{}</b> · authority <code>{}</code></p>\n\
         <form method=\"post\" action=\"/simulated/sign-in\">\n{}\n",
        escape(&sign_in.app.display_name),
        escape(sign_in.authority.name()),
        hidden("transaction", transaction),
    );
    let hint = sign_in.login_hint.as_deref();
    let hinted = people().iter().find(|person| hint.is_some_and(|hint| person.upn.eq_ignore_ascii_case(hint)));
    if let Some(person) = hinted {
        let _ = writeln!(main, "<fieldset><legend>Suggested</legend>{}</fieldset>", person_button(person, true));
    }
    for tenant in tenants() {
        let _ = write!(main, "<fieldset><legend>{} <small>{}</small></legend>", tenant.display_name, tenant.domain);
        for person in people() {
            if person.home() == *tenant && hinted.is_none_or(|suggested| suggested != person) {
                main.push_str(&person_button(person, false));
            }
        }
        main.push_str("</fieldset>\n");
    }
    main.push_str("</form>");
    answer("Sign in", &main)
}

fn person_button(person: &Person, suggested: bool) -> String {
    let mut about = Vec::new();
    for membership in person.memberships {
        about.extend(
            membership
                .roles
                .iter()
                .map(|role| if membership.guest { format!("{} as guest", role.name) } else { role.name.to_owned() }),
        );
        about.extend(membership.agents.iter().map(|group| (*group).to_owned()));
        if membership.guest {
            about.push(format!("guest at {}", membership.tenant.display_name));
        }
    }
    let focus = if suggested { " autofocus" } else { "" };
    format!(
        "<button class=\"person\" name=\"person\" value=\"{}\"{focus}><b>{}</b> {}<br><small>{}</small></button>",
        person.oid,
        person.name,
        person.upn,
        if about.is_empty() { "no role".to_owned() } else { about.join(", ") }
    )
}

pub(crate) fn consent(transaction: &str, sign_in: &SignIn, account: Account, on_behalf: bool) -> Response {
    let tick = match (&sign_in.purpose, on_behalf) {
        (Purpose::AdminConsent, _) => {
            format!("<p>This grants the permissions for everybody in <b>{}</b>.</p>", account.tenant().display_name)
        }
        (Purpose::Code { .. }, true) => "<p><label><input type=\"checkbox\" name=\"on_behalf\" value=\"true\"> \
             Consent on behalf of your organization</label><br><small>Without the tick only you consent, \
             for yourself.</small></p>"
            .to_owned(),
        (Purpose::Code { .. }, false) => String::new(),
    };
    let main = format!(
        "<h1>Permissions requested</h1>\n<p><b>{}</b><br><small>unverified</small></p>\n<p>Signed in as {}</p>\n\
         <p>This app would like to:</p>\n{}\n<form method=\"post\" action=\"/simulated/consent\">\n{}\n{tick}\n\
         <div class=\"actions\"><button name=\"decision\" value=\"cancel\">Cancel</button>\
         <button class=\"primary\" name=\"decision\" value=\"accept\">Accept</button></div>\n</form>",
        escape(&sign_in.app.display_name),
        account.person.upn,
        permissions(&sign_in.wanted()),
        hidden("transaction", transaction),
    );
    answer("Permissions requested", &main)
}

pub(crate) fn need_admin(transaction: &str, sign_in: &SignIn, account: Account) -> Response {
    let main = format!(
        "<h1>Need admin approval</h1>\n<p><b>{}</b></p>\n<p>Signed in as {}. It needs permission to access resources \
         in your organization that only an admin can grant. Please ask an admin to grant permission to this app \
         before you can use it.</p>\n{}\n<form method=\"post\" action=\"/simulated/consent\">\n{}\n\
         <div class=\"actions\"><button name=\"decision\" value=\"return\">Return to the application without \
         granting consent</button></div>\n</form>",
        escape(&sign_in.app.display_name),
        account.person.upn,
        permissions(&sign_in.wanted()),
        hidden("transaction", transaction),
    );
    answer("Need admin approval", &main)
}

fn permissions(wanted: &[&'static Permission]) -> String {
    let mut list = "<ul>".to_owned();
    for permission in wanted {
        let _ = write!(
            list,
            "<li>{} <small>{} · {}{}</small></li>",
            permission.text,
            resource_name(permission.resource).unwrap_or_default(),
            permission.value,
            if permission.admin_only { " · admin" } else { "" }
        );
    }
    list.push_str("</ul>");
    list
}

/// The self-submitting form of `response_mode=form_post`.
pub(crate) fn form_post(redirect_uri: &str, fields: &[Field]) -> Response {
    let inputs: Vec<_> = fields.iter().map(|(name, value)| hidden(name, value)).collect();
    let main = format!(
        "<h1>Working…</h1>\n<form method=\"post\" action=\"{}\">\n{}\n\
         <button class=\"primary\">Continue</button>\n</form>\n<script>document.forms[0].submit()</script>",
        escape(redirect_uri),
        inputs.join("\n")
    );
    answer("Working", &main)
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_attribute() {
        assert_eq!(escape("\"><b>'&\r\n"), "&quot;&gt;&lt;b&gt;&#39;&amp;&#13;&#10;");
    }
}
