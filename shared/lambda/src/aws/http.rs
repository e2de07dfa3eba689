//! The HTTP client of all AWS SDK clients: HTTP/1.1 over rustls with ring, or in the clear to stand-ins on loopback.
//!
//! Put together from hyper's parts, which the runtime of Lambda brings along. The SDK's own client cannot be built without
//! HTTP/2, which neither DynamoDB nor Secrets Manager speaks (`docs/decisions/0026`).

use std::error::Error;
use std::{fmt, io};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::{Connect, HttpConnector as Tcp};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;

use super::CONNECT_TIMEOUT;

/// A client that speaks TLS as `tls` says, but to an endpoint whose URL begins with `http:`: a stand-in that was named so.
pub(super) fn over_tls(tls: ClientConfig) -> SharedHttpClient {
    let mut tcp = tcp();
    tcp.enforce_http(false);
    client(connector(
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp),
    ))
}

/// A client that speaks no TLS.
pub(super) fn plain() -> SharedHttpClient {
    client(connector(tcp()))
}

fn tcp() -> Tcp {
    let mut tcp = Tcp::new();
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_nodelay(true);
    tcp
}

fn connector(connect: impl Connect + Clone + Send + Sync + 'static) -> SharedHttpConnector {
    SharedHttpConnector::new(Connector(Client::builder(TokioExecutor::new()).build(connect)))
}

fn client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

struct Connector<C>(Client<C, SdkBody>);

impl<C> fmt::Debug for Connector<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> HttpConnector for Connector<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(fault) => return HttpConnectorFuture::ready(Err(ConnectorError::user(fault.into()))),
        };
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(failed)?.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(answer).map_err(|fault| ConnectorError::other(fault.into(), None))
        })
    }
}

/// As the SDK's own client tells errors apart, so that it tries the same ones again.
fn failed(error: ClientError) -> ConnectorError {
    let hyper = source_of::<hyper::Error>(&error);
    let lost = hyper.is_some_and(|hyper| hyper.is_closed() || hyper.is_canceled());
    if error.is_connect() || lost || source_of::<io::Error>(&error).is_some() {
        ConnectorError::io(error.into())
    } else if hyper.is_some_and(hyper::Error::is_incomplete_message) {
        ConnectorError::other(error.into(), Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error.into(), None)
    }
}

/// The first error of this type in the chain.
fn source_of<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use aws_smithy_types::byte_stream::ByteStream;

    use super::*;

    /// Calls a server that does this with its one connection, after it read the request.
    async fn call(answer: impl FnOnce(TcpStream) + Send + 'static) -> Result<HttpResponse, ConnectorError> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let read = stream.read(&mut [0; 4_096]).unwrap();
            assert!(read > 0);
            answer(stream);
        });
        get(address).await
    }

    async fn get(address: SocketAddr) -> Result<HttpResponse, ConnectorError> {
        connector(tcp()).call(HttpRequest::get(format!("http://{address}/")).unwrap()).await
    }

    #[tokio::test]
    async fn an_answer_comes_whole() {
        let answer = call(|mut stream| {
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nx-amzn-requestid: 7\r\ncontent-length: 2\r\n\r\n{}")
                .unwrap();
        });
        let answer = answer.await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("x-amzn-requestid")), (400, Some("7")));
        assert_eq!(ByteStream::new(answer.into_body()).collect().await.unwrap().to_vec(), b"{}");
    }

    /// A port where nobody listens is I/O, which is tried again.
    #[tokio::test]
    async fn nobody_there_is_io() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(get(address).await.unwrap_err().is_io());
    }

    /// A connection that ends before the answer does is passing, which is tried again.
    #[tokio::test]
    async fn a_lost_answer_is_passing() {
        for half in [&b""[..], b"HTTP/1.1 200 O"] {
            let lost = call(move |mut stream| stream.write_all(half).unwrap()).await.unwrap_err();
            assert!(lost.is_io() || lost.as_other() == Some(ErrorKind::TransientError), "{lost:?}");
        }
    }
}
