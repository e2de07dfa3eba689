use super::*;
use crate::testing::reference;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onboarding_core::advice::{Code, Signal};
use onboarding_core::id::{ConsentRequestId, ObjectId, TenantId};
use onboarding_core::identity::Signer;
use onboarding_core::permission;
use onboarding_core::time::Timestamp;
use ring::digest::{SHA256, digest};

const SINCE: Timestamp = Timestamp::from_seconds(1);
const HOSTILE: &str = "<script>alert(1)</script>\" onload='x' {{7*7}} &amp;";

fn request() -> ConsentRequestId {
    "cr_01h00000000000000000000000".parse().unwrap()
}

fn outcome(name: &str, state: &ActionState, left: &[ActionType]) -> String {
    let name: Name = name.parse().unwrap();
    let action = ActionType::ServiceProviderManagement;
    let reference = reference();
    let outcome = Outcome {
        language: Language::English,
        provider: &name,
        enterprise: &name,
        action,
        state,
        also: &[],
        permissions: &permission::each_once([action]),
        along: &[],
        left,
        onward: None,
        reference: &reference,
    };
    Page::outcome(&outcome).html
}

fn advice(explanation: &Explanation, provider: Option<&Name>) -> String {
    let reference = reference();
    let (status, correlation_id) = (StatusCode::OK, Some("5d3e2c1b-0000-4000-8000-00000000000f"));
    let language = Language::English;
    Page::advice(&Advice {
        language,
        status,
        explanation,
        provider,
        reference: &reference,
        correlation_id,
        onward: None,
    })
    .html
}

fn granted() -> ActionState {
    let signer = Signer { tenant: TenantId::from_u128(1), object: ObjectId::from_u128(2), user_principal_name: None };
    ActionState::Granted { since: SINCE, request: request(), by: Some(signer), tenant: None }
}

/// The policy names the style sheet as it is now.
#[test]
fn the_policy_allows_the_style_sheet_and_no_other() {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    assert!(POLICY.contains(&format!("style-src 'sha256-{hash}';")), "put sha256-{hash} into POLICY");
    let page = outcome("Acme", &granted(), &[]);
    assert!(page.contains(&format!("<style>{STYLE}</style>")), "a browser hashes what stands between the tags");
}

