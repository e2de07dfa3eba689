//! The sandbox as its users meet it: over HTTP, and as a program. The rules of onboarding are tested in `tests/it`.

#[cfg(test)]
mod control;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod program;
#[cfg(test)]
mod receiver;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod walk;
#[cfg(test)]
mod world;
