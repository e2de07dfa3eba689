// Says of each webhook on stdin whether the npm package standardwebhooks accepts it.
//
// See README.md for the lines. A line or a secret that cannot be read is the caller's mistake and
// ends the run; it is never called "refused", so that a broken test cannot pass as a refusal.

import { Webhook, WebhookVerificationError } from "standardwebhooks";

function accepts({ secret, headers, body }) {
  const webhook = new Webhook(secret);
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

// Not node:readline, which also ends a line at U+2028 and U+2029: both may stand in a body.
async function* lines(input) {
  let rest = "";
  for await (const chunk of input.setEncoding("utf8")) {
    const whole = (rest + chunk).split("\n");
    rest = whole.pop();
    yield* whole;
  }
  if (rest !== "") yield rest;
}

for await (const line of lines(process.stdin)) {
  process.stdout.write(accepts(JSON.parse(line)) ? "accepted\n" : "refused\n");
}
