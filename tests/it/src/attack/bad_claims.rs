//! The table of payloads that are wrong in one thing: claim by claim, mutation by mutation, and as texts.

use onboarding_core::identity::IdentityFault as F;
use serde_json::{Map, Value, json};

/// A payload, what is wrong with it, and which refusals say so. Without any, it must not even be read.
pub(crate) struct BadPayload {
    pub(crate) what: String,
    pub(crate) text: Vec<u8>,
    pub(crate) faults: &'static [F],
}

impl BadPayload {
    /// Whether its time may come while a test runs by a clock that goes on.
    pub(crate) fn may_ripen(&self) -> bool {
        self.faults == [F::NotYetValid]
    }
}

/// Whose claims a text must be, letter by letter.
const TEXTS: [(&str, &[F]); 7] = [
    ("aud", &[F::Audience]),
    ("iss", &[F::Issuer]),
    ("tid", &[F::Tenant, F::Issuer]),
    ("nonce", &[F::Nonce]),
    ("c_hash", &[F::CodeHash]),
    ("azp", &[F::Version]),
    ("ver", &[F::Version]),
];
const DATES: [(&str, &[F]); 3] = [
    ("exp", &[F::NotADate, F::Expired]),
    ("iat", &[F::NotADate, F::NotYetValid]),
    ("nbf", &[F::NotADate, F::NotYetValid]),
];
/// Claims that a token must have.
const REQUIRED: [(&str, &[F]); 9] = [
    ("aud", &[F::Audience]),
    ("iss", &[F::Issuer]),
    ("tid", &[F::Tenant]),
    ("nonce", &[F::Nonce]),
    ("c_hash", &[F::CodeHash]),
    ("exp", &[F::Expired]),
    ("iat", &[F::NotYetValid]),
    ("sub", &[F::Subject]),
    ("oid", &[F::Object]),
];

/// Every payload of the table, made from good claims at `now`.
pub(crate) fn bad_payloads(good: &Map<String, Value>, now: i64) -> Vec<BadPayload> {
    let mut table = Table { good, rows: Vec::new() };
    for (claim, faults) in REQUIRED {
        let mut claims = good.clone();
        claims.remove(claim);
        table.push(format!("no {claim}"), Value::Object(claims).to_string().into_bytes(), faults);
    }
    for (claim, faults) in TEXTS {
        let text = good.get(claim).and_then(Value::as_str).unwrap_or_else(|| good["aud"].as_str().unwrap());
        for value in other_texts(text) {
            table.claim(claim, value, faults);
        }
        for value in no_texts(text) {
            // One audience in an array is our audience.
            if claim != "aud" || value != json!([text]) {
                table.claim(claim, value, faults);
            }
        }
    }
    for value in no_texts(good["sub"].as_str().unwrap()).into_iter().chain([json!("")]) {
        table.claim("sub", value, &[F::Subject]);
    }
    let oid = good["oid"].as_str().unwrap();
    for value in other_texts(oid).into_iter().filter(|value| !is_a_guid(value)).chain(no_texts(oid)) {
        table.claim("oid", value, &[F::Object]);
    }
    for (claim, faults) in DATES {
        for value in no_dates(now) {
            table.claim(claim, value, faults);
        }
    }
    for past in [now - 60, now - 61, now - 62, now - 600, now - 3_600, now - 86_400, 1, 0, -1, i64::MIN] {
        table.claim("exp", json!(past), &[F::Expired]);
    }
    for future in [now + 61, now + 62, now + 600, now + 3_600, now + 86_400, now * 1_000, i64::MAX] {
        table.claim("iat", json!(future), &[F::NotYetValid]);
        table.claim("nbf", json!(future), &[F::NotYetValid]);
    }
    table.issuers();
    table.audiences();
    table.repeated();
    table.shapes();
    table.rows
}

struct Table<'a> {
    good: &'a Map<String, Value>,
    rows: Vec<BadPayload>,
}

