//! Somebody who can write the table meddles with a trail: what they did is named.

use onboarding_core::audit::chain::{Head, Segment};
use onboarding_core::audit::verify::Broken;
use onboarding_core::id::AuditId;
use onboarding_core::time::Timestamp;
use onboarding_dynamo::audit::AUDIT_SHARDS;
use onboarding_dynamo::due::DueKind;
use serde_json::{Value, json};

use crate::effects::call_dynamodb;
use crate::world::World;

/// A trail of three segments with two rows each of our own, and what is known of it.
struct Trail {
    world: World,
    /// The three segments that hold our rows.
    segments: Vec<Segment>,
    /// Kept elsewhere.
    head: Head,
}

impl Trail {
    async fn new() -> Self {
        let world = World::new().await;
        world.sandbox.tick().await.unwrap();
        let first = world.head().await.segment.unwrap() + 1;
        for number in 0..3 {
            for row in 0..2 {
                world.note(world.now(), &format!("{number}.{row}")).await;
            }
            world.sandbox.clock().advance(3_600);
            world.sandbox.tick().await.unwrap();
        }
        let segments = world.sandbox.store().segments(world.trail(), &[first, first + 1, first + 2]).await.unwrap();
        assert_eq!(segments.iter().map(|segment| segment.rows.len()).collect::<Vec<_>>(), [2, 2, 2]);
        let head = world.head().await;
        assert!(world.verify(Some(&head)).await.is_ok());
        Self { world, segments, head }
    }

    /// The row `row` of our segment `segment`.
    fn id(&self, segment: usize, row: usize) -> AuditId {
        self.segments[segment].rows[row].id.clone()
    }

    fn number(&self, segment: usize) -> u64 {
        self.segments[segment].number
    }

    fn row_key(&self, segment: usize, row: usize) -> Value {
        json!({"PK": {"S": format!("audit#{}", self.world.trail())}, "SK": {"S": self.id(segment, row).as_str()}})
    }

    fn segment_key(&self, segment: usize) -> Value {
        let sk = format!("{:016}", self.number(segment));
        json!({"PK": {"S": format!("segments#{}", self.world.trail())}, "SK": {"S": sk}})
    }

    async fn call(&self, operation: &str, mut body: Value) -> Value {
        body["TableName"] = json!("onboarding-sandbox");
        let operation = format!("DynamoDB_20120810.{operation}");
        let answer = call_dynamodb(&self.world.http, &self.world.sandbox.ready().dynamodb, &operation, &body).await;
        assert!(answer["__type"].is_null(), "{answer}");
        answer
    }

    async fn item(&self, key: Value) -> Value {
        self.call("GetItem", json!({ "Key": key })).await["Item"].clone()
    }

    async fn put(&self, item: Value) {
        self.call("PutItem", json!({ "Item": item })).await;
    }

    async fn delete(&self, key: Value) {
        self.call("DeleteItem", json!({ "Key": key })).await;
    }

    async fn edit(&self, key: Value, field: &str, value: Value) {
        let mut item = self.item(key).await;
        item[field] = value;
        self.put(item).await;
    }

    /// What is named; the same with and without the number of the head.
    async fn named(&self) -> Broken {
        let named = self.world.verify(Some(&self.head)).await.unwrap_err();
        eprintln!("{named}");
        named
    }
}

/// Another value of the same type.
fn edited(value: &Value) -> Value {
    match value.as_object().and_then(|typed| typed.iter().next()) {
        Some((kind, value)) if kind == "S" => json!({"S": format!("{}x", value.as_str().unwrap())}),
        Some((kind, value)) if kind == "N" => json!({"N": format!("{}1", value.as_str().unwrap())}),
        Some((kind, _)) if kind == "L" => json!({"L": []}),
        Some(_) | None => json!({"S": "x"}),
    }
}

