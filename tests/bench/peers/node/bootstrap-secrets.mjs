// The same handler where the secrets are read before the first event, as our functions that hold secrets do.
import fs from 'node:fs';
import https from 'node:https';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: fs.readFileSync(process.env.AWS_CA_BUNDLE) });
const secrets = new SecretsManagerClient({ requestHandler: { httpsAgent: agent } });
for (const name of ['sealing-keys', 'client-secret']) {
  await secrets.send(new GetSecretValueCommand({ SecretId: `${process.env.SECRETS_PREFIX}/${name}` }));
}
await import('./bootstrap.mjs');
