use super::*;
use crate::body::BodyFault;
use crate::call::NoSuchThing;
use crate::log::tests::{caught, listen};
use crate::routes::{ConsentRedirectOp, CreateEnterpriseOp, CredentialsOp, EnterprisesOp};
use crate::testing::{Counting, EventBody, NOW, Still, api_key, event, post, provider, reseller_id};
use onboarding_core::credential::Refused;
use onboarding_core::fields::Fault;
use serde_json::{Value, json};

fn edge() -> Edge {
    listen();
    Edge {
        clock: Arc::new(Still),
        random: Arc::new(Counting::default()),
        environment: Environment::Test,
        public_base: "https://api.example.com".parse().unwrap(),
    }
}

/// A handler's error, as functions write theirs.
enum Error {
    Caller(Refused),
    Path(NoSuchThing),
    Body(BodyFault),
    Invalid(Vec<Fault>),
    Store(std::io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Caller(refusal) => refusal.into(),
            Error::Path(absent) => absent.into(),
            Error::Body(fault) => fault.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Store(fault) => Self::unavailable(fault),
        }
    }
}

fn enterprises(call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
    call.reseller(&provider()).map_err(Error::Caller)?;
    let id: EnterpriseId = call.param("enterpriseId").map_err(Error::Path)?;
    match call.operation() {
        EnterprisesOp::Read | EnterprisesOp::Edit | EnterprisesOp::List | EnterprisesOp::ListAllActions => {
            Ok(Answer::json(StatusCode::OK, &json!({ "enterpriseId": id })))
        }
        EnterprisesOp::ListActions => Err(Error::Store(std::io::Error::other("dynamodb said no"))),
        EnterprisesOp::ConfirmTenant => {
            let mut body = call.json_object().map_err(Error::Body)?;
            let tenant = body.text("tenantId");
            body.required("tenantId", tenant.clone());
            body.finish(tenant).map_err(Error::Invalid)?;
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        EnterprisesOp::AuthorizeTask
        | EnterprisesOp::ResetAction
        | EnterprisesOp::AddUser
        | EnterprisesOp::RemoveUser
        | EnterprisesOp::Disable
        | EnterprisesOp::Enable => {
            call.json_object_if_any().map_err(Error::Body)?.finish(Some(())).map_err(Error::Invalid)?;
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn ask(request: Request) -> Response<Body> {
    block_on(App { edge: edge() }.serve(request))
}

fn with_key(method: &str, target: &str, body: EventBody<'_>) -> Request {
    let bearer = format!("Bearer {}", api_key().expose());
    event(method, target, &[("authorization", &bearer), ("content-type", "application/json")], body)
}

fn text(response: &Response<Body>) -> &str {
    let Body::Text(text) = response.body() else { panic!("no text: {response:?}") };
    text
}

fn json_of(response: &Response<Body>) -> Value {
    serde_json::from_str(text(response)).unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// A function as functions are written, to be run by Lambda.
struct App {
    edge: Edge,
}

impl App {
    async fn serve(&self, request: Request) -> Response<Body> {
        serve(&self.edge, request, async |call: &Call<EnterprisesOp>| self.handle(call).await).await
    }

    async fn handle(&self, call: &Call<EnterprisesOp>) -> Result<Answer, Error> {
        tokio::task::yield_now().await;
        enterprises(call)
    }
}

/// What a function's `main` hands to Lambda compiles: its future is `Send`.
#[test]
fn a_function_can_be_run_by_lambda() {
    let app = App { edge: edge() };
    let service = lambda_http::service_fn(async |request| Ok::<_, std::convert::Infallible>(app.serve(request).await));
    drop(lambda_http::run(service));
}

#[test]
fn a_handler_answers_its_own_routes() {
    let response = ask(with_key("GET", "/v1/enterprises/42", EventBody::None));
    assert_eq!((response.status(), json_of(&response)), (StatusCode::OK, json!({"enterpriseId": 42})));
    let reference: ReferenceId = header(&response, "x-request-id").unwrap().parse().unwrap();
    assert_eq!(reference, ReferenceId::new(NOW, &Counting::default()));
}

/// An incoming `X-Request-Id` is not taken over.
#[test]
fn the_reference_is_always_ours() {
    let request = event("GET", "/nowhere", &[("x-request-id", "theirs")], EventBody::None);
    assert!(header(&ask(request), "x-request-id").unwrap().starts_with("req_"));
}

/// G65 Without a key no handler runs, and every refusal is the same but for its reference.
#[test]
fn a_call_without_a_key_is_refused_before_the_handler() {
    let edge = edge();
    let handle = async |_: &Call<CredentialsOp>| -> Result<Answer, Failure> { panic!("a handler ran") };
    for authorization in [None, Some("Bearer x"), Some("Basic eDp5")] {
        let headers: Vec<(&str, &str)> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        let request = event("POST", "/v1/resellers", &headers, EventBody::Text("{"));
        let response = block_on(serve(&edge, request, handle));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(header(&response, "www-authenticate"), Some("Bearer"));
        assert_eq!(json_of(&response)["code"], "unauthenticated");
    }
}

#[test]
fn a_path_of_nobody_of_another_function_or_with_a_broken_id_is_a_404() {
    let paths = ["/v2", "/v1/enterprises/42/", "/v1/sbc-gateways", "/v1/enterprises/abc", "/v1/enterprises/4%32"];
    for path in paths.into_iter().chain(["/v1/x/../enterprises/42"]) {
        let response = ask(with_key("GET", path, EventBody::None));
        assert_eq!(
            (response.status(), json_of(&response)["code"].as_str()),
            (StatusCode::NOT_FOUND, Some("not_found"))
        );
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
    }
}

/// G53, T42 A wrong method: 405 and Allow, as a document for programs and as a page for people.
#[test]
fn a_wrong_method_is_told_on_both_surfaces() {
    let response = ask(with_key("DELETE", "/v1/enterprises/42", EventBody::None));
    assert_eq!((response.status(), header(&response, "allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("GET, PATCH")));
    assert_eq!(json_of(&response)["code"], "method_not_allowed");
    for method in ["GET", "HEAD", "OPTIONS"] {
        let response = ask(event(method, "/restricted/handleResponse?code=x", &[], EventBody::None));
        assert_eq!((response.status(), header(&response, "allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
        let title = Code::WrongMethodPage.advice().title.replace('\'', "&#39;");
        if method == "HEAD" {
            assert!(response.body().is_empty(), "an answer to HEAD has no content (RFC 9110 \u{a7}9.3.2)");
        } else {
            assert!(text(&response).contains(&title));
        }
    }
}

#[test]
fn faults_of_a_body_are_told_with_pointers() {
    let response = ask(with_key("POST", "/v1/enterprises/42/confirm-tenant", EventBody::Text(r#"{"x":1}"#)));
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let pointers: Vec<Value> =
        json_of(&response)["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
    assert_eq!(pointers, ["/tenantId", "/x"]);
}

/// A call that has nothing to say needs no body; what it says all the same is judged.
#[test]
fn a_body_may_be_absent_where_nothing_is_said() {
    let to = "/v1/enterprises/42/disable";
    let bearer = format!("Bearer {}", api_key().expose());
    let bare = event("POST", to, &[("authorization", &bearer)], EventBody::None);
    assert_eq!(ask(bare).status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(with_key("POST", to, EventBody::Text("{}"))).status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(with_key("POST", to, EventBody::Text(r#"{"x":1}"#))).status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(with_key("POST", to, EventBody::Text("x"))).status(), StatusCode::BAD_REQUEST);
}

/// G50, G51, G52 on an API route: 415, 413, 400.
#[test]
fn what_cannot_be_read_has_its_status() {
    let to = "/v1/enterprises/42/confirm-tenant";
    let large = "x".repeat(crate::body::MAX_BODY + 1);
    assert_eq!(ask(with_key("POST", to, EventBody::Text(&large))).status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ask(with_key("POST", to, EventBody::Text("{}{}"))).status(), StatusCode::BAD_REQUEST);
    let bearer = format!("Bearer {}", api_key().expose());
    let form = event("POST", to, &[("authorization", &bearer), ("content-type", "text/plain")], EventBody::Text("{}"));
    assert_eq!(ask(form).status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

/// T50 One line a request, without what the request held; a second one for a fault on our side.
#[test]
fn the_log_tells_what_happened_and_nothing_secret() {
    let key = api_key();
    let read = caught(log::Level::Debug, || {
        let bearer = format!("Bearer {}", key.expose());
        let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", "203.0.113.7")];
        ask(event("GET", "/v1/enterprises/42", &headers, EventBody::Text("c4n4ry")));
    });
    assert_eq!(read.lines().count(), 1, "{read}");
    assert!(read.len() <= log::MAX_REQUEST_LINE);
    let line: Value = serde_json::from_str(&read).unwrap();
    assert_eq!(line["http.route"], "/v1/enterprises/{enterpriseId}");
    assert_eq!((&line["enterprise.id"], &line["reseller.id"]), (&json!(42), &json!(reseller_id().get())));
    assert_eq!((&line["http.status"], &line["outcome.code"]), (&json!(200), &json!("ok")));
    for secret in [key.expose(), "c4n4ry", "203.0.113.7", "curl"] {
        assert!(!read.contains(secret), "{read}");
    }
    let refused = caught(log::Level::Debug, || {
        let response = ask(with_key("GET", "/v1/enterprises/42?code=c4n4ry", EventBody::None));
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    });
    assert!(refused.contains("invalid_query") && !refused.contains("c4n4ry"), "{refused}");
    let failed = caught(log::Level::Info, || {
        let response = ask(with_key("GET", "/v1/enterprises/42/actions", EventBody::None));
        assert_eq!((response.status(), header(&response, "retry-after")), (StatusCode::SERVICE_UNAVAILABLE, Some("5")));
        assert!(!text(&response).contains("dynamodb"), "a cause is for the log");
    });
    assert_eq!(failed.lines().count(), 2, "{failed}");
    assert!(failed.contains("dynamodb said no"), "{failed}");
}

/// The ConnectToTeams aliases bring their provider by path and by query string.
#[test]
fn an_alias_brings_its_parameter() {
    let asked = |target: &str| {
        let edge = edge();
        let handle = async |call: &Call<CreateEnterpriseOp>| -> Result<Answer, Failure> {
            let asked: Option<ResellerId> = call.alias_param("resellerId")?;
            Ok(Answer::json(StatusCode::OK, &asked))
        };
        let response = block_on(serve(&edge, with_key("GET", target, EventBody::None), handle));
        (response.status().as_u16(), text(&response).to_owned())
    };
    assert_eq!(asked("/v1/pbx-types"), (200, "null".to_owned()));
    assert_eq!(asked("/v1/pbx-types?resellerId=7").0, 422, "only the alias has the parameter");
    assert_eq!(asked("/pbx/getPBXTypesByResellerId?resellerId=7"), (200, "7".to_owned()));
    assert_eq!(asked("/reseller/getAvailableSBCGatewayRegionsByResellerId/7"), (200, "7".to_owned()));
    for bad in ["resellerId=x", "resellerId=7&resellerId=7", "resellerId=%"] {
        assert_eq!(asked(&format!("/pbx/getPBXTypesByResellerId?{bad}")).0, 404, "{bad}");
    }
}

/// G50, G52 on the callback: a page, one wording, the status of its fault.
#[test]
fn a_broken_callback_is_one_page() {
    let edge = edge();
    let handle = async |call: &Call<ConsentRedirectOp>| -> Result<Answer, Failure> {
        call.callback_form().map_err(|fault| fault.failure(Surface::Page))?;
        Ok(Answer::see_other("/outcome/x"))
    };
    let form = "application/x-www-form-urlencoded";
    let to = "/restricted/handleResponse";
    let cases = [
        (post(to, form, EventBody::Base64("code=c&state=s")), 303),
        (post(to, "application/json", EventBody::Text("{}")), 415),
        (post(to, form, EventBody::Text("state=a&state=b")), 400),
        (post("/restricted/handleResponse?state=a", form, EventBody::Text("state=a")), 400),
    ];
    for (request, status) in cases {
        let response = block_on(serve(&edge, request, handle));
        assert_eq!(response.status().as_u16(), status);
        if status != 303 {
            assert!(text(&response).contains(Code::InvalidCallback.advice().title));
            assert_eq!(header(&response, "content-type"), Some("text/html; charset=utf-8"));
        }
    }
}

/// T50 A panic is answered like any mistake of ours. Its text, which may quote a value, is in no answer and in no line.
#[test]
fn a_panic_is_an_answer_and_tells_nothing() {
    let edge = edge();
    let request = with_key("GET", "/v1/enterprises/7", EventBody::None);
    let mut response = None;
    let log = caught(crate::log::Level::Debug, || {
        let handle = async |call: &Call<EnterprisesOp>| -> Result<Answer, Error> {
            call.credential().map_err(Error::Caller)?;
            panic!("secret-{}", api_key().expose())
        };
        response = Some(block_on(serve(&edge, request, handle)));
    });
    let response = response.unwrap();
    assert_eq!(response.status(), 500);
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(body.contains("internal_error") && log.contains("internal_error"), "{body} {log}");
    for told in [&body, &log] {
        assert!(!told.contains("secret-") && !told.contains(api_key().expose()), "{told}");
    }
}

/// T03 The reason of a refusal is in the line, as a word, and not in the answer.
#[test]
fn a_reason_is_for_the_log_alone() {
    let edge = edge();
    let mut response = None;
    let log = caught(crate::log::Level::Info, || {
        let request = event("POST", "/restricted/handleResponse", &[], EventBody::None);
        let refuse = async |_: &Call<ConsentRedirectOp>| -> Result<Answer, Failure> {
            Err(Failure::new(StatusCode::BAD_REQUEST, Code::InvalidCallback).with_reason("state_expired"))
        };
        response = Some(block_on(serve(&edge, request, refuse)));
    });
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!((&line["outcome.code"], &line["outcome.reason"]), (&json!("invalid_callback"), &json!("state_expired")));
    assert!(!String::from_utf8(response.unwrap().body().to_vec()).unwrap().contains("state_expired"));
}
