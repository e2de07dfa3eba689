//! From what Microsoft says to a row of the catalogue.
//!
//! Sources: Microsoft's reference of error codes.

use super::Code;
use crate::permission::{GRAPH, Permission};

/// What Microsoft said went wrong: the OAuth `error`, and the AADSTS number where one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    error: String,
    number: Option<u32>,
    /// Microsoft's correlation id, which its support asks for.
    pub correlation_id: Option<String>,
    /// What the text names as the scope, or as the API, that is wrong. It counts only where it was asked for.
    named: Vec<String>,
}

/// The longest word that is kept; OAuth's own have at most 30 characters.
const LONGEST_WORD: usize = 64;

/// A word of the protocol, such as `invalid_grant`, or `other`: what else stands there may be a piece of what we sent,
/// or a text of an attacker's choice, and belongs in no log.
#[must_use]
pub fn word(text: &str) -> &str {
    let sound = text.len() <= LONGEST_WORD && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if sound { text } else { "other" }
}

impl Signal {
    /// Reads the `error` and `error_description` of an OAuth error answer (RFC 6749 §4.1.2.1).
    ///
    /// Only a [`word`] is kept of `error`, and only number, correlation id and names of the description.
    #[must_use]
    pub fn read(error: &str, description: &str) -> Self {
        Self {
            error: word(error).to_owned(),
            number: aadsts_number(description),
            correlation_id: correlation_id(description),
            named: named(description),
        }
    }

    /// Whether it names `permission` as one that Microsoft does not know, or its API as one that the tenant lacks. Graph is
    /// lacking nowhere.
    #[must_use]
    pub fn refuses(&self, permission: &Permission) -> bool {
        let names = |text: &str| self.named.iter().any(|named| named.eq_ignore_ascii_case(text));
        let is_among = |numbers: &[u32]| self.number.is_some_and(|number| numbers.contains(&number));
        if is_among(OF_A_SCOPE) {
            names(permission.name) || names(&permission.scope())
        } else {
            is_among(OF_AN_API) && permission.resource != GRAPH && names(&permission.resource.to_string())
        }
    }

    /// The same signal with the number and correlation id that the token endpoint gives apart.
    #[must_use]
    pub fn with(mut self, number: Option<u32>, correlation_id: Option<&str>) -> Self {
        self.number = number.or(self.number);
        self.correlation_id = correlation_id.and_then(guid_text).or(self.correlation_id);
        self
    }

    /// Reads the text of one of Microsoft's error screens, in whatever language it is: the number begins with `AADSTS` in all
    /// of them. Where none does, a known number that stands alone, a word of OAuth's, or an English phrase tells.
    #[must_use]
    pub fn pasted(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let number = aadsts_number(&text.replace("aadsts ", "aadsts").replace("aadsts", "AADSTS"));
        let alone = || {
            text.split(|c: char| !c.is_alphanumeric())
                .find_map(|word| word.parse().ok().filter(|number| is_known(*number)))
        };
        let stands = |word: &&str| text.contains(*word);
        let words = ERRORS.iter().flat_map(|(words, _)| words.iter().copied());
        let phrase = || PHRASES.iter().find(|(phrase, _)| text.contains(phrase)).map(|(_, number)| *number);
        Self {
            number: number.or_else(alone).or_else(phrase),
            error: words.filter(stands).max_by_key(|word| word.len()).unwrap_or_default().to_owned(),
            correlation_id: correlation_id(&text.replace("correlation id", "Correlation ID")),
            named: Vec::new(),
        }
    }

    /// The AADSTS number, if any.
    #[must_use]
    pub const fn number(&self) -> Option<u32> {
        self.number
    }

    /// The OAuth `error`.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// Microsoft's own page about a number that we do not know, at the host of its sign-in in this cloud.
    #[must_use]
    pub fn explained_at(&self, host: &str) -> Option<String> {
        let number = self.number.filter(|_| self.diagnose() == Code::UnknownMicrosoftError)?;
        Some(format!("https://{host}/error?code={number}"))
    }

    /// The row of the catalogue that helps.
    #[must_use]
    pub fn diagnose(&self) -> Code {
        let by_number = self.number.and_then(|number| find(NUMBERS, &number));
        by_number.or_else(|| find(ERRORS, &self.error.as_str())).unwrap_or(Code::UnknownMicrosoftError)
    }
}

/// A refresh token that was refused: nobody sits before a page, and no code was sent twice.
impl Signal {
    /// The row of the catalogue that helps where a refresh token was refused.
    #[must_use]
    pub fn diagnose_refresh(&self) -> Code {
        let by_number = self.number.and_then(|number| find(OF_A_REFRESH, &number).or_else(|| find(NUMBERS, &number)));
        by_number.or_else(|| find(ERRORS_OF_A_REFRESH, &self.error.as_str())).unwrap_or_else(|| self.diagnose())
    }
}

