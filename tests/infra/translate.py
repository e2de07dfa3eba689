"""Translates the template as AWS does and lints what comes out: translate.py TEMPLATE OUT

What SAM leaves to the deployment, the upload of the artefacts, is a name here. Afterwards faults are put into the source, one
at a time; each must be told by the translation or the lint. Nothing is asked of AWS.
"""

import json
import logging
import os
import sys
import time

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

import boto3  # noqa: E402
from cfnlint.api import lint  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.public.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

REGION = "eu-west-1"
# The translator warns that nobody takes its own statistics.
logging.disable(logging.WARNING)

# What is put in the place of what, and whether that is all that is wrong then.
SEEDS = [
    ("an unknown runtime", "Runtime: provided.al2023", "Runtime: provided.al3"),
    ("a misspelt right", "dynamodb:BatchGetItem", "dynamodb:BatchGetItems"),
    ("a property that is not known", "BillingMode: PAY_PER_REQUEST", "BilingMode: PAY_PER_REQUEST"),
    ("a reference to nothing", "TABLE_NAME: !Ref Table", "TABLE_NAME: !Ref Tabel"),
    ("a comparison that is not known", "ComparisonOperator: LessThanThreshold", "ComparisonOperator: LessThan"),
    ("a property of a schedule that is not known", "State: ENABLED", "Status: ENABLED"),
    ("a time that is no number", "Timeout: 15", "Timeout: soon"),
    ("a route twice", 'Method: ANY, Path: "/v1/audit"', 'Method: ANY, Path: "/v1/audit"}\n        Again:\n          Type: HttpApi\n          Properties: {ApiId: !Ref Api, Method: ANY, Path: "/v1/audit"'),
]


class Untranslatable(Exception):
    pass


def translated(source):
    template = yaml_parse(source)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            name = resource["Properties"]["CodeUri"].rsplit("/", 1)[-1]
            resource["Properties"]["CodeUri"] = f"s3://artefacts/{name}.zip"
    session = boto3.session.Session(region_name=REGION)
    try:
        return Translator({}, Parser(), boto_session=session).translate(template, {})
    except InvalidDocumentException as fault:
        raise Untranslatable("; ".join(cause.message for cause in fault.causes)) from fault


def linted(template):
    return [f"{match.rule.id} {match.message}" for match in lint(json.dumps(template, indent=1), None, [REGION])]


def main():
    source_path, out = sys.argv[1:]
    with open(source_path, encoding="utf-8") as file:
        source = file.read()
    try:
        template = translated(source)
    except Untranslatable as fault:
        sys.exit(f"the template cannot be translated: {fault}")
    faults = linted(template)
    if faults:
        sys.exit("\n".join(faults))
    with open(out, "w", encoding="utf-8") as file:
        json.dump(template, file, indent=1)
    print(f"translated into {len(template['Resources'])} resources, and linted")
    if os.environ.get("SEEDS") == "no":
        return
    began = time.monotonic()
    missed = []
    for what, right, wrong in SEEDS:
        if right not in source:
            sys.exit(f"the fault finds no place: {what}")
        try:
            told = linted(translated(source.replace(right, wrong, 1)))
        except Untranslatable as fault:
            told = [str(fault)]
        if not told:
            missed.append(what)
    print(f"{len(SEEDS) - len(missed)} seeded faults told of {len(SEEDS)}, in {time.monotonic() - began:.0f} s")
    if missed:
        sys.exit(f"not told: {', '.join(missed)}")


if __name__ == "__main__":
    main()
