//! Faults that are put into the template on purpose, one at a time: each must be told, or the checks are of no use.

use serde_json::{Value, json};

use crate::template::Template;

/// A fault: what it is, where it is put, and a word of what must be told.
pub(crate) struct Seed {
    pub(crate) what: &'static str,
    put: fn(&mut Value),
    pub(crate) told: &'static str,
}

impl Seed {
    /// The template with this fault.
    pub(crate) fn in_template(&self, template: &Template) -> Template {
        let mut faulty = template.clone();
        (self.put)(&mut faulty.0["Resources"]);
        faulty
    }
}

/// Changes the statements of a role. A fault that finds no place is not told, which is noticed.
fn statements(resources: &mut Value, role: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let place = format!("/{role}/Properties/Policies/0/PolicyDocument/Statement");
    if let Some(Value::Array(statements)) = resources.pointer_mut(&place) {
        change(statements);
    }
}

fn of<'t>(resources: &'t mut Value, id: &str) -> &'t mut Value {
    &mut resources[id]["Properties"]
}

fn remove(value: &mut Value, key: &str) {
    if let Value::Object(fields) = value {
        fields.remove(key);
    }
}

macro_rules! seeds {
    ($($what:literal, $told:literal, |$r:ident| $put:expr;)+) => {
        pub(crate) const SEEDS: &[Seed] = &[$(Seed { what: $what, told: $told, put: |$r| { $put; } }),+];
    };
}

