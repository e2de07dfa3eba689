use super::*;
use std::sync::LazyLock;

use crate::audit::{Actor, AuditRow, Fact, Occasion};
use crate::id::ResellerId;
use crate::random::tests::Counting;
use crate::time::Timestamp;

const BEGIN: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn trail() -> Trail {
    ResellerId::try_from(54).unwrap().into()
}

fn row(minute: u64, random: &Counting) -> AuditRow {
    let fact = Fact {
        actor: &Actor::LinkHolder,
        action: "consent.granted",
        object: "action:REGISTRATION".to_owned(),
        before: None,
        after: Some("granted".to_owned()),
    };
    let now = BEGIN.plus(Duration::from_mins(minute));
    AuditRow::new(trail(), None, fact, Occasion { now, reference: None, random })
}

/// Three segments of two rows each, an hour apart, and one row that waits: made once, since no two rows share an id.
fn sound() -> StoredTrail {
    static SOUND: LazyLock<StoredTrail> = LazyLock::new(make);
    SOUND.clone()
}

fn make() -> StoredTrail {
    let random = Counting::default();
    let (mut rows, mut segments): (Vec<Noted>, Vec<Segment>) = (Vec::new(), Vec::new());
    for number in 1..=3 {
        let pair = [row(number * 60, &random), row(number * 60 + 1, &random)];
        let sealed_at = BEGIN.plus(Duration::from_mins(number * 60 + 2));
        segments.push(Segment::seal(trail(), segments.last(), &pair, sealed_at).unwrap());
        rows.extend(pair.map(|row| Noted { row, segment: Some(number) }));
    }
    rows.push(Noted { row: row(183, &random), segment: None });
    StoredTrail { rows, segments, altered: Vec::new() }
}

/// What is named after `tamper`, with and without the number of the head.
fn named(tamper: impl Fn(&mut Vec<Noted>, &mut Vec<Segment>)) -> [Result<Intact, Broken>; 2] {
    named_of(|stored| tamper(&mut stored.rows, &mut stored.segments))
}

fn named_of(tamper: impl Fn(&mut StoredTrail)) -> [Result<Intact, Broken>; 2] {
    let mut stored = sound();
    let head = stored.segments.last().unwrap().head();
    tamper(&mut stored);
    let bare = Head { segment: None, ..head.clone() };
    [head, bare].map(|head| verify(trail(), &stored, Some(&head)))
}

fn both(broken: Broken) -> [Result<Intact, Broken>; 2] {
    [Err(broken.clone()), Err(broken)]
}

/// Seals everything anew, as somebody could who can write the table.
fn reseal(rows: &[Noted], segments: &mut [Segment]) {
    for at in 0..segments.len() {
        let (before, rest) = segments.split_at_mut(at);
        let of_it = rows.iter().filter(|noted| noted.segment == Some(rest[0].number));
        let of_it: Vec<AuditRow> = of_it.map(|noted| noted.row.clone()).collect();
        rest[0] = Segment::seal(trail(), before.last(), &of_it, rest[0].sealed_at).unwrap();
    }
}

#[test]
fn a_sound_trail_is_intact() {
    let intact = Ok(Intact { segments: 3, sealed: 6, unsealed: 1 });
    assert_eq!(named(|_, _| {}), [intact.clone(), intact.clone()]);
    let stored = sound();
    assert_eq!(verify(trail(), &stored, None), intact);
    assert_eq!(verify(trail(), &stored, Some(&stored.segments[0].head())), intact);
    assert_eq!(verify(trail(), &StoredTrail::default(), None), Ok(Intact { segments: 0, sealed: 0, unsealed: 0 }));
}

/// T68 Every field of a row counts.
#[test]
fn an_edit_is_named() {
    let edits: [fn(&mut AuditRow); 8] = [
        |row| row.who.push('x'),
        |row| row.action.push('x'),
        |row| row.object.push('x'),
        |row| row.before = Some(String::new()),
        |row| row.after = None,
        |row| row.at = row.at.plus(Duration::from_millis(1)),
        |row| row.microsoft_correlation_id = Some("x".to_owned()),
        |row| row.enterprise = Some(7.try_into().unwrap()),
    ];
    let row = sound().rows[2].row.id.clone();
    for edit in edits {
        let changed = Broken::RowChanged { segment: 2, row: row.clone() };
        assert_eq!(named(|rows, _| edit(&mut rows[2].row)), both(changed));
    }
}

