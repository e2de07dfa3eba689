"""Puts into generated requests what only this sandbox can judge, where a request is meant to be right.

A schema cannot say which gateways, PBX types and hosts are the caller's own, that one field wants another, or which ids
there are. Without these values every new enterprise would be refused, and nothing behind it would be reached. Requests
that are meant to be wrong stay as they were generated.
"""

import json
import os
import urllib.request

import schemathesis


def _call(key, path, body=None):
    headers = {"Authorization": f"Bearer {os.environ[key]}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(os.environ["API"] + path, data, headers)) as answer:
        return json.load(answer)


GATEWAYS = [gateway["sbcGatewayId"] for gateway in _call("RESELLER_KEY", "/v1/sbc-gateways")][:1]
PBX_TYPES = [kind["id"] for kind in _call("RESELLER_KEY", "/v1/pbx-types") if not kind["isDisabled"]][:1]
HOOK = os.environ["API"] + "/sandbox/webhooks/hook"
ENTERPRISE = _call(
    "RESELLER_KEY",
    "/v1/enterprises",
    {"enterpriseName": "Known", "pbxId": PBX_TYPES, "sbcGateways": GATEWAYS, "services": ["PBX"]},
)
OURSELVES = _call("RESELLER_KEY", f"/v1/enterprises/{ENTERPRISE}")["resellerId"]
# Not the one whose key is used: what is done to it must not end the run.
OTHER = _call("OPERATOR_KEY", "/v1/resellers", {"name": "Known", "redirectHosts": []})["id"]


def _fill(body):
    own = {
        "sbcGateways": GATEWAYS,
        "pbxId": PBX_TYPES,
        "redirectUrl": HOOK,
        "resellerId": 0,
        "countryName": "Germany",
        "federationDomain": "contoso.com",
    }
    body.update({field: value for field, value in own.items() if field in body})
    if "redirectUrl" in body and isinstance(body.get("enterpriseId"), int):
        body["enterpriseId"] = _known(body["enterpriseId"], ENTERPRISE)
    # It must be the one of the action.
    body.pop("consentType", None)
    if body.get("federated"):
        body["federationDomain"] = own["federationDomain"]
    if body.get("eventsUrl"):
        hosts = body.get("redirectHosts") or ["hooks.example.com"]
        body["redirectHosts"], body["eventsUrl"] = hosts, f"https://{hosts[0].lower()}/events"


def _known(generated, existing):
    """Half of the ids become one that exists."""
    return existing if str(generated)[-1:] in "02468" else generated


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    existing = {"enterpriseId": ENTERPRISE, "resellerId": OTHER if case.path.startswith("/v1/") else OURSELVES}
    for place in (case.path_parameters or {}), (case.query or {}):
        place.update({name: _known(place[name], value) for name, value in existing.items() if name in place})
    # Cursors are made by the list that they belong to.
    (case.query or {}).pop("cursor", None)
    if isinstance(case.body, dict):
        _fill(case.body)
