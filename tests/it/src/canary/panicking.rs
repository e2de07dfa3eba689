//! What a panic tells: where it was, and nothing of what was in hand.

use std::process::Stdio;
use std::sync::Arc;

use lambda_http::{Body, Request, RequestExt as _};
use onboarding_core::credential::Environment;
use onboarding_core::random::SystemRandomness;
use onboarding_core::time::SystemClock;
use onboarding_lambda::answer::Answer;
use onboarding_lambda::call::Call;
use onboarding_lambda::config::Env;
use onboarding_lambda::edge::{Edge, serve};
use onboarding_lambda::failure::Failure;
use onboarding_lambda::log::{self, Level};
use onboarding_lambda::routes::ConsentRedirectOp;
use tokio::process::Command;

use super::scan::{Kind, Place, Scan};
use super::stage::random_text;

/// Holds the secret for the process that panics with it.
const SECRET: &str = "CANARY_OF_A_PANIC";

/// T50 A handler panics in each of the ways in which Rust quotes a value: the answer is a page, the log says where, and
/// the value is in neither, nor anywhere on standard error.
#[tokio::test]
async fn a_panic_quotes_nothing() {
    let mut scan = Scan::default();
    let secret = format!("{}\u{e4}{}", random_text(), random_text());
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["canary::panicking::a_handler_panics", "--exact", "--ignored", "--nocapture"])
        .env(SECRET, &secret)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let [said, told] = [ran.stdout, ran.stderr].map(|text| String::from_utf8(text).unwrap());
    scan.canary(Kind::Code, secret);
    scan.output(Place::Answer, "a panic's page, and what the process says", said.as_bytes());
    scan.output(Place::Log, "a panic's lines", told.as_bytes());
    assert!(ran.status.success(), "{said} {told}");
    assert_eq!(said.matches("answered 500").count(), WAYS.len(), "{said}");
    assert_eq!(told.matches("panicking.rs:").count(), WAYS.len(), "each says where: {told}");
    assert!(told.contains("a text of the program") && told.contains("internal_error"), "{told}");
    assert_eq!(scan.search().1, std::collections::BTreeSet::new(), "{said} {told}");
}

type Way = fn(&str);

/// The ways of a panic. Cutting a text within a character quotes all of it.
const WAYS: [Way; 4] = [
    |secret| panic!("the code was {secret}"),
    |secret| drop(secret[..33].to_owned()),
    |secret| secret.parse::<u8>().map_err(|_| secret.to_owned()).map(drop).unwrap(),
    |_| panic!("a text of the program"),
];

/// The process of [`a_panic_quotes_nothing`]: as a function is wired, with a handler that panics.
#[ignore = "run in a process of its own by the test above"]
#[tokio::test]
async fn a_handler_panics() {
    let Ok(Some(secret)) = Env::from_process().optional::<String>(SECRET) else { return };
    log::init_to(Level::Debug, std::io::stderr).unwrap();
    let edge = Edge {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandomness::new()),
        environment: Environment::Test,
        public_base: "https://api.example.com".parse().unwrap(),
    };
    for way in WAYS {
        let mut request = Request::new(Body::Empty).with_raw_http_path("/restricted/handleResponse");
        *request.method_mut() = reqwest::Method::POST;
        let handle = async |_: &Call<ConsentRedirectOp>| -> Result<Answer, Failure> {
            way(&secret);
            Ok(Answer::empty(reqwest::StatusCode::OK))
        };
        let answer = serve(&edge, request, handle).await;
        let body = String::from_utf8_lossy(answer.body()).into_owned();
        println!("answered {} {body}", answer.status().as_u16());
    }
}
