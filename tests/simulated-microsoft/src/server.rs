//! The listener, the routes, and what happens around every request: recording and faults.
//!
//! A reset connection is made below HTTP: the stream refuses to write once it is cut, so nothing of
//! the answer leaves, and lingering is off, so the peer sees a reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::aadsts::Refusal;
use crate::call::{Call, Kind};
use crate::fault::{self, Effect};
use crate::{
    Shared, admin_consent, authorize, consent, control, discovery, graph, index, partner_center, scope, sign_in, token,
};

/// Set to cut a connection instead of answering.
#[derive(Clone, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

/// Put on an answer that must be lost on its way.
#[derive(Clone)]
pub(crate) struct Lost;

/// Put on an authorize request that must be refused.
#[derive(Clone)]
pub(crate) struct Forced(pub(crate) Refusal);

/// Put on a token request that must be answered for another person.
#[derive(Clone)]
pub(crate) struct AnswersFor {
    pub(crate) tenant: String,
    pub(crate) oid: String,
}

/// A listener whose connections can be cut.
pub(crate) struct CuttableListener(pub(crate) TcpListener);

/// A connection that can be cut.
pub(crate) struct Cuttable {
    stream: TcpStream,
    cut: Cut,
}

impl Listener for CuttableListener {
    type Io = Cuttable;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // An error here is the peer's, or too many open files; both pass.
            let Ok((stream, address)) = self.0.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            if stream.set_nodelay(true).is_ok() {
                return (Cuttable { stream, cut: Cut::default() }, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().cut.clone()
    }
}

impl Cuttable {
    fn check(&self) -> io::Result<()> {
        if self.cut.0.load(Ordering::SeqCst) {
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(index::show))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::begin))
        .route("/{tenant}/oauth2/v2.0/token", post(token::redeem))
        .route("/{tenant}/v2.0/adminconsent", get(admin_consent::begin_v2))
        .route("/{tenant}/adminconsent", get(admin_consent::begin_v1))
        .route("/v1.0/{*path}", any(graph::serve))
        .route("/v1/{*path}", any(partner_center::serve))
        .route("/simulated/sign-in", post(sign_in::choose))
        .route("/simulated/consent", post(consent::decide))
        .merge(control::routes())
        .layer(from_fn_with_state(Arc::clone(&shared), observe))
        .with_state(shared)
}

/// Records the request, applies the fault meant for it, and loses the answer if asked to.
async fn observe(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(kind) = Kind::of(request.uri().path()) else {
        return next.run(request).await;
    };
    shared.record(Call {
        at: shared.now(),
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        kind,
    });
    let effect = shared.take_fault(kind);
    if let Some(Effect::Delay { delay_ms }) = &effect {
        tokio::time::sleep(Duration::from_millis(*delay_ms)).await;
    }
    let answer = match effect {
        None | Some(Effect::Delay { .. }) => next.run(request).await,
        Some(Effect::Status { status, body, headers }) => fault::status_answer(status, &body, &headers),
        Some(Effect::OauthError { error, code }) => {
            let refusal = Refusal::new(&error, code, "Refused on demand by the simulation.");
            if kind == Kind::Authorize || kind == Kind::AdminConsent {
                request.extensions_mut().insert(Forced(refusal));
                next.run(request).await
            } else {
                refusal.json(shared.now())
            }
        }
        Some(Effect::UnknownScope { scope }) => {
            if scope::is_asked_for(request.uri().query().unwrap_or_default(), &scope) {
                request.extensions_mut().insert(Forced(scope::retired(&scope)));
            }
            next.run(request).await
        }
        Some(Effect::AnswersFor { tenant, oid }) => {
            request.extensions_mut().insert(AnswersFor { tenant, oid });
            next.run(request).await
        }
        Some(Effect::Garbage) => {
            next.run(request).await;
            fault::garbage_answer()
        }
        Some(Effect::ResetAfterRequest) => {
            let mut answer = next.run(request).await;
            answer.extensions_mut().insert(Lost);
            answer
        }
    };
    if answer.extensions().get::<Lost>().is_some() {
        cut.0.store(true, Ordering::SeqCst);
    }
    answer
}
