//! Wrong codes: how many are looked at, from whom, and that the owner gets in all the same.

use std::time::Instant;

use futures_util::future::join_all;
use onboarding_core::invitation::InvitationCode;
use onboarding_core::random::SystemRandomness;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use url::Url;

use super::{code_in, link_in};
use crate::world::World;

/// G74, R161 The eleventh wrong code of a minute from one network is 429 with `Retry-After`, and so is the right one then; a
/// minute later it opens.
#[tokio::test]
async fn wrong_codes_are_limited_and_lock_nobody_out() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (_, mail) = world.invited(enterprise).await;
    let link = link_in(&mail);
    for number in 0..10 {
        assert_eq!(world.type_code(&link, &format!("WRONG-{number}")).await.status, 400, "{number}");
    }
    let eleventh = world.type_code(&link, "WRONG").await;
    assert_eq!(eleventh.status, 429);
    let wait: i64 = eleventh.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(world.type_code(&link, &code_in(&mail)).await.status, 429, "no code is looked at");
    world.sandbox.clock().advance(wait);
    assert_eq!(world.type_code(&link, &code_in(&mail)).await.status, 303);
}

/// G74, R161 Somebody's guesses at an invitation lock out neither its owner, who comes from elsewhere, nor anybody else there.
#[tokio::test]
async fn the_owner_gets_in_from_elsewhere_meanwhile() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (_, mail) = world.invited(enterprise).await;
    let link = link_in(&mail);
    for number in 0..11 {
        world.type_code(&link, &format!("WRONG-{number}")).await;
    }
    assert_eq!(world.type_code(&link, &code_in(&mail)).await.status, 429, "the guesser's network has to wait");
    let wrong = typed_from(2, &link, "WRONG").await;
    assert!(wrong.starts_with("HTTP/1.1 429") && wrong.contains("\r\nretry-after: "), "{wrong}");
    let right = typed_from(2, &link, &code_in(&mail)).await;
    assert!(right.starts_with("HTTP/1.1 303"), "{right}");
}

/// The answer, as it comes, to a code that is typed at another address of the machine than all others are: 127.0.0.`from`.
async fn typed_from(from: usize, link: &str, code: &str) -> String {
    let link = Url::parse(link).unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("127.0.0.{from}:0").parse().unwrap()).unwrap();
    let api = format!("127.0.0.1:{}", link.port().unwrap());
    let (form, path) = (format!("code={code}"), link.path());
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {api}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    let mut stream = socket.connect(api.parse().unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// R161, K14 A code is accepted in lower case, with spaces or without dashes; fewer than eleven wrong ones are no hindrance.
#[tokio::test]
async fn a_code_is_accepted_however_it_is_typed() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    let (_, mail) = world.invited(enterprise).await;
    let code = code_in(&mail);
    for typed in [code.to_lowercase(), code.replace('-', " "), code.replace('-', ""), format!(" {code} ")] {
        assert_eq!(world.type_code(&link_in(&mail), &typed).await.status, 303, "{typed}");
    }
    for _ in 0..10 {
        assert_eq!(world.type_code(&link_in(&mail), &code[1..]).await.status, 400);
    }
    assert_eq!(world.type_code(&link_in(&mail), &code).await.status, 303);
}

/// R161, G74 Guesses from many networks open none of many invitations, no more are looked at than the limits say, and each owner
/// gets in with the right code in the middle of it.
async fn guesses_open_nothing(invited: usize, guesses: usize) {
    const NETWORKS: usize = 8;
    let world = World::new().await;
    let mut enterprise = 0;
    for number in 0..invited {
        if number % 20 == 0 {
            enterprise = world.texting(&format!("Contoso {number}")).await;
        }
        let body = json!({"adminEmail": format!("a{number}@contoso.example"), "remindDaysBefore": 0});
        assert_eq!(world.invite(enterprise, &body).await.status, 201);
    }
    world.settle().await;
    let mails = world.sandbox.mailbox().messages();
    assert_eq!(mails.len(), invited);
    let links: Vec<String> = mails.iter().map(link_in).collect();
    let (began, random) = (Instant::now(), SystemRandomness::new());
    let networks = (0..NETWORKS).map(|network| {
        let (links, random) = (&links, &random);
        async move {
            let (mut looked_at, mut limited) = (0, 0);
            for guess in (network..guesses).step_by(NETWORKS) {
                let code = InvitationCode::new(random).grouped();
                let answer = typed_from(2 + network, &links[guess % links.len()], &code).await;
                match answer.get(..12) {
                    Some("HTTP/1.1 400") => looked_at += 1,
                    Some("HTTP/1.1 429") => limited += 1,
                    _ => panic!("guess {guess} was answered {answer}"),
                }
            }
            (looked_at, limited)
        }
    });
    let told: Vec<(usize, usize)> = join_all(networks).await;
    let minutes = usize::try_from(began.elapsed().as_secs() / 60).unwrap() + 2;
    let looked_at: usize = told.iter().map(|(looked_at, _)| looked_at).sum();
    assert_eq!(told.iter().map(|(looked_at, limited)| looked_at + limited).sum::<usize>(), guesses);
    assert!((1..=10 * NETWORKS * minutes).contains(&looked_at), "{looked_at} within {minutes} minutes");
    for mail in &mails {
        let typed = typed_from(2 + NETWORKS, &link_in(mail), &code_in(mail)).await;
        assert!(typed.starts_with("HTTP/1.1 303"), "{typed}");
    }
    eprintln!("{guesses} guesses at {invited} invitations: {looked_at} looked at, 0 accepted, each owner got in");
}

/// R161, G74 Some of them, each time.
#[tokio::test]
async fn guesses_open_no_invitation() {
    guesses_open_nothing(40, 2_000).await;
}

/// R161, G74 A million guesses at a thousand invitations: some minutes.
#[ignore = "long: make long"]
#[tokio::test(flavor = "multi_thread")]
async fn a_million_guesses_open_none_of_a_thousand_invitations() {
    guesses_open_nothing(1_000, 1_000_000).await;
}
