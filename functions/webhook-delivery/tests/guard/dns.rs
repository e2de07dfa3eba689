//! Name servers that play (T47).

use std::net::IpAddr;

use onboarding_core::delivery::Attempt;
use webhook_delivery::Sender;

use crate::network::{Network, Sink, in_its_own};
use crate::receiver::{Answer, FAILED, Names, post};
use crate::tables::{CLASSES, addresses};

fn says(addresses: &[IpAddr]) -> Answer {
    Answer::Addresses(addresses.to_vec())
}

/// What a play came to: how each post ended, how often the name was looked up, and where connects went.
async fn play(network: Network, sink: &Sink, script: Vec<Answer>, posts: usize) -> (Vec<Attempt>, usize, Vec<IpAddr>) {
    let names = Names::saying(script);
    let sender = Sender::with_lookup(network.allowed().0, names.clone()).unwrap();
    let mut attempts = Vec::new();
    for _ in 0..posts {
        attempts.push(post(&sender, &format!("http://hooks.example.com:{}/", sink.port)).await);
    }
    let connects = sink.connects().await;
    (attempts, names.asked(), connects.into_iter().map(|to| to.ip()).collect())
}

/// T47 The control: an answer that is allowed is connected to, with one look-up.
#[test]
fn an_allowed_answer_is_connected_to() {
    in_its_own("dns::an_allowed_answer_is_connected_to", async |network| {
        let ((_, allowed), sink) = (network.allowed(), Sink::start(network).await);
        assert_eq!(play(network, &sink, vec![says(&[allowed])], 1).await, (vec![Attempt::Accepted], 1, vec![allowed]));
    });
}

/// G60, T46 A listed name that leads to any class of the tables is not connected to.
#[test]
fn a_name_that_leads_to_no_public_address_is_not_connected_to() {
    in_its_own("dns::a_name_that_leads_to_no_public_address_is_not_connected_to", async |network| {
        let all: Vec<_> =
            CLASSES.iter().flat_map(|(class, texts)| addresses(texts).map(move |at| (class, at))).collect();
        let (mut refused, sink) = (0, Sink::start(network).await);
        for (class, address) in &all {
            if network == Network::Machine && address.to_canonical().is_loopback() {
                continue;
            }
            let played = play(network, &sink, vec![says(&[*address])], 1).await;
            assert_eq!(played, (vec![FAILED], 1, vec![]), "{class}: {address}");
            refused += 1;
        }
        assert!(CLASSES.len() >= 22, "{}", CLASSES.len());
        eprintln!(
            "DNS: {refused} answers of {} address classes refused, 0 connects ({network:?} network)",
            CLASSES.len()
        );
    });
}

/// T47 Rebinding: the connect uses the very answer that was judged; the next attempt judges anew.
#[test]
fn an_answer_that_changes_is_never_asked_for_twice() {
    in_its_own("dns::an_answer_that_changes_is_never_asked_for_twice", async |network| {
        let ((_, allowed), sink) = (network.allowed(), Sink::start(network).await);
        for private in ["10.0.0.5", "169.254.169.254", "fd00:ec2::254", "::ffff:10.0.0.5"] {
            let private: IpAddr = private.parse().unwrap();
            let script = vec![says(&[allowed]), says(&[private])];
            let (attempts, asked, connects) = play(network, &sink, script, 3).await;
            assert_eq!(attempts, [Attempt::Accepted, FAILED, FAILED], "{private}");
            assert_eq!((asked, connects), (3, vec![allowed]), "{private}");
        }
        eprintln!("DNS: public then private: 4 plays, 12 look-ups for 12 posts, 4 connects, all to the public answer");
    });
}

/// T47 One address that is not public spoils the answer, wherever it stands.
#[test]
fn a_mixed_answer_is_refused_whole() {
    in_its_own("dns::a_mixed_answer_is_refused_whole", async |network| {
        let ((_, allowed), sink) = (network.allowed(), Sink::start(network).await);
        let mut plays = 0;
        for private in ["10.0.0.5", "169.254.169.254", "fd00:ec2::254", "64:ff9b::a00:5", "2002:a00:5::"] {
            let private: IpAddr = private.parse().unwrap();
            let many = |last| (0..1_000).map(|_| allowed).chain([last]).collect::<Vec<_>>();
            for answer in
                [vec![allowed, private], vec![private, allowed], vec![allowed, private, allowed], many(private)]
            {
                assert_eq!(play(network, &sink, vec![says(&answer)], 1).await, (vec![FAILED], 1, vec![]), "{private}");
                plays += 1;
            }
        }
        eprintln!("DNS: {plays} mixed answers refused whole, 0 connects");
    });
}

/// T47 No address, no answer, or no end of waiting: a failed attempt, not an open door; and a later answer is judged.
#[test]
fn an_answer_without_addresses_fails_the_attempt() {
    in_its_own("dns::an_answer_without_addresses_fails_the_attempt", async |network| {
        let ((_, allowed), sink) = (network.allowed(), Sink::start(network).await);
        let private: IpAddr = "10.0.0.5".parse().unwrap();
        for answer in [says(&[]), Answer::Broken, Answer::Silence] {
            let script = vec![answer.clone(), says(&[private]), says(&[allowed])];
            let (attempts, asked, connects) = play(network, &sink, script, 3).await;
            assert_eq!(attempts, [FAILED, FAILED, Attempt::Accepted], "{answer:?}");
            assert_eq!((asked, connects), (3, vec![allowed]), "{answer:?}");
        }
        eprintln!(
            "DNS: empty, broken and silent answers fail the attempt, 0 connects before the answer that is allowed"
        );
    });
}

/// T47 When the first address of an answer does not listen, the others of the same answer are tried, without a look-up.
#[test]
fn a_dead_address_does_not_bring_a_second_look_up() {
    in_its_own("dns::a_dead_address_does_not_bring_a_second_look_up", async |network| {
        let (reach, allowed) = network.allowed();
        let names = Names::saying(vec![says(&[allowed, allowed]), says(&["10.0.0.5".parse().unwrap()])]);
        let sender = Sender::with_lookup(reach, names.clone()).unwrap();
        // Port 1: nobody listens there, so both addresses of the answer refuse.
        assert_eq!(post(&sender, "http://hooks.example.com:1/").await, FAILED);
        assert_eq!(names.asked(), 1);
    });
}
