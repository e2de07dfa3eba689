//! The sandbox as its users meet it: over HTTP, and as a program. The rules of onboarding are tested in `tests/it`.

mod control;
mod gateway;
mod journey;
mod program;
mod receiver;
mod restart;
mod sharing;
mod world;
