//! Reading a JSON object field by field, keeping every fault instead of stopping at the first.
//!
//! A caller who sends a wrong body learns in one answer all that is wrong with it, with a pointer to each place
//! (RFC 6901), and nothing was changed.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// The whole number of zero or more, up to 2^53−1, that `value` is. `5.0` is `5`: one number to RFC 8259 §6, one integer to
/// JSON Schema (2020-12, core §4.2.3).
///
/// Above 2^50 a number with a fraction is none: read as a float, it could be the next one.
#[must_use]
pub fn whole_number(value: &Value) -> Option<u64> {
    const MOST: f64 = 1_125_899_906_842_624.0;
    value.as_u64().filter(|number| *number <= crate::id::MAX_SAFE_INTEGER).or_else(|| {
        let whole = |number: &f64| number.fract() == 0.0 && (0.0..=MOST).contains(number);
        format!("{:.0}", value.as_f64().filter(whole)?.abs()).parse().ok()
    })
}

/// The text that an element of a list is, or the code of its fault.
pub fn text_of(value: &Value) -> Result<&str, &'static str> {
    value.as_str().ok_or("wrong_type")
}

/// The id that an element of a list is, or the code of its fault.
pub fn id_of<Id: TryFrom<u64>>(value: &Value) -> Result<Id, &'static str> {
    let number = whole_number(value).ok_or(if value.is_number() { "out_of_range" } else { "wrong_type" })?;
    Id::try_from(number).map_err(|_| "out_of_range")
}

/// Every code of a fault, with what it says. The detail beside a code says what is wanted in its place.
pub const FAULT_CODES: &[(&str, &str)] = &[
    ("consent_type_mismatch", "The `consentType` is not the one of the action."),
    ("contradiction", "Two fields exclude each other."),
    ("default_is_disabled", "The default PBX type is disabled."),
    ("duplicate", "The same thing is said twice."),
    ("enterprise_id_not_settable", "The number of an enterprise is ours to choose: 0, or nothing."),
    ("enterprise_name_taken", "Another enterprise of yours has the name."),
    ("events_url_not_listed", "The host of `eventsUrl` is not on the list of hosts."),
    ("invalid_cursor", "The cursor is none of this list."),
    ("invalid_domain", "The text is no domain name."),
    ("invalid_email", "The text is no mail address."),
    ("invalid_host", "The text is no host name, or is one that may not be listed here."),
    ("invalid_instant", "The text is no instant."),
    ("invalid_name", "The text is empty, longer than 255 characters, or holds control or invisible characters."),
    (
        "invalid_redirect_url",
        "The URL is not https on port 443 of a listed host, or names a user, a fragment or an address.",
    ),
    ("invalid_tenant", "The text is no tenant id and no domain name."),
    (
        "invalid_user_id",
        "The segment is no id: 1 to 255 characters, percent-encoded, none of them a control character.",
    ),
    ("not_settable", "What this says is ours to say, or is changed in another way."),
    ("not_your_reseller", "The number of a service provider is another one's."),
    ("out_of_range", "The number or length is not within its bounds."),
    ("pbx_type_disabled", "The PBX type is disabled for you."),
    ("required", "The field is missing, or `null`."),
    ("second_default", "There is more than one default PBX type."),
    ("tenant_already_bound", "The enterprise is bound to a tenant, which does not change."),
    ("unknown_action_type", "There is no such action."),
    ("unknown_billing_type", "There is no such type of billing."),
    ("unknown_country", "There is no such country."),
    ("unknown_field", "There is no such field here."),
    ("unknown_language", "Pages and mails are not written in that language."),
    ("unknown_pbx_type", "You have no such PBX type."),
    ("unknown_role", "There is no such role of Partner Center."),
    ("unknown_sbc_gateway", "You have no such SBC gateway."),
    ("unknown_scope", "There is no such scope."),
    ("unknown_service", "There is no such service."),
    ("unknown_status", "There is no such status."),
    ("unknown_task", "There is no such task."),
    ("unknown_tenant", "Microsoft does not find the tenant in this cloud."),
    ("unknown_token_mode", "There is no such token mode."),
    ("wrong_type", "The value is of another JSON type."),
];

