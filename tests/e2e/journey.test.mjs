// The journey of docs/consent-flow.md, as people go it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, consent, picture, quit, readable, signIn, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

test('Grace grants: she reads Granted Consent, the provider gets a signed webhook', async (t) => {
  const world = await start(t);
  const { page, met } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await signIn(page, await world.link(enterprise), 'Grace Adams');
  await accept(page);
  await page.waitForURL('**/outcome/**');

  await readable(page, 'Register your organisation');
  for (const text of ['Acme Voice', 'Contoso Ltd', 'Granted Consent', 'You can close this window']) {
    assert.match(await page.locator('body').innerText(), new RegExp(text));
  }
  await picture(page, 'outcome-granted');

  assert.equal((await world.registration(enterprise)).status, 'granted');
  const [webhook] = await world.webhooksWhen(enterprise, 1);
  assert.deepEqual([webhook.verified, webhook.outcome], [true, 'granted']);
  assert.equal((await world.webhooksOf(enterprise)).length, 1);
  assert.equal(await world.redemptions(), 1);
  const ours = met.answers.map((answer) => answer.status());
  assert.deepEqual(ours, [303, 200], 'the callback, then the outcome, and nothing else of ours was asked for');
});

test('without the tick Grace learns what was missing, and a fresh link mends it', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await signIn(page, await world.link(enterprise), 'Grace Adams');
  await accept(page, { tick: false });
  await page.waitForURL('**/outcome/**');
  await readable(page, 'Register your organisation');
  // Graph shows the tenant-wide grant late, and one that was never made not at all; the answer comes with a sweep.
  for (let sweeps = 0; await page.getByRole('status').innerText() !== 'Blocked'; sweeps += 1) {
    assert.ok(sweeps < 12, 'the verification ends');
    await world.advance(70);
    await world.tick();
    await page.reload();
  }
  assert.match(await page.locator('main').innerText(), /Tick “Consent on behalf of your organization”/);
  await picture(page, 'outcome-not-ticked');
  assert.equal((await world.registration(enterprise)).problem.code, 'org_consent_not_ticked');

  await consent(page, await world.link(enterprise));
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});

test('two tabs with the same link: one grant, one webhook, and the late tab is not stranded', async (t) => {
  const world = await start(t);
  const { context, page: first } = await visitor(t, world);
  const second = await context.newPage();
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await signIn(first, link, 'Grace Adams');
  await signIn(second, link, 'Grace Adams');
  await accept(first);
  await first.waitForURL('**/outcome/**');
  assert.equal(await first.getByRole('status').innerText(), 'Granted Consent');
  await world.webhooksWhen(enterprise, 1);

  await accept(second);
  await second.waitForURL(`${world.api}/**`);
  await second.locator('h1').waitFor();
  await readable(second, await second.locator('h1').innerText());
  assert.match(await second.locator('main').innerText(), /granted|used before/i);
  await picture(second, 'second-sign-in');

  await first.reload();
  assert.equal(await first.getByRole('status').innerText(), 'Granted Consent');
  await world.tick();
  assert.equal((await world.webhooksOf(enterprise)).length, 1);
  assert.equal(await world.redemptions(), 1, 'the second code was not redeemed');
});

test('two tabs that come back at the same moment: one grant, no error page', async (t) => {
  const world = await start(t);
  const { context, page: first } = await visitor(t, world);
  const second = await context.newPage();
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await Promise.all([signIn(first, link, 'Grace Adams'), signIn(second, link, 'Grace Adams')]);
  await Promise.all([accept(first), accept(second)]);
  await Promise.all([first, second].map((page) => page.waitForURL(`${world.api}/**`)));
  const headings = await Promise.all([first, second].map((page) => page.locator('h1').innerText()));
  assert.ok(headings.includes('Register your organisation'), headings.join(' | '));
  for (const [number, page] of [first, second].entries()) await readable(page, headings[number]);
  await world.webhooksWhen(enterprise, 1);
  await world.tick();
  assert.deepEqual((await world.webhooksOf(enterprise)).map(({ outcome }) => outcome), ['granted']);
});