fn find<K: PartialEq>(table: &[(&[K], Code)], key: &K) -> Option<Code> {
    table.iter().find(|(keys, _)| keys.contains(key)).map(|(_, code)| *code)
}

/// The digits behind the first `AADSTS`, if there are four to nine of them.
fn aadsts_number(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("AADSTS")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).take(10).collect();
    if (4..=9).contains(&digits.len()) { digits.parse().ok() } else { None }
}

fn correlation_id(description: &str) -> Option<String> {
    let (_, rest) = description.split_once("Correlation ID: ")?;
    guid_text(rest.get(..36)?)
}

fn guid_text(text: &str) -> Option<String> {
    crate::id::ObjectId::in_any_case(text).ok().map(|guid| guid.to_string())
}

/// How many names are kept of a text.
const MOST_NAMED: usize = 8;

/// The words that a text names: one after `scope` or `resource`, in quotation marks or before "is not valid", or in front of a
/// bracket. A list is no name: it does not say which of them is wrong.
fn named(description: &str) -> Vec<String> {
    let of_scope = description.split("scope ").skip(1).filter_map(one_word);
    let ids = description.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')).filter_map(guid_text);
    of_scope.map(str::to_owned).chain(ids).take(MOST_NAMED).collect()
}

/// The one word that a text begins with.
fn one_word(text: &str) -> Option<&str> {
    let quote = text.starts_with(['\'', '"', '\u{2018}']);
    let text = if quote { text.trim_start_matches(['\'', '"', '\u{2018}']) } else { text };
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-/:".contains(c)))?;
    let (word, rest) = text.split_at(end);
    let ends = if quote { rest.starts_with(['\'', '"', '\u{2019}']) } else { rest.starts_with(" is not valid") };
    (ends && !word.is_empty() && word.len() <= LONGEST_NAME).then_some(word)
}

/// The longest name of a permission that is kept, with its API.
const LONGEST_NAME: usize = 128;

/// Microsoft does not know a scope that was asked for.
const OF_A_SCOPE: &[u32] = &[650_053, 70011, 28002, 28003];
/// The tenant lacks an API that was asked for, or our registration does not list it.
const OF_AN_API: &[u32] = &[650_052, 500_011, 650_054, 650_057];

const NUMBERS: &[(&[u32], Code)] = &[
    (&[65004], Code::Declined),
    (&[90093, 90094, 900_941, 900_981], Code::AdminApprovalNeeded),
    (&[90095], Code::ApprovalRequested),
    (&[65001, 90008], Code::ConsentMissing),
    (&[650_052, 500_011, 650_054], Code::ResourceNotInTenant),
    (OF_A_SCOPE, Code::ScopeRefused),
    (
        &[
            650_056, 650_057, 65005, 50011, 700_054, 50194, 900_144, 500_113, 900_971, 70005, 700_022, 501_481, 50147,
            50148, 501_491, 90004, 90005, 90009, 90013, 90014, 90015, 90023, 90100, 9_000_411, 9_002_313, 700_025,
            7_000_218, 1_002_014, 65002, 700_084, 50059, 50128, 90019,
        ],
        Code::AppMisconfigured,
    ),
    (
        &[50020, 50034, 50177, 50178, 50014, 51004, 16000, 16001, 16003, 160_021, 50143, 50126, 90072],
        Code::WrongAccountOrGuest,
    ),
    (&[50105], Code::AssignmentRequired),
    (&[50057], Code::AccountDisabled),
    (&[700_005], Code::WrongTenant),
    (&[90099], Code::PartnerPreconsentNeeded),
    (&[70043], Code::SignInFrequency),
    (&[500_200, 500_208], Code::PersonalAccount),
    (&[700_016, 700_011, 70001, 7_000_112, 7_000_229], Code::AppNotInTenant),
    (&[50074, 50076, 50079, 50072, 50078, 50158, 900_421], Code::MfaClaimMissing),
    (
        &[
            53000, 53001, 53002, 53003, 53004, 53009, 53010, 53011, 50131, 530_004, 530_031, 530_032, 530_033, 530_034,
            530_035, 50053,
        ],
        Code::ConditionalAccessBlock,
    ),
    (&[500_212, 500_213, 500_021, 500_022], Code::CrossTenantPolicy),
    (
        &[7_000_215, 7_000_222, 70002, 700_027, 700_021, 700_023, 700_024, 700_030, 50012, 50013, 50027],
        Code::OurSecretBadOrExpired,
    ),
    (&[90002, 90038, 900_382, 900_432, 5_000_224, 900_023], Code::WrongCloud),
    (&[54005, 70000], Code::CodeReused),
    (&[50089, 165_000, 50058, 50140, 50199], Code::SignInExpired),
    (&[700_082, 70008], Code::TokenIdle),
    (&[50173, 50132, 50133], Code::TokenRevoked),
    (&[50055, 50144], Code::PasswordExpired),
    (&[90006, 90012, 90024, 90033, 90090, 50033, 50087, 50088, 90055, 50196, 650_051, 90097], Code::MicrosoftBusy),
];

