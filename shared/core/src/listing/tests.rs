use super::*;
use crate::enterprise::tests::sample;

fn listing() -> Listing<'static> {
    Listing { owner: KeyOwner::Reseller(54.try_into().unwrap()), list: "enterprises", filter: None }
}

fn position(action: Option<ActionType>) -> Position {
    let enterprise = EnterpriseId::try_from(123_456_789).unwrap();
    Position { created_at: Timestamp::from_millis(1_790_000_000_123), enterprise, action }
}

#[test]
fn a_page_has_one_to_a_hundred_items() {
    assert_eq!(PageSize::default().get(), 50);
    for (text, size) in [("1", 1), ("100", 100), ("007", 7)] {
        assert_eq!(text.parse::<PageSize>().map(PageSize::get), Ok(size), "{text}");
    }
    for text in ["", "0", "101", "-1", "+5", "1.0", " 5", "five", "99999999999999999999"] {
        assert_eq!(text.parse::<PageSize>(), Err(InvalidPageSize), "{text}");
    }
}

/// R148 A cursor leads back to its place.
#[test]
fn a_cursor_reads_back() {
    let provider = ResellerPlace { created_at: Timestamp::from_millis(7), reseller: 54.try_into().unwrap() };
    assert_eq!(listing().place(&listing().cursor(&provider)), Ok(provider));
    let row: AuditId = "aud_01hzy0000000000000000000zz".parse().unwrap();
    assert_eq!(listing().place(&listing().cursor(&row)), Ok(row));
    for place in ActionType::all().map(Some).chain([None]).map(position) {
        let cursor = listing().cursor(&place);
        assert_eq!(listing().place::<Position>(&cursor), Ok(place));
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
    }
}

/// R204 A cursor is good for its own caller, list and filter only.
#[test]
fn a_cursor_is_bound_to_caller_list_and_filter() {
    let cursor = listing().cursor(&position(None));
    let others = [
        Listing { owner: KeyOwner::Operator, ..listing() },
        Listing { list: "action-items", ..listing() },
        Listing { filter: Some("active"), ..listing() },
    ];
    for other in others {
        assert_eq!(other.place::<Position>(&cursor), Err(InvalidCursor), "{other:?}");
    }
}

#[test]
fn a_cursor_that_was_changed_is_refused() {
    let cursor = listing().cursor(&position(Some(ActionType::Registration)));
    for at in 0..cursor.len() {
        assert_eq!(listing().place::<Position>(&cursor[..at]), Err(InvalidCursor), "{at}");
        let mut changed = cursor.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(listing().place::<Position>(&String::from_utf8(changed).unwrap()), Err(InvalidCursor), "{at}");
    }
    for text in [format!("{cursor}A"), format!("{cursor}="), format!(" {cursor}"), "\u{1f600}".to_owned()] {
        assert_eq!(listing().place::<Position>(&text), Err(InvalidCursor), "{text}");
    }
}

/// Whoever computes the digest for what is no position gets nowhere.
#[test]
fn a_forged_cursor_is_no_position() {
    let good = position(None).bytes();
    let forged = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes.extend(listing().digest(&bytes));
        listing().place::<Position>(&URL_SAFE_NO_PAD.encode(bytes))
    };
    assert!(forged(0, VERSION).is_ok());
    assert_eq!(forged(0, 2), Err(InvalidCursor), "another version");
    assert_eq!(forged(9, 0xff), Err(InvalidCursor), "no enterprise has such a number");
    assert_eq!(forged(17, 0xff), Err(InvalidCursor), "no action has such a number");
}

fn whole(enterprise: &Enterprise) -> Vec<(Position, u64)> {
    vec![(Position::past(enterprise), enterprise.id.get())]
}

#[test]
fn a_page_ends_where_its_size_does() {
    let enterprises: Vec<Enterprise> = (1..=3).map(|id| sample(id, &serde_json::json!({}))).collect();
    let size = |text: &str| text.parse().unwrap();
    let full = Page::fill(&enterprises, false, size("2"), whole);
    assert_eq!((full.items, full.next), (vec![1, 2], Some(Position::past(&enterprises[1]))));
    let exact = Page::fill(&enterprises, false, size("3"), whole);
    assert_eq!((exact.items.len(), exact.next), (3, None));
    let more = Page::fill(&enterprises, true, size("3"), whole);
    assert_eq!(more.next, Some(Position::past(&enterprises[2])));
    let filtered = Page::fill(&enterprises, true, size("3"), |_| Vec::<(Position, u64)>::new());
    assert_eq!((filtered.items, filtered.next), (vec![], Some(Position::past(&enterprises[2]))));
    assert_eq!(Page::fill(&[], false, size("3"), whole).next, None);
}

/// R008 A list of action items goes on in the middle of an enterprise.
#[test]
fn a_page_may_end_inside_an_enterprise() {
    let enterprises = [sample(1, &serde_json::json!({}))];
    let actions = |after: Option<Position>| {
        move |enterprise: &Enterprise| -> Vec<(Position, ActionType)> {
            let left = enterprise.action_items().into_iter().map(|item| item.action_type);
            let left = left.filter(|action| !after.is_some_and(|after| after.has_passed(enterprise.id, *action)));
            left.map(|action| (Position::past_action(enterprise, action), action)).collect()
        }
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = Page::fill(&enterprises, false, "2".parse().unwrap(), actions(after));
        assert!(page.items.len() <= 2);
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let all: Vec<_> = enterprises[0].action_items().into_iter().map(|item| item.action_type).collect();
    assert_eq!(seen, all);
    assert_eq!(all.len(), 3);
}
