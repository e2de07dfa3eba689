// The pages that say no: each says what happened, who must act, and what to do next.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, consent, picture, quit, readable, signIn, visitor } from './browser.mjs';
import { CONTOSO, PERSONAL, TEAMS_ADMIN_API, start } from './world.mjs';

after(quit);

const ANSWER = '**/restricted/handleResponse*';

/** Waits for a page of advice and looks at it. */
async function advice(page, heading, who) {
  await readable(page, heading);
  const said = await page.locator('main').innerText();
  assert.match(said, who);
  assert.match(said, /Who must act[^]*What to do next/);
  assert.ok(await page.locator('main ol > li').count() >= 1);
}

test('Cancel: declined, told by webhook', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await signIn(page, await world.link(enterprise), 'Grace Adams');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL(ANSWER);
  await advice(page, 'The consent was declined', /Global Administrator/);
  await picture(page, 'cancel');
  const [webhook] = await world.webhooksWhen(enterprise, 1);
  assert.deepEqual([webhook.verified, webhook.outcome], [true, 'declined']);
  assert.deepEqual((await world.grants()).delegated, []);
});

test('a plain user cannot grant; the same link works for Grace', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await signIn(page, link, 'Petra Novak');
  await page.getByRole('button', { name: /Return to the application/ }).click();
  await page.waitForURL(ANSWER);
  await advice(page, 'An administrator must approve', /Global Administrator/);
  await picture(page, 'plain-user');
  await consent(page, link);
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});

test('a plain user of a tenant that has granted already is refused all the same', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  await consent(page, await world.link(await world.enterprise('Contoso Ltd', CONTOSO)));
  const enterprise = await world.enterprise('Contoso Stores', CONTOSO);
  await signIn(page, await world.link(enterprise), 'Petra Novak');
  await page.waitForURL(ANSWER);
  await advice(page, 'A Global Administrator must sign in', /Global Administrator/);
  await picture(page, 'no-role');
  assert.notEqual((await world.registration(enterprise)).status, 'granted');
});

test('a guest, administrator or not, is refused', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await signIn(page, await world.link(enterprise), 'Gus Lindqvist');
  await accept(page);
  await page.waitForURL(ANSWER);
  await advice(page, 'A guest cannot do this', /Global Administrator/);
  await picture(page, 'guest');
  assert.equal((await world.registration(enterprise)).status, 'blocked');
});

test('an enterprise that its provider has disabled: nothing happens, and the same link works afterwards', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await world.stand(enterprise, 'disable');
  await signIn(page, link, 'Grace Adams');
  await accept(page);
  await page.waitForURL(ANSWER);
  await advice(page, 'The enterprise is disabled', /Who must act[^]*The service provider[^]*The service provider enables the enterprise again/);
  await picture(page, 'disabled');
  assert.equal((await world.registration(enterprise)).status, 'started');
  await world.stand(enterprise, 'enable');
  await signIn(page, link, 'Grace Adams');
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});

test('a personal account is refused', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd');
  // Without the Teams API in the tenant of personal accounts, Microsoft itself would say no before we can.
  await world.provision(PERSONAL, TEAMS_ADMIN_API);
  await signIn(page, await world.link(enterprise), 'Paul Private');
  await accept(page, { tick: false });
  await page.waitForURL(ANSWER);
  await advice(page, 'A personal account cannot do this', /You/);
  await picture(page, 'personal-account');
});

test('an expired link leads to advice, and a fresh one works', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await world.advance(8 * 24 * 60 * 60);
  await signIn(page, link, 'Grace Adams');
  await accept(page);
  await page.waitForURL(ANSWER);
  await advice(page, 'This sign-in cannot be used', /You/);
  assert.match(await page.locator('main').innerText(), /fresh link/);
  await picture(page, 'expired');
  assert.deepEqual(await world.webhooksOf(enterprise), []);
  await signIn(page, await world.link(enterprise), 'Grace Adams');
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});

test('the callback address, typed by hand, explains itself', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  for (const query of ['', '?code=x&state=y', '?error=access_denied&error_description=%3Cb%3E']) {
    const answer = await page.goto(`${world.api}/restricted/handleResponse${query}`);
    assert.equal(answer.status(), 405);
    await advice(page, 'This page is only for Microsoft\'s answer', /You/);
  }
  await picture(page, 'wrong-method');
});

test('an outcome page that was never there explains itself', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const answer = await page.goto(`${world.api}/outcome/not-a-handle`);
  assert.equal(answer.status(), 404);
  await advice(page, 'This page does not exist', /You/);
  await picture(page, 'not-found');
});

test('an outcome page that has ended explains itself', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  await consent(page, await world.link(await world.enterprise('Contoso Ltd', CONTOSO)));
  await world.advance(31 * 24 * 60 * 60);
  const answer = await page.reload();
  assert.equal(answer.status(), 404);
  await advice(page, 'This page does not exist', /You/);
});

test('Microsoft\'s own trouble is told as such, with its correlation id', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await world.fault('authorize', { oauthError: { error: 'temporarily_unavailable', code: 90033 } }, 1);
  await page.goto(await world.link(enterprise));
  await page.waitForURL(ANSWER);
  await advice(page, 'Microsoft is busy', /Nobody/);
  assert.match(await page.locator('footer').innerText(), /correlation id/i);
  await picture(page, 'microsoft-busy');
});

test('Microsoft\'s keys cannot be had: 503, and Reload sends the same answer to a good end', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await world.fault('keys', { status: 503 });
  await signIn(page, await world.link(enterprise), 'Grace Adams');
  await accept(page);
  await page.waitForURL(ANSWER);
  await page.locator('h1').waitFor();
  await readable(page, await page.locator('h1').innerText());
  await picture(page, 'unavailable');
  assert.equal(await world.redemptions(), 0);
  await world.call('PUT', `${world.microsoft}/simulated/faults`, { body: [] });
  await world.advance(60);
  await page.reload();
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});
