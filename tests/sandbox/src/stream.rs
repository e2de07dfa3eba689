//! What plays an event source mapping: reads the table's stream and invokes one function with its records.
//!
//! As at AWS there is one mapping a function, so a slow receiver of webhooks holds up no verification; batches of one
//! mapping come one after the other; a batch that reports failures is tried again from the first of them on, a few
//! times. What is dropped then is still due, and the sweep wakes it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record, ShardIteratorType};
use onboarding_core::time::Clock as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::SandboxClock;
use crate::data::{read_json, write_json};
use crate::functions::{Functions, StreamFunction};
use crate::outside::DynamoDb;

/// Lambda's default for DynamoDB streams.
const BATCH: i32 = 100;
/// How often a batch is invoked at most.
const ATTEMPTS: u32 = 4;
/// How long before the second of them; each further wait doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// How long a stream's invocation lasts at most: too short for the second try of a delivery, which deployed functions
/// make after 5 s. In a sandbox only due rows are tried again, so that a tick never waits for the machine's clock.
const INVOCATION: Duration = Duration::from_secs(6);
/// How long a mapping rests when the stream does not answer.
const REST: Duration = Duration::from_secs(1);

/// The stream cannot be read.
#[derive(Debug, Error)]
#[error("the table's stream cannot be read: {0}")]
pub struct StreamError(String);

impl StreamError {
    pub(crate) fn absent() -> Self {
        Self("the table has none".to_owned())
    }

    fn of<E, R>(fault: SdkError<E, R>) -> Self
    where
        E: std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        Self(DisplayErrorContext(&fault).to_string())
    }
}

/// One mapping from the table's stream to a function.
pub(crate) struct Mapping {
    function: StreamFunction,
    stream: Stream,
    functions: Arc<Functions>,
    clock: Arc<SandboxClock>,
    progress: Mutex<Progress>,
}

/// The stream that a mapping reads.
#[derive(Clone)]
pub(crate) struct Stream {
    client: Client,
    arn: String,
}

impl Stream {
    pub(crate) fn new(dynamodb: &DynamoDb, arn: String) -> Self {
        let config = aws_sdk_dynamodbstreams::config::Builder::from(&dynamodb.sdk).endpoint_url(&dynamodb.endpoint);
        Self { client: Client::from_conf(config.build()), arn }
    }
}

/// How far a mapping has read.
struct Progress {
    shards: Vec<Shard>,
    /// Where to keep it over a restart.
    file: Option<PathBuf>,
}

struct Shard {
    id: String,
    /// The last record that was taken.
    last: Option<String>,
    iterator: Option<String>,
}

/// Records in one go, and where the next ones are.
struct Page {
    records: Vec<Record>,
    next: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Checkpoint {
    stream: String,
    /// The last record that was taken, by shard.
    shards: HashMap<String, String>,
}

impl Mapping {
    /// A mapping that goes on from `file`, or begins with the oldest record there is.
    pub(crate) fn new(
        function: StreamFunction,
        stream: Stream,
        file: Option<PathBuf>,
        (functions, clock): (Arc<Functions>, Arc<SandboxClock>),
    ) -> Self {
        let shards = file.as_deref().and_then(read_json::<Checkpoint>).filter(|known| known.stream == stream.arn);
        let shards = shards.map(|known| known.shards).unwrap_or_default();
        let shards = shards.into_iter().map(|(id, last)| Shard { id, last: Some(last), iterator: None }).collect();
        Self { function, stream, functions, clock, progress: Mutex::new(Progress { shards, file }) }
    }

    /// Hands all records that there are to the function, and tells how many there were. When it returns, every
    /// invocation that it, or somebody else before it, began has ended.
    pub(crate) async fn drain(&self) -> Result<usize, StreamError> {
        let mut progress = self.progress.lock().await;
        self.find_shards(&mut progress).await?;
        let mut drained = 0;
        loop {
            let mut taken = 0;
            for at in 0..progress.shards.len() {
                let Some(page) = self.read(&mut progress.shards[at]).await? else { continue };
                taken += page.records.len();
                self.take(page, &mut progress, at).await;
            }
            drained += taken;
            if taken == 0 {
                return Ok(drained);
            }
        }
    }

    /// As [`Self::drain`]; a fault passes, or is written down again after a rest.
    pub(crate) async fn read_on(self: Arc<Self>) {
        if let Err(fault) = self.drain().await {
            tracing::warn!(%fault, function = self.function.name(), "the stream is read again in a moment");
            tokio::time::sleep(REST).await;
        }
    }