seeds!(
    "a route is missing", "/v1/audit is not in the template",
        |r| remove(&mut of(r, "Api")["Body"]["paths"], "/v1/audit");
    "a route that the code does not know", "nothing serves ANY /v1/backdoor", |r| {
        let copied = of(r, "Api")["Body"]["paths"]["/v1/audit"].clone();
        of(r, "Api")["Body"]["paths"]["/v1/backdoor"] = copied;
    };
    "a route goes to another function", "/v1/audit goes to", |r| {
        let other = of(r, "Api")["Body"]["paths"]["/healthz"].clone();
        of(r, "Api")["Body"]["paths"]["/v1/audit"] = other;
    };
    "the gateway may not invoke a function", "the gateway may not invoke webhooks", |r| {
        if let Value::Object(all) = r {
            let of_webhooks = |resource: &Value| {
                resource["Type"] == "AWS::Lambda::Permission" && resource["Properties"]["FunctionName"]["Ref"] == "Webhooks"
            };
            all.retain(|_, resource| !of_webhooks(resource));
        }
    };
    "a public route without a limit of its own", "ANY /oauth/token has no limit",
        |r| remove(&mut of(r, "ApiApiGatewayDefaultStage")["RouteSettings"], "ANY /oauth/token");
    "the gateway lets everything through", "any number of requests",
        |r| remove(of(r, "ApiApiGatewayDefaultStage"), "DefaultRouteSettings");
    "the access log tells paths", "the access log tells $context.path",
        |r| of(r, "ApiApiGatewayDefaultStage")["AccessLogSettings"]["Format"] = json!("$context.path");
    "an action by a wildcard", "the action dynamodb:* is a wildcard",
        |r| statements(r, "AuditRole", |all| all[0]["Action"] = json!(["dynamodb:*"]));
    "a right on everything", "the resource is everything",
        |r| statements(r, "AuditRole", |all| all[0]["Resource"] = json!("*"));
    "a right that the function never uses", "audit: may dynamodb:DeleteItem table", |r| {
        let table = json!({"Fn::GetAtt": ["Table", "Arn"]});
        let right = json!({"Effect": "Allow", "Action": ["dynamodb:DeleteItem"], "Resource": table});
        statements(r, "AuditRole", |all| all.push(right));
    };
    "a call without a right", "consent-redirect: calls dynamodb", |r| {
        statements(r, "ConsentRedirectRole", |all| all[0]["Action"] = json!([]));
    };
    "all secrets instead of one", "secret/*", |r| {
        let all = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${SecretsPrefix}/*";
        let right = json!({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": {"Fn::Sub": all}});
        statements(r, "MailDeliveryRole", |all| all.push(right));
    };
    "a managed policy", "rights that are not written out",
        |r| of(r, "SweepRole")["ManagedPolicyArns"] = json!(["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"]);
    "two functions with one role", "share the role",
        |r| of(r, "Sweep")["Role"] = json!({"Fn::GetAtt": ["AuditRole", "Arn"]});
    "a function that may not write its log", "may not logs:PutLogEvents", |r| {
        statements(r, "SweepRole", |all| all.retain(|statement| statement["Action"][0] != "logs:CreateLogStream"));
    };
    "a secret in a variable", "the variable MAIL_FROM holds a secret",
        |r| of(r, "MailDelivery")["Environment"]["Variables"]["MAIL_FROM"] = json!("{{resolve:secretsmanager:x}}");
    "a variable is missing", "the variable TABLE_NAME is read or given alone",
        |r| remove(&mut of(r, "Sweep")["Environment"]["Variables"], "TABLE_NAME");
    "a function runs another's code", "its code is another function's",
        |r| of(r, "Sweep")["Code"]["S3Key"] = json!("audit.zip");
    "a function is missing", "functions: key-rotation is not in the template", |r| remove(r, "KeyRotation");
    "a filter that cannot be read", "a filter cannot be read", |r| {
        of(r, "MailDeliveryStream")["FilterCriteria"]["Filters"][0]["Pattern"] = json!("{\"eventName\": [");
    };
    "a filter that takes nothing of the function's", "does not reach webhook-delivery", |r| {
        of(r, "WebhookDeliveryStream")["FilterCriteria"]["Filters"][1]["Pattern"] = json!(
            r#"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "delivery#"}]}}}}"#
        );
    };
    "a filter that takes what is another's", "reaches consent-verify, which has nothing to do with it", |r| {
        of(r, "ConsentVerifyStream")["FilterCriteria"]["Filters"][0]["Pattern"] = json!(r#"{"eventName": ["INSERT"]}"#);
    };
    "a batch that comes again whole", "ReportBatchItemFailures",
        |r| remove(of(r, "ConsentVerifyStream"), "FunctionResponseTypes");
    "a stream's failures are told nobody", "what is given up is told nobody",
        |r| remove(of(r, "MailDeliveryStream"), "DestinationConfig");
    "a record is tried for ever", "without an end", |r| remove(of(r, "MailDeliveryStream"), "MaximumRetryAttempts");
    "nobody hears of bounces", "a bounce does not reach mail-delivery",
        |r| of(r, "MailDeliveryUndelivered")["EventPattern"]["detail-type"] = json!(["Email Delivered"]);
    "another system's bounces are heard", "another system's bounce reaches mail-delivery",
        |r| remove(of(r, "MailDeliveryUndelivered").pointer_mut("/EventPattern/detail").unwrap_or(&mut Value::Null), "mail");
    "SES tells of no bounce", "SES does not tell",
        |r| of(r, "MailEventsOnBus")["EventDestination"]["MatchingEventTypes"] = json!(["reject"]);
    "mail is sent without the set that tells", "SES does not tell",
        |r| of(r, "MailDelivery")["Environment"]["Variables"]["MAIL_CONFIGURATION_SET"] = json!("another");
    "a rule may not write into its queue", "it may not write into its queue", |r| remove(r, "FailedEvents");
    "a schedule that is no rate", "is no rate and no cron",
        |r| of(r, "SweepInvitations0")["ScheduleExpression"] = json!("rate(1 minutes)");
    "nothing sweeps", "nothing sweeps everything", |r| of(r, "SweepEveryMinute")["State"] = json!("DISABLED");
    "an input that the sweep does not know", "does not know what this asks for",
        |r| of(r, "SweepInvitations0")["Target"]["Input"] = json!("{\"invitationShard\": 8}");
    "a shard without a schedule", "the shards", |r| remove(r, "SweepInvitations3");
    "a schedule's failures are told nobody", "what it could not do is told nobody",
        |r| remove(&mut of(r, "KeyRotationYearly")["Target"], "DeadLetterConfig");
    "a queue that nobody looks into", "no alarm tells", |r| remove(r, "RecordsDropped");
    "another index than the code's", "the index due is not the code's",
        |r| of(r, "Table")["GlobalSecondaryIndexes"][0]["KeySchema"][1]["AttributeName"] = json!("DPK");
    "a table that cannot be restored", "restored to a point in time",
        |r| remove(of(r, "Table"), "PointInTimeRecoverySpecification");
    "a table that goes with the stack", "it goes with the stack", |r| remove(&mut r["Table"], "DeletionPolicy");
    "a table without a stream of images", "its stream lacks images",
        |r| of(r, "Table")["StreamSpecification"]["StreamViewType"] = json!("KEYS_ONLY");
    "logs for ever", "logs are kept for ever", |r| remove(of(r, "AuditLogs"), "RetentionInDays");
    "a secret's value in the template", "its value is in the template",
        |r| of(r, "ClientSecret")["SecretString"] = json!("x");
    "an alarm that tells nobody", "it tells nobody", |r| remove(of(r, "SweepMissing"), "AlarmActions");
    "an alarm without a part in the runbook", "the runbook has no part", |r| {
        of(r, "SweepMissing")["AlarmDescription"] = json!("x docs/runbook.md#nowhere");
    };
    "an alarm on a metric that nobody counts", "nothing in the code counts",
        |r| of(r, "SweepMissing")["MetricName"] = json!("SweepsEnded");
    "a function that fails unnoticed", "nobody notices that it fails", |r| remove(r, "AuditFails");
);
