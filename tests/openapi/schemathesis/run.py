"""Runs Schemathesis against a sandbox of its own, with the arguments that are given beside ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SANDBOX = ROOT / "target/debug/onboarding-sandbox"


def main() -> int:
    # As deployed: without what a sandbox may allow besides. Nothing of the caller's environment may replace a part of the sandbox.
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    # Nothing that is posted leaves the machine: the one host leads to loopback, which deliveries refuse to go to.
    serve = [SANDBOX, "serve", "--json", "--port", "0", "--ephemeral", "--no-sweep", "--resolve", "hooks.example.com=127.0.0.1"]
    with subprocess.Popen(serve, env=env | {"LOG_LEVEL": "ERROR"}, stdout=subprocess.PIPE, text=True) as sandbox:
        try:
            ready = json.loads(sandbox.stdout.readline())
            keys = {"API": ready["api"], "OPERATOR_KEY": ready["operatorKey"], "RESELLER_KEY": ready["resellerKey"]}
            keys["PYTHONPATH"] = str(HERE)
            run = [Path(sys.executable).with_name("st"), "--config-file", HERE / "schemathesis.toml", "run"]
            run += [f"{ready['api']}/openapi.json", "--checks", "all", *sys.argv[1:]]
            return subprocess.run(run, cwd=ROOT / "target", env=env | keys, check=False).returncode
        finally:
            sandbox.terminate()


if __name__ == "__main__":
    sys.exit(main())