/// Every way to meddle with one attribute of `item`: with what is done, the item that comes of it, and the other one where
/// two change places. The keys are left: under another key it is another item.
fn meddled(item: &Value, other: &Value) -> Vec<(String, Value, Value)> {
    let mut all = vec![("an attribute put in".to_owned(), with(item, "note", &json!({"S": "x"})), other.clone())];
    let names = item.as_object().unwrap().keys().filter(|name| !["PK", "SK"].contains(&name.as_str()));
    for name in names {
        all.push((format!("{name} edited"), with(item, name, &edited(&item[name])), other.clone()));
        if !["OPK", "OSK"].contains(&name.as_str()) {
            all.push((format!("{name} of another type"), with(item, name, &json!({"BOOL": true})), other.clone()));
        }
        let mut without = item.clone();
        without.as_object_mut().unwrap().remove(name);
        all.push((format!("{name} removed"), without, other.clone()));
        if item[name] != other[name] {
            let swapped = (with(item, name, &other[name]), with(other, name, &item[name]));
            all.push((format!("{name} swapped"), swapped.0, swapped.1));
        }
    }
    all
}

fn with(item: &Value, name: &str, value: &Value) -> Value {
    let mut item = item.clone();
    item[name] = value.clone();
    item
}

/// T68 Whatever is done to any attribute of a row, those of its indexes and those that make it unreadable among them.
#[tokio::test]
async fn whatever_is_done_to_a_row_is_named() {
    let trail = Trail::new().await;
    let (sound, other) = (trail.item(trail.row_key(1, 0)).await, trail.item(trail.row_key(2, 0)).await);
    assert!(["OPK", "OSK", "trail", "segment"].iter().all(|name| sound[name].is_object()), "{sound}");
    let changed = Broken::RowChanged { segment: trail.number(1), row: trail.id(1, 0) };
    let meddled = meddled(&sound, &other);
    assert!(meddled.len() > 45, "{}", meddled.len());
    for (what, row, next) in meddled {
        trail.put(row).await;
        trail.put(next).await;
        assert_eq!(trail.named().await, changed, "{what}");
    }
    trail.put(sound).await;
    trail.put(other).await;
    assert!(trail.world.verify(Some(&trail.head)).await.is_ok());
}

/// T68 Whatever is done to any attribute of a segment.
#[tokio::test]
async fn whatever_is_done_to_an_attribute_of_a_segment_is_named() {
    let trail = Trail::new().await;
    let (sound, other) = (trail.item(trail.segment_key(1)).await, trail.item(trail.segment_key(2)).await);
    let meddled = meddled(&sound, &other);
    assert!(meddled.len() > 20, "{}", meddled.len());
    for (what, segment, next) in meddled {
        trail.put(segment).await;
        trail.put(next).await;
        let named = trail.named().await;
        let number = trail.number(1);
        assert!([Broken::SegmentChanged(number), Broken::SegmentUnlinked(number)].contains(&named), "{what}: {named}");
    }
}

/// T68 What is put under a key of its own is neither a row nor a segment; and a row that is not sealed yet has its form too.
#[tokio::test]
async fn what_is_put_in_is_named() {
    let trail = Trail::new().await;
    for (key, what) in [(trail.row_key(0, 0), "audit"), (trail.segment_key(0), "segments")] {
        let stray = with(&trail.item(key).await, "SK", &json!({"S": "x"}));
        trail.put(stray.clone()).await;
        assert_eq!(trail.named().await, Broken::Stray(format!("{what}#{} / x", trail.world.trail())));
        trail.delete(json!({"PK": stray["PK"], "SK": stray["SK"]})).await;
    }
    let waiting = trail.world.note(trail.world.now(), "waits").await;
    let key = json!({"PK": {"S": format!("audit#{}", trail.world.trail())}, "SK": {"S": waiting.id.as_str()}});
    trail.edit(key, "OPK", json!({"S": "audit#1#1"})).await;
    assert_eq!(trail.named().await, Broken::UnsealedChanged(waiting.id));
}

/// T68 A row is taken out.
#[tokio::test]
async fn a_removal_is_named() {
    let trail = Trail::new().await;
    trail.delete(trail.row_key(1, 1)).await;
    assert_eq!(trail.named().await, Broken::RowMissing { segment: trail.number(1), row: trail.id(1, 1) });
}

/// T68 Two rows change places.
#[tokio::test]
async fn a_swap_is_named() {
    let trail = Trail::new().await;
    let (mut one, mut other) = (trail.item(trail.row_key(1, 0)).await, trail.item(trail.row_key(2, 0)).await);
    for field in ["SK", "id", "segment"] {
        let kept = one[field].clone();
        one[field] = other[field].clone();
        other[field] = kept;
    }
    trail.put(one).await;
    trail.put(other).await;
    assert_eq!(trail.named().await, Broken::RowChanged { segment: trail.number(1), row: trail.id(1, 0) });
}