impl Table<'_> {
    fn push(&mut self, what: String, text: Vec<u8>, faults: &'static [F]) {
        self.rows.push(BadPayload { what, text, faults });
    }

    fn claim(&mut self, claim: &str, value: Value, faults: &'static [F]) {
        let mut claims = self.good.clone();
        let what: String = format!("{claim} {value}").chars().take(120).collect();
        claims.insert(claim.to_owned(), value);
        self.push(what, Value::Object(claims).to_string().into_bytes(), faults);
    }

    /// T23 Issuers of other hosts, clouds, versions and tenants.
    fn issuers(&mut self) {
        let good = self.good["iss"].as_str().unwrap().to_owned();
        let tenant = self.good["tid"].as_str().unwrap().to_owned();
        let other = simulated_microsoft::FABRIKAM.id;
        let hosts = [
            "https://login.microsoftonline.com",
            "https://login.microsoftonline.us",
            "https://login.partner.microsoftonline.cn",
            "https://sts.windows.net",
            "https://login.live.com",
            "http://127.0.0.1",
            "https://evil.example",
        ];
        for host in hosts {
            for path in [format!("/{tenant}/v2.0"), format!("/{tenant}/"), "/{tenantid}/v2.0".to_owned()] {
                self.claim("iss", json!(format!("{host}{path}")), &[F::Issuer]);
            }
        }
        for tail in ["/", "/v2.0", "?", "#", "%00", "/../v2.0", "//", ";", "/.well-known/openid-configuration"] {
            self.claim("iss", json!(format!("{good}{tail}")), &[F::Issuer]);
        }
        for (from, to) in [("/v2.0", ""), ("/v2.0", "/v1.0"), ("/v2.0", "/V2.0"), ("://", ":///"), ("/v2.0", "//v2.0")]
        {
            self.claim("iss", json!(good.replacen(from, to, 1)), &[F::Issuer]);
        }
        for name in [other, "common", "organizations", "consumers", "{tenantid}", "contoso.com", ""] {
            self.claim("iss", json!(good.replace(&tenant, name)), &[F::Issuer]);
        }
        for name in [other, simulated_microsoft::PERSONAL.id, "00000000-0000-0000-0000-000000000000"] {
            self.claim("tid", json!(name), &[F::Issuer]);
        }
        for name in ["common", "organizations", "consumers", "contoso.com", "{tenantid}", "0", "..", "*"] {
            self.claim("tid", json!(name), &[F::Tenant]);
        }
    }

    /// T22 Audiences of more than us.
    fn audiences(&mut self) {
        let us = self.good["aud"].clone();
        let other = json!("11111111-2222-3333-4444-555555555555");
        for audiences in [
            json!([us, other]),
            json!([other, us]),
            json!([us, us]),
            json!([us, null]),
            json!([null, us]),
            json!([us, ""]),
            json!([us, []]),
            json!([[us]]),
            json!([[us], us]),
            json!([{ "aud": us }]),
            json!([other]),
            json!([null]),
            json!([true]),
            json!([0]),
            json!([us, other, us]),
            json!({ "0": us }),
        ] {
            self.claim("aud", audiences, &[F::Audience]);
        }
    }

    /// T30 One claim twice, spelt the same or escaped; before and after.
    fn repeated(&mut self) {
        let text = Value::Object(self.good.clone()).to_string();
        let inner = &text[1..text.len() - 1];
        for (claim, value) in self.good {
            let escaped = format!("\\u{:04x}{}", u32::from(claim.chars().next().unwrap()), &claim[1..]);
            for name in [claim.as_str(), &escaped] {
                for again in [value.to_string(), "null".to_owned(), "\"other\"".to_owned()] {
                    let before = format!("{{\"{name}\":{again},{inner}}}");
                    let after = format!("{{{inner},\"{name}\":{again}}}");
                    self.push(format!("{name} twice, first {again}"), before.into_bytes(), &[]);
                    self.push(format!("{name} twice, then {again}"), after.into_bytes(), &[]);
                }
            }
        }
        let deep = format!("{{{inner},\"x\":{{\"a\":1,\"a\":2}}}}");
        self.push("a claim of a claim twice".to_owned(), deep.into_bytes(), &[]);
    }

    /// T30 What is not one JSON object in UTF-8.
    fn shapes(&mut self) {
        let text = Value::Object(self.good.clone()).to_string();
        let open = &text[..text.len() - 1];
        let texts = [
            format!("\u{feff}{text}"),
            format!("{text}\0"),
            format!("\0{text}"),
            format!("{text}{text}"),
            format!("{text},"),
            format!("{text} null"),
            format!("[{text}]"),
            Value::String(text.clone()).to_string(),
            open.to_owned(),
            text[1..].to_owned(),
            text.replace('"', "'"),
            text.replace(':', "="),
            format!("{open},}}"),
            format!("{open},\"x\":\"\\ud800\"}}"),
            format!("{open},\"x\":\"\\udc00\\ud800\"}}"),
            format!("{open},\"x\":\"\u{1}\"}}"),
            format!("{open},\"x\":NaN}}"),
            format!("{open},\"x\":1e999}}"),
            format!("{open},\"x\":01}}"),
            format!("{open},\"x\":+1}}"),
            format!("{open},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200)),
            format!("{open},\"x\":{}1{}}}", "{\"x\":".repeat(200), "}".repeat(200)),
            format!("{open},\"x\":\"{}\"}}", "x".repeat(16_384)),
            format!("{open}/* */}}"),
            "null".to_owned(),
            "true".to_owned(),
            "0".to_owned(),
            "\"\"".to_owned(),
            "[]".to_owned(),
            "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        ];
        for text in texts {
            self.push(format!("text {}", text.chars().take(40).collect::<String>()), text.into_bytes(), &[]);
        }
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.push("UTF-16".to_owned(), utf16, &[]);
        for bytes in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"] {
            let bad = [open.as_bytes(), b",\"x\":\"", bytes, b"\"}"].concat();
            self.push(format!("bytes {bytes:?}"), bad, &[]);
        }
        self.push("no claims".to_owned(), b"{}".to_vec(), &[F::Audience]);
    }
}

