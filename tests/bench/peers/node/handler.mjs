// What a team on Node would write for one read: parse the event, check the key, BatchGetItem, answer JSON.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ConfidentialClientApplication } from '@azure/msal-node';

const table = process.env.TABLE_NAME;
// One certificate instead of Node's own list: it spares Node the reading of that list.
const agent = new https.Agent({ keepAlive: true, ca: fs.readFileSync(process.env.AWS_CA_BUNDLE) });
const dynamodb = new DynamoDBClient({ requestHandler: { httpsAgent: agent } });
// Every function that speaks to Microsoft makes one; none of the requests here needs it.
export const microsoft = new ConfidentialClientApplication({
  auth: { clientId: process.env.CLIENT_ID, authority: 'https://login.microsoftonline.com/organizations', clientSecret: 'unused' },
});

export async function handler(event) {
  const key = /^Bearer (onb_live_((\d+)-[0-9a-z]{8})_[0-9a-z]{58})$/.exec(event.headers.authorization ?? '');
  if (!key) return answer(401, { code: 'unauthenticated' });
  const [, presented, keyId, reseller] = key;
  const enterprise = event.rawPath.split('/').pop();
  const rows = await read([
    [`reseller#${reseller}`, `key#${keyId}`],
    [`reseller#${reseller}`, 'reseller'],
    [`enterprise#${enterprise}`, 'enterprise'],
  ]);
  const found = Object.fromEntries(rows.map((row) => [row.SK.S.split('#')[0], row]));
  const hash = crypto.createHash('sha256').update(presented).digest();
  const stored = Buffer.from(found.key?.hash.S ?? '', 'hex');
  const accepted = stored.length === hash.length && crypto.timingSafeEqual(stored, hash) && found.reseller?.status.S === 'active';
  if (!accepted) return answer(401, { code: 'unauthenticated' });
  if (found.enterprise?.reseller.N !== reseller) return answer(404, { code: 'not_found' });
  const { id, profile, createdAt } = found.enterprise;
  return answer(200, { enterpriseId: Number(id.N), resellerId: Number(reseller), createdAt: Number(createdAt.N), ...plain(profile) });
}

async function read(keys) {
  const Keys = keys.map(([PK, SK]) => ({ PK: { S: PK }, SK: { S: SK } }));
  const read = new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });
  return (await dynamodb.send(read)).Responses[table];
}

function plain(value) {
  const [[type, inner]] = Object.entries(value);
  switch (type) {
    case 'M': return Object.fromEntries(Object.entries(inner).map(([name, value]) => [name, plain(value)]));
    case 'L': return inner.map(plain);
    case 'N': return Number(inner);
    case 'NULL': return null;
    default: return inner;
  }
}

function answer(statusCode, body) {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
