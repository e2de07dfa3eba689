//! The runs: nothing due, a backlog for one sweeper, and a backlog for two at once of which one is killed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use onboarding_core::id::InvitationId;
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::{Clock as _, SystemClock};
use onboarding_dynamo::Store;
use onboarding_dynamo::invitation::INVITATION_SHARDS;
use onboarding_lambda::aws;
use onboarding_lambda::config::Env;
use serde_json::{Value, json};

use super::lambda::Program;
use super::progress::Progress;
use super::report::{Backlog, Idle, Race};
use super::rows::Mould;
use super::table::Table;
use super::tally::tally;
use crate::args::SweepArgs;
use crate::child::Surroundings;
use crate::error::Error;
use crate::world::TABLE;

/// How many that are not due yet stand beside every backlog.
const BYSTANDERS: usize = 1_000;
/// How often it is looked how far a backlog is.
const LOOK: Duration = Duration::from_millis(100);

/// A filled table.
struct Filled {
    table: Table,
    due: Vec<InvitationId>,
}

/// One tick of everything while `pending` invitations wait for their end, after one that has done what making them left to do.
pub(crate) async fn idle(args: &SweepArgs, pending: usize) -> Result<Idle, Error> {
    eprintln!("an idle tick at {pending} pending");
    let filled = fill(args, 0, pending).await?;
    let mut program = Program::start(args, &filled.table).await?;
    program.tick(&json!({})).await?;
    filled.table.forget();
    program.tick(&json!({})).await?;
    Ok(Idle { pending, asked: filled.table.asked(), memory: program.memory()? })
}

/// A backlog of `due` for one sweeper: one process, which is given one shard after the other, as schedules do.
pub(crate) async fn drained(args: &SweepArgs, due: usize) -> Result<Backlog, Error> {
    eprintln!("a backlog of {due}");
    let filled = fill(args, due, BYSTANDERS).await?;
    let mut program = Program::start(args, &filled.table).await?;
    let begun = Instant::now();
    let mut ticks = 0;
    let work = async {
        loop {
            for shard in 0..INVITATION_SHARDS {
                program.tick(&json!({ "invitationShard": shard })).await?;
                ticks += 1;
            }
            if filled.is_done() {
                return Ok(());
            }
        }
    };
    filled.watched("recorded", args, work).await?;
    let (seconds, asked) = (begun.elapsed().as_secs_f64(), filled.table.asked());
    let tally = tally(&filled.table.database, &filled.due)?;
    Ok(Backlog { due, ticks, seconds, asked, memory: program.memory()?, tally })
}

/// The same backlog for two at once, from both ends of the shards; the first is killed half-way, and another comes in its
/// place. In the end both come once more.
pub(crate) async fn raced(args: &SweepArgs, due: usize) -> Result<Race, Error> {
    eprintln!("a backlog of {due} for two at once");
    let filled = fill(args, due, BYSTANDERS).await?;
    let mut first = Program::start(args, &filled.table).await?;
    let mut second = Program::start(args, &filled.table).await?;
    let everything = [json!({})];
    let half = async {
        tokio::select! {
            ended = swept(&mut first, &filled, &everything) => ended,
            () = filled.reaches(due / 2) => Ok(()),
        }
    };
    let backwards: Vec<Value> = (0..INVITATION_SHARDS).rev().map(|shard| json!({ "invitationShard": shard })).collect();
    let begun = Instant::now();
    let killed_at;
    {
        let other = swept(&mut second, &filled, &backwards);
        tokio::pin!(other);
        let both = async {
            tokio::select! {
                ended = half => ended?,
                ended = &mut other => ended?,
            }
            Ok(())
        };
        filled.watched("until the kill", args, both).await?;
        drop(first);
        killed_at = filled.table.asked().recorded;
        first = Program::start(args, &filled.table).await?;
        let rest = async { tokio::try_join!(swept(&mut first, &filled, &everything), other).map(drop) };
        filled.watched("after the kill", args, rest).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let once_more = async { tokio::try_join!(first.tick(&everything[0]), second.tick(&everything[0])).map(drop) };
    filled.watched("once more", args, once_more).await?;
    let memory = first.memory()?.max(second.memory()?);
    let tally = tally(&filled.table.database, &filled.due)?;
    Ok(Race { due, killed_at, seconds, asked: filled.table.asked(), memory, tally })
}

/// Ticks with these inputs until everything is recorded.
async fn swept(program: &mut Program, filled: &Filled, inputs: &[Value]) -> Result<(), Error> {
    while !filled.is_done() {
        for input in inputs {
            program.tick(input).await?;
        }
    }
    Ok(())
}

async fn fill(args: &SweepArgs, due: usize, pending: usize) -> Result<Filled, Error> {
    let folder = args.json.parent().map(PathBuf::from).unwrap_or_default();
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let folder = folder.canonicalize().map_err(Error::file(&folder))?;
    let table = Table::serve(&folder).await?;
    let surroundings = Surroundings::new(String::new(), &table.url, &table.authority, false);
    let env = Env::from_pairs(surroundings.variables().iter().cloned());
    let sdk = aws::sdk_config(&env).map_err(|fault| Error::Table(fault.to_string()))?;
    let store = Store::connect(&sdk, Some(&table.url), TABLE);
    store.create_table().await.map_err(|fault| Error::Table(fault.to_string()))?;
    let (now, random) = (SystemClock.now(), SystemRandomness::new());
    let mould = Mould::make(&table.database, &store, now).await?;
    let due = mould.fill(&table.database, (due, true), now, &random)?;
    mould.fill(&table.database, (pending, false), now, &random)?;
    table.forget();
    Ok(Filled { table, due })
}

impl Filled {
    fn recorded(&self) -> usize {
        usize::try_from(self.table.asked().recorded).unwrap_or(usize::MAX)
    }

    fn is_done(&self) -> bool {
        self.recorded() >= self.due.len()
    }

    async fn reaches(&self, count: usize) {
        while self.recorded() < count {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Does `work` while it shows how far it is, as long as there is patience.
    async fn watched(
        &self,
        what: &str,
        args: &SweepArgs,
        work: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), Error> {
        let mut progress = Progress::new(what, self.due.len());
        let patience = Duration::from_secs(60 * u64::from(args.minutes));
        let watch = async {
            loop {
                progress.at(self.recorded());
                tokio::time::sleep(LOOK).await;
            }
        };
        let ended = tokio::select! {
            ended = tokio::time::timeout(patience, work) => ended,
            () = watch => return Ok(()),
        };
        progress.at(self.recorded());
        let (recorded, due) = (self.table.asked().recorded, self.due.len());
        ended.unwrap_or(Err(Error::Slow { recorded, due, minutes: args.minutes }))
    }
}
