"""What a deployment does for a customer, step by step, over HTTP: used by deploy_local.py --check.

Each step says what the deployed shape adds to what tests/it shows in one process: events of the gateway with bodies in base64, an
environment from the template, filters of the stream, schedules, and functions that start by themselves.
"""

import html
import json
import time
import urllib.parse
from html.parser import HTMLParser
from http.client import HTTPConnection

HOOK = "https://hooks.example.com/onboarding"
# A tenant of the simulated Microsoft.
CONTOSO = "c0a70500-1111-4a4a-8b8b-0000000c0001"
CATALOGUE = {
    "sbcGateways": [{"sbcGatewayId": 5678, "sbcGatewayRegion": "US-East"}],
    "pbxTypes": [{"id": 1234, "pbxName": "AcmePBX", "pbxLabel": "Acme Cloud PBX", "isDefault": True, "isDisabled": False,
                  "hostingType": "Cloud"}],
}


class Form(HTMLParser):
    """The form of a page, as a browser reads it."""

    def __init__(self, page):
        super().__init__()
        self.action, self.method, self.fields, self.buttons, self.button = None, "get", {}, [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action, self.method = given.get("action", ""), given.get("method", "get").lower()
        elif tag == "input" and given.get("type") in ("hidden", "checkbox") and "name" in given:
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            self.button = [given.get("name"), given.get("value", ""), ""]
            self.buttons.append(self.button)

    def handle_data(self, data):
        if self.button:
            self.button[2] += data

    def handle_endtag(self, tag):
        if tag == "button":
            self.button = None

    def press(self, text):
        name, value, _ = next(button for button in self.buttons if text in button[2])
        return {**self.fields, **({name: value} if name else {})}


class Browser:
    """Follows redirects and keeps cookies. Our own address leads to the gateway on this machine, as DNS and TLS would."""

    def __init__(self, gateway, public):
        self.gateway, self.public, self.cookies, self.statuses = gateway, public, {}, []

    def call(self, method, url, body=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        ours = url.startswith(self.public)
        place = self.gateway if ours else parts.netloc
        connection = HTTPConnection(place, timeout=60)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.get(parts.hostname, {}).items())
        sent = {"host": parts.netloc, **({"cookie": kept} if kept else {}), **(headers or {})}
        connection.request(method, path or "/", body, sent)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("set-cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies.setdefault(parts.hostname, {})[name] = value
        return answer.status, answer.headers, answer.read().decode()

    def visit(self, method, url, body=None, headers=None):
        self.statuses = []
        for _ in range(10):
            status, headers, page = self.call(method, url, body, headers)
            self.statuses.append(status)
            if status not in (302, 303):
                return url, page
            url, method, body, headers = urllib.parse.urljoin(url, headers["location"]), "GET", None, None
        raise AssertionError("too many redirects")

    def submit(self, at, page, text):
        form = Form(page)
        fields = urllib.parse.urlencode(form.press(text))
        url = urllib.parse.urljoin(at, html.unescape(form.action or at))
        if form.method == "get":
            return self.visit("GET", f"{url}?{fields}")
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(at))
        return self.visit("POST", url, fields, {"content-type": "application/x-www-form-urlencoded", "origin": origin})


class Journey:
    def __init__(self, deployment, gateway, public):
        self.deployment, self.public = deployment, public
        self.browser = Browser(gateway, public)
        self.key = None

    def api(self, method, path, body=None, expected=(200, 201, 202)):
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        if body is not None:
            headers["content-type"] = "application/json"
        status, _, told = self.browser.call(method, self.public + path, json.dumps(body) if body is not None else None, headers)
        assert status in (expected if isinstance(expected, tuple) else (expected,)), f"{method} {path}: {status} {told}"
        return json.loads(told) if told.startswith(("{", "[", '"')) or told.isdigit() else told

    def until(self, what, look, seconds=30):
        end = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < end, f"not within {seconds} s: {what}"
            time.sleep(0.2)
        return found

    def step(self, what, do):
        began = time.monotonic()
        done = do()
        print(f"{(time.monotonic() - began) * 1000:8.0f} ms  {what}", flush=True)
        return done

    def needs_keys(self):
        """Whoever may read the keys ends at its start and names the secret (G80), but for those whose other calls need none, and the
        one that makes them."""
        readers = set(self.deployment.template.readers_of("SealingKeys")) - {"create-enterprise", "credentials", "key-rotation"}
        refused = {name: said for name, said in self.deployment.refused.items() if said is not None}
        assert set(refused) == readers, (set(refused), readers)
        assert all("/sealing-keys" in said for said in refused.values()), refused

    def routes(self):
        assert self.api("GET", "/healthz") == {"status": "ok"}
        assert self.api("GET", "/v1/nothing", expected=404)["code"], "our own 404"
        for method, path in (("DELETE", "/v1/audit"), ("PUT", "/v1/enterprises"), ("GET", "/restricted/handleResponse")):
            self.api(method, path, expected=405)
        assert self.api("GET", "/openapi.json")["openapi"].startswith("3.1")

    def refused(self):
        for path in ("/v1/audit", "/v1/enterprises", "/v1/partner-center/connections", "/v1/webhooks/deliveries",
                     "/v1/enterprises/1/readiness", "/v1/enterprises/1/invitations", "/v1/resellers"):
            self.api("GET", path, expected=401)

    def provider(self):
        made = self.deployment.admin("reseller", "create", "--name", "Acme Voice", "--redirect-host", "hooks.example.com")
        reseller = str(made["id"])
        self.deployment.admin("catalogue", "set", reseller, "-", said=json.dumps(CATALOGUE))
        self.key = self.deployment.admin("key", "create", reseller)["key"]
        return reseller

    def register(self):
        gateways, types = self.api("GET", "/v1/sbc-gateways"), self.api("GET", "/v1/pbx-types")
        body = {"enterpriseName": "Contoso", "services": ["PBX"], "expectedTenant": CONTOSO,
                "sbcGateways": [gateways[0]["sbcGatewayId"]], "pbxId": [types[0]["id"]]}
        return self.api("POST", "/v1/enterprises", body)

    def consents(self, enterprise):
        wanted = {"actionType": "REGISTRATION", "enterpriseId": enterprise, "redirectUrl": HOOK}
        at, page = self.browser.visit("GET", self.api("POST", "/v1/enterprises/action-url", wanted))
        for text in ("Grace", "Accept", "Continue"):
            at, page = self.browser.submit(at, page, text)
        assert self.browser.statuses == [303, 200], (self.browser.statuses, page)
        assert "Granted Consent" in page, page

    def is_granted(self, enterprise):
        items = self.api("GET", f"/v1/enterprises/{enterprise}/actions")["items"]
        assert any(item["actionType"] == "REGISTRATION" and item["status"] == "granted" for item in items), items

    def is_tried(self):
        """Nobody is at the hook, so what shows is that the stream reached the sender, and that it tried."""
        return any(one["attempts"] for one in self.api("GET", "/v1/webhooks/deliveries")["items"])

    def mailed(self, enterprise):
        self.api("POST", f"/v1/enterprises/{enterprise}/invitations", {"adminEmail": "grace@contoso.example"})
        outside = self.deployment.outside
        place = urllib.parse.urlsplit(outside["mail"])

        def arrived():
            connection = HTTPConnection(place.netloc)
            connection.request("GET", f"{place.path}/messages", headers={"authorization": f"Bearer {outside['operatorKey']}"})
            mails = json.loads(connection.getresponse().read())
            return [mail for mail in mails if "grace@contoso.example" in mail["to"]]

        mail = self.until("the invitation's mail", arrived)[0]
        assert f"{self.public}/start/" in mail["text"], mail
        return mail["headers"]["X-Onboarding-Mail-Id"]

    def came_back(self, enterprise, mail):
        def delivery():
            return self.api("GET", f"/v1/enterprises/{enterprise}/invitations")["items"][0]["delivery"]

        def event(of):
            tags = {"mail-id": [mail], "ses:configuration-set": [of]}
            bounce = {"bounceType": "Permanent", "bounceSubType": "General"}
            return {"source": "aws.ses", "detail-type": "Email Bounced", "detail": {"mail": {"messageId": "1", "tags": tags}, "bounce": bounce}}

        self.until("the record that it was sent", lambda: delivery()["status"] == "sent")
        assert self.deployment.tell(event("another")) == [], "another system's bounce is not ours"
        assert self.deployment.tell(event("local-mail")) == ["mail-delivery"]
        assert delivery() == {"status": "failed", "reason": "bounced"}, delivery()

    def sealed(self):
        self.deployment.tick()
        assert self.api("GET", "/v1/audit")["segments"], "the sweep seals the audit trail"

    def rotated(self):
        told = self.deployment.functions["key-rotation"].invoke({})
        assert told["sealsFrom"] > 0, told
        assert self.deployment.functions["key-rotation"].invoke({}) == told, "again changes nothing"

    def told(self):
        """One line a request of 600 bytes at most, and metrics that CloudWatch reads."""
        self.deployment.log.flush()
        with open(self.deployment.log.name, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.startswith("{")]
        requests = [line for line in lines if line.get("message") == "request answered"]
        assert len(requests) > 20
        assert all("gateway.id" in line for line in requests)
        assert any(line.get("action") == "REGISTRATION" for line in requests)
        longest = max(len(json.dumps(line, separators=(",", ":"))) for line in requests)
        assert longest <= 600, longest
        metrics = {one["Name"] for line in lines if "_aws" in line for group in line["_aws"]["CloudWatchMetrics"] for one in group["Metrics"]}
        for name in ("ColdStart", "Started", "Granted", "SweepEnded", "Swept", "SweepBacklog"):
            assert name in metrics, (name, metrics)

    def doctor(self):
        # Our address is of this machine alone, so nobody answers there.
        checks = self.deployment.admin("doctor", base=None)
        assert all(check["status"] == "ok" for check in checks), checks


def check(deployment, gateway, public):
    journey = Journey(deployment, gateway, public)
    journey.step("without sealing keys no function starts that reads them at its start", journey.needs_keys)
    journey.step("every function is asked: routes, wrong methods, our own 404", journey.routes)
    journey.step("nobody comes in without a credential", journey.refused)
    journey.step("the operator makes a provider and its key by onboarding-admin", journey.provider)
    enterprise = journey.step("the provider registers an enterprise", journey.register)
    journey.step("its administrator consents at Microsoft and comes back", lambda: journey.consents(enterprise))
    journey.step("the action is granted", lambda: journey.is_granted(enterprise))
    journey.step("the stream reaches the sender of webhooks", lambda: journey.until("an attempt", journey.is_tried))
    mail = journey.step("the stream reaches the sender of mails", lambda: journey.mailed(enterprise))
    journey.step("what SES tells of a mail that came back is recorded", lambda: journey.came_back(enterprise, mail))
    journey.step("the schedule seals the audit trail", journey.sealed)
    journey.step("a new sealing key is made, once", journey.rotated)
    journey.step("onboarding-admin doctor finds nothing", journey.doctor)
    journey.step("the log has its lines and its metrics", journey.told)
    for name in ("webhook-delivery", "mail-delivery"):
        assert deployment.mappings[name].handed, name
    print("the deployed shape passes: 14 passed, 0 failed")
