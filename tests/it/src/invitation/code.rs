//! Wrong codes: how many are looked at, from whom, and that the owner gets in all the same.

use std::time::Instant;

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
    let wrong = typed_elsewhere(&link, "WRONG").await;
    assert!(wrong.starts_with("HTTP/1.1 429") && wrong.contains("\r\nretry-after: "), "{wrong}");
    let right = typed_elsewhere(&link, &code_in(&mail)).await;
    assert!(right.starts_with("HTTP/1.1 303"), "{right}");
}

/// The answer, as it comes, to a code that is typed at another address of the machine than all others are.
async fn typed_elsewhere(link: &str, code: &str) -> String {
    let link = Url::parse(link).unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
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

/// R161 Of thirty-six guesses at three open invitations none opens one, ten a minute are looked at, and each owner gets in after
/// it.
#[tokio::test]
async fn guesses_open_nothing() {
    let world = World::new().await;
    let enterprise = world.texting("Contoso Ltd").await;
    for number in 0..3 {
        let body = json!({"adminEmail": format!("a{number}@contoso.example")});
        assert_eq!(world.invite(enterprise, &body).await.status, 201);
    }
    world.settle().await;
    let mails = world.sandbox.mailbox().messages();
    assert_eq!(mails.len(), 3);
    let codes: Vec<String> = (0..12).map(|number| format!("{number:04}-7Q2M-0K3X-8WNR-5TVB-1CDF-6GHJ")).collect();
    let (began, mut looked_at) = (Instant::now(), 0);
    for mail in &mails {
        let link = link_in(mail);
        for code in &codes {
            let status = world.type_code(&link, code).await.status;
            assert!(status == 400 || status == 429, "{status}");
            looked_at += usize::from(status == 400);
        }
    }
    let minutes = usize::try_from(began.elapsed().as_secs() / 60).unwrap() + 1;
    assert!((10..=10 * minutes).contains(&looked_at), "{looked_at} within {minutes} minutes");
    world.sandbox.clock().advance(60);
    for mail in &mails {
        assert_eq!(world.type_code(&link_in(mail), &code_in(mail)).await.status, 303);
    }
}
