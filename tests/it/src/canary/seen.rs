//! All that was seen of the program, as canaries and outputs of the scan: first what is secret, then what came out.

use std::collections::BTreeSet;

use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION, SET_COOKIE};
use serde_json::Value;
use url::form_urlencoded;

use super::allowed::{is_of_a_handle, take, take_addresses, take_behind, take_handles};
use super::scan::{Kind, Place, Scan};
use super::stage::secret_of;
use crate::tap::Exchange;

/// What came through the taps and out of the program, and what it has left behind.
#[derive(Clone, Default)]
pub(super) struct Seen {
    pub(super) secrets: Vec<Exchange>,
    pub(super) entra: Vec<Exchange>,
    pub(super) api: Vec<Exchange>,
    pub(super) receiver: Vec<Exchange>,
    pub(super) mail: Vec<Exchange>,
    pub(super) dynamodb: Vec<Exchange>,
    /// The whole table, and its stream from the beginning.
    pub(super) rows: Vec<Value>,
    pub(super) records: Vec<Value>,
    pub(super) log: Vec<u8>,
    pub(super) standard_output: Vec<u8>,
    /// The enterprises whose provider was given Microsoft's own tokens.
    pub(super) raw: BTreeSet<u64>,
}

impl Seen {
    pub(super) fn read_into(self, scan: &mut Scan) {
        for exchange in &self.secrets {
            secrets_of_secrets_manager(exchange, scan);
        }
        for exchange in &self.entra {
            secrets_of_microsoft(exchange, scan);
            let is_ours = ["/token", "/v1.0/", "/v1/", "/discovery/", "/.well-known/"]
                .iter()
                .any(|at| exchange.target.contains(at));
            if is_ours {
                scan.output(Place::Url, "a call to Microsoft", format!("{} {}", exchange.method, exchange.target));
            }
        }
        for exchange in self.api {
            secrets_of_api(&exchange, scan);
            answer_of_api(exchange, scan);
        }
        for exchange in self.receiver {
            webhook(exchange, &self.raw, scan);
        }
        for exchange in self.mail {
            mail(&exchange, scan);
        }
        for exchange in self.dynamodb {
            call_of_the_table(&exchange, scan);
        }
        for row in self.rows {
            let what = format!("at the end: {}", row["PK"]["S"]);
            scan.output(Place::Row, what, without_addresses(row.to_string().as_bytes()));
        }
        for record in self.records {
            let what = format!("at the end: {}", record["dynamodb"]["Keys"]["PK"]["S"]);
            scan.output(Place::Stream, what, without_addresses(record.to_string().as_bytes()));
        }
        scan.output(Place::StandardOutput, "after the ready line", self.standard_output);
        for line in self.log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            scan.output(Place::Log, "a line", line);
        }
        for person in simulated_microsoft::people() {
            scan.canary(Kind::MailAddress, person.upn);
        }
    }
}

/// Sealing keys and webhook secrets, as text and as bytes.
fn secrets_of_secrets_manager(exchange: &Exchange, scan: &mut Scan) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let sent: Value = serde_json::from_slice(&exchange.request).unwrap_or_default();
    let kept = sent["SecretString"].as_str();
    if sent["Name"].as_str().is_some_and(|name| name.contains("/client-secret")) {
        scan.canary(Kind::ClientSecret, kept.unwrap());
    }
    let named = sent["Name"].as_str().or(sent["SecretId"].as_str()).unwrap_or_default();
    if let Some(token) = kept.filter(|_| named.contains("/refresh-token/")) {
        scan.canary(Kind::RefreshToken, token);
    }
    let stored: Value = kept.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for key in stored["keys"].as_array().into_iter().flatten() {
        let (kind, text) = match (key["key"].as_str(), key["secret"].as_str()) {
            (Some(sealing), _) => (Kind::SealingKey, sealing),
            (_, Some(webhook)) => (Kind::WebhookSecret, webhook.strip_prefix("whsec_").unwrap()),
            _ => continue,
        };
        scan.canary(kind, text);
        scan.canary(kind, STANDARD.decode(text).unwrap());
    }
}

fn secrets_of_microsoft(exchange: &Exchange, scan: &mut Scan) {
    if exchange.target.contains("/token") {
        let mut given = Kind::AccessToken;
        for (name, value) in form_urlencoded::parse(&exchange.request) {
            match name.as_ref() {
                "code" => scan.canary(Kind::Code, value.as_bytes()),
                "code_verifier" => scan.canary(Kind::Verifier, value.as_bytes()),
                "client_assertion" => scan.token(Kind::Assertion, &value),
                "grant_type" if value == "client_credentials" => given = Kind::AppToken,
                _ => {}
            }
        }
        let tokens: Value = serde_json::from_slice(&exchange.answer).unwrap_or_default();
        let text = |field: &str| tokens[field].as_str().unwrap_or_default();
        scan.canary(given, text("access_token"));
        scan.canary(Kind::RefreshToken, text("refresh_token"));
        scan.token(Kind::IdToken, text("id_token"));
    }
}