/// One thing that is wrong with a body, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fault {
    /// RFC 6901 pointer to the place, such as `/pbxId/0`.
    pub pointer: String,
    /// Stable code, such as `required`.
    pub code: &'static str,
    /// What is wrong and what is wanted, in one sentence.
    pub detail: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(FAULT_CODES.iter().any(|(known, _)| *known == code), "{code} is not in FAULT_CODES");
        Self { pointer: format!("/{field}"), code, detail: detail.into() }
    }
}

impl Fault {
    /// The name belongs to another enterprise of the provider (R080).
    #[must_use]
    pub fn name_taken() -> Self {
        Self::new("enterpriseName", "enterprise_name_taken", "choose another name")
    }
}

/// The most elements of a list: no body of the contract needs more, and each of them may be a fault.
pub const MOST_ELEMENTS: usize = 1_000;

/// A JSON object that is being read. Whatever no reader has taken when it ends is an unknown field.
///
/// `Debug` hides the values: callers put keys and addresses into the wrong fields, too.
#[derive(Clone)]
pub struct Fields {
    left: Map<String, Value>,
    within: String,
    faults: Vec<Fault>,
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({} left, {} faults)", self.left.len(), self.faults.len())
    }
}

impl Fields {
    /// Begins to read `object`.
    #[must_use]
    pub const fn of(object: Map<String, Value>) -> Self {
        Self { left: object, within: String::new(), faults: Vec::new() }
    }

    /// This object as a merge patch on `current` (RFC 7396), whose values are lists and plain values, so that a field is
    /// replaced whole. A `null` stays: it counts as absent, and under a name that is not known it is a fault.
    #[must_use]
    pub fn on(self, mut current: Map<String, Value>) -> Self {
        current.extend(self.left);
        Self { left: current, ..self }
    }

    /// Adds a fault of `field` if it is there, even as `null`, and takes it away.
    pub fn refuse(&mut self, field: &str, code: &'static str, detail: &'static str) {
        if self.left.remove(field).is_some() {
            self.fault(field, code, detail);
        }
    }

    /// Adds a fault of `field`; for rules beyond its type.
    pub fn fault(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        let mut fault = Fault::new(field, code, detail);
        fault.pointer.insert_str(0, &self.within);
        self.faults.push(fault);
    }

    /// Whether there is a fault of `field` itself already.
    #[must_use]
    pub fn has_fault(&self, field: &str) -> bool {
        let place = format!("{}/{field}", self.within);
        self.faults.iter().any(|fault| fault.pointer == place)
    }

    /// Looks at `field` without taking it; an explicit `null` counts as absent.
    #[must_use]
    pub fn peek(&self, field: &str) -> Option<&Value> {
        self.left.get(field).filter(|value| !value.is_null())
    }

