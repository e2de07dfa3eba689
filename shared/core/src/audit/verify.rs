//! Checking a trail: its rows, its segments, and a head that was kept elsewhere.
//!
//! Whoever can write the table can write a whole new chain; what they cannot change is the head that somebody else
//! has kept. With it every edit, removal, swap, insertion and truncation before it is found and named.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;

use super::chain::{Head, SealedRow, Segment, hash_of};
use super::{Noted, Trail};
use crate::id::AuditId;

/// How long after its time a row may still be written: longer than any of our functions runs.
const LATE: Duration = Duration::from_mins(15);

/// A trail that is as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intact {
    /// How many segments it has.
    pub segments: usize,
    /// How many rows are sealed.
    pub sealed: usize,
    /// How many rows wait for the next segment.
    pub unsealed: usize,
}

/// The first row or segment that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// A segment is not there.
    #[error("segment {0} is missing")]
    SegmentMissing(u64),
    /// A segment belongs to another trail.
    #[error("segment {0} is of another trail")]
    SegmentForeign(u64),
    /// A segment does not hold the hash of the one before.
    #[error("segment {0} does not follow the segment before it")]
    SegmentUnlinked(u64),
    /// A segment's hash is not that of its content.
    #[error("segment {0} was changed")]
    SegmentChanged(u64),
    /// A segment is sound by itself, and not the one whose hash was kept.
    #[error("segment {0} is not the one whose hash was kept: the trail up to it was written anew")]
    SegmentRewritten(u64),
    /// No segment has the hash that was kept.
    #[error(
        "no segment has the hash that was kept: what came after segment {last} was cut off, or all was written anew"
    )]
    HeadUnknown {
        /// The last segment that is there.
        last: u64,
    },
    /// A sealed row is not there.
    #[error("row {row} of segment {segment} is missing")]
    RowMissing {
        /// Its segment.
        segment: u64,
        /// Which row.
        row: AuditId,
    },
    /// A row is not as it was sealed.
    #[error("row {row} of segment {segment} was changed")]
    RowChanged {
        /// Its segment.
        segment: u64,
        /// Which row.
        row: AuditId,
    },
    /// A row says that it belongs to a segment that does not know it, or was put in long after its time.
    #[error("row {0} was inserted")]
    RowInserted(AuditId),
}

/// Checks a trail. `head` was kept elsewhere: it may be that of any segment, and says nothing of what came after it.
pub fn verify(trail: Trail, rows: &[Noted], segments: &[Segment], head: Option<&Head>) -> Result<Intact, Broken> {
    let by_number: BTreeMap<u64, &Segment> = segments.iter().map(|segment| (segment.number, segment)).collect();
    let mut known: BTreeMap<&AuditId, &Noted> = rows.iter().map(|noted| (&noted.row.id, noted)).collect();
    let mut claims: BTreeMap<u64, Vec<&AuditId>> =
        segments.iter().map(|segment| (segment.number, Vec::new())).collect();
    for (id, noted) in &known {
        if let Some(number) = noted.segment {
            claims.entry(number).or_default().push(id);
        }
    }
    let (mut last, mut sealed): (Option<&Segment>, usize) = (None, 0);
    for number in 1..=claims.keys().last().copied().unwrap_or_default() {
        let segment = by_number.get(&number).copied().ok_or(Broken::SegmentMissing(number))?;
        check_segment(trail, segment, last)?;
        for row in &segment.rows {
            check_row(segment, row, known.remove(&row.id))?;
        }
        let claiming = claims.get(&number).map(Vec::as_slice).unwrap_or_default();
        if let Some(stray) = claiming.iter().find(|id| known.contains_key(*id)) {
            return Err(Broken::RowInserted((*stray).clone()));
        }
        sealed += segment.rows.len();
        last = Some(segment);
    }
    let last_sealed = last.map(|last| last.sealed_at);
    if let Some(stray) = known.values().find(|noted| last_sealed.is_some_and(|at| at.since(noted.row.at) > LATE)) {
        return Err(Broken::RowInserted(stray.row.id.clone()));
    }
    check_head(&by_number, head)?;
    Ok(Intact { segments: by_number.len(), sealed, unsealed: known.len() })
}