/// What browsers and callers sent: each field of a callback is a secret, right or wrong.
fn secrets_of_api(exchange: &Exchange, scan: &mut Scan) {
    for key in exchange.sent.get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok()) {
        let secret = secret_of(key.rsplit(' ').next().unwrap_or_default());
        // The two right keys are known under their own names.
        if exchange.status == 401 {
            scan.canary(Kind::WrongKey, secret);
        }
    }
    if exchange.target.starts_with("/oauth/token") && exchange.status >= 400 {
        for (name, value) in form_urlencoded::parse(&exchange.request) {
            if name == "client_secret" {
                scan.canary(Kind::WrongKey, secret_of(&value));
            }
        }
    }
    if ["/restricted/", "/partner-center/"].iter().any(|at| exchange.target.starts_with(at)) {
        let query = exchange.target.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in form_urlencoded::parse(&exchange.request).chain(form_urlencoded::parse(query.as_bytes())) {
            match name.as_ref() {
                "code" => scan.canary(Kind::Code, value.as_bytes()),
                "state" => scan.canary(Kind::State, value.as_bytes()),
                "id_token" => scan.token(Kind::IdToken, &value),
                _ => {}
            }
        }
    }
}

/// An answer of the API or a page, after what it is there to tell was taken out.
fn answer_of_api(exchange: Exchange, scan: &mut Scan) {
    let Exchange { method, target, status, mut headers, answer, .. } = exchange;
    // The sandbox speaks for itself: its page at / shows its keys (DESIGN §6).
    if target.split('?').next() == Some("/") || target.starts_with("/sandbox/") {
        return;
    }
    // What is the same for everybody tells nothing of anybody, whatever names its examples have.
    if target == "/openapi.json" {
        let kept: Value = serde_json::from_str(include_str!("../../../../openapi.json")).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&answer).ok(), Some(kept));
        return;
    }
    if let Some(location) = headers.remove(LOCATION) {
        let location = location.to_str().unwrap().to_owned();
        let told = location_without_its_secrets(&target, &location, scan);
        scan.output(Place::Answer, "Location, its secrets apart", told);
    }
    if let Some(cookie) = headers.remove(SET_COOKIE) {
        let mut cookie = cookie.to_str().unwrap().to_owned();
        for value in take_behind(&mut cookie, "__Host-txn=", is_of_a_handle) {
            scan.canary(Kind::Cookie, value);
        }
        scan.output(Place::Answer, "Set-Cookie, its value apart", cookie);
    }
    let mut document: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let text = match (status, document.as_str()) {
        (200, Some(link)) if target.contains("ction") => link_without_its_secrets(link, scan),
        (200 | 201, None) if document.is_object() => {
            told_once(&target, &mut document, scan);
            take_connections(&mut document, scan);
            document.to_string()
        }
        (409, None) if document["type"].is_string() => {
            take_connections(&mut document, scan);
            document.to_string()
        }
        _ if target.starts_with("/partner-center/") => page_without_its_accounts(&answer, scan),
        _ => page_without_its_form(&answer, scan),
    };
    let what = format!("{status} to {method} {}", beginning(&target));
    scan.output(Place::Answer, what, format!("{} {text}", lines(&headers)));
}

/// As much of a path as tells which page or part of the API it is, and no more.
fn beginning(target: &str) -> String {
    let named = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let parts = target.split(['/', '?']).skip(1);
    parts.take(3).map(|part| if part == "v1" || named(&part) { format!("/{part}") } else { "/…".to_owned() }).collect()
}

/// The address to which a browser is sent: an outcome page, a start page, or Microsoft's from a start page.
fn location_without_its_secrets(target: &str, location: &str, scan: &mut Scan) -> String {
    if let Some((before, handle)) = location.split_once("/outcome/") {
        scan.canary(Kind::OutcomeHandle, handle);
        return before.to_owned();
    }
    if let Some(handle) = location.strip_prefix("/activate/") {
        scan.canary(Kind::ActivationHandle, handle);
        return "/activate/".to_owned();
    }
    match location.strip_prefix("/start/") {
        Some(handle) => {
            scan.canary(Kind::StartHandle, handle);
            "/start/".to_owned()
        }
        None if ["/start/", "/partner-center/"].iter().any(|at| target.starts_with(at)) => {
            link_without_its_secrets(location, scan)
        }
        None => location.to_owned(),
    }
}

