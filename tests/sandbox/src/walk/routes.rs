//! The paths of the page. A button posts a form, and the answer leads back to the page, so that reloading it presses
//! nothing again.

use std::sync::Arc;

use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use super::moves::Choice;
use super::step::Step;
use super::trouble::{Trouble, person};
use super::{guard, view};
use crate::server::Shared;

type Here = State<Arc<Shared>>;

/// The page and its buttons.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(view::show))
        .route("/sandbox/walk/register", post(register))
        .route("/sandbox/walk/link", post(link))
        .route("/sandbox/walk/open", post(open))
        .route("/sandbox/walk/play", post(play))
        .route("/sandbox/walk/state", post(ask_state))
        .route("/sandbox/walk/confirm", post(confirm))
        .route("/sandbox/walk/clock", post(advance))
        .route("/sandbox/walk/tick", post(tick))
        .route("/sandbox/walk/mend", post(mend))
        .route("/sandbox/walk/start-over", post(start_over))
        .layer(from_fn_with_state(Arc::clone(shared), guard::watch))
}

#[derive(Deserialize)]
struct Wish {
    name: String,
    #[serde(default)]
    tenant: String,
}

/// Without a simulated Microsoft there is nothing to choose.
#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    person: String,
    #[serde(default)]
    trouble: String,
}

impl Chosen {
    fn parse(&self) -> Option<Choice> {
        Some(Choice { person: person(&self.person)?, trouble: Trouble::find(&self.trouble)? })
    }
}

#[derive(Deserialize)]
struct Move {
    seconds: i64,
}

async fn register(State(shared): Here, Form(wish): Form<Wish>) -> Redirect {
    shared.walk.register(wish.name.trim(), wish.tenant.trim()).await;
    back_to(Step::Register)
}

async fn link(State(shared): Here) -> Redirect {
    shared.walk.link().await;
    back_to(Step::Link)
}

async fn open(State(shared): Here, Form(chosen): Form<Chosen>) -> Response {
    match shared.walk.open(chosen.parse()).await {
        Some(link) => Redirect::to(link.as_str()).into_response(),
        None => back_to(Step::Visit).into_response(),
    }
}

async fn play(State(shared): Here, Form(chosen): Form<Chosen>) -> Redirect {
    if let Some(choice) = chosen.parse() {
        shared.walk.play(choice).await;
    }
    back_to(Step::Visit)
}

async fn ask_state(State(shared): Here) -> Redirect {
    shared.walk.ask_state().await;
    back_to(Step::State)
}

async fn confirm(State(shared): Here) -> Redirect {
    shared.walk.confirm().await;
    back_to(Step::State)
}

async fn advance(State(shared): Here, Form(wish): Form<Move>) -> Redirect {
    shared.walk.advance(wish.seconds).await;
    Redirect::to("/#clock")
}

async fn tick(State(shared): Here) -> Redirect {
    shared.walk.tick().await;
    Redirect::to("/#clock")
}

async fn mend(State(shared): Here) -> Redirect {
    shared.walk.mend().await;
    Redirect::to("/#clock")
}

async fn start_over(State(shared): Here) -> Redirect {
    shared.walk.start_over().await;
    Redirect::to("/")
}

fn back_to(step: Step) -> Redirect {
    Redirect::to(&format!("/#step-{}", step.number()))
}
