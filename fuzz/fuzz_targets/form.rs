//! Forms: taken if and only if there is one way to read them, and then read as the URL standard reads them (T41, T43).

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use onboarding_lambda::body::Form;
use percent_encoding::percent_decode;
use url::form_urlencoded;

fuzz_target!(|bytes: &[u8]| {
    let one_way = has_one_reading(bytes);
    let Ok(mut form) = Form::parse(bytes) else { return assert!(!one_way, "refused without a reason") };
    assert!(one_way, "taken, though two readers may differ");
    let standard: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    assert_eq!(format!("{form:?}"), format!("Form({} fields)", standard.len()));
    for (name, value) in standard {
        assert_eq!(form.take(&name), Some(value), "{name} is read otherwise");
        assert_eq!(form.take(&name), None, "{name} is taken twice");
    }
});

/// Every escape is whole, every text is UTF-8 without NUL, and no name stands twice.
fn has_one_reading(bytes: &[u8]) -> bool {
    let mut names = BTreeSet::new();
    bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).all(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=').map(decoded);
        let (name, value) = (parts.next().flatten(), parts.next().unwrap_or(Some(String::new())));
        value.is_some() && name.is_some_and(|name| names.insert(name))
    })
}

fn decoded(raw: &[u8]) -> Option<String> {
    let whole = |at: usize| raw.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if (0..raw.len()).any(|at| raw[at] == b'%' && !whole(at)) {
        return None;
    }
    let spaced: Vec<u8> = raw.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let text = percent_decode(&spaced).decode_utf8().ok()?.into_owned();
    if text.contains('\0') { None } else { Some(text) }
}
