//! `onboarding-sandbox`: the whole bundle on this machine, to be used by hand (`serve`) or shown (`demo`).

use std::error::Error;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use onboarding_lambda::config::Env;
use onboarding_lambda::log::{self, Level};
use onboarding_sandbox::{Options, Overrides, Sandbox, demo};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(version, about = "The onboarding bundle in one process on loopback: no AWS account, no Microsoft tenant.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a sandbox until it is stopped.
    Serve(Serve),
    /// Goes the whole journey in a sandbox in memory, and prints each step with its time.
    Demo,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct Serve {
    /// The API's port; Microsoft, DynamoDB and Secrets Manager take the next ones. 0 is any free port.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Where everything is kept.
    #[arg(long, default_value = ".sandbox", value_name = "DIR")]
    data: PathBuf,
    /// Keep nothing.
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
    /// Print one line of JSON when ready, and nothing else.
    #[arg(long)]
    json: bool,
    /// No timer: only POST /sandbox/tick moves what is due.
    #[arg(long)]
    no_sweep: bool,
    /// Allow http, loopback and any port as redirectUrl, for listed hosts.
    #[arg(long)]
    allow_insecure_redirects: bool,
    /// Prove who we are to the simulated Microsoft with a certificate of its own making, not with a client secret.
    #[arg(long)]
    certificate: bool,
    /// Deliver to HOST at this address, and ask no DNS about any host.
    #[arg(long, value_name = "HOST=ADDRESS", value_parser = resolved)]
    resolve: Vec<(String, IpAddr)>,
}

fn resolved(text: &str) -> Result<(String, IpAddr), String> {
    let (host, address) = text.split_once('=').ok_or("must be HOST=ADDRESS")?;
    Ok((host.to_owned(), address.parse().map_err(|_| "must end in an IP address")?))
}

#[tokio::main]
async fn main() -> ExitCode {
    let ran = match Cli::parse().command {
        Command::Serve(serve) => Box::pin(run(serve)).await,
        Command::Demo => Box::pin(show()).await,
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Nobody is left to tell if standard error is closed.
            drop(writeln!(io::stderr(), "onboarding-sandbox: {}", with_causes(fault.as_ref())));
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: Serve) -> Result<(), Box<dyn Error>> {
    let env = Env::from_process();
    log::init_to(Level::from_env(&env)?, io::stderr)?;
    let mut overrides = Overrides::from_env(&env)?;
    for (host, address) in serve.resolve {
        overrides.hosts.get_or_insert_default().entry(host).or_default().push(address);
    }
    let options = Options {
        data: (!serve.ephemeral).then_some(serve.data),
        port: serve.port,
        sweep: !serve.no_sweep,
        insecure_redirects: serve.allow_insecure_redirects,
        certificate: serve.certificate,
        overrides,
        ..Options::default()
    };
    let mut terminated = signal(SignalKind::terminate())?;
    let sandbox = Sandbox::start(options).await?;
    let ready = if serve.json { sandbox.ready().line() } else { sandbox.ready().summary() };
    print(&ready)?;
    tokio::select! {
        _ = terminated.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    sandbox.stop().await;
    Ok(())
}

async fn show() -> Result<(), Box<dyn Error>> {
    let level = Env::from_process().optional("LOG_LEVEL")?.unwrap_or(Level::Warn);
    log::init_to(level, io::stderr)?;
    Ok(demo::run(&mut io::stdout().lock()).await?)
}

fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn with_causes(fault: &dyn Error) -> String {
    let causes = std::iter::successors(fault.source(), |cause| <dyn Error>::source(*cause));
    causes.fold(fault.to_string(), |text, cause| format!("{text}: {cause}"))
}
