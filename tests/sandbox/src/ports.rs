//! The ports: the API where it was asked for, the others beside it, and all where they were before if that is free.
//!
//! Everything listens on 127.0.0.1 alone. Microsoft is addressed as `localhost`, another site than 127.0.0.1 for a
//! browser, so that cookies are really cross-site. Where `localhost` means `::1` first, [`also_on_ipv6`] serves there.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};

use crate::data::{DataFolder, read_json, write_json};
use crate::{Error, Options};

/// A port that was ours may still be held for a moment by a sandbox that is going down.
const FORMER_ATTEMPTS: u32 = 10;
const FORMER_WAIT: Duration = Duration::from_millis(50);

/// The ports of a sandbox; 0 is a part that never had one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ports {
    pub(crate) api: u16,
    pub(crate) microsoft: u16,
    pub(crate) dynamodb: u16,
    pub(crate) secrets: u16,
}

/// What the parts listen on; none where a part is elsewhere.
pub(crate) struct Listeners {
    pub(crate) api: TcpListener,
    pub(crate) microsoft: Option<TcpListener>,
    pub(crate) dynamodb: Option<TcpListener>,
    pub(crate) secrets: Option<TcpListener>,
}

impl Listeners {
    /// Opens what the options want, and remembers the ports in the data folder.
    pub(crate) async fn open(options: &Options, data: Option<&DataFolder>) -> Result<Self, Error> {
        let file = data.map(|data| data.file("ports.json"));
        let mut ports: Ports = file.as_deref().and_then(read_json).unwrap_or_default();
        let overrides = &options.overrides;
        let api = ports.open_api(options.port).await?;
        let microsoft = open_if(overrides.wants_microsoft(), &mut ports.microsoft).await?;
        let dynamodb = open_if(overrides.dynamodb.is_none(), &mut ports.dynamodb).await?;
        let secrets = open_if(overrides.secrets_manager.is_none(), &mut ports.secrets).await?;
        if let Some(path) = file {
            write_json(&path, &ports).map_err(|source| Error::Data { path, source })?;
        }
        Ok(Self { api, microsoft, dynamodb, secrets })
    }
}

impl Ports {
    /// Opens the API's port: the one asked for and no other, or the former one, or any.
    async fn open_api(&mut self, asked: u16) -> Result<TcpListener, Error> {
        let listener = if asked == 0 {
            open_former(self.api).await?
        } else {
            bind(asked).await.map_err(|source| Error::PortTaken { port: asked, source })?
        };
        let port = port_of(&listener)?;
        if asked != 0 && port != self.api {
            // Another API, other neighbours: what is remembered belongs to the former one.
            *self = Self::beside(asked);
        }
        self.api = port;
        Ok(listener)
    }

    fn beside(api: u16) -> Self {
        let next = |offset| api.checked_add(offset).unwrap_or(0);
        Self { api, microsoft: next(1), dynamodb: next(2), secrets: next(3) }
    }
}

async fn open_if(wanted: bool, port: &mut u16) -> Result<Option<TcpListener>, Error> {
    if !wanted {
        return Ok(None);
    }
    let listener = open_former(*port).await?;
    *port = port_of(&listener)?;
    Ok(Some(listener))
}

/// The former port, or any other if it stays taken.
async fn open_former(port: u16) -> Result<TcpListener, Error> {
    for _ in 0..FORMER_ATTEMPTS {
        match bind(port).await {
            Ok(listener) => return Ok(listener),
            Err(_) => tokio::time::sleep(FORMER_WAIT).await,
        }
    }
    any().await
}

/// A port for a part that nobody else needs to find.
pub(crate) async fn any() -> Result<TcpListener, Error> {
    bind(0).await.map_err(Error::NoPort)
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

pub(crate) fn port_of(listener: &TcpListener) -> Result<u16, Error> {
    Ok(listener.local_addr().map_err(Error::NoPort)?.port())
}

/// Serves `[::1]:port` too, by handing every connection on to 127.0.0.1. Without IPv6 there is nothing to serve.
pub(crate) async fn also_on_ipv6(port: u16) -> Option<impl Future<Output = ()> + Send + 'static> {
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok()?;
    Some(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(hand_on(stream, port));
        }
    })
}

async fn hand_on(mut visitor: TcpStream, port: u16) {
    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        // Either side may hang up at any time; that is not ours to judge.
        drop(tokio::io::copy_bidirectional(&mut visitor, &mut server).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_apis_port_is_the_one_asked_for_or_none() {
        let taken = bind(0).await.unwrap();
        let port = port_of(&taken).unwrap();
        let refused = Ports::default().open_api(port).await.unwrap_err();
        assert!(refused.to_string().starts_with(&format!("port {port} is not free")), "{refused}");
    }

    #[tokio::test]
    async fn the_others_stand_beside_it_or_anywhere() {
        let taken = bind(0).await.unwrap();
        let mut port = port_of(&taken).unwrap();
        let elsewhere = open_if(true, &mut port).await.unwrap().unwrap();
        assert_ne!(port, port_of(&taken).unwrap());
        assert_eq!(port, port_of(&elsewhere).unwrap());
        assert_eq!(Ports::beside(8787), Ports { api: 8787, microsoft: 8788, dynamodb: 8789, secrets: 8790 });
        assert_eq!(Ports::beside(u16::MAX).microsoft, 0);
    }

    #[tokio::test]
    async fn former_ports_are_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let ports = async || {
            let opened = Listeners::open(&Options::default(), Some(&data)).await.unwrap();
            let others = [&opened.microsoft, &opened.dynamodb, &opened.secrets];
            let mut ports = vec![port_of(&opened.api).unwrap()];
            ports.extend(others.map(|listener| port_of(listener.as_ref().unwrap()).unwrap()));
            ports
        };
        assert_eq!(ports().await, ports().await);
    }
}