/// T68 A row is put in, as if it had been sealed, or as if it had waited since then.
#[tokio::test]
async fn an_insertion_is_named() {
    let trail = Trail::new().await;
    let mut row = trail.item(trail.row_key(0, 0)).await;
    let own = trail.id(0, 0).to_string();
    let (begin, end) = own.split_at(own.len() - 1);
    let text = format!("{begin}{}", if end == "z" { "y" } else { "z" });
    for name in ["SK", "id", "OSK"] {
        row[name] = json!({ "S": text });
    }
    trail.put(row.clone()).await;
    let inserted = Broken::RowInserted(text.parse().unwrap());
    assert_eq!(trail.named().await, inserted);
    row.as_object_mut().unwrap().remove("segment");
    trail.put(row.clone()).await;
    assert_eq!(trail.named().await, Broken::UnsealedChanged(text.parse().unwrap()), "it does not wait to be sealed");
    let at = Timestamp::from_millis(row["at"]["N"].as_str().unwrap().parse().unwrap());
    row["DSK"] = json!({"S": at.to_string()});
    let shard = u16::try_from(trail.world.reseller_id().get() % u64::from(AUDIT_SHARDS)).unwrap();
    row["DPK"] = json!({"S": DueKind::Audit.partition(shard)});
    trail.put(row).await;
    assert_eq!(trail.named().await, inserted);
}

/// T68 The end is cut off, with its rows.
#[tokio::test]
async fn a_truncation_is_named() {
    let trail = Trail::new().await;
    trail.delete(trail.segment_key(2)).await;
    assert_eq!(trail.named().await, Broken::SegmentMissing(trail.number(2)), "rows are left");
    for row in 0..2 {
        trail.delete(trail.row_key(2, row)).await;
    }
    assert_eq!(trail.named().await, Broken::SegmentMissing(trail.number(2)));
    let bare = Head { segment: None, hash: trail.head.hash.clone() };
    let named = trail.world.verify(Some(&bare)).await.unwrap_err();
    assert_eq!(named, Broken::HeadUnknown { last: trail.number(1) });
    assert!(trail.world.verify(None).await.is_ok(), "without a head nobody knows");
}

/// T68 A segment is taken out of the middle, or changed with all that hangs on it.
#[tokio::test]
async fn what_is_done_to_a_segment_is_named() {
    let trail = Trail::new().await;
    let sound = trail.item(trail.segment_key(1)).await;
    trail.delete(trail.segment_key(1)).await;
    assert_eq!(trail.named().await, Broken::SegmentMissing(trail.number(1)));
    trail.put(sound.clone()).await;
    trail.edit(trail.segment_key(1), "sealedAt", json!({"N": "1"})).await;
    assert_eq!(trail.named().await, Broken::SegmentChanged(trail.number(1)));
    // The row, its hash in the segment, and the segment's own hash, all made to fit: the next segment knows better.
    trail.put(sound).await;
    trail.edit(trail.row_key(1, 0), "who", json!({"S": "somebody"})).await;
    let rows = trail.world.sandbox.store().whole_trail(trail.world.trail()).await.unwrap().rows;
    let of_it = rows.into_iter().filter(|noted| noted.segment == Some(trail.number(1)));
    let of_it: Vec<_> = of_it.map(|noted| noted.row).collect();
    let sealed_at = trail.segments[1].sealed_at;
    let forged = Segment::seal(trail.world.trail(), Some(&trail.segments[0]), &of_it, sealed_at).unwrap();
    let rows =
        forged.rows.iter().map(|row| json!({"M": {"id": {"S": row.id.as_str()}, "hash": {"S": row.hash.to_string()}}}));
    let rows: Vec<Value> = rows.collect();
    trail.edit(trail.segment_key(1), "rows", json!({ "L": rows })).await;
    trail.edit(trail.segment_key(1), "hash", json!({"S": forged.hash.to_string()})).await;
    assert_eq!(trail.named().await, Broken::SegmentUnlinked(trail.number(2)));
}
