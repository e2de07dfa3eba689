use super::*;
use crate::action::{ActionState, ActionType};
use crate::audit::Occasion;
use crate::enterprise::Standing;
use crate::fields::Fields;
use crate::id::ConsentRequestId;
use crate::mail::{LetterKind, Mail, MailState, Undeliverable};
use crate::random::SystemRandomness;
use crate::random::tests::Counting;
use crate::reseller::ResellerStatus;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const INSTANT: Duration = Duration::from_millis(1);

fn fields(body: &Value) -> Fields {
    Fields::of(body.as_object().cloned().unwrap())
}

fn parse(body: &Value) -> Result<NewInvitation, Vec<(String, &'static str)>> {
    NewInvitation::parse(fields(body))
        .map_err(|faults| faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect())
}

fn keys() -> SealingKeys {
    SealingKeys::from_json(&SealingKeys::generate(&Counting::default())).unwrap()
}

fn whose() -> (EnterpriseId, ResellerId) {
    (EnterpriseId::try_from(7).unwrap(), ResellerId::try_from(54).unwrap())
}

fn invite(admin: &str, keys: &SealingKeys) -> (Invitation, InvitationCode) {
    let random = SystemRandomness::new();
    let new = NewInvitation::standard(admin.parse().unwrap());
    Invitation::new(whose(), &new, MailId::new(NOW, &random), keys, (NOW, &random))
}

/// R037, G69 An invitation lives 1 to 30 whole days, and 7 unless somebody says otherwise.
#[test]
fn an_invitation_lives_one_to_thirty_days() {
    let days = |days: Value| parse(&json!({"adminEmail": "a@contoso.com", "expiresInDays": days}));
    for (right, span) in [(json!(1), 1), (json!(30), 30), (json!(7.0), 7)] {
        assert_eq!(days(right).unwrap().days.span(), Duration::from_hours(24 * span));
    }
    assert_eq!(parse(&json!({"adminEmail": "a@contoso.com"})).unwrap().days, Days(7));
    for wrong in [json!(0), json!(31), json!(-1), json!(1.5), Value::Null] {
        assert_eq!(days(wrong.clone()), Err(vec![("/expiresInDays".to_owned(), "out_of_range")]), "{wrong}");
    }
    assert_eq!(days(json!("7")), Err(vec![("/expiresInDays".to_owned(), "wrong_type")]));
    let faults = parse(&json!({"adminEmail": "nobody", "expiresInDays": 31, "code": "x"})).unwrap_err();
    assert_eq!(faults.len(), 3, "all at once: {faults:?}");
    assert_eq!(parse(&json!({})), Err(vec![("/adminEmail".to_owned(), "required")]));
}

/// R169 A reminder is due before the end, 2 days unless somebody says otherwise, and never before the invitation is sent.
#[test]
fn a_reminder_is_due_before_the_end() {
    let with = |days: u64, remind: Value| {
        parse(&json!({"adminEmail": "a@contoso.com", "expiresInDays": days, "remindDaysBefore": remind}))
    };
    let none = |days: u64| parse(&json!({"adminEmail": "a@contoso.com", "expiresInDays": days})).unwrap().remind;
    assert_eq!([none(1), none(2), none(3), none(30)], [None, None, Some(Days(2)), Some(Days(2))]);
    assert_eq!(parse(&json!({"adminEmail": "a@contoso.com"})).unwrap().remind, Some(Days(2)));
    for (life, said, remind) in [(7, 0, None), (7, 1, Some(Days(1))), (7, 6, Some(Days(6))), (30, 29, Some(Days(29)))] {
        assert_eq!(with(life, json!(said)).unwrap().remind, remind, "{said} of {life}");
    }
    for (life, wrong) in [(7, json!(7)), (1, json!(1)), (30, json!(30)), (7, json!(-1)), (7, Value::Null)] {
        let fault = vec![("/remindDaysBefore".to_owned(), "out_of_range")];
        assert_eq!(with(life, wrong.clone()), Err(fault), "{wrong} of {life}");
    }
    assert_eq!(with(31, json!(31)), Err(vec![("/expiresInDays".to_owned(), "out_of_range")]));
    let (invitation, _) = invite("grace@contoso.com", &keys());
    assert_eq!(invitation.reminds_at(), Some(NOW.plus(Duration::from_hours(5 * 24))));
    assert_eq!(Invitation { remind: None, ..invitation }.reminds_at(), None);
}

