// The start page and what belongs to it: the journey through both screens, in one browser or two; the cookie that must cross
// sites; scanners; federated sign-ins; the page that explains Microsoft's errors.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import { after, test } from 'node:test';
import { accept, accessible, picture, quit, readable, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

const SERVICES = ['PBX', 'CALLAPP'];
const CALLING = ['REGISTRATION', 'GET_USER_SYNC_CONSENT', 'GET_PRESENCE_CONSENT', 'GET_AGENT_CONSENT', 'GET_CALL_APP_CONSENT'];

/** Presses the one button of a page of ours, and is Grace at Microsoft. */
async function begin(page, name = 'Grace Adams') {
  await page.getByRole('button', { name: /Continue to|Try again/ }).click();
  await page.getByRole('button', { name }).click();
}

/** The page that a link of `page` opens in a tab of its own. */
async function opened(page, name) {
  const tab = page.context().waitForEvent('page');
  await page.getByRole('link', { name }).click();
  return tab;
}

async function listen(t, handle) {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/** Our API on another port of its host, with every `Set-Cookie` rewritten on its way: cookies know no ports. */
function behind(t, world, rewrite) {
  return listen(t, (asked, answer) => {
    const { host, ...headers } = asked.headers;
    const passed = send(`${world.api}${asked.url}`, { method: asked.method, headers }, (got) => {
      const cookies = got.headers['set-cookie']?.map(rewrite);
      answer.writeHead(got.statusCode, { ...got.headers, ...(cookies && { 'set-cookie': cookies }) });
      got.pipe(answer);
    });
    asked.pipe(passed);
  });
}

test('screen one, then days later screen two in another browser: everything is granted', async (t) => {
  const world = await start(t);
  const first = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, SERVICES);
  const url = await world.startLink(enterprise);
  await first.page.goto(url);
  await first.page.getByText('2 Microsoft screens are left').waitFor();
  for (const text of ['Acme Voice', 'Contoso Ltd', 'Register your organisation', 'Global Administrator', url]) {
    assert.ok((await first.page.locator('main').innerText()).includes(text), text);
  }
  await accessible(first.page);
  await picture(first.page, 'start');
  await begin(first.page);
  await accept(first.page);
  await first.page.waitForURL('**/outcome/**');
  assert.equal(await first.page.getByRole('status').innerText(), 'Granted Consent');
  await accessible(first.page);
  await picture(first.page, 'start-outcome-first');

  await world.advance(5 * 24 * 60 * 60);
  const second = await visitor(t, world);
  await second.page.goto(url);
  await second.page.getByText('One Microsoft screen is left').waitFor();
  await accessible(second.page);
  await picture(second.page, 'start-resumed');
  await begin(second.page);
  await accept(second.page, { tick: false });
  await second.page.waitForURL('**/outcome/**');
  assert.match(await second.page.locator('main').innerText(), /Granted Consent[^]*same screen[^]*Allow call handling by the app[^]*Nothing is left to do[^]*Calls\.Initiate\.All/);
  await accessible(second.page);
  await picture(second.page, 'start-outcome-last');
  assert.deepEqual((await world.actions(enterprise)).map(({ actionType, status }) => [actionType, status]),
    CALLING.map((action) => [action, 'granted']));
  await second.page.goto(url);
  await second.page.getByRole('heading', { name: 'Nothing is left to do' }).waitFor();
  await accessible(second.page);
  await picture(second.page, 'start-done');
});

test('a start link that leads nowhere says who can do what about it', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const says = async (url, status, heading, next) => {
    const answer = await page.goto(url);
    assert.equal(answer.status(), status);
    await readable(page, heading);
    assert.match(await page.locator('main').innerText(), next);
    await picture(page, `start-${status}-${heading.split(' ').at(-1)}`);
  };
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, SERVICES);
  const url = await world.startLink(enterprise);
  await world.stand(enterprise, 'disable');
  await says(url, 403, 'The enterprise is disabled', /enables the enterprise again/);
  await world.stand(enterprise, 'enable');
  await world.advance(31 * 24 * 60 * 60);
  await says(url, 410, 'This link has ended', /newer link/);
});

test('the cookie crosses sites: with SameSite=Lax the sign-in does not come back', async (t) => {
  const world = await start(t);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const { pathname } = new URL(await world.startLink(enterprise));
  const end = async (rewrite) => {
    const origin = await behind(t, world, rewrite);
    const { page } = await visitor(t, world, { also: [origin] });
    await page.goto(`${origin}${pathname}`);
    await begin(page);
    if (await page.getByLabel('Consent on behalf').count()) await accept(page);
    await page.waitForURL(`${world.api}/**`);
    return page;
  };
  const lax = await end((cookie) => cookie.replace('SameSite=None', 'SameSite=Lax'));
  await lax.getByRole('heading', { name: 'This sign-in cannot be used' }).waitFor();
  assert.equal((await world.registration(enterprise)).status, 'started');
  const none = await end((cookie) => cookie);
  await none.waitForURL('**/outcome/**');
  assert.equal(await none.getByRole('status').innerText(), 'Granted Consent');
});

test('two tabs of one browser, both at Microsoft at once: neither takes the other\'s sign-in', async (t) => {
  const world = await start(t);
  const { context, page: first } = await visitor(t, world);
  const second = await context.newPage();
  const enterprises = [await world.enterprise('Contoso Ltd', CONTOSO), await world.enterprise('Contoso Stores', CONTOSO)];
  for (const [number, page] of [first, second].entries()) {
    await page.goto(await world.startLink(enterprises[number]));
    await begin(page);
  }
  for (const [number, page] of [first, second].entries()) {
    await accept(page);
    await page.waitForURL('**/outcome/**');
    assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
    assert.equal((await world.registration(enterprises[number])).status, 'granted');
  }
});

