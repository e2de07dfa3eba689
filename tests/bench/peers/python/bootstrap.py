"""The Runtime API's loop in as little as it takes, so that Python is measured and not a client of ours."""

import http.client
import json
import os

from handler import handler

PATH = "/2018-06-01/runtime/invocation/"
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", PATH + "next")
    following = connection.getresponse()
    event = json.loads(following.read())
    request = following.headers["lambda-runtime-aws-request-id"]
    connection.request("POST", f"{PATH}{request}/response", json.dumps(handler(event)))
    connection.getresponse().read()