/// R161, G71, P7 The right code opens it until its millisecond, swept or not; nothing else does.
#[test]
fn a_code_opens_until_the_invitation_ends() {
    let (invitation, code) = invite("grace@contoso.com", &keys());
    let last = NOW.plus(Days(7).span()).minus(INSTANT);
    assert!(invitation.opens_with(&code.hash(), NOW) && invitation.opens_with(&code.hash(), last));
    assert!(!invitation.opens_with(&code.hash(), last.plus(INSTANT)));
    assert_eq!(invitation.status_at(last), InvitationStatus::Pending);
    assert_eq!(invitation.status_at(last.plus(INSTANT)), InvitationStatus::Expired, "swept or not");
    assert!(!invitation.opens_with(&invite("grace@contoso.com", &keys()).1.hash(), NOW));
    for status in [InvitationStatus::Accepted, InvitationStatus::Revoked, InvitationStatus::Superseded] {
        let ended = Invitation { status, ..invitation.clone() };
        assert!(!ended.opens_with(&code.hash(), NOW));
        assert_eq!(ended.status_at(last.plus(INSTANT)), status);
    }
}

/// R169 Sent again, the code before is dead in the same moment, and so is what it had opened.
#[test]
fn another_mail_has_another_code() {
    let (keys, random) = (keys(), SystemRandomness::new());
    let (first, code) = invite("grace@contoso.com", &keys);
    let browser = SecretHash::of("cookie");
    let opened = Invitation { opened_by: Some(browser.clone()), ..first };
    assert!(opened.is_opened_by(&browser, NOW) && !opened.is_opened_by(&SecretHash::of("other"), NOW));
    let later = NOW.plus(Duration::from_hours(24));
    let admin = opened.admin(&keys, later).unwrap();
    assert_eq!(admin.expose(), "grace@contoso.com");
    let mail = MailId::new(later, &random);
    let (again, new) = opened.resend((&admin, mail.clone()), &keys, (later, &random)).unwrap();
    assert!(!again.opens_with(&code.hash(), later) && again.opens_with(&new.hash(), later));
    assert!(!again.is_opened_by(&browser, later));
    assert_eq!((again.id, again.sends, again.mail), (opened.id.clone(), 2, mail.clone()));
    assert_eq!(again.expires_at, later.plus(Days(7).span()), "it has its whole time again");
    let ended = Invitation { status: InvitationStatus::Revoked, ..opened };
    assert!(ended.resend((&admin, mail), &keys, (later, &random)).is_none());
}

/// R169, T70 Five mails go to an address as fast as anybody wants; then one an hour, whether an invitation is sent again, made anew,
/// or taken back before. Another address has a count of its own.
#[test]
fn mails_are_not_sent_without_end() {
    let (keys, hour, day) = (keys(), Duration::from_hours(1), Duration::from_hours(24));
    let to = |admin: &str, now: Timestamp| Invitation { sent_at: now, ..invite(admin, &keys).0 };
    let send = |noted: &OpenInvitations, admin: &str, now: Timestamp| {
        let invitation = to(admin, now);
        noted.with(&invitation, now).map(|(after, _)| (after, invitation))
    };
    let first = to("grace@contoso.com", NOW);
    let (mut noted, mut newest) = (OpenInvitations::first(&first), first);
    for _ in 0..4 {
        noted = noted.without(&newest);
        (noted, newest) = send(&noted, "Grace@contoso.com", NOW).unwrap();
    }
    for noted in [&noted, &noted.without(&newest)] {
        let refused = |now: Timestamp| send(noted, "grace@contoso.com", now).unwrap_err();
        assert_eq!(refused(NOW), NotSent::TooOften(3_600));
        assert_eq!(refused(NOW.plus(hour).minus(INSTANT)), NotSent::TooOften(1));
        let (after, _) = send(noted, "grace@contoso.com", NOW.plus(hour)).unwrap();
        let again = send(&after, "grace@contoso.com", NOW.plus(hour)).unwrap_err();
        assert_eq!(again, NotSent::TooOften(3_600), "one an hour");
        assert!(send(noted, "heidi@contoso.com", NOW).is_ok());
    }
    let (after, _) = send(&noted.without(&newest), "grace@contoso.com", NOW.plus(day)).unwrap();
    assert!(send(&after, "grace@contoso.com", NOW.plus(day)).is_ok(), "a day without a mail is forgotten");
}