/// Texts that look like `text` and are not.
fn other_texts(text: &str) -> Vec<Value> {
    let swapped: String = text.chars().rev().collect();
    let last = text.len() - 1;
    let upper = text.to_uppercase();
    let mut texts = vec![
        String::new(),
        text[1..].to_owned(),
        text[..last].to_owned(),
        format!("{text}{text}"),
        format!("{text} "),
        format!(" {text}"),
        format!("{text}\n"),
        format!("\t{text}"),
        format!("{text}\0"),
        format!("\0{text}"),
        format!("{text}\u{200b}"),
        format!("\u{feff}{text}"),
        format!("{text}\u{301}"),
        format!("\u{202e}{text}"),
        format!("{text},{text}"),
        format!("{text}%00"),
        format!("\"{text}\""),
        format!("{{{text}}}"),
        format!("{text}/"),
        format!("urn:uuid:{text}"),
        format!("{}\u{ff10}", &text[..last]),
        text.replace('-', ""),
        text.replace('-', "_"),
        "null".to_owned(),
        "undefined".to_owned(),
        "*".to_owned(),
        "0".to_owned(),
        "x".repeat(4_096),
        swapped,
        upper,
    ];
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().filter(|other| other != text).map(Value::String).collect()
}

fn is_a_guid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<onboarding_core::id::ObjectId>().is_ok())
}

/// What is no text, `text` itself in wrappings included.
fn no_texts(text: &str) -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(2.0),
        json!(1e99),
        json!([]),
        json!({}),
        json!([text]),
        json!([text, text]),
        json!({ "value": text }),
        json!([[text]]),
        json!([null]),
    ]
}

/// What is no date, a good date in wrappings included.
fn no_dates(now: i64) -> Vec<Value> {
    let good = now.to_string();
    vec![
        Value::Null,
        json!(true),
        json!(false),
        json!(""),
        json!(good),
        json!("9999999999"),
        json!("0"),
        json!(format!("{good} ")),
        json!(format!("{good}.0")),
        json!("2099-01-01T00:00:00Z"),
        json!("never"),
        json!(9_999_999_999.5),
        json!(1_800_000_000.0),
        json!(1e99),
        json!(-1e99),
        json!(0.5),
        json!(u64::MAX),
        json!(9_223_372_036_854_775_808_u64),
        json!([]),
        json!({}),
        json!([now]),
        json!({ "seconds": now }),
        json!([good]),
    ]
}
