//! A running simulation with a clock of its own, and the steps of an onboarding through it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use simulated_microsoft::{Options, Person, SimulatedMicrosoft};
use tokio::net::TcpListener;

use crate::http::{Reply, form, send};

pub(crate) const CLIENT: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const SECRET: &str = "s3cret~+&%";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/restricted/handleResponse?a=\"b\"&c=d";
pub(crate) const VERIFIER: &str = "0123456789012345678901234567890123456789abc";
pub(crate) const STATE: &str = "s<t>a\"t&e";
pub(crate) const REGISTRATION: &str = "openid profile Directory.ReadWrite.All Directory.AccessAsUser.All \
     TeamsAppInstallation.ReadWriteForUser Organization.Read.All User.ReadWrite.All \
     48ac35b8-9aa8-4d74-927d-1f4a14a0b239/user_impersonation";
pub(crate) const START: i64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) microsoft: SimulatedMicrosoft,
    pub(crate) base: String,
    address: SocketAddr,
    seconds: Arc<AtomicI64>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_state(None).await
    }

    pub(crate) async fn with_state(state_file: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let base = format!("http://localhost:{}", address.port());
        let seconds = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&seconds);
        let options = Options {
            client_id: CLIENT.to_owned(),
            client_secret: SECRET.to_owned(),
            certificates: Vec::new(),
            redirect_uris: vec![CALLBACK.to_owned()],
            state_file,
            now: Arc::new(move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap()),
        };
        let microsoft = SimulatedMicrosoft::start(listener, base.clone(), options).unwrap();
        Self { microsoft, base, address, seconds }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Reply> {
        send(self.address, method, target, headers, body).await
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.try_send("GET", target, &[], "").await.unwrap()
    }

    pub(crate) async fn post_form(&self, target: &str, fields: &[(&str, &str)]) -> Reply {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.try_send("POST", target, &headers, &form(fields)).await.unwrap()
    }

    pub(crate) async fn json(&self, method: &str, target: &str, body: &str) -> Reply {
        self.try_send(method, target, &[("content-type", "application/json")], body).await.unwrap()
    }

    /// Opens the authorize page with the usual parameters, some changed (empty: left out).
    pub(crate) async fn authorize(&self, tenant: &str, changed: &[(&str, &str)]) -> Reply {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut params = BTreeMap::from([
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            ("response_type", "id_token code"),
            ("response_mode", "form_post"),
            ("scope", REGISTRATION),
            ("state", STATE),
            ("nonce", "n0nce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        params.extend(changed.iter().copied());
        let fields: Vec<_> = params.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self.get(&format!("/{tenant}/oauth2/v2.0/authorize?{}", form(&fields))).await
    }

    /// Presses a person's button.
    pub(crate) async fn choose(&self, page: &Reply, person: &Person) -> Reply {
        let transaction = page.hidden()["transaction"].clone();
        self.post_form("/simulated/sign-in", &[("transaction", &transaction), ("person", person.oid)]).await
    }

    /// Presses a button of the consent page.
    pub(crate) async fn decide(&self, page: &Reply, decision: &str, tick: bool) -> Reply {
        let transaction = page.hidden()["transaction"].clone();
        let mut fields = vec![("transaction", transaction.as_str()), ("decision", decision)];
        if tick {
            fields.push(("on_behalf", "true"));
        }
        self.post_form("/simulated/consent", &fields).await
    }

    /// The whole way to the form that returns to the application.
    pub(crate) async fn consented(&self, tenant: &str, person: &Person, scope: &str, tick: bool) -> Reply {
        let page = self.authorize(tenant, &[("scope", scope)]).await;
        let page = self.choose(&page, person).await;
        self.decide(&page, "accept", tick).await
    }

    /// A code of a consented registration.
    pub(crate) async fn code(&self, tenant: &str, person: &Person) -> String {
        self.consented(tenant, person, REGISTRATION, true).await.hidden()["code"].clone()
    }

    /// Redeems a code with the usual parameters, some changed (empty: left out).
    pub(crate) async fn redeem(&self, tenant: &str, code: &str, changed: &[(&str, &str)]) -> Reply {
        let mut params = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("redirect_uri", CALLBACK),
            ("code", code),
            ("code_verifier", VERIFIER),
        ]);
        params.extend(changed.iter().copied());
        let fields: Vec<_> = params.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self.post_form(&format!("/{tenant}/oauth2/v2.0/token"), &fields).await
    }

    /// A Graph token of somebody who has just consented.
    pub(crate) async fn token(&self, tenant: &str, person: &Person) -> String {
        let code = self.code(tenant, person).await;
        let reply = self.redeem(tenant, &code, &[]).await;
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn graph(&self, token: &str, path: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        self.try_send("GET", &format!("/v1.0{path}"), &[("authorization", &bearer)], "").await.unwrap()
    }

    pub(crate) async fn graph_post(&self, token: &str, path: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.try_send("POST", &format!("/v1.0{path}"), &headers, &body.to_string()).await.unwrap()
    }

    /// The claims of a token, its signature checked against the published keys.
    pub(crate) async fn verified(&self, token: &str) -> Value {
        let keys = self.get("/common/discovery/v2.0/keys").await.json();
        let parts: Vec<_> = token.split('.').collect();
        let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
        assert_eq!(header["alg"], "RS256");
        let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert_eq!(key["issuer"], format!("{}/{{tenantid}}/v2.0", self.base));
        let number = |name: &str| BigUint::from_bytes_be(&decode(key[name].as_str().unwrap()));
        let public = RsaPublicKey::new(number("n"), number("e")).unwrap();
        let digest = Sha256::digest(format!("{}.{}", parts[0], parts[1]));
        public.verify(Pkcs1v15Sign::new::<Sha256>(), &digest, &decode(parts[2])).unwrap();
        serde_json::from_slice(&decode(parts[1])).unwrap()
    }
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