test('50 GET and HEAD requests of a scanner change nothing', async (t) => {
  const world = await start(t);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, SERVICES);
  const url = await world.startLink(enterprise);
  const state = async () => JSON.stringify([await world.actions(enterprise), await world.grants(), await world.redemptions(), await world.audit(enterprise)]);
  const before = await state();
  for (let number = 0; number < 50; number += 1) {
    const answer = await fetch(url, { method: number % 2 ? 'HEAD' : 'GET', redirect: 'manual' });
    assert.equal(answer.headers.get('set-cookie'), null);
    await answer.arrayBuffer();
  }
  assert.equal(await state(), before);
});

test('Cancel at Microsoft leads to a page that leads back', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await page.goto(await world.startLink(enterprise));
  await begin(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'The consent was declined' }).waitFor();
  await accessible(page);
  await picture(page, 'start-cancel');
  await begin(page);
  await accept(page);
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});

test('a stranger was first: the page says so, and the administrator still gets through', async (t) => {
  const world = await start(t);
  const enterprise = await world.enterprise('Contoso Ltd');
  const url = await world.startLink(enterprise);
  const stranger = await visitor(t, world);
  await stranger.page.goto(url);
  await begin(stranger.page, 'Frank Miller');
  await accept(stranger.page);
  await stranger.page.waitForURL('**/outcome/**');
  assert.equal(await stranger.page.getByRole('status').innerText(), 'Pending Confirmation');
  const { page } = await visitor(t, world);
  await page.goto(url);
  await page.getByText('Waiting for the service provider').waitFor();
  await accessible(page);
  await picture(page, 'start-waiting');
  await begin(page);
  await accept(page);
  await page.waitForURL('**/outcome/**');
  assert.equal((await world.registration(enterprise)).tenantToConfirm.tenantId, CONTOSO);
});

test('until the tenant is known the page says so', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd');
  const url = await world.startLink(enterprise);
  await world.lag({ seconds: 60 });
  await page.goto(url);
  await begin(page);
  await accept(page);
  await page.waitForURL('**/outcome/**');
  await page.goto(url);
  await page.getByRole('heading', { name: 'Your organisation is not known yet' }).waitFor();
  await accessible(page);
  await picture(page, 'tenant-awaited');
});

test('a federated sign-in, redirected to an identity provider elsewhere, is not stopped by the policy of our page', async (t) => {
  const world = await start(t);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const provider = await listen(t, (_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html' });
    answer.end('<!doctype html><link rel="icon" href="data:,"><title>x</title><h1>Sign in at Contoso</h1>');
  });
  const { page } = await visitor(t, world, { also: [provider] });
  await world.fault('authorize', { status: 302, headers: { Location: `${provider}/adfs/ls/` } }, 1);
  await page.goto(await world.startLink(enterprise));
  await page.getByRole('button', { name: 'Continue to Microsoft' }).click();
  await page.getByRole('heading', { name: 'Sign in at Contoso' }).waitFor();
});

test('the full list of permissions opens beside the page, and beside one that cannot be gone back to', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await page.goto(await world.startLink(enterprise));
  const list = await opened(page, 'Read the full list of permissions');
  await readable(list, 'All permissions, in plain words');
  const text = await list.locator('main').innerText();
  assert.match(text, /User\.Read\.All[^]*keep them in step[^]*It changes no user[^]*Calls\.AccessMedia\.All/);
  assert.doesNotMatch(text, /Contoso|Acme/);
  await picture(list, 'permissions');
  await list.getByRole('link', { name: 'Allow call recording' }).click();
  assert.equal(new URL(list.url()).hash, '#GET_CALL_RECORDING_CONSENT');
  await begin(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'The consent was declined' }).waitFor();
  await (await opened(page, 'Read the full list of permissions')).close();
  await page.getByRole('button', { name: 'Try again with Microsoft' }).waitFor();
});

test('the text of Microsoft\'s screen is pasted, and explained', async (t) => {
  const world = await start(t);
  const { page: begun } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await begun.goto(await world.startLink(enterprise));
  const page = await opened(begun, 'Paste its text');
  await page.getByRole('heading', { name: /error mean/ }).waitFor();
  await accessible(page);
  await picture(page, 'diagnose');
  const hostile = '<script>alert(1)</script> c4n4ry';
  await page.getByLabel(/Text of Microsoft/).fill(`Lo sentimos... AADSTS53003: ${hostile}\nCorrelation Id: 5d3e2c1b-0000-4000-8000-00000000000f`);
  await page.getByRole('button', { name: 'Explain it' }).click();
  await page.getByText('A policy of your organisation blocks the sign-in').waitFor();
  assert.match(await page.locator('body').innerText(), /AADSTS53003[^]*Who must act[^]*Conditional Access[^]*5d3e2c1b/);
  assert.ok(!(await page.content()).includes('c4n4ry'));
  await accessible(page);
  await picture(page, 'diagnose-explained');
  await page.getByLabel(/Text of Microsoft/).fill('It does not work');
  await page.getByRole('button', { name: 'Explain it' }).click();
  await page.getByText('There is no number in the text').waitFor();
  await accessible(page);
  await picture(page, 'diagnose-unknown');
});
