//! Every spelling of a place that is not public, against the rules about text and against the sender alone (T45, T46).

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use onboarding_core::delivery::Attempt;
use onboarding_core::redirect_url::{RedirectHost, RedirectPolicy, RedirectUrl};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};
use webhook_delivery::{Reach, Sender};

use crate::network::{Network, Sink, in_its_own};
use crate::receiver::{Answer, FAILED, Names, post};
use crate::{tables, tricks};

/// All spellings, each once, with their names.
fn spellings() -> Vec<(String, String)> {
    let hosts =
        tables::hosts().into_iter().map(|(name, host)| (format!("host: {name}"), format!("https://{host}/hook")));
    let mut once = HashSet::new();
    hosts.chain(tricks::urls()).filter(|(_, url)| once.insert(url.clone())).collect()
}

/// Every list entry that can be made of a URL's text, however it is read, and the host that is on the list anyway.
fn listed(url: &str) -> Vec<RedirectHost> {
    let authority =
        url.split_once("//").map_or(url, |(_, rest)| rest).split(['/', '?', '#', '\\']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    let parsed = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let texts = ["hooks.example.com", authority, host, bare, host.trim_end_matches('.'), &parsed];
    texts.iter().filter_map(|text| text.trim_matches(['[', ']']).parse().ok()).collect()
}

/// Everything that the URL can be made to mean for the sender: itself, and the sink's own port in plain text.
fn meanings(url: &str, sink: &Sink) -> Vec<String> {
    let mut meanings = vec![url.to_owned()];
    if let Ok(mut parsed) = Url::parse(url)
        && parsed.set_scheme("http").is_ok()
        && parsed.set_port(Some(sink.port)).is_ok()
    {
        meanings.push(parsed.to_string());
    }
    meanings
}

/// Where a client without a guard goes.
fn leads_to(url: &str) -> Option<SocketAddr> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let ip = match url.host()? {
        Host::Ipv4(ip) => IpAddr::V4(ip),
        Host::Ipv6(ip) => IpAddr::V6(ip),
        Host::Domain(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    Some(SocketAddr::new(ip, url.port_or_known_default()?))
}

fn loopback() -> Answer {
    Answer::Addresses(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
}

/// G56-G59, T45, T46 As deployed: whatever host the operator lists, the text or the connect is refused.
#[test]
fn no_spelling_of_a_place_that_is_not_public_is_connected_to() {
    in_its_own("spellings::no_spelling_of_a_place_that_is_not_public_is_connected_to", async |network| {
        let (sink, names) = (Sink::start(network).await, Names::saying(vec![loopback()]));
        let sender = Sender::with_lookup(Reach::Public, names.clone()).unwrap();
        let (spellings, mut ends) = (spellings(), BTreeMap::<String, usize>::new());
        for (name, url) in &spellings {
            let end = if let Err(why) = RedirectUrl::parse(url, &listed(url), RedirectPolicy::default()) {
                format!("text: {why:?}")
            } else {
                assert_eq!(post(&sender, url).await, FAILED, "{name}: {url:?}");
                "connect".to_owned()
            };
            *ends.entry(end).or_default() += 1;
        }
        let (count, connects) = (spellings.len(), sink.connects().await);
        assert!(count >= 400, "{count}");
        assert_eq!(
            ends.get("connect"),
            Some(&names.asked()),
            "whatever the text allows is a name, and is looked up once"
        );
        assert_eq!(connects, []);
        eprintln!("as deployed: {count} spellings refused {ends:?}, 0 connects ({network:?} network)");
    });
}

/// T46 The sender alone, with URLs that no rule has seen: it connects to no literal and no name.
#[test]
fn the_sender_alone_connects_to_no_spelling() {
    in_its_own("spellings::the_sender_alone_connects_to_no_spelling", async |network| {
        let (sink, names) = (Sink::start(network).await, Names::saying(vec![loopback()]));
        let sender = Sender::with_lookup(Reach::Public, names.clone()).unwrap();
        let (spellings, mut posts) = (spellings(), 0);
        for (name, url) in &spellings {
            for meaning in meanings(url, &sink) {
                let attempt = post(&sender, &meaning).await;
                assert!(
                    matches!(attempt, Attempt::Failed { .. } | Attempt::Unlisted),
                    "{name}: {meaning:?}: {attempt:?}"
                );
                assert_eq!(sink.taken_down(), [], "{name}: {meaning:?}");
                posts += 1;
            }
        }
        let (count, connects) = (spellings.len(), sink.connects().await);
        assert!(count >= 400, "{count}");
        assert_eq!(connects, []);
        eprintln!(
            "sender alone: {count} spellings, {posts} posts, {} look-ups, 0 connects ({network:?})",
            names.asked()
        );
    });
}

/// The control: a client without a guard reaches the sink by these spellings, and each connect is counted.
#[test]
fn without_the_guard_the_spellings_lead_to_the_sink() {
    in_its_own("spellings::without_the_guard_the_spellings_lead_to_the_sink", async |network| {
        let sink = Sink::start(network).await;
        let (mut reached, mut spelled) = (Vec::new(), 0);
        for (_, url) in spellings() {
            let meanings = meanings(&url, &sink);
            let targets = meanings.iter().filter_map(|meaning| leads_to(meaning));
            let before = reached.len();
            for target in targets.filter(|at| network == Network::Own || at.ip().is_loopback()) {
                if let Ok(Ok(_)) = timeout(Duration::from_secs(1), TcpStream::connect(target)).await {
                    reached.push(target);
                }
            }
            spelled += usize::from(reached.len() > before);
        }
        let connects = sink.connects().await;
        assert_eq!(connects.len(), reached.len(), "no connect goes uncounted");
        assert!(spelled >= if network == Network::Own { 400 } else { 50 }, "{spelled}");
        eprintln!("control: {spelled} spellings lead to the sink, {} connects counted ({network:?})", connects.len());
    });
}
