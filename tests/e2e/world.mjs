// A sandbox of its own for a test: the real program as a child process, and the API as a provider's developer calls it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = process.env.SANDBOX ?? fileURLToPath(new URL('../../target/debug/onboarding-sandbox', import.meta.url));
const ARGUMENTS = ['serve', '--json', '--port', '0', '--ephemeral', '--allow-insecure-redirects'];

export const CONTOSO = 'c0a70500-1111-4a4a-8b8b-0000000c0001';
export const WINGTIP = '31a671b0-4444-4a4a-8b8b-000000010004';
export const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad';
export const TEAMS_ADMIN_API = '48ac35b8-9aa8-4d74-927d-1f4a14a0b239';

/** Starts a sandbox and stops it when the test ends. Due rows move by `tick` alone. */
export async function start(t) {
  // Nothing of the caller's environment may replace a part of the sandbox (CONTRACT K2).
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, RUST_LOG: 'warn' };
  const child = spawn(PROGRAM, [...ARGUMENTS, '--no-sweep'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => { log = (log + text).slice(-20_000); });
  const ended = once(child, 'exit');
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  t.after(async () => {
    process.off('exit', abandon);
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
  });
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => line),
    ended.then(() => { throw new Error(`the sandbox ended before it was ready:\n${log}`); }),
  ]);
  return new World(JSON.parse(line));
}

class World {
  constructor(ready) {
    Object.assign(this, ready);
  }

  async call(method, url, { key, body, status = 200 } = {}) {
    const headers = { 'content-type': 'application/json' };
    if (key) headers.authorization = `Bearer ${key}`;
    const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${url}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** Registers an enterprise and answers its id; unpinned without `expectedTenant`. */
  enterprise(enterpriseName, expectedTenant, services = ['PBX']) {
    const body = { enterpriseName, pbxId: [1234], sbcGateways: [5678], services, expectedTenant };
    return this.call('POST', `${this.api}/v1/enterprises`, { key: this.resellerKey, body });
  }

  /** The link for the enterprise's Global Administrator. */
  link(enterpriseId, actionType = 'REGISTRATION') {
    const body = { actionType, enterpriseId, redirectUrl: `${this.webhooks}/hook` };
    return this.call('POST', `${this.api}/v1/enterprises/action-url`, { key: this.resellerKey, body });
  }

  /** The address of the start page for all that is missing. */
  async startLink(enterpriseId) {
    const [url, body] = [`${this.api}/v1/enterprises/${enterpriseId}/links`, { redirectUrl: `${this.webhooks}/hook` }];
    return (await this.call('POST', url, { key: this.resellerKey, body })).startUrl;
  }

  /** Has a consent asked for anew. */
  reset(enterpriseId, action) {
    const url = `${this.api}/v1/enterprises/${enterpriseId}/actions/${action}/reset`;
    return this.call('POST', url, { key: this.resellerKey, body: {} });
  }

  /** Makes a service provider that waits for its activation, and answers its id. */
  async provider(name, contactEmail) {
    const body = { name, redirectHosts: ['127.0.0.1'], contactEmail };
    return (await this.call('POST', `${this.api}/v1/resellers`, { key: this.operatorKey, body, status: 201 })).id;
  }

  reseller(id) {
    return this.call('GET', `${this.api}/v1/resellers/${id}`, { key: this.operatorKey });
  }

  /** The newest mail to an address, once there are `count` of them. */
  async mailTo(address, count = 1) {
    for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const mails = (await this.call('GET', `${this.mail}/messages`)).filter(({ to }) => to.includes(address));
      if (mails.length >= count) return mails.at(-1);
      assert.ok(Date.now() < end, `${mails.length} of ${count} mails came`);
    }
  }

  /** The address in the newest mail to a contact, once it is there. */
  async activationLink(contact) {
    return (await this.mailTo(contact)).text.match(/^http\S+\/activate\/\S+$/m)[0];
  }

  /** Invites an administrator, and answers the invitation. */
  invite(enterpriseId, adminEmail, options = {}) {
    const url = `${this.api}/v1/enterprises/${enterpriseId}/invitations`;
    return this.call('POST', url, { key: this.resellerKey, body: { adminEmail, ...options }, status: 201 });
  }

  /** Sends an invitation once more. */
  resend(invitation, status = 200) {
    const url = `${this.api}/v1/invitations/${invitation}/resend`;
    return this.call('POST', url, { key: this.resellerKey, body: {}, status });
  }

