//! JSON bodies: read if and only if no object has a key twice, and then as `serde_json` reads them (T30, T43); what is
//! read of them is kept and read back unchanged.

#![no_main]

use http::header::CONTENT_TYPE;
use lambda_http::{Body, Request};
use libfuzzer_sys::fuzz_target;
use onboarding_core::catalogue::Catalogue;
use onboarding_core::enterprise::Profile;
use onboarding_core::id::ResellerId;
use onboarding_core::json;
use onboarding_core::redirect_url::{RedirectHost, RedirectPolicy};
use onboarding_core::reseller::{NewReseller, Reseller};
use onboarding_fuzz::NOW;
use onboarding_fuzz::json::is_strict;
use onboarding_lambda::body::{MAX_BODY, json_object};
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    let value = json::parse(bytes).ok();
    assert_eq!(value, is_strict(bytes).then(|| serde_json::from_slice(bytes).expect("it is JSON")));
    let object = value.and_then(|value| value.as_object().cloned());
    assert_eq!(json_object(&request(bytes)).is_ok(), object.is_some() && bytes.len() <= MAX_BODY);
    if let Some(object) = object.filter(|_| bytes.len() <= MAX_BODY) {
        read_enterprise(bytes, &object);
        read_reseller(bytes, &object);
    }
});

fn request(bytes: &[u8]) -> Request {
    let request = http::Request::post("/").header(CONTENT_TYPE, "application/json");
    request.body(Body::Binary(bytes.to_vec())).expect("a request with a body")
}

fn read_enterprise(bytes: &[u8], object: &Map<String, Value>) {
    let fields = json_object(&request(bytes)).expect("read before");
    match Profile::parse(fields, reseller_id(), &Catalogue::default()) {
        Ok(profile) => {
            let kept = serde_json::to_vec(&profile).expect("a profile is JSON");
            assert_eq!(serde_json::from_slice::<Profile>(&kept).ok().as_ref(), Some(&profile));
            assert!(!profile.services.is_empty() && profile.enterprise_name.as_str().trim() != "");
        }
        Err(faults) => all_point(object, &faults),
    }
}

fn read_reseller(bytes: &[u8], object: &Map<String, Value>) {
    let fields = json_object(&request(bytes)).expect("read before");
    match NewReseller::parse(fields, RedirectPolicy::default()) {
        Ok(new) => {
            let reseller = new.create(reseller_id(), NOW);
            let kept = serde_json::to_vec(&reseller).expect("a reseller is JSON");
            assert!(reseller.redirect_hosts.iter().all(RedirectHost::is_public_name));
            assert_eq!(serde_json::from_slice::<Reseller>(&kept).ok(), Some(reseller));
        }
        Err(faults) => all_point(object, &faults),
    }
}

/// There is a fault, and each points into the body or at what is missing from it.
fn all_point(object: &Map<String, Value>, faults: &[onboarding_core::fields::Fault]) {
    assert!(!faults.is_empty());
    let body = Value::Object(object.clone());
    for fault in faults {
        let points = body.pointer(&fault.pointer).is_some();
        assert!(points || fault.code == "required" || fault.code == "no_pbx_type", "{fault:?}");
    }
}

fn reseller_id() -> ResellerId {
    ResellerId::try_from(54).expect("a positive number")
}
