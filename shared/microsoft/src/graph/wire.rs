//! How Graph is asked: JSON batching, and the further pages of a list.

use std::collections::HashMap;
use std::time::Duration;

use onboarding_core::cloud::Endpoints;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Request, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::Instant;

use crate::http::{self, GRAPH_LIMIT, READ_TIMEOUT, Unanswered};

/// The most further pages of one list. Five of 100 hold more roles and grants than one person or client has.
const FURTHER_PAGES: usize = 5;

/// Why Graph, or a part of it, could not be read. For the log; callers see a missing part.
#[derive(Debug, Error)]
pub(crate) enum Unread {
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("not what was asked for")]
    Garbage,
    #[error("too long a list")]
    TooLong,
    #[error("the next page lies outside Graph")]
    ForeignPage,
    #[error("the access token is not a header value")]
    Token,
}

/// One person's view of Graph, for as long as the budget lasts.
pub(crate) struct Wire<'a> {
    http: &'a Client,
    endpoints: &'a Endpoints,
    bearer: HeaderValue,
    deadline: Instant,
}

/// The answers of a batch, by the name of the part, in whatever order they came.
pub(crate) struct Batch(HashMap<String, Part>);

/// A list, or its first part.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    status: u16,
    #[serde(default)]
    body: Value,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(
        http: &'a Client,
        endpoints: &'a Endpoints,
        access_token: &SecretString,
        budget: Duration,
    ) -> Result<Self, Unread> {
        let bearer = format!("Bearer {}", access_token.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer).map_err(|_| Unread::Token)?;
        bearer.set_sensitive(true);
        Ok(Self { http, endpoints, bearer, deadline: Instant::now() + budget })
    }

    /// Asks for all `parts`, given as name and path, in one request.
    pub(crate) async fn batch(&self, parts: &[(String, String)]) -> Result<Batch, Unread> {
        let get = |(id, url): &(String, String)| json!({ "id": id, "method": "GET", "url": url });
        let body = json!({ "requests": parts.iter().map(get).collect::<Vec<_>>() });
        let mut request = request(Method::POST, &self.endpoints.graph("/$batch"))?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.to_string().into());
        let Responses { responses } = self.read(request).await?;
        Ok(Batch(responses.into_iter().map(|part| (part.id.clone(), part)).collect()))
    }

    /// The whole list that begins with `first`. A list that cannot be had whole counts as unread.
    pub(crate) async fn all_pages<T: DeserializeOwned>(&self, first: Page<T>) -> Result<Vec<T>, Unread> {
        let Page { value: mut list, mut next } = first;
        for _ in 0..FURTHER_PAGES {
            let Some(link) = &next else { return Ok(list) };
            // The bearer token goes to Graph and nowhere else.
            if !link.starts_with(&self.endpoints.graph("/")) {
                return Err(Unread::ForeignPage);
            }
            let page: Page<T> = self.read(request(Method::GET, link)?).await?;
            list.extend(page.value);
            next = page.next;
        }
        if next.is_none() { Ok(list) } else { Err(Unread::TooLong) }
    }

    /// Posts `body` to `address`; whatever is answered with 2xx is done.
    pub(crate) async fn post(&self, address: &str, body: &Value) -> Result<(), Unread> {
        let mut request = request(Method::POST, address)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.to_string().into());
        let answer = self.send(request).await?;
        if answer.status.is_success() { Ok(()) } else { Err(Unread::Status(answer.status)) }
    }

    async fn send(&self, mut request: Request) -> Result<http::Answer, Unread> {
        request.headers_mut().insert(AUTHORIZATION, self.bearer.clone());
        let left = self.deadline.saturating_duration_since(Instant::now()).min(READ_TIMEOUT);
        Ok(http::send(self.http, request, left, GRAPH_LIMIT).await?)
    }

    async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, Unread> {
        let answer = self.send(request).await?;
        if answer.status != StatusCode::OK {
            return Err(Unread::Status(answer.status));
        }
        serde_json::from_slice(&answer.body).map_err(|_| Unread::Garbage)
    }
}

fn request(method: Method, address: &str) -> Result<Request, Unread> {
    let address = Url::parse(address).map_err(|_| Unread::Garbage)?;
    Ok(Request::new(method, address))
}

impl Batch {
    /// The body of the part called `name`, if it was answered with 200.
    pub(crate) fn part<T: DeserializeOwned>(&self, name: &str) -> Result<T, Unread> {
        let part = self.0.get(name).ok_or(Unread::Garbage)?;
        let status = StatusCode::from_u16(part.status).map_err(|_| Unread::Garbage)?;
        if status != StatusCode::OK {
            return Err(Unread::Status(status));
        }
        T::deserialize(&part.body).map_err(|_| Unread::Garbage)
    }
}
