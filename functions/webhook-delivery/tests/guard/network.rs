//! Where the tests' connects end: a network in which every address leads to one counting listener.

use std::collections::HashSet;
use std::env;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use webhook_delivery::Reach;

use crate::receiver::request;

/// Set for the copy of a test that runs inside its own network.
const INSIDE: &str = "GUARD_TEST_HAS_ITS_OWN_NETWORK";

/// Makes every address of both families one of this machine's, then becomes the test.
const ENTER: &str =
    r#"ip link set lo up && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo && exec "$@""#;

/// Ports that URLs of the tests name, besides 443 and 80: Lambda's runtime API, Kubernetes, Redis and others.
const PORTS: [u16; 8] = [443, 80, 9001, 8443, 8080, 6379, 2375, 22];

/// The network that a test runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// All addresses lead to the sink.
    Own,
    /// The machine's: only loopback leads to the sink.
    Machine,
}

impl Network {
    /// A reach and an address that it allows and that leads to the sink.
    pub(crate) const fn allowed(self) -> (Reach, IpAddr) {
        match self {
            Self::Own => (Reach::Public, IpAddr::V4(Ipv4Addr::new(1, 1, 1, 1))),
            Self::Machine => (Reach::PublicAndLoopback, IpAddr::V4(Ipv4Addr::LOCALHOST)),
        }
    }
}

/// Runs the body of the test called `name` in a network of its own, or in the machine's where that cannot be had. CI must
/// have one: on loopback most connects would not be seen.
pub(crate) fn in_its_own<F: AsyncFnOnce(Network)>(name: &str, body: F) {
    if env::var_os(INSIDE).is_some() {
        return block_on(body(Network::Own));
    }
    let unshare = |program: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c", ENTER, "sh"]).args(program);
        command
    };
    if !unshare(&["true"]).output().is_ok_and(|output| output.status.success()) {
        assert!(env::var_os("CI").is_none(), "CI is set, and no network namespace can be had: see `unshare --net`");
        eprintln!("NOTE: no network namespace can be had here, so connects are counted on loopback only");
        return block_on(body(Network::Machine));
    }
    let itself = env::current_exe().unwrap();
    let output =
        unshare(&[itself.to_str().unwrap(), "--exact", name, "--nocapture"]).env(INSIDE, "1").output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{name} in its own network:\n{out}\n{err}");
    eprint!("{err}");
}

fn block_on(body: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body);
}

/// A listener on every address of the network that takes each connect down and answers 200.
pub(crate) struct Sink {
    /// A port of its own, besides those that are well known.
    pub(crate) port: u16,
    listens: Vec<SocketAddr>,
    seen: Arc<Mutex<Vec<Connect>>>,
}

/// One connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Connect {
    from: SocketAddr,
    to: SocketAddr,
}

impl Sink {
    pub(crate) async fn start(network: Network) -> Self {
        let seen = Arc::default();
        let mut listens = Vec::new();
        let first = TcpListener::bind(if network == Network::Own { "[::]:0" } else { "127.0.0.1:0" }).await.unwrap();
        let port = first.local_addr().unwrap().port();
        let mut listeners = vec![first];
        if network == Network::Own {
            for port in PORTS {
                listeners.push(TcpListener::bind(("::", port)).await.unwrap());
            }
        } else if let Ok(six) = TcpListener::bind(("::1", port)).await {
            listeners.push(six);
        }
        for listener in listeners {
            listens.push(listener.local_addr().unwrap());
            tokio::spawn(count(listener, Arc::clone(&seen)));
        }
        Self { port, listens, seen }
    }

    /// The destinations of all connects since the last call. A connect of our own goes last to each listener, and when
    /// that one has been seen, so have all before it.
    pub(crate) async fn connects(&self) -> Vec<SocketAddr> {
        let mut own = HashSet::new();
        for listens in &self.listens {
            let host = if listens.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listens.ip() };
            let stream = TcpStream::connect((host, listens.port())).await.unwrap();
            let (from, to) = (canonical(stream.local_addr().unwrap()), SocketAddr::new(host, listens.port()));
            let connect = Connect { from, to };
            own.insert(connect);
            while !self.seen.lock().unwrap().contains(&connect) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.into_iter().filter(|connect| !own.contains(connect)).map(|connect| connect.to).collect()
    }

    /// The destinations of the connects that have been taken down already, for a message that names who made them.
    pub(crate) fn taken_down(&self) -> Vec<SocketAddr> {
        self.seen.lock().unwrap().iter().map(|connect| connect.to).collect()
    }
}

async fn count(listener: TcpListener, seen: Arc<Mutex<Vec<Connect>>>) {
    while let Ok((mut stream, from)) = listener.accept().await {
        let to = stream.local_addr().unwrap();
        seen.lock().unwrap().push(Connect { from: canonical(from), to: canonical(to) });
        tokio::spawn(async move {
            request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await
        });
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
