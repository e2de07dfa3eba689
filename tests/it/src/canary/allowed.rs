//! Where the contract itself puts a secret: each such value is taken out before the rest is searched.
//!
//! | what | where it may be | because |
//! |---|---|---|
//! | an API key, a webhook secret | the answer that makes it | shown once (K9) |
//! | the sealed state, the nonce | the link that is answered, and a row's hash of neither | Microsoft reads them (R110, R111) |
//! | an outcome handle | `Location` | the browser goes there |
//! | a start handle | the answer, or the invitation mail, that brings it; the form of our pages that goes on, and the address to pass on; `Location` | K13 |
//! | an activation handle | the mail that brings it; the form of its page; `Location` behind its button | R147 |
//! | an invitation's code | the mail that brings it | R160 |
//! | a contact's mail address | whom the mail is for | R147 |
//! | an invited administrator's | whom the mail is for; the list of invitations | R159 |
//! | keys of the sandbox | its own page at `/` | DESIGN §6 |
//! | the cookie of a sign-in | `Set-Cookie` | K13 |
//! | an access token of ours | the answer that makes it | RFC 6749 §5.1 |
//! | Microsoft's own tokens | `accessToken` and `idToken` of the outcome, for a provider that was switched to them | R116 |
//! | token handles | `accessToken` and `idToken` of the outcome | DESIGN §5 |
//! | the signer's address | `displayableId` of the outcome; who granted an action; whose sign-in is under way, or its grant not seen yet | R120, K10, P3 |
//! | the accounts of a connection | its row, its answers, and the pages of its steps, which name them | R171, R199 |
//! | the link to a step of a connection | the answer, the event or the page that is there to bring it | R172, R197 |
//! | the address of who registered a tenant | the answer of `o365-user-info` | R129 |
//! | the enterprise's mail address | the enterprise's row, and its answer | K10 |

use serde_json::Value;

/// Takes the text at `pointer` out of `document`.
pub(crate) fn take(document: &mut Value, pointer: &str) -> Option<String> {
    let value = document.pointer_mut(pointer)?.take();
    value.as_str().map(str::to_owned)
}

/// Takes what stands right behind `before` out of `text`, wherever that is, as far as it consists of what `is_part` takes. What
/// stands where a secret may, and does not look like one, stays to be searched.
pub(crate) fn take_behind(text: &mut String, before: &str, is_part: fn(char) -> bool) -> Vec<String> {
    let mut parts = text.split(before);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    let mut taken = Vec::new();
    for part in parts {
        let rest = part.trim_start_matches(is_part);
        taken.push(part[..part.len() - rest.len()].to_owned());
        kept.push_str(before);
        kept.push_str(rest);
    }
    *text = kept;
    taken
}

/// Whether a handle, a sealed value or an invitation's code is made of such characters.
pub(crate) const fn is_of_a_handle(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_')
}

/// Takes the handles behind `before` out of `text`, in which they stand `times` times or not at all.
pub(crate) fn take_handles(text: &mut String, before: &str, times: usize) -> Vec<String> {
    let taken = take_behind(text, before, is_of_a_handle);
    assert!(taken.is_empty() || taken.len() == times, "{} handles, not {times}", taken.len());
    taken
}

/// Takes the addresses out of rows, or a request or answer of DynamoDB that holds some: only where they may stand.
pub(crate) fn take_addresses(rows: &mut Value) -> Vec<String> {
    let mut taken = Vec::new();
    walk(rows, &mut Vec::new(), &mut taken);
    taken
}

/// `path` has the names above a value, without DynamoDB's types.
fn walk(value: &mut Value, path: &mut Vec<String>, taken: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, path, taken)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                let is_type = matches!(name.as_str(), "M" | "L" | "S" | "N" | "B");
                if !is_type {
                    path.push(name.clone());
                }
                if inner.is_string() && is_type && may_hold_an_address(path) {
                    taken.extend(inner.take().as_str().map(str::to_owned));
                } else {
                    walk(inner, path, taken);
                }
                if !is_type {
                    path.pop();
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn may_hold_an_address(path: &[String]) -> bool {
    let names: Vec<&str> = path.iter().rev().map(String::as_str).take(3).collect();
    matches!(
        names[..],
        ["userPrincipalName", "by", ..] | ["userPrincipalName", "signer", "stage" | ":stage" | ":leased" | "unseen"]
    ) || matches!(names[..], ["enterpriseAdminEmail" | "integrationUser", ..])
        || matches!(names[..], ["userPrincipalName", "signer", "admin" | "user" | "refused"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_handle_is_taken_from_its_place_and_nothing_behind_it() {
        let mut page = "<form action=\"/start/one\"> /start/two <form action=\"/start/three more\">".to_owned();
        assert_eq!(take_behind(&mut page, "action=\"/start/", is_of_a_handle), ["one", "three"]);
        assert_eq!(page, "<form action=\"/start/\"> /start/two <form action=\"/start/ more\">");
    }

    #[test]
    fn handles_are_taken_as_often_as_they_may_stand_there() {
        let mut text = "https://a.example/activate/h4nd_le-1\nnot at all: /start/h4ndle".to_owned();
        assert_eq!(take_handles(&mut text, "/activate/", 1), ["h4nd_le-1"]);
        assert_eq!(text, "https://a.example/activate/\nnot at all: /start/h4ndle");
    }

    #[test]
    #[should_panic(expected = "2 handles, not 1")]
    fn a_handle_stands_nowhere_twice_where_it_may_once() {
        take_handles(&mut "/activate/one /activate/one".to_owned(), "/activate/", 1);
    }

    #[test]
    fn addresses_are_taken_from_their_places_alone() {
        let address = |text: &str| json!({"M": {"userPrincipalName": {"S": text}}});
        let mut rows = json!({
            "Item": {"stage": {"M": {"signer": address("signer")}}, "signer": address("handle"), "who": {"S": "audit"}},
            "Attributes": {"actions": {"M": {"REGISTRATION": {"M": {"by": address("by")}}}}},
            "ExpressionAttributeValues": {":leased": {"M": {"signer": address("leased")}}},
        });
        assert_eq!(take_addresses(&mut rows), ["by", "leased", "signer"]);
        assert!(rows.to_string().contains("handle") && rows.to_string().contains("audit"), "{rows}");
    }
}
