//! `doctor`: whether a deployment has what it needs, and whether it keeps up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use onboarding_core::app_manifest::differences;
use onboarding_core::application_client::ApplicationClients;
use onboarding_core::id::ApplicationId;
use onboarding_core::time::{Clock as _, SystemClock, Timestamp};
use onboarding_dynamo::due::SHARDS;
use onboarding_microsoft::http;
use onboarding_operator::OperatorError;
use serde_json::{Value, json};

use super::app_manifest::wanted;
use crate::answer::Answer;
use crate::error::Error;
use crate::place::Place;

/// What the functions tolerate between their clock and others'.
const SKEW: Duration = Duration::from_mins(1);
/// A row is woken once a minute; what waits longer than this waits for somebody.
const LATE: Duration = Duration::from_mins(5);
/// A credential is replaced in good time.
const ENDS_SOON: Duration = Duration::from_hours(30 * 24);

#[derive(Args)]
pub(crate) struct Doctor {
    /// Our app registration, as in the functions.
    #[arg(long, env = "CLIENT_ID")]
    client_id: Option<String>,
    /// Further app registrations, as in the functions.
    #[arg(long, env = "APPLICATION_CLIENTS")]
    application_clients: Option<String>,
    /// The registration as Microsoft shows it, in JSON: what `az ad app show --id "$CLIENT_ID"` prints; - for standard input.
    #[arg(long, value_name = "FILE")]
    registration: Option<PathBuf>,
}

/// What was found at one place.
struct Finding {
    what: String,
    fault: Option<String>,
}

impl Finding {
    fn of(what: impl Into<String>, found: Result<(), String>) -> Self {
        Self { what: what.into(), fault: found.err() }
    }
}

impl Doctor {
    pub(crate) async fn run(self, place: &Place) -> Result<Answer, Error> {
        let now = SystemClock.now();
        let mut findings = table(place, now).await?;
        findings.extend(self.secrets(place, now).await?);
        if place.has_public_base() {
            findings.extend(address(place, now).await?);
        }
        if let Some(file) = &self.registration {
            findings.extend(registration(place, file, now)?);
        }
        let faults = findings.iter().filter(|finding| finding.fault.is_some()).count();
        let told = findings.iter().map(|Finding { what, fault }| {
            let status = if fault.is_some() { "fault" } else { "ok" };
            json!({ "check": what, "status": status, "detail": fault })
        });
        let told = Value::Array(told.collect());
        if faults == 0 { Ok(Answer::new(told)) } else { Err(Error::Unwell(told)) }
    }

    async fn secrets(&self, place: &Place, now: Timestamp) -> Result<Vec<Finding>, Error> {
        let secrets = place.secrets()?;
        let told = |found: Result<(), _>| found.map_err(|fault: onboarding_secrets::SecretsError| fault.to_string());
        let mut findings = vec![
            Finding::of("sealing keys", told(secrets.sealing_keys(now).await.map(drop))),
            Finding::of("client secret or certificate", told(secrets.client_credential(now).await.map(drop))),
        ];
        let (Some(own), Some(further)) = (&self.client_id, &self.application_clients) else { return Ok(findings) };
        let own = ApplicationId::in_any_case(own).map_err(|fault| Error::Registrations(fault.to_string()))?;
        let clients =
            ApplicationClients::parse(further, own).map_err(|fault| Error::Registrations(fault.to_string()))?;
        for client in clients.others() {
            let read = secrets.credentials(&[client], own, now).await.map(drop);
            findings.push(Finding::of(format!("secret of the registration {client}"), told(read)));
        }
        Ok(findings)
    }
}

/// The table, its stream, and how long the oldest row of each kind has waited for its time.
async fn table(place: &Place, now: Timestamp) -> Result<Vec<Finding>, Error> {
    let store = place.store()?;
    let stream = match store.stream_arn().await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err("it has no stream".to_owned()),
        Err(fault) => return Err(OperatorError::from(fault).into()),
    };
    let mut findings = vec![Finding::of("table and stream", stream)];
    for (kind, shards) in SHARDS {
        for shard in 0..*shards {
            let oldest = store.due(*kind, shard, now, 1).await?;
            let waited = oldest.first().map(|row| row.waited(now)).unwrap_or_default();
            let found =
                if waited <= LATE { Ok(()) } else { Err(format!("the oldest has waited for {} s", waited.as_secs())) };
            findings.push(Finding::of(format!("queue {}", kind.partition(shard)), found));
        }
    }
    Ok(findings)
}

/// Our own address answers, and its clock and this machine's are one.
async fn address(place: &Place, now: Timestamp) -> Result<Vec<Finding>, Error> {
    let url = place.public_base()?.url("/healthz");
    let answered = match http::client() {
        Ok(client) => client.get(&url).send().await.map_err(|_| "nobody answers there".to_owned()),
        Err(fault) => Err(fault.to_string()),
    };
    let answer = match answered {
        Ok(answer) => answer,
        Err(fault) => return Ok(vec![Finding::of(url, Err(fault))]),
    };
    let status = answer.status();
    let health = if status.is_success() { Ok(()) } else { Err(format!("it answers {status}")) };
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    Ok(vec![Finding::of(url, health), Finding::of("clock", clock(date, now))])
}

/// The date of an answer (RFC 9110 §5.6.7), against this machine's.
fn clock(date: Option<&str>, now: Timestamp) -> Result<(), String> {
    let Some(told) = date.and_then(Timestamp::of_http) else { return Err("the answer has no date".to_owned()) };
    let apart = if told > now { told.since(now) } else { now.since(told) };
    if apart <= SKEW { Ok(()) } else { Err(format!("it is {} s apart from this machine's", apart.as_secs())) }
}

fn registration(place: &Place, file: &Path, now: Timestamp) -> Result<Vec<Finding>, Error> {
    let bytes = super::bytes(file)?;
    let found: Value = serde_json::from_slice(&bytes).map_err(|_| Error::NoRegistration(file.to_owned()))?;
    let lacks = differences(&wanted(&place.public_base()?), &found);
    let mut findings =
        vec![Finding::of("app registration", if lacks.is_empty() { Ok(()) } else { Err(lacks.join("; ")) })];
    let all = ["passwordCredentials", "keyCredentials"].into_iter().filter_map(|kind| found[kind].as_array()).flatten();
    let ends: Vec<Timestamp> = all.filter_map(|one| one["endDateTime"].as_str()?.parse().ok()).collect();
    let last = ends.into_iter().max();
    let lasts = match last {
        None => Err("it has none".to_owned()),
        Some(end) if end <= now => Err(format!("the last one ended at {end}")),
        Some(end) if end.since(now) < ENDS_SOON => Err(format!("the last one ends at {end}")),
        Some(_) => Ok(()),
    };
    findings.push(Finding::of("credentials of the app registration", lasts));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_right_within_a_minute() {
        let now = Timestamp::from_seconds(784_111_777);
        assert_eq!(clock(Some("Sun, 06 Nov 1994 08:49:37 GMT"), now), Ok(()));
        assert_eq!(clock(Some("Sun, 06 Nov 1994 08:50:37 GMT"), now), Ok(()));
        assert!(clock(Some("Sun, 06 Nov 1994 08:50:38 GMT"), now).is_err());
        assert!(clock(Some("yesterday"), now).is_err() && clock(None, now).is_err());
    }
}