fn check_segment(trail: Trail, segment: &Segment, last: Option<&Segment>) -> Result<(), Broken> {
    let number = segment.number;
    if segment.trail != trail {
        return Err(Broken::SegmentForeign(number));
    }
    if segment.previous != hash_of(last) {
        return Err(Broken::SegmentUnlinked(number));
    }
    if segment.hash != segment.content_hash() {
        return Err(Broken::SegmentChanged(number));
    }
    Ok(())
}

fn check_row(segment: &Segment, sealed: &SealedRow, found: Option<&Noted>) -> Result<(), Broken> {
    let (segment, row) = (segment.number, sealed.id.clone());
    match found {
        None => Err(Broken::RowMissing { segment, row }),
        Some(noted) if noted.segment == Some(segment) && noted.row.hash() == sealed.hash => Ok(()),
        Some(_) => Err(Broken::RowChanged { segment, row }),
    }
}

fn check_head(by_number: &BTreeMap<u64, &Segment>, head: Option<&Head>) -> Result<(), Broken> {
    let Some(head) = head else { return Ok(()) };
    let last = by_number.keys().last().copied().unwrap_or_default();
    match head.segment {
        Some(number) if number > last => Err(Broken::SegmentMissing(last + 1)),
        Some(number) if by_number.get(&number).is_none_or(|segment| segment.hash != head.hash) => {
            Err(Broken::SegmentRewritten(number))
        }
        None if by_number.values().all(|segment| segment.hash != head.hash) => Err(Broken::HeadUnknown { last }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
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
    fn sound() -> (Vec<Noted>, Vec<Segment>) {
        static SOUND: LazyLock<(Vec<Noted>, Vec<Segment>)> = LazyLock::new(make);
        SOUND.clone()
    }

    fn make() -> (Vec<Noted>, Vec<Segment>) {
        let random = Counting::default();
        let (mut rows, mut segments): (Vec<Noted>, Vec<Segment>) = (Vec::new(), Vec::new());
        for number in 1..=3 {
            let pair = [row(number * 60, &random), row(number * 60 + 1, &random)];
            let sealed_at = BEGIN.plus(Duration::from_mins(number * 60 + 2));
            segments.push(Segment::seal(trail(), segments.last(), &pair, sealed_at).unwrap());
            rows.extend(pair.map(|row| Noted { row, segment: Some(number) }));
        }
        rows.push(Noted { row: row(183, &random), segment: None });
        (rows, segments)
    }

    /// What is named after `tamper`, with and without the number of the head.
    fn named(tamper: impl Fn(&mut Vec<Noted>, &mut Vec<Segment>)) -> [Result<Intact, Broken>; 2] {
        let (mut rows, mut segments) = sound();
        let head = segments.last().unwrap().head();
        tamper(&mut rows, &mut segments);
        let bare = Head { segment: None, ..head.clone() };
        [head, bare].map(|head| verify(trail(), &rows, &segments, Some(&head)))
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
        let (rows, segments) = sound();
        assert_eq!(verify(trail(), &rows, &segments, None), intact);
        assert_eq!(verify(trail(), &rows, &segments, Some(&segments[0].head())), intact);
        assert_eq!(verify(trail(), &[], &[], None), Ok(Intact { segments: 0, sealed: 0, unsealed: 0 }));
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
        let row = sound().0[2].row.id.clone();
        for edit in edits {
            let changed = Broken::RowChanged { segment: 2, row: row.clone() };
            assert_eq!(named(|rows, _| edit(&mut rows[2].row)), both(changed));
        }
    }

    /// T68 A removal, a swap, an insertion.
    #[test]
    fn what_is_done_to_rows_is_named() {
        let (rows, _) = sound();
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
}
