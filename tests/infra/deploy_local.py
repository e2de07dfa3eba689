"""The deployed shape on this machine: deploy_local.py TEMPLATE FUNCTIONS [--check]

Each function runs as Lambda runs it: its own bootstrap in a process of its own, with the environment that the translated
TEMPLATE gives it, over the Runtime API. API Gateway's routes, the table, the stream's mappings with their filters, and the schedules are
those of the template. DynamoDB, Secrets Manager, SES and Microsoft are the sandbox's. Everything listens on 127.0.0.1.

With --check a customer's journey is gone through and the program ends; without, it serves until it is stopped.
What it cannot do is listed in docs/testing.md.
"""

import base64
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

REGION = "eu-west-1"
PUBLIC = "https://consent.example.com"
PREFIX = "onboarding/local"
TABLE = "onboarding-local"
CLIENT_ID = "0a4db0a2-d100-4a4a-8b8b-0000000a0001"
CLIENT_SECRET = "of-this-run-" + uuid.uuid4().hex
KEYS = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
# What a parameter is here, where it is not the template's default.
GIVEN = {"PublicBaseUrl": PUBLIC, "SecretsPrefix": PREFIX, "ClientId": CLIENT_ID, "MailFrom": "no-reply@example.com",
         "MailIdentity": "example.com", "AWS::StackName": "local", "Table": TABLE, "MailEvents": "local-mail"}


class Template:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.whole = json.load(file)
        self.resources = self.whole["Resources"]

    def of_type(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def value(self, value):
        """A value with its references resolved."""
        if isinstance(value, dict) and "Ref" in value:
            name = value["Ref"]
            return GIVEN[name] if name in GIVEN else self.whole["Parameters"][name]["Default"]
        if isinstance(value, dict) and "Fn::Sub" in value:
            return re.sub(r"\$\{([^}]+)\}", lambda match: GIVEN[match[1]], value["Fn::Sub"])
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, list) else value

    def readers_of(self, secret):
        """The functions whose role may read the secret with this logical id."""
        for function in self.of_type("AWS::Lambda::Function").values():
            role = self.resources[function["Role"]["Fn::GetAtt"][0]]["Properties"]
            rights = [right for policy in role["Policies"] for right in policy["PolicyDocument"]["Statement"]]
            if any("secretsmanager:GetSecretValue" in one["Action"] and {"Ref": secret} in listed(one["Resource"]) for one in rights):
                yield function["Code"]["S3Key"].removesuffix(".zip")

    def function(self, identifier):
        """The crate of the function with this logical id."""
        return self.resources[identifier]["Properties"]["Code"]["S3Key"].removesuffix(".zip")

    def routes(self):
        """(method or ANY, pattern, number of parameters, function), and the default's function."""
        routes, default = [], None
        for api in self.of_type("AWS::ApiGatewayV2::Api").values():
            for path, methods in api["Body"]["paths"].items():
                for method, route in methods.items():
                    uri = route["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                    function = self.function(re.search(r"functions/\$\{(\w+)\.Arn\}", uri)[1])
                    if path.endswith("$default"):
                        default = function
                        continue
                    method = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                    pattern = re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/")))
                    routes.append((method, pattern, path.count("{"), function))
        return routes, default


def listed(value):
    return value if isinstance(value, list) else [value]


class Function:
    """One function: a process, and the Runtime API that it asks for its events."""

    def __init__(self, name, program, variables):
        self.name, self.program, self.variables = name, program, variables
        self.waiting, self.answers, self.asked = queue.Queue(), {}, threading.Event()
        function = self

        class Runtime(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                function.asked.set()
                event, answer, deadline = function.waiting.get()
                request = str(uuid.uuid4())
                function.answers[request] = answer
                headers = {"lambda-runtime-aws-request-id": request, "lambda-runtime-deadline-ms": str(deadline),
                           "lambda-runtime-invoked-function-arn": f"arn:aws:lambda:{REGION}:000000000000:function:{function.name}"}
                send(self, 200, json.dumps(event).encode(), headers)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0) or None) if "content-length" in self.headers else chunked(self.rfile)
                request = self.path.split("/")[-2]
                failed = self.path.endswith("/error")
                answer = function.answers.pop(request, None)
                if answer is not None:
                    answer.put((failed, body))
                elif failed:
                    print(f"{function.name} does not start: {body.decode()}", file=sys.stderr)
                send(self, 202, b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def start(self, log):
        variables = {**self.variables, **KEYS, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
                     "AWS_LAMBDA_FUNCTION_NAME": f"local-{self.name}", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                     "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"}
        self.process = subprocess.Popen([self.program], env=variables, stdout=log, stderr=subprocess.STDOUT)

    def refuses_to_start(self, seconds=10):
        """What it says when it ends by itself before it asks for an event; None if it asks for one. It is of no use afterwards."""
        self.start(subprocess.PIPE)
        until = time.time() + seconds
        while self.process.poll() is None and not self.asked.wait(0.01):
            assert time.time() < until, f"{self.name} neither ends nor asks for an event"
        asks = self.asked.is_set()
        self.process.kill()
        said = self.process.communicate()[0].decode()
        assert asks or self.process.returncode, f"{self.name} ends as if all were well: {said}"
        return None if asks else said

    def invoke(self, event, seconds=30):
        answer = queue.Queue()
        self.waiting.put((event, answer, int((time.time() + seconds) * 1000)))
        failed, body = answer.get(timeout=seconds)
        if failed:
            raise RuntimeError(f"{self.name}: {body.decode()}")
        return json.loads(body) if body else None


def chunked(file):
    body = b""
    while size := int(file.readline().split(b";")[0] or b"0", 16):
        body += file.read(size)
        file.readline()
    file.readline()
    return body


def send(handler, status, body, headers=None):
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def gateway(template, functions):
    """API Gateway's HTTP API: the template's routes, events of payload format 2.0 with every body in base64."""
    routes, default = template.routes()

    def chosen(method, path):
        fitting = [route for route in routes if route[0] in (method, "ANY") and route[1].fullmatch(path)]
        # A path without parameters wins, then a method that is named.
        best = min(fitting, key=lambda route: (route[2], route[0] == "ANY"), default=None)
        return best[3] if best else default

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path, _, query = self.path.partition("?")
            headers = {}
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "cookie", "content-length"):
                    name = name.lower()
                    headers[name] = f"{headers[name]},{value}" if name in headers else value
            event = {
                "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
                "requestContext": {
                    "accountId": "000000000000", "apiId": "local", "domainName": "consent.example.com", "domainPrefix": "consent",
                    "http": {"method": self.command, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                             "userAgent": self.headers.get("user-agent", "")},
                    "requestId": str(uuid.uuid4()), "routeKey": "$default", "stage": "$default", "timeEpoch": int(time.time() * 1000),
                },
                "isBase64Encoded": bool(body), "body": base64.b64encode(body).decode() if body else None,
            }
            if cookie := self.headers.get_all("cookie"):
                event["cookies"] = "; ".join(cookie).split("; ")
            answer = functions[chosen(self.command, path)].invoke(event)
            told = answer.get("body") or ""
            told = base64.b64decode(told) if answer.get("isBase64Encoded") else told.encode()
            self.send_response(answer["statusCode"])
            for name, value in (answer.get("headers") or {}).items():
                self.send_header(name, value)
            for cookie in answer.get("cookies") or []:
                self.send_header("set-cookie", cookie)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = any

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def takes(pattern, record):
    """Whether a filter of an event source mapping, or the pattern of a rule, takes a record."""
    if isinstance(pattern, dict):
        return all(takes(inner, (record or {}).get(key)) for key, inner in pattern.items())
    return any(meets(one, record) for one in pattern)