/// What stands before an address that a page is there to pass on.
const ADDRESS: &str = "<code class=\"address\">";

const fn is_of_an_address(char: char) -> bool {
    char != '<'
}

/// A page without the handle in the form that goes on, and in the address that is passed on to an administrator (K13);
/// or in the form that activates (R147).
fn page_without_its_form(answer: &[u8], scan: &mut Scan) -> String {
    let mut page = String::from_utf8_lossy(answer).into_owned();
    for handle in take_behind(&mut page, "action=\"/start/", is_of_a_handle) {
        scan.canary(Kind::StartHandle, handle);
    }
    for address in take_behind(&mut page, ADDRESS, is_of_an_address) {
        let (before, handle) = address.rsplit_once('/').unwrap();
        scan.canary(Kind::StartHandle, handle);
        page.push_str(before);
    }
    for handle in take_behind(&mut page, "action=\"/activate/", is_of_a_handle) {
        scan.canary(Kind::ActivationHandle, handle);
    }
    page
}

/// A page of a connection without the accounts that it is about, which is why it is shown, and without the links that it is there to
/// pass on.
fn page_without_its_accounts(answer: &[u8], scan: &mut Scan) -> String {
    let mut page = String::from_utf8_lossy(answer).into_owned();
    for address in take_behind(&mut page, ADDRESS, is_of_an_address) {
        page.push_str(&link_without_its_secrets(&address.replace("&amp;", "&").replace("&#38;", "&"), scan));
    }
    for account in take_behind(&mut page, "<dd><code>", |char| char != '<') {
        page.push_str(&account.split(' ').filter(|word| !word.contains('@')).collect::<String>());
    }
    page
}

/// A connection tells its accounts; who asks for a link to a step is answered with it, and told the one that comes first.
fn take_connections(document: &mut Value, scan: &mut Scan) {
    let accounts = ["/integrationUser", "/adminConsent/user", "/userConsent/user"];
    let of_list = document["items"].as_array().map_or(0, Vec::len);
    let places = (0..of_list).map(|at| format!("/items/{at}")).chain([String::new()]);
    for place in places {
        for account in accounts {
            take(document, &format!("{place}{account}"));
        }
        for link in ["/url", "/adminConsentLink", "/nextAction"] {
            if let Some(link) = take(document, &format!("{place}{link}")) {
                document["link"] =
                    if link.starts_with("http") { link_without_its_secrets(&link, scan) } else { link }.into();
            }
        }
    }
}

/// Keys and webhook secrets are shown when they are made; an enterprise tells its own addresses (K9, K10).
fn told_once(target: &str, document: &mut Value, scan: &mut Scan) {
    let shown: &[(&str, Kind)] = match target {
        "/v1/resellers" => &[("/webhookSecret", Kind::WebhookSecret)],
        rotated if rotated.ends_with("/webhook-secret") => &[("/webhookSecret", Kind::WebhookSecret)],
        token if token.ends_with("/token") => &[("/access_token", Kind::ApiToken)],
        info if info.contains("o365-user-info") => &[("/displayableId", Kind::MailAddress)],
        links if links.ends_with("/links") => &[("/startUrl", Kind::StartHandle)],
        keys if keys.ends_with("/keys") => &[("/key", Kind::ResellerKey)],
        invitations if invitations.split('?').next().is_some_and(|path| path.ends_with("/invitations")) => &[
            ("/items/0/adminEmail", Kind::MailAddress),
            ("/items/1/adminEmail", Kind::MailAddress),
            ("/items/2/adminEmail", Kind::MailAddress),
            ("/items/3/adminEmail", Kind::MailAddress),
        ],
        enterprise if enterprise.starts_with("/v1/enterprises/") => {
            &[("/managementConsent/grantedBy", Kind::MailAddress), ("/enterpriseAdminEmail", Kind::MailAddress)]
        }
        _ => &[],
    };
    for (pointer, kind) in shown {
        if let Some(secret) = take(document, pointer) {
            let has_prefix = matches!(kind, Kind::ResellerKey | Kind::ApiToken | Kind::WebhookSecret);
            let secret = if has_prefix { secret_of(&secret) } else { secret.rsplit('/').next().unwrap() };
            scan.canary(*kind, secret);
        }
    }
}

