"""Says of each webhook on stdin whether the PyPI package standardwebhooks accepts it.

See README.md for the lines. A line or a secret that cannot be read is the caller's mistake and ends
the run; it is never called "refused", so that a broken test cannot pass as a refusal.
"""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def accepts(secret: str, headers: dict[str, str], body: str) -> bool:
    webhook = Webhook(secret)
    try:
        webhook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        # The package lets ValueError through for a signature that is not "version,base64".
        return False
    return True


def main() -> None:
    sys.stdin.reconfigure(encoding="utf-8")
    for line in sys.stdin:
        sent = json.loads(line)
        accepted = accepts(sent["secret"], sent["headers"], sent["body"])
        print("accepted" if accepted else "refused", flush=True)


if __name__ == "__main__":
    main()