/// T68 A removal, a swap, an insertion.
#[test]
fn what_is_done_to_rows_is_named() {
    let rows = sound().rows;
    let id = |at: usize| rows[at].row.id.clone();
    assert_eq!(named(|rows, _| drop(rows.remove(3))), both(Broken::RowMissing { segment: 2, row: id(3) }));
    let swap = |rows: &mut Vec<Noted>, _: &mut Vec<Segment>| {
        let (one, other) = (rows[2].row.id.clone(), rows[4].row.id.clone());
        (rows[2].row.id, rows[4].row.id) = (other, one);
        rows.swap(2, 4);
        (rows[2].segment, rows[4].segment) = (Some(2), Some(3));
    };
    assert_eq!(named(swap), both(Broken::RowChanged { segment: 2, row: id(2) }));
    let moved = |rows: &mut Vec<Noted>, _: &mut Vec<Segment>| rows[2].segment = Some(3);
    assert_eq!(named(moved), both(Broken::RowChanged { segment: 2, row: id(2) }));
    let extra = row(61, &Counting::default());
    for segment in [Some(1), None] {
        let insert = |rows: &mut Vec<Noted>, _: &mut Vec<Segment>| rows.push(Noted { row: extra.clone(), segment });
        assert_eq!(named(insert), both(Broken::RowInserted(extra.id.clone())), "{segment:?}");
    }
}

/// T68 What is done to the segments themselves.
#[test]
fn what_is_done_to_segments_is_named() {
    assert_eq!(named(|_, segments| drop(segments.remove(1))), both(Broken::SegmentMissing(2)));
    let swap = |_: &mut Vec<Noted>, segments: &mut Vec<Segment>| {
        segments.swap(0, 1);
        (segments[0].number, segments[1].number) = (1, 2);
    };
    assert_eq!(named(swap), both(Broken::SegmentUnlinked(1)));
    assert_eq!(named(|_, segments| segments[1].rows.swap(0, 1)), both(Broken::SegmentChanged(2)));
    assert_eq!(named(|_, segments| segments[1].trail = Trail::Operator), both(Broken::SegmentForeign(2)));
    let later = |_: &mut Vec<Noted>, segments: &mut Vec<Segment>| segments[1].sealed_at = BEGIN;
    assert_eq!(named(later), both(Broken::SegmentChanged(2)));
}

/// T68 What is not as we write it is named as changed, whether or not it can be read, and wherever it stands.
#[test]
fn what_is_altered_is_named() {
    let row = |at: usize| sound().rows[at].row.id.clone();
    let alter = |at: usize| {
        named_of(move |stored| {
            let noted = stored.rows.remove(at);
            stored.altered.push(Altered::Row(noted.row.id));
        })
    };
    assert_eq!(alter(2), both(Broken::RowChanged { segment: 2, row: row(2) }));
    assert_eq!(alter(6), both(Broken::UnsealedChanged(row(6))));
    for at in 0..3 {
        let number = u64::try_from(at).unwrap() + 1;
        let altered = named_of(|stored| {
            stored.segments.remove(at);
            stored.altered.push(Altered::Segment(number));
        });
        assert_eq!(altered, both(Broken::SegmentChanged(number)));
    }
    let stray = named_of(|stored| stored.altered.push(Altered::Stray("audit#54 / x".to_owned())));
    assert_eq!(stray, both(Broken::Stray("audit#54 / x".to_owned())));
}

/// T68 A truncation leaves rows behind, or takes them along; the head that was kept knows of it.
#[test]
fn a_truncation_is_named() {
    assert_eq!(named(|_, segments| drop(segments.pop())), both(Broken::SegmentMissing(3)));
    let [numbered, bare] = named(|rows, segments| {
        segments.pop();
        rows.truncate(4);
    });
    assert_eq!((numbered, bare), (Err(Broken::SegmentMissing(3)), Err(Broken::HeadUnknown { last: 2 })));
    let all = named(|rows, segments| (rows.clear(), segments.clear()).0);
    assert_eq!(all, [Err(Broken::SegmentMissing(1)), Err(Broken::HeadUnknown { last: 0 })]);
}

/// T68 A chain that was made anew is sound by itself; only the head that was kept tells.
#[test]
fn a_new_chain_is_told_by_the_head() {
    let [numbered, bare] = named(|rows, segments| {
        rows[2].row.who.push('x');
        reseal(rows, segments);
    });
    assert_eq!(numbered, Err(Broken::SegmentRewritten(3)));
    assert_eq!(bare, Err(Broken::HeadUnknown { last: 3 }));
}