  /** The states of an enterprise and of its invitations, in one word each. */
  async standing(enterpriseId) {
    const url = `${this.api}/v1/enterprises/${enterpriseId}`;
    const { status } = await this.call('GET', url, { key: this.resellerKey });
    const { items } = await this.call('GET', `${url}/invitations`, { key: this.resellerKey });
    return [status, ...items.map((invitation) => invitation.status)];
  }

  /** Stops an enterprise (`disable`), or lets it go on (`enable`). */
  stand(enterpriseId, word) {
    return this.call('POST', `${this.api}/v1/enterprises/${enterpriseId}/${word}`, { key: this.resellerKey, body: {} });
  }

  /** The actions of an enterprise, as the API tells them. */
  async actions(enterpriseId) {
    return (await this.call('GET', `${this.api}/v1/enterprises/${enterpriseId}/actions`, { key: this.resellerKey })).items;
  }

  /** Makes a connection to Partner Center. */
  connection(partnerTenantId, integrationUser) {
    const body = { partnerTenantId, integrationUser, billingType: 'direct' };
    return this.call('POST', `${this.api}/v1/partner-center/connections`, { key: this.resellerKey, body, status: 201 });
  }

  /** The connection, as the API tells it. */
  connectionOf(id) {
    return this.call('GET', `${this.api}/v1/partner-center/connections/${id}`, { key: this.resellerKey });
  }

  /** The link for one of its steps: `admin-consent-link` or `user-consent-link`. */
  async connectionLink(id, step) {
    const url = `${this.api}/v1/partner-center/connections/${id}/${step}`;
    return (await this.call('POST', url, { key: this.resellerKey, body: {} })).url;
  }

  /** Has it tried. */
  finalize(id, status = 200) {
    const url = `${this.api}/v1/partner-center/connections/${id}/finalize`;
    return this.call('POST', url, { key: this.resellerKey, body: {}, status });
  }

  /** The audit trail of an enterprise. */
  async audit(enterpriseId) {
    return (await this.call('GET', `${this.api}/v1/audit?enterpriseId=${enterpriseId}`, { key: this.resellerKey })).items;
  }

  /** The registration of an enterprise, as the API tells it. */
  async registration(enterpriseId) {
    return (await this.actions(enterpriseId)).find((item) => item.actionType === 'REGISTRATION');
  }

  /** The webhooks that came about an enterprise, parsed, oldest first. */
  async webhooksOf(enterpriseId) {
    const caught = await this.call('GET', `${this.webhooks}/messages`);
    return caught
      .map(({ verified, body }) => ({ verified, ...JSON.parse(body) }))
      .filter((message) => message.enterpriseId === enterpriseId);
  }

  /** The same, once there are `count` of them. */
  async webhooksWhen(enterpriseId, count) {
    for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const caught = await this.webhooksOf(enterpriseId);
      if (caught.length >= count) return caught;
      assert.ok(Date.now() < end, `${caught.length} of ${count} webhooks came`);
    }
  }

  tick() {
    return this.call('POST', `${this.api}/sandbox/tick`, { key: this.operatorKey, body: {} });
  }

  advance(advanceSeconds) {
    return this.call('POST', `${this.api}/sandbox/clock`, { key: this.operatorKey, body: { advanceSeconds } });
  }

  /** Has Microsoft do something for the next requests: see tests/simulated-microsoft. */
  fault(on, what, times = null) {
    return this.call('POST', `${this.microsoft}/simulated/faults`, { body: { on, what, times } });
  }

  lag(lag) {
    return this.call('PUT', `${this.microsoft}/simulated/lag`, { body: lag });
  }

  /** Makes an application known in a tenant. */
  provision(tenant, appId) {
    return this.call('POST', `${this.microsoft}/simulated/service-principals`, { body: { tenant, appId } });
  }

  /** Takes a grant away at Microsoft. */
  revoke(revocation) {
    return this.call('POST', `${this.microsoft}/simulated/grants/revoke`, { body: revocation });
  }

  /** Removes an application from a tenant. */
  remove(tenant, appId) {
    return this.call('POST', `${this.microsoft}/simulated/service-principals/remove`, { body: { tenant, appId } });
  }

  /** What is granted at Microsoft, whether Graph shows it or not. */
  grants() {
    return this.call('GET', `${this.microsoft}/simulated/grants`);
  }

  /** How many codes were redeemed at Microsoft. */
  async redemptions() {
    const calls = await this.call('GET', `${this.microsoft}/simulated/calls`);
    return calls.filter(({ kind }) => kind === 'token').length;
  }
}