/// G54, T37 Hostile text stays text.
#[test]
fn hostile_text_is_escaped() {
    let name: Name = HOSTILE.parse().unwrap();
    let explanation = Code::Declined.explain().with_detail(HOSTILE.to_owned());
    for html in [outcome(HOSTILE, &granted(), &[]), advice(&explanation, Some(&name))] {
        assert!(!html.contains("<script") && !html.contains("onload='") && !html.contains("\" onload"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
    }
}

/// R005, R009 The service provider is called so, and the state has its label.
#[test]
fn an_outcome_says_who_what_and_what_is_left() {
    let html = outcome("Acme", &granted(), &[ActionType::UserSync]);
    assert!(html.contains("Service Provider Acme"), "{html}");
    assert!(html.contains("Granted Consent") && html.contains("data-state=\"granted\""), "{html}");
    assert!(html.contains("Allow Management by Service Provider"), "{html}");
    assert!(html.contains(ActionType::UserSync.title()) && !html.contains("Nothing is left"), "{html}");
    assert!(html.contains(reference().as_str()), "{html}");
    assert!(!html.to_lowercase().contains("reseller") && !html.to_lowercase().contains("partner"), "{html}");
    assert!(outcome("Acme", &granted(), &[]).contains("Nothing is left"));
}

/// Who asks is said first, then what for, what happened, and what each permission is for.
#[test]
fn a_registration_says_what_each_permission_is_for() {
    let name: Name = "Acme".parse().unwrap();
    let (action, reference) = (ActionType::Registration, reference());
    let checking = ActionState::Verifying { since: SINCE, request: request() };
    for (state, heading) in [(granted(), "What is granted"), (checking, "What is asked for")] {
        let about = Outcome {
            language: Language::English,
            provider: &name,
            enterprise: &name,
            action,
            state: &state,
            also: &[],
            permissions: &permission::each_once([action]),
            along: &[],
            left: &[],
            onward: None,
            reference: &reference,
        };
        let html = Page::outcome(&about).html;
        let order =
            ["Service Provider Acme</p>", action.title(), text::state(action, &state).label, heading, "Reference id"];
        let at: Vec<Option<usize>> =
            order.iter().map(|part| html.split_once("<body>").and_then(|(_, body)| body.find(part))).collect();
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{html}");
        for permission in permission::asked_by(action) {
            let purpose = permission.purpose.replace('\'', "&#39;");
            assert!(html.contains(&purpose) && html.contains(permission.name), "{html}");
        }
    }
}

/// R201 What one screen has granted is told whole: every action, and every permission once.
#[test]
fn what_one_screen_granted_is_told_whole() {
    let (name, reference, state): (Name, _, _) = ("Acme".parse().unwrap(), reference(), granted());
    let (action, also) = (ActionType::CallApp, [ActionType::CallRecording, ActionType::Presence]);
    let about = Outcome {
        language: Language::English,
        provider: &name,
        enterprise: &name,
        action,
        state: &state,
        also: &also,
        permissions: &permission::each_once([&[action], also.as_slice()].concat()),
        along: &[],
        left: &[],
        onward: None,
        reference: &reference,
    };
    let html = Page::outcome(&about).html;
    let (_, told) = html.split_once("Granted by the same screen").unwrap();
    assert!(also.iter().all(|action| told.contains(action.title())), "{html}");
    for name in ["Calls.Initiate.All", "Calls.AccessMedia.All", "Calls.JoinGroupCall.All", "Presence.Read.All"] {
        assert_eq!(told.matches(&format!("<code>{name}</code>")).count(), 1, "{name}: {html}");
    }
    assert!(!outcome("Acme", &granted(), &[]).contains("same screen"));
}

/// R147 The page has one button, which stays with us, until the provider is active.
#[test]
fn an_activation_has_one_button_until_it_is_done() {
    let (provider, reference): (Name, _) = (HOSTILE.parse().unwrap(), reference());
    let page = |action| Page::activation(&Activation { provider: &provider, action, reference: &reference });
    let (waiting, done) = (page(Some("/activate/h")), page(None));
    assert_eq!(waiting.html.matches("<form method=\"post\" action=\"/activate/h\">").count(), 1, "{}", waiting.html);
    assert!(waiting.policy.ends_with("form-action 'self'") && done.policy.ends_with("form-action 'none'"));
    assert!(!done.html.contains("<form") && done.html.contains(text::ACTIVATION.title_done), "{}", done.html);
    for html in [waiting.html, done.html] {
        assert!(!html.contains("<script") && html.contains("&#60;script&#62;alert(1)"), "{html}");
        assert!(!html.to_lowercase().contains("reseller"), "{html}");
    }
}

/// Every state has words: its own, or those of the advice that goes with it.
#[test]
fn no_state_is_without_words() {
    let (since, request, code, asked_again) = (SINCE, request(), Code::Declined, false);
    let organization = "Contoso Ltd".to_owned();
    let states = [
        ActionState::NotRequested,
        ActionState::PendingConsent { since },
        ActionState::Started { since, request: request.clone(), asked_again },
        ActionState::PendingConfirmation {
            since,
            request: request.clone(),
            tenant: TenantId::from_u128(1),
            organization,
            others: vec![],
            next: None,
        },
        ActionState::Verifying { since, request: request.clone() },
        granted(),
        ActionState::Declined { since, request: request.clone(), code, asked_again },
        ActionState::Blocked { since, request: request.clone(), code, asked_again, missing: vec![] },
        ActionState::Unverifiable { since, request: request.clone(), by: None },
        ActionState::Drifted { since, request: request.clone(), by: None, missing: vec![] },
        ActionState::Withdrawn { since },
        ActionState::Revoked { since, request, by: None },
        ActionState::Expired { since, request: None, asked_again: false },
    ];
    for state in &states {
        let html = outcome("Acme", state, &[]);
        let action = ActionType::ServiceProviderManagement;
        assert!(html.contains(text::state(action, state).label) && !html.contains("<p></p>"), "{html}");
    }
}

/// R009, R130 A sign-in is no consent, and its page does not say so.
#[test]
fn a_sign_in_is_called_so() {
    assert_eq!(text::state(ActionType::LoginEnterpriseAdmin, &granted()).label, "Signed In");
    assert_eq!(text::state(ActionType::Registration, &granted()).label, "Granted Consent");
}

/// R113 "Try again" stands where the person at the page, or time, can mend it, and not where somebody else has to act first.
#[test]
fn trying_again_is_offered_where_it_may_help() {
    let offers = |code: Code| {
        let (reference, onward) =
            (reference(), Some(Onward { action: "/start/x", authority: "https://login.example" }));
        let (status, provider, correlation_id) = (StatusCode::OK, None, None);
        let advice = Advice {
            language: Language::English,
            status,
            explanation: &code.explain(),
            provider,
            reference: &reference,
            correlation_id,
            onward,
        };
        Page::advice(&advice).html.contains("Try again with Microsoft")
    };
    let mended = [Code::Declined, Code::MfaClaimMissing, Code::ConditionalAccessBlock, Code::MicrosoftBusy];
    for code in mended.into_iter().chain([Code::ScopeRefused]) {
        assert!(offers(code), "{code}");
    }
    for code in [Code::OurSecretBadOrExpired, Code::AppMisconfigured, Code::WrongCloud] {
        assert!(!offers(code), "{code}");
    }
}

/// R116 A consent that is being checked is looked at again when the person says so, and not by itself (WCAG 2.2, 2.2.4).
#[test]
fn only_a_consent_that_is_being_checked_offers_to_look_again() {
    let checking = ActionState::Verifying { since: SINCE, request: request() };
    let html = outcome("Acme", &checking, &[]);
    assert!(html.contains("<a class=\"button\" href=\"\">Look again</a>"), "{html}");
    assert!(html.contains("Pending Consent") && html.contains("Nothing is lost when you close this page"), "{html}");
    assert!(!outcome("Acme", &granted(), &[]).contains("Look again"));
}

#[test]
fn a_refusal_says_cause_person_and_steps_in_order() {
    let code = Code::AdminRoleRequired;
    let state = ActionState::Blocked { since: SINCE, request: request(), code, asked_again: false, missing: vec![] };
    for html in [outcome("Acme", &state, &[]), advice(&code.explain(), None)] {
        let row = code.advice();
        assert!(html.contains(row.cause) && html.contains(text::who(row.who)), "{html}");
        let at: Vec<Option<usize>> = row.next_steps.iter().map(|step| html.find(step)).collect();
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{html}");
    }
    assert!(advice(&code.explain(), None).contains("5d3e2c1b-0000"));
}

/// R026 Where a step names an address, a person gets there by pressing it.
#[test]
fn an_address_in_a_step_is_a_link() {
    let html = advice(&Code::TeamsAdminRoleNotReady.explain(), None);
    let link = "(<a href=\"https://entra.microsoft.com/#view/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles\" \
                target=\"_blank\" rel=\"noopener\">entra.microsoft.com</a>). If you do not find it";
    assert!(html.contains(link), "{html}");
    let html = advice(&Code::UnknownMicrosoftError.explain(), None);
    assert!(html.contains(">login.microsoftonline.com/error</a> and give"), "{html}");
    assert_eq!(text::linked("https://a.example"), ("", "https://a.example", ""));
    assert_eq!(text::linked("Wait a minute."), ("Wait a minute.", "", ""));
}

/// G54, T37 Of what was pasted a page shows a number and a GUID, and nothing else.
#[test]
fn a_diagnosis_shows_nothing_of_the_text() {
    let id = "5d3e2c1b-0000-4000-8000-00000000000f";
    let pasted = format!("{HOSTILE} AADSTS53003: c4n4ry {HOSTILE} Correlation Id: {id}");
    let html = Page::diagnosis(Some(&Signal::pasted(&pasted)), Language::English, &reference()).html;
    for part in ["AADSTS53003", id, Code::ConditionalAccessBlock.advice().cause] {
        assert!(html.contains(part), "{html}");
    }
    for part in ["c4n4ry", "alert(1)", "{{7", "<script"] {
        assert!(!html.contains(part), "{html}");
    }
    let unknown = Page::diagnosis(Some(&Signal::pasted("no idea")), Language::English, &reference()).html;
    assert!(unknown.contains("There is no number in the text") && unknown.contains("<textarea"), "{unknown}");
}

/// K13 Who came by a start page can try again from a refusal; the form may lead on to any host of the scheme.
#[test]
fn a_refusal_leads_back_to_where_it_began() {
    let (reference, explanation) = (reference(), Code::Declined.explain());
    let onward = Some(Onward { action: "/start/x", authority: "https://login.example" });
    let advice = Advice {
        language: Language::English,
        status: StatusCode::OK,
        explanation: &explanation,
        provider: None,
        reference: &reference,
        correlation_id: None,
        onward,
    };
    let page = Page::advice(&advice);
    assert!(page.html.contains("<form method=\"post\" action=\"/start/x\">"), "{}", page.html);
    assert!(page.policy.ends_with("form-action 'self' https:"), "{}", page.policy);
}

/// R023, R166 The list has every permission of every action, with what it allows, why, and what it does not allow.
#[test]
fn the_list_has_every_permission() {
    let page = Page::permissions(Language::English, &reference());
    let html = page.html.replace("&#39;", "'");
    for action in ActionType::all() {
        let heading = format!("<h2 id=\"{}\">{}</h2>", action.name(), action.title());
        let (_, section) = html.split_once(&heading).unwrap_or_else(|| panic!("{heading}"));
        let section = section.split("<h2").next().unwrap_or_default();
        assert!(section.contains(text::kind(permission::kind(action))), "{section}");
        for permission in permission::asked_by(action) {
            for part in [permission.name, permission.purpose, permission.limit, permission.api()] {
                assert!(section.contains(part), "{part}: {section}");
            }
        }
    }
    assert!(page.policy.ends_with("form-action 'none'") && !html.contains("<form"), "{}", page.policy);
    assert!(!html.to_lowercase().contains("reseller") && !html.to_lowercase().contains("partner"), "{html}");
}

/// R023 Every page of a consent leads to the list, in a tab of its own: Back would ask for the answer to a form again.
#[test]
fn every_page_of_a_consent_leads_to_the_list() {
    let link = "<a href=\"/permissions\" target=\"_blank\" rel=\"noopener\">";
    let checking = ActionState::Verifying { since: SINCE, request: request() };
    let diagnosis = Page::diagnosis(None, Language::English, &reference()).html;
    let pages = [outcome("Acme", &granted(), &[]), outcome("Acme", &checking, &[]), diagnosis];
    for html in pages.into_iter().chain([advice(&Code::Declined.explain(), None)]) {
        assert_eq!(html.matches(link).count(), 1, "{html}");
    }
}

/// T51 No page loads anything, runs anything or shows a form; its links lead to pages of ours.
#[test]
fn a_page_stands_alone() {
    let html = [outcome("Acme", &granted(), &[]), advice(&Code::InvalidCallback.explain(), None)].concat();
    let html = html.replace("<a href=\"/diagnose\"", "").replace("<a href=\"/permissions\"", "");
    for tag in
        ["<script", "<img", "<link", "<iframe", "<form", "http-equiv", "src=", "href=", "style=", "http://", "https://"]
    {
        assert!(!html.contains(tag), "{tag}");
    }
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
}