    /// Takes `field`; an explicit `null` counts as absent.
    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.left.remove(field).filter(|value| !value.is_null())
    }

    /// Whether `field` is an explicit `null`, which is then taken: a partial change removes a value so (RFC 7396 §1).
    pub fn cleared(&mut self, field: &str) -> bool {
        let cleared = self.left.get(field).is_some_and(Value::is_null);
        if cleared {
            self.left.remove(field);
        }
        cleared
    }

    /// Takes whatever is left: no field of this object is unknown. For what was told elsewhere and comes back.
    pub fn ignore_rest(&mut self) {
        self.left.clear();
    }

    /// Adds the fault `required` for `field` when `value` is absent; hands it through.
    pub fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        let place = format!("{}/{field}", self.within);
        let told = self.faults.iter().filter_map(|fault| fault.pointer.strip_prefix(&place));
        if value.is_none() && !told.into_iter().any(|rest| rest.is_empty() || rest.starts_with('/')) {
            self.fault(field, "required", format!("{field} is required"));
        }
        value
    }

    /// An optional text.
    pub fn text(&mut self, field: &str) -> Option<String> {
        let value = self.take(field)?;
        if let Value::String(text) = value { Some(text) } else { self.wrong_type(field, "a string", &value) }
    }

    /// An optional text, parsed; the parser's error becomes the fault `code`.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        code: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(field)?;
        parse(&text).map_err(|error| self.fault(field, code, format!("{field} {error}"))).ok()
    }

    /// An optional truth value; `"true"` in quotes is not one (R085).
    pub fn boolean(&mut self, field: &str) -> Option<bool> {
        let value = self.take(field)?;
        value.as_bool().or_else(|| self.wrong_type(field, "true or false", &value))
    }

    /// An optional whole number of zero or more.
    pub fn whole(&mut self, field: &str) -> Option<u64> {
        let value = self.take(field)?;
        match whole_number(&value) {
            Some(number) => Some(number),
            None if value.is_number() => {
                self.fault(field, "out_of_range", format!("{field} must be an integer from 0 to 9007199254740991"));
                None
            }
            None => self.wrong_type(field, "an integer", &value),
        }
    }

    /// An optional list, each element read by `read` or refused with the code of a fault, beside which what is wanted is
    /// said. All or none.
    pub fn list<T>(
        &mut self,
        field: &str,
        wanted: &'static str,
        read: impl Fn(&Value) -> Result<T, &'static str>,
    ) -> Option<Vec<T>> {
        self.elements(field, wanted, read)?.into_iter().collect()
    }

    /// The same, with each element that could be read in its place, so that the others' faults do not hide its own.
    pub fn elements<T>(
        &mut self,
        field: &str,
        wanted: &'static str,
        read: impl Fn(&Value) -> Result<T, &'static str>,
    ) -> Option<Vec<Option<T>>> {
        let value = self.take(field)?;
        let Value::Array(items) = value else { return self.wrong_type(field, "an array", &value) };
        if items.len() > MOST_ELEMENTS {
            self.fault(field, "out_of_range", format!("at most {MOST_ELEMENTS} elements"));
            return None;
        }
        let mut place = |(at, item)| {
            let read = read(item);
            read.map_err(|code| self.fault(&format!("{field}/{at}"), code, format!("must be {wanted}"))).ok()
        };
        Some(items.iter().enumerate().map(&mut place).collect())
    }

    /// An optional object, read by `read` with pointers below `field`. Its unknown fields are faults too.
    pub fn object<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let value = self.take(field)?;
        let Value::Object(object) = value else { return self.wrong_type(field, "an object", &value) };
        Some(self.within(object, field, read))
    }

    /// An optional list of objects, each read by `read`; nothing in the place of what is no object.
    pub fn objects<T>(&mut self, field: &str, read: impl Fn(&mut Self) -> T) -> Option<Vec<Option<T>>> {
        let objects = self.elements(field, "an object", |value| value.as_object().cloned().ok_or("wrong_type"))?;
        let mut within = |at, object: Option<_>| Some(self.within(object?, &format!("{field}/{at}"), &read));
        Some(objects.into_iter().enumerate().map(|(at, object)| within(at, object)).collect())
    }

    fn within<T>(&mut self, object: Map<String, Value>, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let mut inner = Self { left: object, within: format!("{}/{field}", self.within), faults: Vec::new() };
        let value = read(&mut inner);
        inner.refuse_unknown();
        self.faults.append(&mut inner.faults);
        value
    }

    /// Ends the reading: `value`, or every fault found, unknown fields included.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Fault>> {
        self.refuse_unknown();
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }

    fn refuse_unknown(&mut self) {
        for (field, _) in std::mem::take(&mut self.left) {
            let pointed = field.replace('~', "~0").replace('/', "~1");
            self.fault(&pointed, "unknown_field", "this field is not known here; remove it or check its spelling");
        }
    }

    fn wrong_type<T>(&mut self, field: &str, wanted: &str, got: &Value) -> Option<T> {
        let got = match got {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.fault(field, "wrong_type", format!("must be {wanted}, not {got}"));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        Fields::of(value.as_object().cloned().unwrap())
    }

    fn pointers(result: Result<(), Vec<Fault>>) -> Vec<(String, &'static str)> {
        result.unwrap_err().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let mut body = fields(json!({"flag": "true", "list": [1, "x", null], "inner": {"odd": 1}, "a/b": 1}));
        body.boolean("flag");
        body.list("list", "an integer", |value| value.as_u64().ok_or("wrong_type"));
        body.object("inner", |_| ());
        let name = body.text("name");
        body.required("name", name);
        let expected = [
            ("/flag", "wrong_type"),
            ("/list/1", "wrong_type"),
            ("/list/2", "wrong_type"),
            ("/inner/odd", "unknown_field"),
            ("/name", "required"),
            ("/a~1b", "unknown_field"),
        ];
        assert_eq!(pointers(body.finish(Some(()))), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let read = |text: &str| whole_number(&serde_json::from_str(text).unwrap());
        assert_eq!(["5", "5.0", "5e0", "0", "0.0", "-0.0"].map(read), [5, 5, 5, 0, 0, 0].map(Some));
        assert_eq!(["9007199254740991", "1125899906842623.0"].map(read), [Some((1 << 53) - 1), Some((1 << 50) - 1)]);
        let others = ["5.5", "-1", "-1.0", "9007199254740992", "9007199254740991.0", "1e300", "\"5\"", "true", "null"];
        assert_eq!(others.map(read), [None; 9]);
    }

    /// An element of the right type with a value that there is not is told apart from one of the wrong type.
    #[test]
    fn an_element_has_the_code_of_its_own_fault() {
        let mut body = fields(json!({"ids": [7, -7, 0, 1.5, "7", null], "texts": ["a", "b", 1]}));
        body.list("ids", "an id", id_of::<crate::id::GatewayId>);
        body.list("texts", "a", |value| if text_of(value)? == "a" { Ok(()) } else { Err("unknown_service") });
        let expected = [
            ("/ids/1", "out_of_range"),
            ("/ids/2", "out_of_range"),
            ("/ids/3", "out_of_range"),
            ("/ids/4", "wrong_type"),
            ("/ids/5", "wrong_type"),
            ("/texts/1", "unknown_service"),
            ("/texts/2", "wrong_type"),
        ];
        assert_eq!(pointers(body.finish(Some(()))), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn null_counts_as_absent() {
        let mut body = fields(json!({"flag": null}));
        assert_eq!(body.boolean("flag"), None);
        assert_eq!(body.finish(Some(())), Ok(()));
    }

    #[test]
    fn an_explicit_null_can_be_told_from_an_absent_field() {
        let mut body = fields(json!({"flag": null, "other": 1}));
        assert!(body.cleared("flag"));
        assert!(!body.cleared("flag") && !body.cleared("other") && !body.cleared("absent"));
        assert_eq!(body.whole("other"), Some(1));
        assert_eq!(body.finish(Some(())), Ok(()));
    }

    #[test]
    fn a_merge_patch_replaces_what_it_names() {
        let current = json!({"name": "a", "limit": 5, "list": [1, 2]}).as_object().cloned().unwrap();
        let mut merged = fields(json!({"limit": null, "list": [3], "odd": null})).on(current);
        assert_eq!((merged.text("name").as_deref(), merged.whole("limit")), (Some("a"), None));
        assert_eq!(merged.list("list", "an integer", |value| value.as_u64().ok_or("wrong_type")), Some(vec![3]));
        assert_eq!(pointers(merged.finish(Some(()))), [("/odd".to_owned(), "unknown_field")]);
    }

    #[test]
    fn a_refused_field_is_refused_as_null_too() {
        for body in [json!({"id": 7}), json!({"id": null})] {
            let mut body = fields(body);
            body.refuse("id", "not_settable", "is ours");
            assert_eq!(pointers(body.finish(Some(()))), [("/id".to_owned(), "not_settable")]);
        }
    }

    #[test]
    fn a_field_of_the_wrong_type_is_not_called_missing_as_well() {
        let mut body = fields(json!({"name": 7}));
        let name = body.text("name");
        body.required("name", name);
        assert_eq!(pointers(body.finish(Some(()))), [("/name".to_owned(), "wrong_type")]);
    }

    /// T50 What a caller sent does not come out of `Debug`.
    #[test]
    fn debug_shows_no_value() {
        let fields = Fields::of(serde_json::json!({"note": "a key in the wrong field"}).as_object().cloned().unwrap());
        assert_eq!(format!("{fields:?}"), "Fields(1 left, 0 faults)");
    }
}