fn is_known(number: u32) -> bool {
    find(NUMBERS, &number).is_some()
}

/// What Microsoft's screens say where they show no number, in lower case, with the number that they mean.
const PHRASES: &[(&str, u32)] = &[("need admin approval", 90094), ("approval required", 90095)];

/// What means another thing of a refresh token than of a sign-in.
const OF_A_REFRESH: &[(&[u32], Code)] = &[
    (&[70000, 54005, 50058, 50089, 165_000, 50140, 50199], Code::TokenRevoked),
    (&[65004], Code::ConsentMissing),
    // The account is not there any more.
    (&[50034, 50020, 51004], Code::AccountDisabled),
];

const ERRORS_OF_A_REFRESH: &[(&[&str], Code)] = &[
    (&["invalid_grant"], Code::TokenRevoked),
    (&["access_denied", "consent_required", "permission_denied"], Code::ConsentMissing),
];

const ERRORS: &[(&[&str], Code)] = &[
    (&["access_denied", "consent_required", "permission_denied"], Code::Declined),
    (&["interaction_required", "login_required"], Code::MfaClaimMissing),
    (&["invalid_grant"], Code::SignInExpired),
    (&["invalid_client", "unauthorized_client"], Code::OurSecretBadOrExpired),
    (&["invalid_scope"], Code::ScopeRefused),
    (&["invalid_request", "unsupported_response_type", "invalid_resource"], Code::AppMisconfigured),
    (&["server_error", "temporarily_unavailable"], Code::MicrosoftBusy),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_picks_better_advice_than_the_error() {
        let approval = Signal::read("access_denied", "AADSTS90094: Admin consent is required.\r\nTrace ID: x");
        assert_eq!(approval.diagnose(), Code::AdminApprovalNeeded);
        assert_eq!(Signal::read("access_denied", "").diagnose(), Code::Declined);
    }

    /// A credential that Microsoft does not take is ours to mend; that it is busy is nobody's.
    #[test]
    fn a_refused_credential_is_told_from_a_busy_microsoft() {
        let diagnosed = |error, number: u32| Signal::read(error, "").with(Some(number), None).diagnose();
        for number in [700_027, 700_021, 700_023, 700_024, 700_030, 50012, 50013, 50027, 7_000_215, 7_000_222] {
            for error in ["invalid_client", "invalid_request", "unauthorized_client"] {
                assert_eq!(diagnosed(error, number), Code::OurSecretBadOrExpired, "{error} {number}");
            }
        }
        assert_eq!(diagnosed("invalid_client", 0), Code::OurSecretBadOrExpired);
        for number in [90033, 90055, 50196] {
            assert_eq!(diagnosed("invalid_grant", number), Code::MicrosoftBusy, "{number}");
        }
        assert_eq!(diagnosed("temporarily_unavailable", 0), Code::MicrosoftBusy);
    }

    /// R197 What Microsoft says of a refresh token is not told in the words of a sign-in.
    #[test]
    fn a_refused_refresh_has_words_of_its_own() {
        let diagnosed = |error, number| Signal::read(error, "").with(number, None).diagnose_refresh();
        for (error, number, code) in [
            ("invalid_grant", Some(70000), Code::TokenRevoked),
            ("invalid_grant", None, Code::TokenRevoked),
            ("invalid_grant", Some(99_999_999), Code::TokenRevoked),
            ("invalid_grant", Some(700_082), Code::TokenIdle),
            ("invalid_grant", Some(50034), Code::AccountDisabled),
            ("interaction_required", Some(50105), Code::AssignmentRequired),
            ("consent_required", None, Code::ConsentMissing),
            ("invalid_client", None, Code::OurSecretBadOrExpired),
            ("brand_new", None, Code::UnknownMicrosoftError),
        ] {
            assert_eq!(diagnosed(error, number), code, "{error} {number:?}");
        }
    }

    #[test]
    fn an_unknown_signal_still_leads_to_advice() {
        assert_eq!(Signal::read("invalid_grant", "AADSTS99999999: new").diagnose(), Code::SignInExpired);
        assert_eq!(Signal::read("brand_new", "AADSTS12: x").diagnose(), Code::UnknownMicrosoftError);
        assert_eq!(Signal::read("", "").diagnose(), Code::UnknownMicrosoftError);
    }

    #[test]
    fn nothing_hostile_is_kept() {
        let id = "5D3e2c1b-0000-4000-8000-00000000000f";
        let text = format!("AADSTS65004: <script>\r\nCorrelation ID: {id}\r\nTimestamp: x");
        let signal = Signal::read("access_denied\r\nX: <script>", &text);
        assert_eq!(signal.error(), "other");
        assert_eq!(signal.correlation_id, Some(id.to_lowercase()));
        assert_eq!(Signal::read(&"e".repeat(100_000), "").error(), "other");
        assert_eq!(Signal::read("x", "Correlation ID: \u{1f600}").correlation_id, None);
    }

    /// R115 The text of a screen is read in any language; what is not understood still leads to advice.
    #[test]
    fn a_pasted_text_is_read_in_any_language() {
        let read = |text: &str| {
            let signal = Signal::pasted(text);
            (signal.number(), signal.diagnose())
        };
        let declined = (Some(65004), Code::Declined);
        for text in [
            "AADSTS65004: User declined to consent to access the app.",
            "Lo sentimos, pero tenemos problemas para iniciar su sesi\u{f3}n. aadsts65004: el usuario...",
            "\u{7533}\u{3057}\u{8a33}\u{3042}\u{308a}\u{307e}\u{305b}\u{3093} AADSTS 65004\u{3002}",
            "Fehlercode: 65004\r\nAnforderungs-ID: 5d3e2c1b-0000-4000-8000-00000000000f\r\nZeitstempel: 2026-11-25",
        ] {
            assert_eq!(read(text), declined, "{text}");
        }
        assert_eq!(read("Need admin approval\nContoso needs permission"), (Some(90094), Code::AdminApprovalNeeded));
        assert_eq!(read("https://x.example/?error=consent_required&state=y").1, Code::Declined);
        assert_eq!(read("AADSTS99999999: something new"), (Some(99_999_999), Code::UnknownMicrosoftError));
        assert_eq!(read("2026-11-25T10:00:00Z it does not work"), (None, Code::UnknownMicrosoftError));
        assert_eq!(read(""), (None, Code::UnknownMicrosoftError));
        let id = "5d3e2c1b-0000-4000-8000-00000000000f";
        let signal = Signal::pasted(&format!("AADSTS53003 Correlation Id: {id} Timestamp: x"));
        assert_eq!((signal.correlation_id.as_deref(), signal.diagnose()), (Some(id), Code::ConditionalAccessBlock));
    }

    /// A scope or an API counts where the text names it alone; a list names nothing.
    #[test]
    fn a_text_names_what_is_refused() {
        let refuses = |text: &str| -> Vec<&'static str> {
            let signal = Signal::read("invalid_client", text);
            let asked = crate::permission::asked_together(&[crate::action::ActionType::Registration]);
            asked.into_iter().filter(|asked| signal.refuses(asked)).map(|asked| asked.name).collect()
        };
        let api = "48AC35B8-9aa8-4d74-927d-1f4a14a0b239";
        let graph = "00000003-0000-0000-c000-000000000000";
        for (text, expected) in [
            (format!("AADSTS650053: The application 'x' asked for scope 'User.ReadWrite.All' that doesn't exist on the resource '{graph}'."), &["User.ReadWrite.All"][..]),
            ("AADSTS70011: The provided value for the input parameter 'scope' is not valid. The scope user.readwrite.all is not valid.".into(), &["User.ReadWrite.All"]),
            (format!("AADSTS70011: The scope '{api}/user_impersonation' is not valid."), &["user_impersonation"]),
            ("AADSTS70011: The scope 'openid User.ReadWrite.All' is not valid.".into(), &[]),
            ("AADSTS70011: The scope openid User.ReadWrite.All is not valid.".into(), &[]),
            (format!("AADSTS650052: The app is trying to access a service '{api}'(Teams) that your organization 'x' lacks a service principal for."), &["user_impersonation"]),
            (format!("AADSTS500011: The resource principal named {graph} was not found in the tenant named x."), &[]),
            (format!("AADSTS65004: The scope 'User.ReadWrite.All' and {api}"), &[]),
            (String::new(), &[]),
        ] {
            assert_eq!(refuses(&text), expected, "{text}");
        }
        let many = "AADSTS650053: scope 'a' ".repeat(100);
        assert_eq!(Signal::read("x", &many).named.len(), MOST_NAMED);
    }

    #[test]
    fn no_number_stands_in_two_rows() {
        let mut all: Vec<u32> = NUMBERS.iter().flat_map(|(numbers, _)| numbers.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
