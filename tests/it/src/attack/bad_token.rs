//! The tables of headers that are not Microsoft's, and of ways to spoil a token that was good.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The digits of base64url.
pub(crate) const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Headers that no token of Microsoft's has, as they stand in a token, for the key `kid`.
pub(crate) fn bad_headers(kid: &str) -> Vec<(String, Vec<u8>)> {
    let good = json!({"typ": "JWT", "alg": "RS256", "kid": kid});
    let mut rows = Vec::new();
    let mut field = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        let what: String = format!("{name} {}", header[name]).chars().take(80).collect();
        rows.push((what, header.to_string().into_bytes()));
    };
    let algorithms = "none None NONE nOnE HS256 HS384 HS512 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512 EdDSA \
                      RSA1_5 RSA-OAEP dir A256GCM rs256 Rs256 RS256,none RS 256 ../RS256";
    for algorithm in algorithms.split(' ').chain(["", " RS256", "RS256 ", "RS256\0", "RS\u{200b}256"]) {
        field("alg", json!(algorithm));
    }
    for value in [Value::Null, json!(true), json!(256), json!(["RS256"]), json!({"RS256": 1})] {
        field("alg", value);
    }
    for value in [Value::Null, json!(0), json!(true), json!([kid]), json!({ "kid": kid })] {
        field("kid", value);
    }
    let turned: String = kid.chars().rev().collect();
    for id in ["", "../../etc/passwd", "' OR 1=1 --", "*", "0", &turned, &"k".repeat(10_000), &format!("{kid} ")] {
        field("kid", json!(id));
    }
    for id in [format!(" {kid}"), format!("{kid}\0"), format!("{kid}%00"), format!("{kid}{kid}"), kid[1..].to_owned()] {
        field("kid", json!(id));
    }
    for name in ["jku", "x5u"] {
        field(name, json!("http://127.0.0.1:1/keys"));
        field(name, Value::Null);
    }
    for (name, value) in [
        ("jwk", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})),
        ("jwk", Value::Null),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
    ] {
        field(name, value);
    }
    for value in [json!("at+jwt"), json!("logout+jwt"), json!("JOSE"), json!(""), Value::Null, json!(["JWT"])] {
        field("typ", value);
    }
    rows.extend(header_texts(kid).into_iter().map(|text| (text.chars().take(80).collect(), text.into_bytes())));
    rows
}

/// Headers that are not one JSON object with each field once.
fn header_texts(kid: &str) -> Vec<String> {
    let good = json!({"typ": "JWT", "alg": "RS256", "kid": kid}).to_string();
    let inner = &good[1..good.len() - 1];
    vec![
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\"RS256\"".to_owned(),
        json!({ "alg": "RS256" }).to_string(),
        json!({ "kid": kid }).to_string(),
        json!({ "ALG": "RS256", "kid": kid }).to_string(),
        json!({ "alg": "RS256", "KID": kid }).to_string(),
        format!("[{good}]"),
        format!("\u{feff}{good}"),
        format!("{good}{good}"),
        format!("{good}\0"),
        format!("{{{inner},\"alg\":\"none\"}}"),
        format!("{{\"alg\":\"none\",{inner}}}"),
        format!("{{{inner},\"alg\":\"RS256\"}}"),
        format!("{{{inner},\"\\u0061lg\":\"none\"}}"),
        format!("{{{inner},\"kid\":\"other\"}}"),
        format!("{{{inner},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200)),
        format!("{{{inner},\"x\":\"\\ud800\"}}"),
        good[..good.len() - 1].to_owned(),
    ]
}

/// Other spellings of a good token, and its parts in other order and number.
pub(crate) fn bad_spellings(good: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{} parts", parts.len()) };
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let standard = STANDARD_NO_PAD.encode(&bytes);
    let padded = URL_SAFE.encode(&bytes);
    let mut rows = vec![
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("one dot", ".".to_owned()),
        ("two parts", format!("{header}.{payload}")),
        ("no signature", format!("{header}.{payload}.")),
        ("no payload", format!("{header}..{signature}")),
        ("no header", format!(".{payload}.{signature}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts", format!("{header}.{payload}.{signature}.{payload}.{signature}")),
        ("a dot in front", format!(".{good}")),
        ("a dot behind", format!("{good}.")),
        ("parts turned round", format!("{signature}.{payload}.{header}")),
        ("the payload twice", format!("{header}.{payload}{payload}.{signature}")),
        ("header as payload", format!("{header}.{header}.{signature}")),
        ("a space in front", format!(" {good}")),
        ("a space behind", format!("{good} ")),
        ("a line end", format!("{good}\n")),
        ("a line end within", format!("{header}.{payload}.\n{signature}")),
        ("a NUL", format!("{good}\0")),
        ("a BOM", format!("\u{feff}{good}")),
        ("Bearer", format!("Bearer {good}")),
        ("quoted", format!("\"{good}\"")),
        ("escaped", good.replace('.', "%2E")),
        ("wide dots", good.replace('.', "\u{ff0e}")),
        ("in base64 once more", URL_SAFE_NO_PAD.encode(good)),
        ("nested", format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(good))),
        ("17 KiB", format!("{good}{}", "A".repeat(17 * 1_024))),
        ("as JSON", json!({"protected": header, "payload": payload, "signature": signature}).to_string()),
        ("signature cut", format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(&bytes[1..]))),
        ("signature short", format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(&bytes[..255]))),
        ("signature long", format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([&[0], &bytes[..]].concat()))),
        ("signature zero", format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([0; 256]))),
        ("signature one", format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([&[0; 255][..], &[1]].concat()))),
        ("signature full", format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([255; 256]))),
    ];
    for (what, other) in [("standard base64", standard), ("padded", padded)] {
        if other != signature {
            rows.push((what, format!("{header}.{payload}.{other}")));
        }
    }
    rows
}

/// `text` with one bit of one base64url digit flipped, for every bit of every digit.
pub(crate) fn flips(text: &str) -> impl Iterator<Item = String> {
    let places = text.bytes().enumerate().filter_map(|(at, byte)| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        Some((0..6).map(move |bit| (at, char::from(DIGITS[digit ^ (1 << bit)]))))
    });
    places.flatten().map(|(at, other)| {
        let mut flipped = String::with_capacity(text.len());
        flipped.push_str(&text[..at]);
        flipped.push(other);
        flipped.push_str(&text[at + 1..]);
        flipped
    })
}