/// A link without what is there for Microsoft to read: state and nonce, and the account that step two of a connection is for.
fn link_without_its_secrets(link: &str, scan: &mut Scan) -> String {
    let link = url::Url::parse(link).unwrap();
    let mut kept = Vec::new();
    for (name, value) in link.query_pairs() {
        match name.as_ref() {
            "state" => scan.canary(Kind::State, value.as_bytes()),
            "nonce" => scan.canary(Kind::Nonce, value.as_bytes()),
            "login_hint" => scan.canary(Kind::MailAddress, value.as_bytes()),
            _ => kept.push(format!("{name}={value}")),
        }
    }
    format!("{}?{}", link.path(), kept.join("&"))
}

/// An outcome without the handles and the address that the source's object has; or without Microsoft's tokens, where
/// their enterprise's provider was switched to them.
fn webhook(exchange: Exchange, raw: &BTreeSet<u64>, scan: &mut Scan) {
    let Exchange { target, sent, request, .. } = exchange;
    let mut outcome: Value = serde_json::from_slice(&request).unwrap();
    let is_raw = outcome["enterpriseId"].as_u64().is_some_and(|enterprise| raw.contains(&enterprise));
    let result = "/msalAuthenticationResult/authenticationResult";
    for token in ["accessToken", "idToken"] {
        if let Some(handle) = take(&mut outcome, &format!("{result}/{token}")) {
            assert_eq!(handle.starts_with("onbtok_"), !is_raw, "no token of Microsoft's leaves, unless it is to");
            if is_raw {
                scan.token(if token == "idToken" { Kind::IdToken } else { Kind::AccessToken }, &handle);
            } else {
                scan.canary(Kind::TokenHandle, handle.strip_prefix("onbtok_").unwrap());
            }
        }
    }
    if let Some(address) = take(&mut outcome, &format!("{result}/userInfo/displayableId")) {
        assert!(address.contains('@'), "the signer's name");
    }
    if let Some(link) = take(&mut outcome, "/data/link") {
        outcome["data"]["link"] = link_without_its_secrets(&link, scan).into();
    }
    scan.output(Place::Webhook, "an outcome", format!("{target} {} {outcome}", lines(&sent)));
}

fn lines(headers: &HeaderMap) -> String {
    let lines = headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    lines.collect::<Vec<_>>().join("\r\n")
}

fn without_addresses(text: &[u8]) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_slice::<Value>(text) else { return text.to_vec() };
    let taken = take_addresses(&mut document);
    assert!(taken.iter().all(|address| address.contains('@')), "an address and nothing else");
    document.to_string().into_bytes()
}

/// What the table, or its stream, was sent and answered.
fn call_of_the_table(exchange: &Exchange, scan: &mut Scan) {
    let Exchange { target, sent, request, answer, is_broken, .. } = exchange;
    let operation = sent.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    scan.output(Place::Url, "a call to DynamoDB", target.as_str());
    let place = if operation.contains("Streams") { Place::Stream } else { Place::Row };
    scan.output(place, format!("sent by {operation}"), without_addresses(request));
    if !is_broken {
        scan.output(place, format!("read by {operation}"), without_addresses(answer));
    }
}

/// A mail without whom it is for and the link that it is there to bring: once in its text, twice and once to be read in
/// its HTML (R147); and without the code of an invitation, once in each (R160).
fn mail(exchange: &Exchange, scan: &mut Scan) {
    let Exchange { target, sent, request, .. } = exchange;
    scan.output(Place::Url, "a call to SES", target.as_str());
    let mut mail: Value = serde_json::from_slice(request).unwrap();
    if let Some(address) = take(&mut mail, "/Destination/ToAddresses/0") {
        scan.canary(Kind::MailAddress, address);
    }
    for (part, times) in [("Text", 1), ("Html", 3)] {
        let Some(mut text) = take(&mut mail, &format!("/Content/Simple/Body/{part}/Data")) else { continue };
        for handle in take_handles(&mut text, "/activate/", times) {
            scan.canary(Kind::ActivationHandle, handle);
        }
        for handle in take_handles(&mut text, "/start/", times) {
            scan.canary(Kind::StartHandle, handle);
        }
        let before = if part == "Text" { "Invitation Code: " } else { "font-size:18px\">" };
        for code in take_behind(&mut text, before, is_of_a_handle) {
            scan.canary(Kind::InvitationCode, code.replace('-', "").to_lowercase());
            scan.canary(Kind::InvitationCode, code);
        }
        scan.output(Place::Mail, format!("a mail's {part}"), text);
    }
    scan.output(Place::Mail, "a mail's lines", format!("{} {mail}", lines(sent)));
}
