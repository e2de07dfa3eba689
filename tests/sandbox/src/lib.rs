//! The whole bundle in one process on loopback: no AWS account, no container, no Microsoft tenant.
//!
//! Every function runs as it is deployed, behind a stand-in for API Gateway; DynamoDB, Secrets Manager and Microsoft
//! are in-process servers that are spoken to over HTTP by the real clients. The program `onboarding-sandbox` is one
//! user of this library, the integration tests are the other: any number of sandboxes live side by side in a process,
//! and nothing here reads the environment.
//!
//! | to find | look in |
//! |---|---|
//! | how to start one, and what it offers | [`Sandbox`], [`Options`] |
//! | what plays API Gateway | `gateway`, `functions` |
//! | what plays the event source mappings and the schedule | `stream`, `schedule` |
//! | what plays DynamoDB, Secrets Manager and Microsoft | `outside`, `dynamodb` |
//! | what is there at the first start | `bootstrap`, [`demo_reseller`] |
//! | the receiver of webhooks, the mailbox | [`receiver`], [`mailbox`] |
//! | the clock and the tick over HTTP | `control` |
//! | the page at `/` | `walk` |
//! | a person with a browser, and the whole journey | [`visitor`], [`demo`] |

mod background;
mod bootstrap;
mod calls;
mod clock;
mod control;
mod data;
pub mod demo;
pub mod demo_reseller;
mod dynamodb;
mod error;
mod form;
mod functions;
mod gateway;
pub mod mailbox;
mod options;
mod outside;
mod page;
mod ports;
mod ready;
pub mod receiver;
mod sandbox;
mod schedule;
mod server;
mod signature;
mod stream;
pub mod visitor;
mod walk;

pub use clock::SandboxClock;
pub use error::Error;
pub use form::{Form, Submission};
pub use options::{Options, Overrides, StreamReads};
pub use ready::Ready;
pub use sandbox::Sandbox;
pub use schedule::TickError;
