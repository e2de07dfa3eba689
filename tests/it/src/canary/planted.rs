//! The scan finds what it is there to find: one of each secret stands where the contract puts it, and is not reported; then
//! each of them is planted in every place where something comes out, and the scan names it and the place.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::certificate;
use super::scan::{Kind, Scan};
use super::seen::Seen;
use super::stage::{random_text, secret_of};
use crate::tap::Exchange;

fn headers<const N: usize>(lines: [(&'static str, &str); N]) -> HeaderMap {
    lines.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn exchange(method: Method, target: &str, request: impl ToString, (status, answer): (u16, impl ToString)) -> Exchange {
    Exchange {
        method,
        target: target.to_owned(),
        sent: HeaderMap::new(),
        request: request.to_string().into_bytes(),
        status,
        headers: HeaderMap::new(),
        answer: answer.to_string().into_bytes(),
        is_broken: false,
    }
}

fn get(target: &str, page: &str) -> Exchange {
    exchange(Method::GET, target, "", (200, page))
}

fn redirect(target: &str, location: &str) -> Exchange {
    let mut redirect = exchange(Method::POST, target, "", (303, ""));
    redirect.headers = headers([("location", location)]);
    redirect
}

fn call_of_the_table(operation: &str, sent: &Value, answer: &Value) -> Exchange {
    let mut call = exchange(Method::POST, "/", sent, (200, answer));
    call.sent = headers([("x-amz-target", operation)]);
    call
}

fn row(key: &str, attribute: &str, text: &str) -> Value {
    json!({"PK": {"S": key}, "SK": {"S": "x"}, attribute: {"S": text}})
}

fn outcome(result: &Value, problem: &str) -> Exchange {
    let outcome = json!({"enterpriseId": 7, "problem": problem,
                         "msalAuthenticationResult": {"authenticationResult": result}});
    exchange(Method::POST, "/hook", outcome, (200, ""))
}

fn mail(to: &str, subject: &str, (text, html): (&str, &str)) -> Exchange {
    let content = |text: &str| json!({"Data": text, "Charset": "UTF-8"});
    let mail = json!({
        "FromEmailAddress": "no-reply@onboarding.example",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Simple": {"Subject": content(subject), "Body": {"Text": content(text), "Html": content(html)}}},
    });
    exchange(Method::POST, "/v2/email/outbound-emails", mail, (200, ""))
}

/// A run in which each secret comes up once, where it belongs; and the secrets.
fn run() -> (Seen, Vec<(Kind, String)>) {
    let mut secrets = Vec::new();
    let mut secret = |kind: Kind| {
        let text = random_text();
        secrets.push((kind, text.clone()));
        text
    };
    let kept = |name: &str, secret: &str| {
        let kept = json!({"Name": format!("onboarding/sandbox/{name}"), "SecretString": secret});
        exchange(Method::POST, "/", kept, (200, ""))
    };
    // Its bytes are as long as those of a key, and as text it is one in base64.
    let sealing = json!({"keys": [{"key": secret(Kind::SealingKey)}]}).to_string();
    let signing = json!({"keys": [{"secret": format!("whsec_{}", secret(Kind::WebhookSecret))}]}).to_string();
    let mut seen = Seen {
        secrets: vec![
            kept("client-secret", &secret(Kind::ClientSecret)),
            kept("sealing-keys", &sealing),
            kept("webhook/7", &signing),
        ],
        ..Seen::default()
    };
    let tokens = json!({"access_token": secret(Kind::AccessToken), "refresh_token": secret(Kind::RefreshToken),
                        "id_token": format!("header.{}.{}", secret(Kind::IdToken), secret(Kind::IdToken))});
    let (code, verifier) = (secret(Kind::Code), secret(Kind::Verifier));
    let redeemed = format!("code={code}&code_verifier={verifier}");
    let own = json!({ "access_token": secret(Kind::AppToken) });
    seen.entra = vec![
        exchange(Method::POST, "/common/oauth2/v2.0/token", redeemed, (200, tokens)),
        exchange(Method::POST, "/t/oauth2/v2.0/token", "grant_type=client_credentials", (200, own)),
    ];
    let made = |path: &str, answer: Value| exchange(Method::POST, path, "", (201, answer));
    let token = |secret: String| json!({"access_token": format!("onb_test_t_{secret}"), "token_type": "Bearer"});
    let start = secret(Kind::StartHandle);
    let microsofts = format!(
        "https://login.example/authorize?state={}&nonce={}&client_id=x",
        secret(Kind::State),
        secret(Kind::Nonce)
    );
    let mut begun = redirect(&format!("/start/{start}"), &microsofts);
    let cookie = format!("__Host-txn={}; Secure", secret(Kind::Cookie));
    begun.headers.insert("set-cookie", cookie.parse().unwrap());
    let activation = secret(Kind::ActivationHandle);
    let form = |path: String| format!("<form method=\"post\" action=\"{path}\"><button>");
    seen.api = vec![
        made("/v1/resellers/7/keys", json!({"key": format!("onb_test_k_{}", secret(Kind::ResellerKey))})),
        made("/oauth/token", token(secret(Kind::ApiToken))),
        made("/v1/enterprises/7/token", token(secret(Kind::ApiToken))),
        made("/v1/enterprises/7/links", json!({"startUrl": format!("https://a.example/start/{start}")})),
        get(&format!("/start/{start}"), &form(format!("/start/{start}"))),
        begun,
        redirect("/restricted/handleResponse", &format!("/outcome/{}", secret(Kind::OutcomeHandle))),
        get(&format!("/activate/{activation}"), &form(format!("/activate/{activation}"))),
        redirect(&format!("/activate/{activation}"), &format!("/activate/{activation}")),
    ];
    let handle = |secret: String| format!("onbtok_{secret}");
    let handles =
        json!({"accessToken": handle(secret(Kind::TokenHandle)), "idToken": handle(secret(Kind::TokenHandle))});
    seen.receiver = vec![outcome(&handles, "none")];
    let address = format!("{}@contact.example", secret(Kind::MailAddress));
    let link = format!("https://a.example/activate/{activation}");
    let html = format!("<a href=\"{link}\">Activate</a> <a href=\"{link}\">{link}</a>");
    let code = secret(Kind::InvitationCode);
    let invited = format!("Invitation Code: {code}\n");
    let shown = format!("<p style=\"font-size:18px\">{code}</p>");
    seen.mail = vec![
        mail(&address, "Activate", (&format!("Activate:\n{link}\n"), &html)),
        mail(&address, "Grant", (&invited, &shown)),
    ];
    (seen, secrets)
}

/// Puts a text where it comes out.
type Plant = fn(&mut Seen, &str);

/// Every place, as the scan is to name it.
const PLACES: [(&str, Plant); 27] = [
    ("Answer 200 to GET /start/…", |seen, text| seen.api.push(get("/start/H4NDLE", &format!("<p>{text}</p>")))),
    ("Answer 200 to GET /activate/…", |seen, text| seen.api.push(get("/activate/H4NDLE", &format!("<p>{text}</p>")))),
    ("Answer 200 to GET /outcome/…", |seen, text| seen.api.push(get("/outcome/H4NDLE", &format!("<p>{text}</p>")))),
    ("Answer Location", |seen, text| {
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        seen.api.push(redirect("/start/H4NDLE", &format!("https://login.example/?x={text}")));
    }),
    ("Answer Set-Cookie", |seen, text| {
        let mut answer = get("/start/H4NDLE", "");
        answer.headers = headers([("set-cookie", &format!("other={text}"))]);
        seen.api.push(answer);
    }),
    ("Answer 200 to GET /v1/audit", |seen, text| {
        seen.api.push(exchange(Method::GET, "/v1/audit", "", (200, json!({"items": [{ "after": text }]}))));
    }),
    ("Answer 201 to POST /oauth/token", |seen, text| {
        let token = json!({"access_token": format!("onb_test_t_{}", random_text()), "scope": text});
        seen.api.push(exchange(Method::POST, "/oauth/token", "", (201, token)));
    }),
    ("Answer 409 to POST /v1/enterprises", |seen, text| {
        seen.api.push(exchange(Method::POST, "/v1/enterprises", "", (409, json!({ "detail": text }))));
    }),
    ("Row at the end: \"audit#7\"", |seen, text| seen.rows.push(row("audit#7", "after", text))),
    ("Row at the end: \"idempotency#7#k\"", |seen, text| seen.rows.push(row("idempotency#7#k", "answer", text))),
    ("Row at the end: \"mail#m\"", |seen, text| seen.rows.push(row("mail#m", "sealed", text))),
    ("Row at the end: \"activation#h\"", |seen, text| seen.rows.push(row("activation#h", "hash", text))),
    ("Row at the end: \"delivery#d\"", |seen, text| seen.rows.push(row("delivery#d", "sealedBody", text))),
    ("Row at the end: \"request#r\"", |seen, text| seen.rows.push(row("request#r", "stage", text))),
    ("Row at the end: \"start#h\"", |seen, text| seen.rows.push(row("start#h", "binding", text))),
    ("Row at the end: \"reseller#7\"", |seen, text| seen.rows.push(row("reseller#7", "hash", text))),
    ("Row sent by DynamoDB_20120810.TransactWriteItems", |seen, text| {
        let sent = json!({"TransactItems": [{"Put": {"Item": row("audit#7", "who", text)}}]});
        seen.dynamodb.push(call_of_the_table("DynamoDB_20120810.TransactWriteItems", &sent, &json!({})));
    }),
    ("Row read by DynamoDB_20120810.GetItem", |seen, text| {
        let read = json!({"Item": row("handle#h", "sealedToken", text)});
        seen.dynamodb.push(call_of_the_table("DynamoDB_20120810.GetItem", &json!({}), &read));
    }),
    ("Stream read by DynamoDBStreams_20120810.GetRecords", |seen, text| {
        let read = json!({"Records": [{"dynamodb": {"NewImage": row("mail#m", "to", text)}}]});
        seen.dynamodb.push(call_of_the_table("DynamoDBStreams_20120810.GetRecords", &json!({}), &read));
    }),
    ("Stream at the end: \"delivery#d\"", |seen, text| {
        let keys = json!({"PK": {"S": "delivery#d"}});
        seen.records.push(json!({"dynamodb": {"Keys": keys, "OldImage": row("delivery#d", "url", text)}}));
    }),
    ("Webhook an outcome", |seen, text| seen.receiver.push(outcome(&json!({}), text))),
    ("Mail a mail's Text", |seen, text| seen.mail.push(mail("a@b.example", "", (text, "")))),
    ("Mail a mail's Html", |seen, text| seen.mail.push(mail("a@b.example", "", ("", text)))),
    ("Mail a mail's lines", |seen, text| seen.mail.push(mail("a@b.example", text, ("", "")))),
    ("Url a call to Microsoft", |seen, text| seen.entra.push(get(&format!("/v1.0/me?x={text}"), ""))),
    ("StandardOutput after the ready line", |seen, text| seen.standard_output.extend_from_slice(text.as_bytes())),
    ("Log a line", |seen, text| seen.log.extend_from_slice(format!("{{\"message\":\"{text}\"}}\n").as_bytes())),
];

fn leaks(seen: Seen, private: &[u8]) -> BTreeSet<String> {
    let mut scan = Scan::default();
    scan.canary(Kind::PrivateKey, private);
    seen.read_into(&mut scan);
    scan.search().1
}

/// G79, P10 Whatever secret stands in whatever place, the scan says which and where; and what the contract itself puts
/// somewhere is no leak there.
#[test]
fn every_secret_is_found_in_every_place() {
    let (seen, mut secrets) = run();
    let pem = certificate::generate().pem().unwrap();
    // The last line but one of the PEM: the last is shorter.
    let private = certificate::secrets_of(&pem).into_iter().nth_back(1).unwrap();
    assert_eq!(leaks(seen.clone(), &private), BTreeSet::new());
    secrets.push((Kind::PrivateKey, String::from_utf8(private.clone()).unwrap()));
    let mut found = 0;
    for (kind, secret) in &secrets {
        for (place, plant) in PLACES {
            let mut seen = seen.clone();
            plant(&mut seen, secret);
            let leaks = leaks(seen, &private);
            let named = |leak: &String| leak.starts_with(&format!("{kind:?}, raw, in {place}"));
            assert!(leaks.iter().any(named), "{kind:?} in {place}: {leaks:?}");
            assert!(leaks.iter().all(|leak| leak.contains(place)), "{kind:?} in {place}: {leaks:?}");
            found += 1;
        }
    }
    eprintln!("{found} planted: {} secrets in {} places", secrets.len(), PLACES.len());
    let kinds: BTreeSet<Kind> = secrets.iter().map(|(kind, _)| *kind).collect();
    let others = [Kind::Assertion, Kind::OperatorKey, Kind::WrongKey, Kind::Stray];
    assert_eq!(kinds.len() + others.len(), Kind::ALL.len(), "each kind, but for what is no secret of a run's own");
}

/// G79 The right secret in the place of another is found too: what is taken out is what belongs there, and no more.
#[test]
fn only_what_belongs_there_is_taken_out() {
    let (seen, secrets) = run();
    let of = |wanted: Kind| &secrets.iter().find(|(kind, _)| *kind == wanted).unwrap().1;
    let found = |act: &dyn Fn(&mut Seen)| {
        let mut seen = seen.clone();
        act(&mut seen);
        leaks(seen, b"no certificate at all")
    };
    let (start, activation) = (of(Kind::StartHandle), of(Kind::ActivationHandle));
    let page = |path: &str, action: &str| get(path, &format!("<form method=\"post\" action=\"/elsewhere/{action}\">"));
    assert!(!found(&|seen| seen.api.push(page("/start/H4NDLE", start))).is_empty());
    assert!(!found(&|seen| seen.api.push(page("/activate/H4NDLE", activation))).is_empty());
    let subject = format!("https://a.example/activate/{activation}");
    assert!(!found(&|seen| seen.mail.push(mail("a@b.example", &subject, ("", "")))).is_empty());
    let link = format!("https://a.example/start/{start}");
    assert!(!found(&|seen| seen.mail.push(mail("a@b.example", &link, ("", "")))).is_empty());
    let token = format!("onb_test_t_{}", of(Kind::ApiToken));
    assert_eq!(secret_of(&token), of(Kind::ApiToken));
    let answer = (201, json!({ "token": token }));
    assert!(!found(&|seen| seen.api.push(exchange(Method::POST, "/oauth/token", "", answer.clone()))).is_empty());
    let granted_by = row("request#r", "who", of(Kind::MailAddress));
    assert!(!found(&|seen| seen.rows.push(granted_by.clone())).is_empty());
}
