"""What a team on Python would write for one read: parse the event, check the key, BatchGetItem, answer JSON."""

import hashlib
import hmac
import json
import os
import re

import boto3
import msal  # noqa: F401  Every function that speaks to Microsoft loads it; its client would ask Microsoft at once.

TABLE = os.environ["TABLE_NAME"]
KEY = re.compile(r"Bearer (onb_live_((\d+)-[0-9a-z]{8})_[0-9a-z]{58})")
dynamodb = boto3.client("dynamodb")


def handler(event):
    key = KEY.fullmatch(event["headers"].get("authorization", ""))
    if not key:
        return answer(401, {"code": "unauthenticated"})
    presented, key_id, reseller = key.groups()
    enterprise = event["rawPath"].rsplit("/", 1)[-1]
    rows = read(
        (f"reseller#{reseller}", f"key#{key_id}"),
        (f"reseller#{reseller}", "reseller"),
        (f"enterprise#{enterprise}", "enterprise"),
    )
    found = {row["SK"]["S"].split("#")[0]: row for row in rows}
    stored = found.get("key", {}).get("hash", {}).get("S", "")
    digest = hashlib.sha256(presented.encode()).hexdigest()
    active = found.get("reseller", {}).get("status", {}).get("S") == "active"
    if not (hmac.compare_digest(stored, digest) and active):
        return answer(401, {"code": "unauthenticated"})
    own = found.get("enterprise")
    if not own or own["reseller"]["N"] != reseller:
        return answer(404, {"code": "not_found"})
    known = {"enterpriseId": plain(own["id"]), "resellerId": int(reseller), "createdAt": plain(own["createdAt"])}
    return answer(200, {**known, **plain(own["profile"])})


def read(*keys):
    keys = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in keys]
    return dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})["Responses"][TABLE]


def plain(value):
    (kind, inner), = value.items()
    if kind == "M":
        return {name: plain(value) for name, value in inner.items()}
    if kind == "L":
        return [plain(value) for value in inner]
    if kind == "N":
        return int(inner)
    return None if kind == "NULL" else inner


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