    /// Learns the shards, at first and whenever one has come to its end.
    async fn find_shards(&self, progress: &mut Progress) -> Result<(), StreamError> {
        let known = |shard: &Shard| shard.iterator.is_some();
        if !progress.shards.is_empty() && progress.shards.iter().all(known) {
            return Ok(());
        }
        let answer = self.stream.client.describe_stream().stream_arn(&self.stream.arn).send().await;
        let described = answer.map_err(StreamError::of)?.stream_description;
        let ids = described.and_then(|stream| stream.shards).unwrap_or_default();
        for id in ids.into_iter().filter_map(|shard| shard.shard_id) {
            if !progress.shards.iter().any(|shard| shard.id == id) {
                progress.shards.push(Shard { id, last: None, iterator: None });
            }
        }
        for shard in progress.shards.iter_mut().filter(|shard| shard.iterator.is_none()) {
            shard.iterator = self.iterator(shard).await?;
        }
        Ok(())
    }

    async fn iterator(&self, shard: &Shard) -> Result<Option<String>, StreamError> {
        let request = self.stream.client.get_shard_iterator().stream_arn(&self.stream.arn).shard_id(&shard.id);
        let request = match &shard.last {
            Some(last) => request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(last),
            None => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        Ok(request.send().await.map_err(StreamError::of)?.shard_iterator)
    }

    /// The next page. Its iterator is out of the shard until the page is taken, so that a fault, an expired iterator
    /// or a caller who goes away lead to a new one, and to the same page again.
    async fn read(&self, shard: &mut Shard) -> Result<Option<Page>, StreamError> {
        let Some(iterator) = shard.iterator.take() else { return Ok(None) };
        let request = self.stream.client.get_records().shard_iterator(iterator).limit(BATCH);
        let answer = request.send().await.map_err(StreamError::of)?;
        Ok(Some(Page { records: answer.records.unwrap_or_default(), next: answer.next_shard_iterator }))
    }

    async fn take(&self, page: Page, progress: &mut Progress, at: usize) {
        let last = page.records.last().and_then(|record| record.dynamodb.as_ref()?.sequence_number.clone());
        if !page.records.is_empty() {
            self.invoke(page.records).await;
        }
        let shard = &mut progress.shards[at];
        shard.iterator = page.next;
        if last.is_some() {
            shard.last = last;
            self.save(progress);
        }
    }

    async fn invoke(&self, records: Vec<Record>) {
        let mut batch = Event::default();
        batch.records = records.into_iter().map(|record| event_record(record, &self.stream.arn)).collect();
        let mut wait = FIRST_WAIT;
        for _ in 0..ATTEMPTS {
            let deadline = self.clock.now().plus(INVOCATION);
            let response = self.functions.consume(self.function, &batch, deadline).await;
            let Some(first) = first_failure(&batch, &response) else { return };
            batch.records.drain(..first);
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        tracing::warn!(function = self.function.name(), records = batch.records.len(), "records of the stream dropped");
    }

    fn save(&self, progress: &Progress) {
        let Some(file) = &progress.file else { return };
        let taken = progress.shards.iter().filter_map(|shard| Some((shard.id.clone(), shard.last.clone()?)));
        let checkpoint = Checkpoint { stream: self.stream.arn.clone(), shards: taken.collect() };
        if let Err(fault) = write_json(file, &checkpoint) {
            tracing::warn!(%fault, "how far the stream was read is not kept; a restart reads it again");
        }
    }
}

/// The place of the first record that a function reports as failed.
fn first_failure(batch: &Event, response: &DynamoDbEventResponse) -> Option<usize> {
    let failed = |record: &EventRecord| {
        let mut failures = response.batch_item_failures.iter();
        failures.any(|failure| failure.item_identifier == record.change.sequence_number)
    };
    batch.records.iter().position(failed)
}

/// The record in the form in which Lambda hands it to a function.
fn event_record(record: Record, arn: &str) -> EventRecord {
    let item = |image: Option<HashMap<String, AttributeValue>>| image.map(serde_dynamo::Item::from).unwrap_or_default();
    let mut event = EventRecord::default();
    event.aws_region = record.aws_region.unwrap_or_default();
    event.event_id = record.event_id.unwrap_or_default();
    event.event_name = record.event_name.map(|name| name.as_str().to_owned()).unwrap_or_default();
    event.event_source = record.event_source;
    event.event_source_arn = Some(arn.to_owned());
    event.event_version = record.event_version;
    if let Some(change) = record.dynamodb {
        event.change.keys = item(change.keys);
        event.change.new_image = item(change.new_image);
        event.change.old_image = item(change.old_image);
        event.change.sequence_number = change.sequence_number;
        event.change.size_bytes = change.size_bytes.unwrap_or_default();
    }
    event
}
