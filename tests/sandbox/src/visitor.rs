//! A person with a browser, without the browser: opens pages, follows redirects, presses buttons, keeps cookies.

use std::collections::BTreeMap;

use onboarding_microsoft::http::{self, ClientError};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, Response, StatusCode};
use thiserror::Error;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::form::{Form, Submission, text_of};

/// How many redirects a browser follows before it gives up, about.
const MOST_REDIRECTS: usize = 20;

/// A person with a browser.
#[derive(Clone)]
pub struct Visitor {
    http: Client,
    /// By host, whatever the port, as browsers do it.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page as it is shown in the end.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its HTML.
    pub body: String,
    /// The redirects that led to it, in order.
    pub redirects: Vec<Redirect>,
}

/// A redirect on the way to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Whose answer it was.
    pub from: Url,
    /// Its status.
    pub status: u16,
}

/// A visitor cannot go on.
#[derive(Debug, Error)]
pub enum Lost {
    /// Nobody answers.
    #[error("no answer")]
    NoAnswer(#[from] reqwest::Error),
    /// The address is none.
    #[error("not an address: {0}")]
    NoAddress(String),
    /// One redirect led to the next, without end.
    #[error("too many redirects")]
    Redirects,
}

impl Visitor {
    /// Somebody who has not been anywhere yet.
    pub fn new() -> Result<Self, ClientError> {
        Ok(Self { http: http::client()?, cookies: BTreeMap::new() })
    }

    /// Opens an address and follows redirects.
    pub async fn open(&mut self, address: &str) -> Result<Page, Lost> {
        let url = Url::parse(address).map_err(|_| Lost::NoAddress(address.to_owned()))?;
        self.follow(Visit { method: Method::GET, url, form: None }).await
    }

    /// Sends a form and follows redirects.
    pub async fn submit(&mut self, submission: Submission) -> Result<Page, Lost> {
        let Submission { mut url, is_post, fields, origin } = submission;
        let encoded = Serializer::new(String::new()).extend_pairs(fields).finish();
        if is_post {
            return self.follow(Visit { method: Method::POST, url, form: Some((encoded, origin)) }).await;
        }
        url.set_query(Some(&encoded));
        self.follow(Visit { method: Method::GET, url, form: None }).await
    }

    /// The cookie that `host` has set.
    #[must_use]
    pub fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.cookies.get(host)?.get(name).map(String::as_str)
    }

    async fn follow(&mut self, mut visit: Visit) -> Result<Page, Lost> {
        let mut redirects = Vec::new();
        while redirects.len() < MOST_REDIRECTS {
            let answer = self.send(&visit).await?;
            self.keep_cookies(&visit.url, answer.headers());
            let (status, location) = (answer.status(), target(&visit.url, &answer));
            let Some(location) = location.filter(|_| status.is_redirection()) else {
                return Page::of(visit.url, answer, redirects).await;
            };
            redirects.push(Redirect { from: visit.url.clone(), status: status.as_u16() });
            visit = visit.redirected(status, location);
        }
        Err(Lost::Redirects)
    }

    async fn send(&self, visit: &Visit) -> Result<Response, Lost> {
        let mut request = self.http.request(visit.method.clone(), visit.url.clone());
        let cookies = visit.url.host_str().and_then(|host| self.cookies.get(host));
        let cookies: Vec<String> =
            cookies.into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if let Some((body, origin)) = &visit.form {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header(ORIGIN, origin);
            request = request.body(body.clone());
        }
        Ok(request.send().await?)
    }

    fn keep_cookies(&mut self, from: &Url, headers: &HeaderMap) {
        let jar = self.cookies.entry(from.host_str().unwrap_or_default().to_owned()).or_default();
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            let is_over = attributes.split(';').any(|part| part.trim().eq_ignore_ascii_case("max-age=0"));
            if is_over {
                jar.remove(name.trim());
            } else {
                jar.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }
}

impl Page {
    /// Its first form.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        Form::first_of(&self.body, &self.url)
    }

    /// What a person reads on it, and on the tab.
    #[must_use]
    pub fn text(&self) -> String {
        let start = self.body.find("<body").unwrap_or(0);
        text_of(&self.body[start..])
    }

    async fn of(url: Url, answer: Response, redirects: Vec<Redirect>) -> Result<Self, Lost> {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Self { url, status, headers, body: answer.text().await?, redirects })
    }
}

/// A request on its way.
struct Visit {
    method: Method,
    url: Url,
    /// The body, and the page that it comes from.
    form: Option<(String, String)>,
}

impl Visit {
    /// The next request after a redirect: 307 and 308 keep method and body, all others make it a GET.
    fn redirected(self, status: StatusCode, url: Url) -> Self {
        if matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
            return Self { url, ..self };
        }
        Self { method: Method::GET, url, form: None }
    }
}

fn target(from: &Url, answer: &Response) -> Option<Url> {
    from.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()
}
