//! Forms of a page, read as a browser reads them: just enough HTML for pages that keep their forms simple.

use url::Url;

/// A form, to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whose page it is on.
    origin: String,
    action: Url,
    is_post: bool,
    controls: Vec<Control>,
}

/// A filled-in form on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    pub(crate) url: Url,
    pub(crate) is_post: bool,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) origin: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Control {
    kind: Kind,
    name: String,
    value: String,
    /// What a person reads on it or beside it.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Sent as it is, or as it is filled in.
    Field,
    /// Sent once it is ticked.
    Box { ticked: bool },
    /// Sent if it is the one that is pressed.
    Button,
}

impl Form {
    /// The first form of `html`, a page that came from `page`.
    #[must_use]
    pub fn first_of(html: &str, page: &Url) -> Option<Self> {
        let (tag, rest) = tags(html).find(|(tag, _)| tag.is("form"))?;
        let rest = &rest[..rest.find("</form").unwrap_or(rest.len())];
        let action = tag.attribute("action").unwrap_or_default();
        Some(Self {
            origin: page.origin().ascii_serialization(),
            action: page.join(&action).ok()?,
            is_post: tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            controls: tags(rest).filter_map(|(tag, after)| Control::of(&tag, after)).collect(),
        })
    }

    /// Where it goes.
    #[must_use]
    pub fn action(&self) -> &Url {
        &self.action
    }

    /// The value of a field, hidden or not.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.controls.iter().find(|control| control.name == name).map(|control| control.value.as_str())
    }

    /// The same form with a field's value changed; a field that is not there is added, as nothing stops a visitor.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.controls.retain(|control| control.name != name);
        let (name, value) = (name.to_owned(), value.to_owned());
        self.controls.push(Control { kind: Kind::Field, name, value, text: String::new() });
        self
    }

    /// The same form with the box ticked beside which `text` stands; none if there is no such box.
    #[must_use]
    pub fn tick(mut self, text: &str) -> Option<Self> {
        let mut boxes = self.controls.iter_mut().filter(|control| matches!(control.kind, Kind::Box { .. }));
        boxes.find(|control| control.text.contains(text))?.kind = Kind::Box { ticked: true };
        Some(self)
    }

    /// Presses the button on which `text` stands; none if there is no such button.
    #[must_use]
    pub fn press(self, text: &str) -> Option<Submission> {
        let is_pressed = |control: &Control| control.kind == Kind::Button && control.text.contains(text);
        let pressed = self.controls.iter().position(is_pressed)?;
        let is_sent = |(at, control): &(usize, &Control)| match control.kind {
            Kind::Field => true,
            Kind::Box { ticked } => ticked,
            Kind::Button => *at == pressed,
        };
        let sent = self.controls.iter().enumerate().filter(is_sent).filter(|(_, control)| !control.name.is_empty());
        let fields = sent.map(|(_, control)| (control.name.clone(), control.value.clone())).collect();
        Some(Submission { url: self.action, is_post: self.is_post, fields, origin: self.origin })
    }
}

impl Control {
    fn of(tag: &Tag<'_>, after: &str) -> Option<Self> {
        let name = tag.attribute("name").unwrap_or_default();
        let value = tag.attribute("value");
        if tag.is("button") {
            let text = text_of(&after[..after.find("</button").unwrap_or(after.len())]);
            return Some(Self { kind: Kind::Button, name, value: value.unwrap_or_default(), text });
        }
        if !tag.is("input") {
            return None;
        }
        let beside = text_of(&after[..after.find("</label").unwrap_or(0)]);
        let value_or = |default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        let (kind, value, text) = match tag.attribute("type").as_deref() {
            Some("checkbox") => (Kind::Box { ticked: tag.has("checked") }, value_or("on"), beside),
            Some("submit") => (Kind::Button, value_or(""), value_or("Submit")),
            _ => (Kind::Field, value_or(""), String::new()),
        };
        Some(Self { kind, name, value, text })
    }
}

