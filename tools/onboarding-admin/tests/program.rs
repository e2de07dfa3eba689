//! The program, as the platform team uses it, on a sandbox's endpoints (K2, K9).

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use onboarding_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use simulated_microsoft::{PERMISSIONS, Permission, PermissionKind};

/// A sandbox, and the program on its endpoints.
struct Team {
    sandbox: Sandbox,
}

impl Team {
    async fn new() -> Self {
        let options = Options { sweep: false, insecure_redirects: true, ..Options::default() };
        Self { sandbox: Sandbox::start(options).await.unwrap() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let ready = self.sandbox.ready();
        let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding-admin"));
        command.args([
            "--sandbox",
            "--endpoint-dynamodb",
            &ready.dynamodb,
            "--endpoint-secrets-manager",
            &ready.secrets,
        ]);
        command.args(args).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end, with this on standard input, beside the sandbox that it calls.
    async fn run(&self, args: &[&str], input: &str) -> Output {
        let (mut command, input) = (self.command(args), input.to_owned());
        let run = move || {
            let mut child = command.spawn().unwrap();
            // A program that fails early reads nothing.
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// The JSON that a command prints.
    async fn done(&self, args: &[&str]) -> Value {
        self.done_with(args, "").await
    }

    async fn done_with(&self, args: &[&str], input: &str) -> Value {
        let ran = self.run(&[&["--json"], args].concat(), input).await;
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{args:?}: {said}");
        assert_eq!(said, "", "{args:?}");
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    /// What a command that fails says.
    async fn refused(&self, args: &[&str]) -> Value {
        let ran = self.run(&[&["--json"], args].concat(), "").await;
        assert!(!ran.status.success() && ran.stdout.is_empty(), "{args:?}");
        serde_json::from_slice(&ran.stderr).unwrap()
    }

    /// The status with which the API answers the holder of `key`.
    async fn opens(&self, key: &str, path: &str) -> u16 {
        let client = onboarding_microsoft::http::client().unwrap();
        let call = client.get(format!("{}{path}", self.sandbox.api())).bearer_auth(key);
        call.send().await.unwrap().status().as_u16()
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

/// K9 From nothing to a provider that can call: each step by a command, and the API agrees.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_set_up_by_commands() {
    let team = Team::new().await;
    assert_eq!(team.done(&["table", "create"]).await["status"], "active");
    let operator = team.done(&["operator-key", "create", "--label", "team"]).await;
    assert_eq!(team.opens(text(&operator, "key"), "/v1/resellers/54").await, 200);
    let made = team.done(&["reseller", "create", "--name", "Fabrikam", "--redirect-host", "127.0.0.1"]).await;
    assert!(text(&made, "webhookSecret").starts_with("whsec_"));
    let id = made["id"].to_string();
    let catalogue = json!({"sbcGateways": [{"sbcGatewayId": 9, "sbcGatewayRegion": "EU"}]});
    let set = team.done_with(&["catalogue", "set", &id, "-"], &catalogue.to_string()).await;
    assert_eq!(set["sbcGateways"], catalogue["sbcGateways"]);
    let key = team.done(&["key", "create", &id, "--scope", "enterprises:read", "--expires-in-days", "30"]).await;
    assert_eq!(team.opens(text(&key, "key"), "/v1/sbc-gateways").await, 200);
    let listed = team.done(&["key", "list", &id]).await;
    assert_eq!((&listed[0]["keyId"], &listed[0]["scopes"]), (&key["keyId"], &json!(["enterprises:read"])));
    assert!(!listed.to_string().contains("onb_test_"));
    assert_eq!(team.done(&["reseller", "show", &id]).await, set);
}

/// R147 A provider with a contact waits; the mail leads to the address that was said, and another one can be sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_a_contact_is_mailed_a_link() {
    let team = Team::new().await;
    let create = ["reseller", "create", "--name", "Fabrikam", "--redirect-host", "127.0.0.1"];
    let with_contact = [&create[..], &["--email", "sales@fabrikam.example"]].concat();
    let refused = team.refused(&with_contact).await;
    assert_eq!(refused["error"], "--public-base-url is not said");
    let pages = ["--public-base-url", "http://127.0.0.1:9"];
    let made = team.done(&[&with_contact[..], &pages].concat()).await;
    let id = made["id"].to_string();
    team.sandbox.tick().await.unwrap();
    let shown = team.done(&["reseller", "show", &id]).await;
    assert_eq!(shown["activation"]["mail"], json!({"status": "sent", "reason": null}));
    let again = ["reseller", "send-activation", &id, "--email", "it@fabrikam.example"];
    let sent = team.done(&[&again[..], &pages].concat()).await;
    assert!(sent["expiresAt"].is_string(), "{sent}");
    team.sandbox.tick().await.unwrap();
    let mails = team.sandbox.mailbox().messages();
    let to: Vec<&str> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    assert_eq!(to, ["sales@fabrikam.example", "it@fabrikam.example"]);
    assert!(mails.iter().all(|mail| mail.text.contains("http://127.0.0.1:9/activate/")), "{mails:?}");
    let active = ["reseller", "send-activation", "54", "--email", "it@fabrikam.example"];
    assert_eq!(team.refused(&[&active[..], &pages].concat()).await["error"], "the service provider is active already");
}

/// K9 A key is replaced, revoked; a provider is suspended, resumed; a webhook secret is replaced: the API follows at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_changes_the_api_follows() {
    let team = Team::new().await;
    let (id, path) = ("54", "/v1/pbx-types");
    let former = team.done(&["key", "create", id, "--label", "CI"]).await;
    let fresh = team.done(&["key", "rotate", id, text(&former, "keyId")]).await;
    assert_eq!(fresh["replaces"], former["keyId"]);
    let (former_key, fresh_key) = (text(&former, "key"), text(&fresh, "key"));
    assert_eq!((team.opens(former_key, path).await, team.opens(fresh_key, path).await), (200, 200));
    team.done(&["key", "revoke", id, text(&former, "keyId")]).await;
    assert_eq!((team.opens(former_key, path).await, team.opens(fresh_key, path).await), (401, 200));
    assert_eq!(team.done(&["reseller", "suspend", id]).await["disabled"], true);
    assert_eq!(team.opens(fresh_key, path).await, 401);
    assert_eq!(team.done(&["reseller", "resume", id]).await["disabled"], false);
    let listed = team.done(&["reseller", "list"]).await;
    assert_eq!(listed.as_array().unwrap().iter().map(|one| one["id"].to_string()).collect::<Vec<_>>(), [id]);
    assert_eq!(team.opens(fresh_key, path).await, 200);
    let edited = ["reseller", "edit", id, "--name", "New", "--token-mode", "raw", "--redirect-host", "localhost"];
    let edited = team.done(&edited).await;
    let fields = (&edited["name"], &edited["tokenMode"], &edited["redirectHosts"]);
    assert_eq!(fields, (&json!("New"), &json!("raw"), &json!(["localhost"])));
    let secret = team.done(&["webhook-secret", "rotate", id]).await;
    assert!(text(&secret, "webhookSecret").starts_with("whsec_"));
    let operator = team.done(&["operator-key", "create"]).await;
    team.done(&["operator-key", "revoke", text(&operator, "keyId")]).await;
    assert_eq!(team.opens(text(&operator, "key"), "/v1/resellers/54").await, 401);
}

/// What goes wrong is told with its cause and the next step, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_what_to_do() {
    let team = Team::new().await;
    let invalid = team.refused(&["reseller", "create", "--name", " ", "--redirect-host", "a/b"]).await;
    let pointers: Vec<&Value> = invalid["faults"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, [&json!("/name"), &json!("/redirectHosts/0")]);
    let cases: [&[&str]; 6] = [
        &["reseller", "show", "1"],
        &["reseller", "suspend", "1"],
        &["key", "create", "1"],
        &["key", "revoke", "54", "54-00000000"],
        &["webhook-secret", "rotate", "1"],
        &["catalogue", "set", "54", "nowhere.json"],
    ];
    for args in cases {
        let told = team.refused(args).await;
        assert!(text(&told, "error").len() > 5 && text(&told, "nextStep").len() > 5, "{told}");
    }
    let ran = team.run(&["reseller", "show", "1"], "").await;
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(said, "error: no such service provider\nnext:  Check the number; `reseller create` answered it.\n");
    let elsewhere = Command::new(env!("CARGO_BIN_EXE_onboarding-admin"))
        .args(["--table", "t-t", "table", "create"])
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8(elsewhere.stderr).unwrap();
    assert!(!elsewhere.status.success() && said.contains("AWS_REGION is not set") && said.contains("next:"), "{said}");
}

/// People read lines; a secret stands on standard output alone, and a remark beside it says that it is shown once.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_printed_once_on_standard_output() {
    let team = Team::new().await;
    let ran = team.run(&["key", "create", "54"], "").await;
    let (out, said) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert_eq!(out.matches("onb_test_").count(), 1);
    assert!(out.lines().any(|line| line.starts_with("key ")), "{out}");
    assert!(said.contains("shown this once") && !said.contains("onb_test_"), "{said}");
}

impl Team {
    /// One call of the table, by hand: what somebody does who can write it.
    async fn meddle(&self, operation: &str, body: Value) {
        let client = onboarding_microsoft::http::client().unwrap();
        let call = client.post(&self.sandbox.ready().dynamodb).header("content-type", "application/x-amz-json-1.0");
        let call = call.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let answer = call.body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}

/// T68 A head that was kept tells of an edit, and of a truncation; the command names what was touched.
#[tokio::test(flavor = "multi_thread")]
async fn a_trail_is_checked_against_a_head_that_was_kept() {
    let team = Team::new().await;
    team.sandbox.tick().await.unwrap();
    team.done(&["key", "create", "54"]).await;
    team.sandbox.tick().await.unwrap();
    let kept = team.done(&["audit", "head", "--reseller", "54"]).await;
    let head = text(&kept, "head");
    let (number, hash) = head.split_once(':').unwrap();
    for head in [head, hash] {
        let intact = team.done(&["audit", "verify", "--reseller", "54", "--head", head]).await;
        assert_eq!((&intact["intact"], &intact["unsealed"], &intact["head"]), (&json!(true), &json!(0), &kept["head"]));
    }
    let exported = team.done(&["audit", "export", "--reseller", "54"]).await;
    let row = exported["items"].as_array().unwrap().last().unwrap();
    assert_eq!(row["action"], "key.created");
    assert_eq!(exported["segments"].as_array().unwrap().len().to_string(), number);
    let verify = ["audit", "verify", "--reseller", "54", "--head", head];
    let key = |pk: &str, sk: &str| json!({"PK": {"S": pk}, "SK": {"S": sk}});
    let edit = |who: &str| {
        json!({
            "TableName": "onboarding-sandbox", "Key": key("audit#54", text(row, "id")),
            "UpdateExpression": "SET who = :who", "ExpressionAttributeValues": {":who": {"S": who}},
        })
    };
    team.meddle("UpdateItem", edit("somebody")).await;
    let refused = team.refused(&verify).await;
    let named = format!("the audit trail is broken: row {} of segment {number} was changed", text(row, "id"));
    assert_eq!(refused["error"], named);
    team.meddle("UpdateItem", edit(text(row, "who"))).await;
    team.done(&verify).await;
    let last = format!("{number:0>16}");
    let cut = json!({"TableName": "onboarding-sandbox", "Key": key("segments#54", &last)});
    team.meddle("DeleteItem", cut).await;
    let refused = team.refused(&verify).await;
    assert_eq!(refused["error"], format!("the audit trail is broken: segment {number} is missing"));
    for command in ["verify", "head", "export"] {
        let nobodys = team.refused(&["audit", command, "--reseller", "1"]).await;
        assert_eq!(nobodys["error"], "no such service provider", "{command}");
    }
    let wrong = team.run(&["audit", "verify", "--head", "nonsense"], "").await;
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
}

/// R112, R134-R139 The manifest holds Microsoft's own ids, whatever the cloud, and the four addresses below ours.
#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_is_the_registration_that_microsoft_knows() {
    let team = Team::new().await;
    let print = |cloud| ["app-manifest", "--cloud", cloud, "--public-base-url", "http://127.0.0.1:9"];
    let manifest = team.done(&print("global")).await;
    assert_eq!(team.done(&print("china")).await, manifest);
    let uris = manifest["web"]["redirectUris"].as_array().unwrap();
    let paths: Vec<&str> = uris.iter().filter_map(|uri| uri.as_str()?.strip_prefix("http://127.0.0.1:9")).collect();
    assert_eq!(
        paths,
        [
            "/restricted/handleResponse",
            "/restricted/adminConsent",
            "/partner-center/admin-consent",
            "/partner-center/user-consent"
        ]
    );
    for api in manifest["requiredResourceAccess"].as_array().unwrap() {
        for access in api["resourceAccess"].as_array().unwrap() {
            let kind = if access["type"] == "Role" { PermissionKind::Application } else { PermissionKind::Delegated };
            let is_known = |known: &&Permission| {
                known.id == access["id"] && known.kind == kind && known.resource == api["resourceAppId"]
            };
            assert!(PERMISSIONS.iter().any(|known| is_known(&known)), "{access}");
        }
    }
}

/// The doctor finds nothing in a sound deployment, and names what is missing in another.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_is_missing() {
    let team = Team::new().await;
    let api = team.sandbox.api().to_owned();
    let pages = ["--public-base-url", api.as_str()];
    let mut registration = team.done(&[&["app-manifest"], &pages[..]].concat()).await;
    registration["passwordCredentials"] = json!([{"endDateTime": "2099-01-01T00:00:00Z"}]);
    let doctor = [&["doctor", "--registration", "-"], &pages[..]].concat();
    let checks = team.done_with(&doctor, &registration.to_string()).await;
    let checks = checks.as_array().unwrap();
    assert!(checks.iter().all(|check| check["status"] == "ok"), "{checks:?}");
    for named in ["table and stream", "sealing keys", "clock", "app registration", "queue due#delivery#0"] {
        assert!(checks.iter().any(|check| check["check"] == named), "{named}");
    }
    registration["web"]["implicitGrantSettings"]["enableIdTokenIssuance"] = json!(false);
    registration["passwordCredentials"] = json!([{"endDateTime": "2020-01-01T00:00:00Z"}]);
    let ran = team.run(&[&["--json"], &doctor[..]].concat(), &registration.to_string()).await;
    assert_eq!(ran.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&ran.stderr).unwrap();
    assert_eq!(
        faults(&told),
        [
            "app registration: ID tokens are not issued (Authentication, \"ID tokens\")",
            "credentials of the app registration: the last one ended at 2020-01-01T00:00:00.000Z"
        ]
    );
    let elsewhere = ["--secrets-prefix", "onboarding/other"];
    assert_eq!(
        faults(&team.refused(&[&["doctor"], &elsewhere[..]].concat()).await),
        [
            "sealing keys: the secret onboarding/other/sealing-keys does not exist",
            "client secret or certificate: the secret onboarding/other/client-secret does not exist"
        ]
    );
    for _ in 0..2 {
        let made = team.done(&[&["sealing-keys", "create"], &elsewhere[..]].concat()).await;
        assert_eq!(made, json!({"status": "stored"}));
    }
    assert_eq!(faults(&team.refused(&[&["doctor"], &elsewhere[..]].concat()).await).len(), 1);
}

fn faults(told: &Value) -> Vec<String> {
    let checks = told["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "fault");
    checks.map(|check| format!("{}: {}", text(check, "check"), text(check, "detail"))).collect()
}
