"""Puts into generated requests what only this sandbox can judge, where a request is meant to be right.

A schema cannot say which gateways, PBX types and hosts are the caller's own, that one field wants another, or which ids
there are. Without these values every new enterprise would be refused, and nothing behind it would be reached. Requests
that are meant to be wrong stay as they were generated.
"""

import json
import os
import urllib.request
import uuid

import schemathesis
from schemathesis.core.parameters import ParameterLocation

KEY = os.environ["RESELLER_KEY"]
KEY_ID = KEY.split("_")[2]
OURSELVES = int(KEY_ID.split("-")[0])
HOST = "hooks.example.com"


def _call(method, key, path, body=None):
    headers = {"Authorization": f"Bearer {os.environ[key]}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(os.environ["API"] + path, data, headers, method=method)
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


_call("PATCH", "OPERATOR_KEY", f"/v1/resellers/{OURSELVES}", {"redirectHosts": [HOST]})
GATEWAYS = [gateway["sbcGatewayId"] for gateway in _call("GET", "RESELLER_KEY", "/v1/sbc-gateways")][:1]
PBX_TYPES = [kind["id"] for kind in _call("GET", "RESELLER_KEY", "/v1/pbx-types") if not kind["isDisabled"]][:1]
ENTERPRISE = _call(
    "POST",
    "RESELLER_KEY",
    "/v1/enterprises",
    {
        "enterpriseName": "Known",
        "pbxId": PBX_TYPES,
        "sbcGateways": GATEWAYS,
        "services": ["PBX"],
        "accessSipData": True,
    },
)
# Not the one whose key is used: what is done to it must not end the run.
OTHER = _call("POST", "OPERATOR_KEY", "/v1/resellers", {"name": "Known", "redirectHosts": []})["id"]

ADDRESS = f"https://{HOST}/outcomes"
DELIVERY = _call("POST", "RESELLER_KEY", "/v1/webhooks/test", {"redirectUrl": ADDRESS})["id"]

USER_INFO = ["/v1/provisioning/o365-user-info", "/provisioning/getO365UserInfo"]


def _provisioning(body):
    # As above.
    body.setdefault("enterpriseId", ENTERPRISE)


def _enterprise(body):
    own = {
        "sbcGateways": GATEWAYS,
        "pbxId": PBX_TYPES,
        "redirectUrl": ADDRESS,
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


def _reseller(body):
    if body.get("eventsUrl") or "redirectHosts" in body:
        body["redirectHosts"] = (body.get("redirectHosts") or [])[:3] + [HOST]
        body["eventsUrl"] = f"https://{HOST}/events"
    # Ids are apart from one another, and one type at most is the default.
    for field, name in ("sbcGateways", "sbcGatewayId"), ("pbxTypes", "id"):
        if body.get(field):
            body[field] = list({entry[name]: entry for entry in body[field]}.values())
    for kind in body.get("pbxTypes") or []:
        kind["isDefault"] = False


def _key(body):
    # It ends at one time, which is to come, or after some days.
    if body.get("expiresAt"):
        body["expiresAt"] = "2999-12-31T00:00:00Z"
        body.pop("expiresInDays", None)


def _invitation(body):
    # It reminds within its life.
    if body.get("remindDaysBefore", 0) >= body.get("expiresInDays", 7):
        body.pop("remindDaysBefore", None)


def _address(body):
    # A dry run alone needs none.
    body["redirectUrl"] = ADDRESS


def _connection(body):
    # A tenant that the sandbox has, of a partner who bills customers directly.
    body.update({"partnerTenantId": "wingtip.example", "billingType": "direct"})


def _token(body):
    body.update({"client_id": KEY_ID, "client_secret": KEY})
    body.pop("scope", None)


def _known(generated, existing):
    """Half of the ids become one that exists."""
    return existing if str(generated)[-1:] in "02468" else generated


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    header = case.meta.components.get(ParameterLocation.HEADER)
    if "If-Match" in case.headers and (header is None or header.mode.is_positive):
        # The version moves with every edit; a wrong body must be refused for itself.
        case.headers["If-Match"] = "*"
    if "Idempotency-Key" in case.headers and (header is None or header.mode.is_positive):
        # One key stands for one request, and no two cases are one.
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if not case.meta.generation.mode.is_positive:
        # A dry run tells what is wrong with a body by an answer of 200.
        (case.query or {}).pop("dryRun", None)
        return
    existing = {"enterpriseId": ENTERPRISE, "resellerId": OTHER if case.path.startswith("/v1/") else OURSELVES}
    existing["deliveryId"] = DELIVERY
    for place in (case.path_parameters or {}), (case.query or {}):
        place.update({name: _known(place[name], value) for name, value in existing.items() if name in place})
    for name in ("cursor", "from", "to"):
        # Cursors are made by the list that they belong to; the end of a time comes after its beginning.
        if name in (case.query or {}):
            case.query.pop(name)
    if case.path in USER_INFO:
        # A token of one enterprise names its own; a key must name one.
        case.query = {"enterpriseId": ENTERPRISE} | (case.query or {})
    if isinstance(case.body, dict):
        fill = {"/oauth/token": _token, "/v1/resellers": _reseller, "/v1/resellers/{resellerId}": _reseller}
        fill["/v1/resellers/{resellerId}/keys"] = _key
        fill["/v1/partner-center/connections"] = _connection
        fill["/v1/enterprises/{enterpriseId}/invitations"] = _invitation
        fill["/v1/enterprises/{enterpriseId}/links"] = fill["/v1/webhooks/test"] = _address
        fill["/v1/provisioning/tenant-admin-api"] = fill["/provisioning/provisionTenantAdminAPI"] = _provisioning
        fill.get(case.path, _enterprise)(case.body)
