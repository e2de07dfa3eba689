//! The callback's form as an attacker sends it, and as browsers and proxies may.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use simulated_microsoft::{CONTOSO, FABRIKAM};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::target::Target;

const PATH: &str = "/restricted/handleResponse";
const FORM: &str = "application/x-www-form-urlencoded";

/// The body of the good answer with another token.
fn body(target: &Target, token: &str) -> String {
    let fields = [("code", target.code()), ("id_token", token), ("state", target.state())];
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The good answer, of somebody of another tenant than the pinned one: accepted as an identity, then refused by policy
/// with a 403 that spends nothing, so one link serves for any number of good forms.
fn foreign(target: &Target) -> String {
    let mut claims = target.with("tid", FABRIKAM.id);
    claims["iss"] = json!(target.claims["iss"].as_str().unwrap().replace(CONTOSO.id, FABRIKAM.id));
    body(target, &target.world.microsoft().sign(&target.header, &claims).unwrap())
}

/// The status of a request that is written by hand.
async fn raw(target: &Target, request: &str) -> u16 {
    let address = target.world.sandbox.api().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// R115 Extra fields, any order, other escapes, `charset`, the case of headers: none of them is refused.
#[tokio::test]
async fn unusual_forms_that_are_right_are_accepted() {
    let target = Target::new().await;
    let began = Instant::now();
    let good = foreign(&target);
    let mut fields: Vec<&str> = good.split('&').collect();
    let mut bodies = vec![good.clone(), format!("&{good}&&")];
    for _ in 0..3 {
        fields.rotate_left(1);
        bodies.push(fields.join("&"));
    }
    let escaped: String = good
        .bytes()
        .map(|byte| match byte {
            b'=' | b'&' | b'%' => char::from(byte).to_string(),
            other if good.contains('%') => char::from(other).to_string(),
            other => format!("%{other:02x}"),
        })
        .collect();
    bodies.push(escaped);
    for extra in [
        "session_state=48ac35b8-9aa8-4d74-927d-1f4a14a0b239",
        "client_info=eyJ1aWQiOiJ4In0",
        "correlation_id=x",
        "scope=openid+profile",
        "token_type=Bearer",
        "expires_in=3599",
        "admin_consent=True",
        "tenant=common",
        "error=",
        "error_description=",
        "iss=",
        "x",
        "=",
        "x%5B%5D=1",
        "%F0%9F%98%80=%F0%9F%98%80",
        "cloud_instance_name=microsoftonline.com",
        "STATE=other",
        "State=other",
        "state%20=other",
        "id_token2=x",
    ] {
        bodies.push(format!("{good}&{extra}"));
        bodies.push(format!("{extra}&{good}"));
    }
    bodies.push(format!("{good}&x={}", "y".repeat(40_000)));
    let types = [
        FORM,
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded; charset=\"utf-8\"",
        "application/x-www-form-urlencoded ; charset=Utf-8",
        "Application/X-WWW-Form-Urlencoded",
        "APPLICATION/X-WWW-FORM-URLENCODED; CHARSET=UTF-8",
    ];
    let mut accepted = 0;
    for (at, body) in bodies.iter().enumerate() {
        for content_type in types.iter().skip(at % types.len()).step_by(3) {
            let call = target.world.call(Method::POST, PATH).header("content-type", *content_type);
            let status = call.body(body.clone()).send().await.unwrap().status();
            assert_eq!(status, 403, "{content_type}: {}", &body[..body.len().min(60)]);
            accepted += 1;
        }
    }
    for (host, kind, length) in [
        ("Host", "Content-Type", "Content-Length"),
        ("host", "content-type", "content-length"),
        ("HOST", "CONTENT-TYPE", "CONTENT-LENGTH"),
        ("hOsT", "cOnTeNt-TyPe", "CoNtEnT-lEnGtH"),
    ] {
        for more in
            ["", "Origin: null\r\n", "ORIGIN: https://login.microsoftonline.com\r\n", "X-Forwarded-Host: evil\r\n"]
        {
            let head = format!("POST {PATH} HTTP/1.1\r\n{host}: localhost\r\n{kind}: {FORM}\r\nConnection: close\r\n");
            let request = format!("{head}{more}{length}: {}\r\n\r\n{good}", good.len());
            assert_eq!(raw(&target, &request).await, 403, "{kind} {more}");
            accepted += 1;
        }
    }
    for query in ["?x=1", "?", "?utm_source=a&b=%20", "?STATE=1"] {
        let call = target.world.call(Method::POST, &format!("{PATH}{query}")).header("content-type", FORM);
        assert_eq!(call.body(good.clone()).send().await.unwrap().status(), 403, "{query}");
        accepted += 1;
    }
    assert_eq!(target.world.token_calls(), 0);
    eprintln!("good forms: {accepted} accepted as an identity, 0 refused, in {:?}", began.elapsed());
    assert!(accepted >= 100, "{accepted}");
    assert_eq!(target.world.post(target.good.clone()).await.status, 200);
    assert_eq!(target.world.registration(target.enterprise).await.0, "granted");
}

/// G50-G53, T39-T43 Types, sizes, repeated fields, bad text and other methods: refused, each without any effect.
#[tokio::test]
async fn bad_forms_have_no_effect() {
    let target = Target::new().await;
    let good = body(&target, target.good.value("id_token").unwrap());
    let state = byte_serialize(target.state().as_bytes()).collect::<String>();
    let mut cases: Vec<(u16, String, String, Vec<u8>)> = Vec::new();
    let mut case = |status, query: &str, kind: &str, body: &[u8]| {
        cases.push((status, query.to_owned(), kind.to_owned(), body.to_vec()));
    };
    for kind in [
        "",
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/x-www-form-urlencoded, text/plain",
        "application/x-www-form-urlencodedx",
        "*/*",
    ] {
        case(415, "", kind, good.as_bytes());
    }
    case(413, "", FORM, format!("{good}&x={}", "y".repeat(65_537 - good.len() - 3)).as_bytes());
    case(413, "", "text/plain", "y".repeat(65_537).as_bytes());
    for field in ["state", "code", "id_token", "st%61te", "%63ode"] {
        case(400, "", FORM, format!("{good}&{field}=x").as_bytes());
        case(400, "", FORM, format!("{field}=&{good}").as_bytes());
        case(400, &format!("?{field}=x"), FORM, good.as_bytes());
    }
    case(400, &format!("?state={state}"), FORM, good.as_bytes());
    case(400, "", FORM, format!("{good}&error=a&error=b").as_bytes());
    for tail in
        [&b"&x=\xff"[..], b"&x=%ff", b"&x=%c0%80", b"&x=%ed%a0%80", b"&x=%00", b"&x=\0", b"&x=%", b"&x=%zz", b"&%=1"]
    {
        case(400, "", FORM, &[good.as_bytes(), tail].concat());
    }
    for cut in [0, 1, good.len() / 4, good.len() / 2, good.len() - 1] {
        case(400, "", FORM, &good.as_bytes()[..cut]);
    }
    case(400, "", FORM, good.replace('&', ";").as_bytes());
    case(400, "", FORM, good.replace("state=", "State=").as_bytes());
    case(400, "", FORM, format!("%EF%BB%BF{good}").as_bytes());
    for (status, query, kind, body) in &cases {
        let mut call = target.world.call(Method::POST, &format!("{PATH}{query}"));
        if !kind.is_empty() {
            call = call.header("content-type", kind);
        }
        let answer = call.body(body.clone()).send().await.unwrap();
        let what = format!("{query} {kind} {}", String::from_utf8_lossy(&body[..body.len().min(40)]));
        assert_eq!(answer.status().as_u16(), *status, "{what}");
        assert_eq!(target.world.token_calls(), 0, "{what}");
    }
    for method in
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE, Method::PATCH]
    {
        let call = target.world.call(method.clone(), PATH).header("content-type", FORM).body(good.clone());
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 405, "{method}");
        assert_eq!(answer.headers()["allow"], "POST", "{method}");
    }
    eprintln!("{} bad forms and 7 methods: 0 effects", cases.len());
    target.still_works().await;
}