/// What is noted is written as it was read, counted or not: the store compares it whole.
#[test]
fn what_is_noted_reads_back_as_it_was() {
    let (invitation, _) = invite("grace@contoso.com", &keys());
    let counted = serde_json::to_value(OpenInvitations::first(&invitation)).unwrap();
    let mut uncounted = counted.clone();
    let entry = uncounted.as_object_mut().unwrap().values_mut().next().unwrap().as_object_mut().unwrap();
    assert!(entry.remove("mails").is_some() && entry.remove("mailedAt").is_some());
    for noted in [counted, uncounted] {
        let read: OpenInvitations = serde_json::from_value(noted.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), noted);
        assert_eq!(read.at(NOW).count(), 1);
        assert!(read.with(&invite("grace@contoso.com", &keys()).0, NOW).is_ok());
    }
}

/// T70 An enterprise does not write to the whole world by taking its invitations back.
#[test]
fn a_hundred_addresses_are_invited_in_a_day() {
    let keys = keys();
    let mut noted = OpenInvitations::default();
    for number in 0..100 {
        let (invitation, _) = invite(&format!("a{number}@contoso.com"), &keys);
        noted = noted.with(&invitation, NOW).unwrap().0.without(&invitation);
    }
    assert_eq!(noted.with(&invite("b@contoso.com", &keys).0, NOW), Err(NotSent::TooMany));
    assert_eq!(noted.at(NOW).count(), 0);
}

/// P10 The row holds neither the code nor the address, and the address opens for its own invitation alone.
#[test]
fn the_row_tells_neither_code_nor_address() {
    let keys = keys();
    let (invitation, code) = invite("Grace@contoso.com", &keys);
    let row = serde_json::to_string(&invitation).unwrap();
    for part in ["grace", "contoso", &code.grouped(), &code.grouped().replace('-', "").to_lowercase()] {
        assert!(!row.to_lowercase().contains(part), "{part}: {row}");
    }
    assert_eq!(serde_json::from_str::<Invitation>(&row).unwrap(), invitation);
    let other = Invitation { id: InvitationId::new(NOW, &SystemRandomness::new()), ..invitation.clone() };
    assert_eq!(other.admin(&keys, NOW), None);
    assert_eq!(invitation.admin(&keys, NOW).unwrap().expose(), "Grace@contoso.com");
}

/// R169 One invitation of an address is open: another takes its place, whatever the case. What has expired is forgotten.
#[test]
fn one_invitation_of_an_address_is_open() {
    let keys = keys();
    let (first, _) = invite("grace@contoso.com", &keys);
    let (same, _) = invite("GRACE@contoso.com", &keys);
    let (other, _) = invite("heidi@contoso.com", &keys);
    let (open, former) = OpenInvitations::default().with(&first, NOW).unwrap();
    assert_eq!(former, None);
    let (open, former) = open.with(&other, NOW).unwrap();
    assert_eq!((former, open.at(NOW).count()), (None, 2));
    let (open, former) = open.with(&same, NOW).unwrap();
    assert_eq!((former, open.at(NOW).count()), (Some(first.id.clone()), 2));
    let again = Invitation { expires_at: same.expires_at.plus(INSTANT), ..same.clone() };
    assert_eq!(open.with(&again, NOW).unwrap().1, None, "what is sent again takes nobody's place");
    assert_eq!(open.at(first.expires_at).count(), 0);
    assert_eq!(open.with(&first, first.expires_at).unwrap().1, None);
    let left: Vec<&Invited> = open.at(NOW).filter(|invited| invited.id != same.id).collect();
    assert_eq!(open.without(&same).at(NOW).collect::<Vec<_>>(), left);
    let full = (0..20).fold(OpenInvitations::default(), |open, number| {
        open.with(&invite(&format!("a{number}@contoso.com"), &keys).0, NOW).unwrap().0
    });
    assert_eq!(full.with(&first, NOW), Err(NotSent::TooMany));
}

/// What a reminder of `invitation` depends on, all of it well: an enterprise that lacks everything, of an active provider.
fn reminding(invitation: &Invitation, keys: &SealingKeys) -> Reminding {
    let random = Counting::default();
    let reseller = json!({"id": 54, "name": "Acme Voice", "redirectHosts": [], "eventsUrl": null, "status": "active", "createdAt": 0});
    let link = crate::mail::SecretLink::new("https://onboarding.example/activate/h".to_owned());
    let letter = crate::mail::Letter::Activation { provider: "Acme".parse().unwrap(), link, expires_at: NOW };
    let mail = crate::mail::Addressed { to: "a@contoso.com".parse().unwrap(), letter };
    let mail = mail.mail((invitation.mail.clone(), invitation.reseller), keys, (NOW, &random));
    Reminding {
        invitation: invitation.clone(),
        enterprise: crate::enterprise::tests::sample(7, &json!({})),
        reseller: serde_json::from_value(reseller).unwrap(),
        mail: Some(mail),
    }
}

