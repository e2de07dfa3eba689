//! What an alarm stands for is counted wherever Microsoft answers so, by whoever asks (R197).

use std::sync::{Arc, Mutex};

use simulated_microsoft::{Effect, Fault, IGOR, WANDA, WINGTIP};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::go;
use crate::world::World;

/// The codes by which something was refused, as they are counted.
#[derive(Clone, Default)]
struct Counted(Arc<Mutex<Vec<String>>>);

impl Counted {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Subscriber for Counted {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == onboarding_core::metric::TARGET
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if fields.metric == "Refused" {
            self.0.lock().unwrap().push(fields.of);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields {
    metric: String,
    of: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "metric" => value.clone_into(&mut self.metric),
            "of" => value.clone_into(&mut self.of),
            _ => {}
        }
    }
}

/// R197, T62 Our own credential refused, and an answer for another account, ring their alarms wherever they are met: at the test, at
/// each look after the first, and at the sign-in of either step, at its code and at its token.
#[tokio::test]
async fn what_is_alarmed_is_counted_wherever_it_is_met() {
    let counted = Counted::default();
    let _scope = tracing::subscriber::set_default(counted.clone());
    let world = World::new().await;
    let bad_secret = Effect::OauthError { error: "invalid_client".to_owned(), code: 7_000_222 };
    let another = Effect::AnswersFor { tenant: WINGTIP.id.to_owned(), oid: WANDA.oid.to_owned() };
    for (what, code) in [(bad_secret, "our_secret_bad_or_expired"), (another, "identity_changed")] {
        let faulty = |times| world.microsoft().add_fault(Fault { on: "token".to_owned(), what: what.clone(), times });
        let mended = || world.microsoft().set_faults(Vec::new());
        let is_counted = |at: &str| {
            mended();
            let told = counted.take();
            assert!(told.iter().any(|told| told == code), "{code}, {at}: {told:?}");
        };
        let id = world.connection().await;
        if code == "our_secret_bad_or_expired" {
            faulty(None);
            go(&world.step_link(&id, "admin").await, &WANDA).await;
            is_counted("step one");
        }
        world.consent_as_admin(&id).await;
        faulty(None);
        go(&world.step_link(&id, "user").await, &IGOR).await;
        is_counted("step two, at its code");
        let late = Effect::Delay { delay_ms: 0 };
        world.microsoft().add_fault(Fault { on: "token".to_owned(), what: late, times: Some(1) });
        faulty(None);
        go(&world.step_link(&id, "user").await, &IGOR).await;
        is_counted("step two, at its token");
        assert_eq!(go(&world.step_link(&id, "user").await, &IGOR).await.status, 200);
        for at in ["health before the test", "the test"] {
            faulty(None);
            if at == "the test" {
                assert_eq!(world.on_connection(&id, "finalize").await.status, 409);
            } else {
                world.health(&id).await;
            }
            is_counted(at);
        }
        assert_eq!(world.on_connection(&id, "finalize").await.status, 200);
        for at in ["a look", "the look after it"] {
            faulty(None);
            assert_eq!(world.health(&id).await["code"], code);
            is_counted(at);
        }
        assert_eq!(counted.take(), Vec::<String>::new());
    }
}