/// An opening tag: what stands between `<` and `>`.
struct Tag<'a>(&'a str);

impl Tag<'_> {
    fn is(&self, name: &str) -> bool {
        let own = self.0.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        own.eq_ignore_ascii_case(name)
    }

    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes().into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    fn attributes(&self) -> Vec<(String, String)> {
        let mut attributes = Vec::new();
        let mut rest = self.0.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
        while !rest.is_empty() {
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let name = rest[..end].to_owned();
            rest = &rest[end..];
            let mut value = "";
            if let Some(given) = rest.strip_prefix('=') {
                let (quote, given) = match given.chars().next() {
                    Some(quote @ ('"' | '\'')) => (Some(quote), &given[1..]),
                    _ => (None, given),
                };
                let is_end = |c: char| quote.map_or_else(|| c.is_whitespace(), |quote| c == quote);
                let end = given.find(is_end).unwrap_or(given.len());
                value = &given[..end];
                rest = given.get(end + 1..).unwrap_or_default();
            }
            attributes.push((name, decoded(value)));
            rest = rest.trim_start();
        }
        attributes
    }
}

/// The opening tags, each with what comes after it. A `>` inside quotes does not end a tag.
fn tags(html: &str) -> impl Iterator<Item = (Tag<'_>, &str)> {
    let mut rest = html;
    std::iter::from_fn(move || {
        rest = &rest[rest.find('<')? + 1..];
        let mut quote = None;
        let end = rest.find(|c: char| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                _ => {}
            }
            c == '>' && quote.is_none()
        })?;
        let tag = Tag(&rest[..end]);
        rest = &rest[end + 1..];
        Some((tag, rest))
    })
}

/// What a person reads of `html`.
pub(crate) fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    decoded(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text behind character references: the five named ones and the numeric ones.
fn decoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        plain.push_str(before);
        let known = reference.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        let (character, after) = known.unwrap_or(('&', reference));
        plain.push(character);
        rest = after;
    }
    plain + rest
}

fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = r#"<h1 title="a > b">Sign in</h1><form method="post" action="/go?a=1&amp;b=2">
        <input type="hidden" name="state" value="&quot;&lt;x&gt;&amp;&#39;&#x41;&#13;">
        <label><input type="checkbox" name="on_behalf" value="true"> Consent on
        <b>behalf</b></label>
        <button class=person name=person value='7'><b>Grace</b> <small>a &amp; b</small></button>
        <button>Continue</button></form><form action="/other"></form>"#;

    fn form() -> Form {
        Form::first_of(HTML, &Url::parse("http://localhost:1/page").unwrap()).unwrap()
    }

    fn fields(submission: &Submission) -> Vec<(&str, &str)> {
        submission.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn a_form_is_read_as_a_browser_reads_it() {
        assert_eq!(form().action().as_str(), "http://localhost:1/go?a=1&b=2");
        assert_eq!(form().value("state"), Some("\"<x>&'A\r"));
        let pressed = form().press("Grace a & b").unwrap();
        assert!(pressed.is_post);
        assert_eq!(fields(&pressed), [("state", "\"<x>&'A\r"), ("person", "7")]);
    }

    #[test]
    fn a_box_is_sent_once_it_is_ticked_and_a_nameless_button_never() {
        let pressed = form().tick("Consent on behalf").unwrap().fill("state", "other").press("Continue").unwrap();
        assert_eq!(fields(&pressed), [("on_behalf", "true"), ("state", "other")]);
        assert!(form().tick("Something else").is_none());
        assert!(form().press("Cancel").is_none());
    }

    #[test]
    fn a_page_without_a_form_has_none() {
        assert_eq!(Form::first_of("<p>1 < 2 & more", &Url::parse("http://localhost/").unwrap()), None);
        assert_eq!(text_of("<p>1 &lt; 2<br>&nbsp;&amp; <b>more</b>"), "1 < 2 & more");
    }
}