def meets(one, value):
    if isinstance(value, list):
        return any(meets(one, element) for element in value)
    if isinstance(one, dict) and "prefix" in one:
        return isinstance(value, str) and value.startswith(one["prefix"])
    if isinstance(one, dict) and "exists" in one:
        return one["exists"] == (value is not None)
    return one == value


class Mapping(threading.Thread):
    """One event source mapping: reads the stream from its beginning, filters, invokes, and tries again what is reported."""

    def __init__(self, stream, arn, mapping, function):
        super().__init__(daemon=True)
        self.stream, self.arn, self.function = stream, arn, function
        self.filters = [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]
        self.tries = mapping["MaximumRetryAttempts"] + 1
        self.size = mapping["BatchSize"]
        self.handed = 0

    def run(self):
        shards = self.stream.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        iterator = self.stream.get_shard_iterator(StreamArn=self.arn, ShardId=shards[0]["ShardId"],
                                                  ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            page = self.stream.get_records(ShardIterator=iterator, Limit=self.size)
            iterator = page["NextShardIterator"]
            batch = [record for record in map(self.record, page["Records"]) if any(takes(f, record) for f in self.filters)]
            for _ in range(self.tries):
                if not batch:
                    break
                self.handed += len(batch)
                failed = {item["itemIdentifier"] for item in self.function.invoke({"Records": batch}, 60)["batchItemFailures"]}
                first = next((at for at, one in enumerate(batch) if one["dynamodb"]["SequenceNumber"] in failed), len(batch))
                batch = batch[first:]
            time.sleep(0.1)

    def record(self, record):
        change = record["dynamodb"]
        change["ApproximateCreationDateTime"] = int(change["ApproximateCreationDateTime"].timestamp())
        return {"eventID": record["eventID"], "eventName": record["eventName"], "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "awsRegion": REGION, "eventSourceARN": self.arn, "dynamodb": change}


class Deployment:
    def __init__(self, template, folder):
        self.template, self.folder = template, folder
        env = {**os.environ, "PUBLIC_BASE_URL": PUBLIC, "CLIENT_SECRET": CLIENT_SECRET, "CLIENT_ID": CLIENT_ID}
        self.sandbox = subprocess.Popen(
            [f"{folder}/onboarding-sandbox", "serve", "--port", "0", "--ephemeral", "--json", "--no-sweep"],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.outside = json.loads(self.sandbox.stdout.readline())
        self.places = {"AWS_ENDPOINT_URL_DYNAMODB": self.outside["dynamodb"],
                       "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.outside["secrets"],
                       "AWS_ENDPOINT_URL_SESV2": f"{self.outside['api']}/sandbox/ses",
                       "AUTHORITY_HOST": self.outside["microsoft"], "GRAPH_ENDPOINT": self.outside["microsoft"],
                       "PARTNER_CENTER_ENDPOINT": self.outside["microsoft"]}
        self.log = open(f"{folder}/deploy-local.log", "w", encoding="utf-8")  # noqa: SIM115 - as long as the functions run
        self.functions = {}
        self.secrets = self.client("secretsmanager", "secrets")

    def client(self, service, place):
        return boto3.client(service, region_name=REGION, endpoint_url=self.outside[place], aws_access_key_id="local",
                            aws_secret_access_key="local")

    def admin(self, *words, said="", base=PUBLIC):
        """onboarding-admin, as docs/deploy.md has it."""
        env = {**KEYS, **self.places, "TABLE_NAME": TABLE, "SECRETS_PREFIX": PREFIX, **({"PUBLIC_BASE_URL": base} if base else {})}
        ran = subprocess.run([f"{self.folder}/onboarding-admin", "--json", *words], env=env, input=said, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(f"onboarding-admin {' '.join(words)}: {ran.stderr}")
        return json.loads(ran.stdout)

    def make(self):
        self.make_table()
        for secret in self.template.of_type("AWS::SecretsManager::Secret").values():
            self.secrets.create_secret(Name=self.template.value(secret["Name"]))

    def start_without_keys(self):
        """What each function says that does not start before there are sealing keys; None of those that start."""
        self.refused = {name: function.refuses_to_start() for name, function in self.fresh_functions()}

    def start(self):
        self.admin("sealing-keys", "create")
        self.admin("sealing-keys", "create")
        self.secrets.put_secret_value(SecretId=f"{PREFIX}/client-secret", SecretString=CLIENT_SECRET)
        for name, function in self.fresh_functions():
            self.functions[name] = function
            function.start(self.log)
        self.port = gateway(self.template, self.functions)
        stream = self.client("dynamodbstreams", "dynamodb")
        self.mappings = {}
        for mapping in self.template.of_type("AWS::Lambda::EventSourceMapping").values():
            name = self.template.function(mapping["FunctionName"]["Ref"])
            self.mappings[name] = Mapping(stream, self.arn, mapping, self.functions[name])
            self.mappings[name].start()

    def fresh_functions(self):
        """Each function of the template by its name, not started."""
        for properties in self.template.of_type("AWS::Lambda::Function").values():
            name = properties["Code"]["S3Key"].removesuffix(".zip")
            variables = {key: str(self.template.value(value)) for key, value in properties["Environment"]["Variables"].items()}
            yield name, Function(name, f"{self.folder}/{name}", {**variables, **self.places})

    def make_table(self):
        (wanted,) = self.template.of_type("AWS::DynamoDB::Table").values()
        shape = {key: wanted[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")}
        stream = {"StreamEnabled": True, **wanted["StreamSpecification"]}
        client = self.client("dynamodb", "dynamodb")
        client.create_table(TableName=TABLE, StreamSpecification=stream, **shape)
        client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
        self.arn = client.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]

    def tick(self, seconds=30):
        """Every schedule of the sweep that is enabled, once."""
        for schedule in self.template.of_type("AWS::Scheduler::Schedule").values():
            if self.template.value(schedule["State"]) == "ENABLED" and "Sweep" in schedule["Target"]["Arn"]["Fn::GetAtt"]:
                self.functions["sweep"].invoke(json.loads(schedule["Target"].get("Input", "{}")), seconds)

    def tell(self, event):
        """An event on the account's bus: every function that a rule brings it to, by its name."""
        reached = []
        for rule in self.template.of_type("AWS::Events::Rule").values():
            if takes(self.template.value(rule["EventPattern"]), event):
                reached += [self.template.function(target["Arn"]["Fn::GetAtt"][0]) for target in rule["Targets"]]
        for name in reached:
            self.functions[name].invoke(event)
        return reached

    def stop(self):
        for function in self.functions.values():
            function.process.kill()
        self.sandbox.terminate()


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    deployment = Deployment(Template(words[0]), words[1])
    try:
        deployment.make()
        is_checked = "--check" in sys.argv
        if is_checked:
            deployment.start_without_keys()
        deployment.start()
        if is_checked:
            import journey

            journey.check(deployment, f"127.0.0.1:{deployment.port}", PUBLIC)
            return
        print(f"http://127.0.0.1:{deployment.port}; the functions log to {words[1]}/deploy-local.log")
        while True:
            deployment.tick()
            time.sleep(60)
    except KeyboardInterrupt:
        pass
    finally:
        deployment.stop()


if __name__ == "__main__":
    main()