/// R169, R098, K9 Nobody is reminded whose code is dead, whose links do not work, whose address takes no mail, or on whom nothing
/// waits; of what waits for somebody else nobody is.
#[test]
fn a_reminder_asks_for_what_waits_for_its_reader() {
    let keys = keys();
    let (invitation, code) = invite("grace@contoso.com", &keys);
    let well = reminding(&invitation, &keys);
    let asks = |reminding: &Reminding| reminding.asks(&code.hash(), NOW);
    let [signs_in_for, gives] = asks(&well).unwrap();
    assert!(signs_in_for.contains(&ActionType::Registration) && gives.contains(&ActionType::UserSync));
    assert_eq!(well.asks(&invite("grace@contoso.com", &keys).1.hash(), NOW), None, "another code");
    assert_eq!(well.asks(&code.hash(), invitation.expires_at), None, "its time is over");
    let with = |change: &dyn Fn(&mut Reminding)| {
        let mut other = well.clone();
        change(&mut other);
        asks(&other)
    };
    let revoked = with(&|other| other.invitation.status = InvitationStatus::Revoked);
    let suspended = with(&|other| other.reseller.status = ResellerStatus::Disabled);
    let disabled = with(&|other| other.enterprise.standing = Standing::Disabled);
    let ready = with(&|other| other.enterprise.ready_at = Some(NOW));
    let restricted = with(&|other| other.enterprise.profile.restrict_admin_access = Some(true));
    assert_eq!([revoked, suspended, disabled, ready, restricted], [const { None }; 5]);
    let ended = |reason| with(&move |other| other.mail.as_mut().unwrap().state = MailState::Undeliverable { reason });
    assert_eq!([Undeliverable::Rejected, Undeliverable::Bounced].map(ended), [const { None }; 2], "nobody is there");
    assert_eq!(ended(Undeliverable::GivenUp), asks(&well), "that was the mail service");
    assert_eq!(with(&|other| other.mail = None), asks(&well));
    let request = ConsentRequestId::new(NOW, &Counting::default());
    let checked = ActionState::Verifying { since: NOW, request };
    let check = |other: &mut Reminding| {
        other.enterprise.actions.insert(ActionType::Registration, checked.clone());
    };
    assert_eq!(with(&check), None, "which tenant it is has to be found out first, and that is being checked");
    let pinned = json!({"expectedTenant": "c0a70500-1111-4a4a-8b8b-0000000c0001"});
    let [signs_in_for, gives] = with(&|other| {
        other.enterprise = crate::enterprise::tests::sample(7, &pinned);
        check(other);
    })
    .unwrap();
    assert!(signs_in_for.is_empty() && gives.contains(&ActionType::UserSync), "that can be given meanwhile");
    let all = with(&|other| {
        for action in ActionType::all() {
            other.enterprise.actions.insert(action, checked.clone());
        }
    });
    assert_eq!(all, None, "nothing waits for the administrator");
}

/// R159 That nobody gets its mail is told of an invitation that is open: of its newest mail, and of a reminder.
#[test]
fn what_nobody_gets_is_told_while_somebody_waits_for_it() {
    let keys = keys();
    let (invitation, _) = invite("grace@contoso.com", &keys);
    let mail = reminding(&invitation, &keys).mail.unwrap();
    let told = |invitation: &Invitation, mail: &Mail| {
        let occasion = Occasion { now: NOW, reference: None, random: &Counting::default() };
        let url = serde_json::from_value(json!("https://hooks.acme.example/x")).ok();
        invitation
            .undelivered((mail, Undeliverable::Bounced), url.as_ref(), occasion)
            .map(|untold| untold.delivery.is_some())
    };
    assert_eq!(told(&invitation, &mail), Some(true));
    let former = Mail { id: MailId::new(NOW.plus(INSTANT), &SystemRandomness::new()), ..mail.clone() };
    assert_eq!(told(&invitation, &former), None, "another mail has gone out since");
    assert_eq!(told(&invitation, &Mail { letter: LetterKind::Reminder, ..former }), Some(true));
    let ended = Invitation { status: InvitationStatus::Accepted, ..invitation };
    assert_eq!(told(&ended, &mail), None);
}
