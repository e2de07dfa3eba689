//! Metrics, as lines of the log that CloudWatch reads: the embedded metric format.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//! A line costs no call, and is lost with the log alone. It holds a name, a number and at most a word of ours.

use std::fmt;
use std::io::Write as _;

use onboarding_core::metric::{Metric, TARGET};
use onboarding_core::time::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The namespace if none is given.
const NAMESPACE: &str = "Onboarding";

/// Writes each event that counts as one line.
pub(crate) fn lines<S, W>(namespace: Option<String>, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let namespace = namespace.unwrap_or_else(|| NAMESPACE.to_owned());
    Lines { namespace, writer }.with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
}

/// Counts the start of this function.
pub(crate) fn cold_start(function: &str) {
    tracing::info!(target: TARGET, metric = Metric::ColdStart.name(), value = 1_u64, dimension = "Function", of = function);
}

struct Lines<W> {
    namespace: String,
    writer: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut counted = Counted::default();
        event.record(&mut counted);
        if let Some(line) = counted.line(&self.namespace, SystemClock.now().millis()) {
            // Nobody is left to tell if the log cannot be written.
            let _ = writeln!(self.writer.make_writer(), "{line}");
        }
    }
}

#[derive(Default)]
struct Counted {
    metric: Option<Metric>,
    value: u64,
    dimension: Option<String>,
    of: Option<String>,
}

impl Counted {
    fn line(self, namespace: &str, at: i64) -> Option<Value> {
        let metric = self.metric?;
        let mut dimensions = vec![json!([])];
        let mut line = json!({ metric.name(): self.value });
        if let (Some(dimension), Some(of)) = (self.dimension, self.of) {
            dimensions.push(json!([dimension]));
            line[dimension] = json!(of);
        }
        line["_aws"] = json!({
            "Timestamp": at,
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": dimensions,
                "Metrics": [{"Name": metric.name(), "Unit": metric.unit()}],
            }],
        });
        Some(line)
    }
}

impl Visit for Counted {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "metric" => self.metric = Metric::named(value),
            "dimension" => self.dimension = Some(value.to_owned()),
            "of" => self.of = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "value" {
            self.value = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Level;
    use crate::log::tests::{Memory, listen};
    use tracing_subscriber::layer::SubscriberExt as _;

    fn caught(act: impl FnOnce()) -> Vec<Value> {
        listen();
        let memory = Memory::default();
        let (log, metrics) = (memory.clone(), memory.clone());
        let subscriber =
            crate::log::layered(Level::Error, move || log.clone()).with(lines(None, move || metrics.clone()));
        tracing::subscriber::with_default(subscriber, act);
        memory.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A metric is one line that CloudWatch reads, whatever the level of the log, and is no line of the log besides.
    #[test]
    fn what_counts_is_one_line_for_cloudwatch() {
        let lines = caught(|| {
            tracing::info!(target: TARGET, metric = Metric::Granted.name(), value = 2_u64);
            tracing::info!("the log's own");
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["Granted"], 2);
        let told = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(told["Dimensions"], json!([[]]));
        assert_eq!(told["Metrics"], json!([{"Name": "Granted", "Unit": "Count"}]));
        assert_eq!(told["Namespace"], "Onboarding");
        assert!(line["_aws"]["Timestamp"].as_i64().is_some_and(|at| at > 1_700_000_000_000));
    }

    /// Counted by something, it is counted as a whole too.
    #[test]
    fn a_dimension_stands_beside_the_whole() {
        let lines = caught(|| cold_start("live-sweep"));
        assert_eq!(lines[0]["Function"], "live-sweep");
        assert_eq!(lines[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[], ["Function"]]));
    }
}
