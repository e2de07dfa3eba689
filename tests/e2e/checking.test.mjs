// The outcome page while Graph, or the provider, has not yet said yes.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, accessible, consent, picture, quit, readable, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

const HEADING = 'Register your organisation';

test('a page that is being checked stays as it is, and shows Granted to who looks again', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await world.lag({ seconds: 12 });
  await consent(page, await world.link(enterprise));
  await readable(page, HEADING);
  assert.equal(await page.getByRole('status').innerText(), 'Pending Consent');
  assert.match(await page.locator('main').innerText(), /Nothing is lost when you close this page/);
  await picture(page, 'outcome-checking');
  const again = page.getByRole('link', { name: 'Look again' });
  await again.click();
  await readable(page, HEADING);
  assert.equal(await page.getByRole('status').innerText(), 'Pending Consent');
  assert.deepEqual(await world.webhooksOf(enterprise), [], 'nothing is told before it is proved');

  await world.advance(15);
  await world.tick();
  assert.equal(await page.getByRole('status').innerText(), 'Pending Consent', 'no page turns by itself');
  await again.click();
  await page.getByText('Granted Consent').waitFor();
  await readable(page, HEADING);
  assert.equal(await again.count(), 0, 'there is nothing to look for any more');
  assert.equal((await world.webhooksWhen(enterprise, 1))[0].outcome, 'granted');
});

test('who closes the page while it is being checked loses nothing', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.startLink(enterprise);
  await world.lag({ seconds: 12 });
  await page.goto(link);
  await page.getByRole('button', { name: 'Continue to Microsoft' }).click();
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(page);
  await page.waitForURL('**/outcome/**');
  await page.close();
  const { page: later } = await visitor(t, world);
  await later.goto(link);
  assert.match(await later.getByRole('status').innerText(), /Being checked with Microsoft/);
  await accessible(later);
  await picture(later, 'start-checking');
  await world.advance(15);
  await world.tick();
  await later.getByRole('link', { name: 'Look again' }).click();
  await later.getByRole('heading', { name: 'Granted already' }).waitFor();
  assert.equal((await world.webhooksWhen(enterprise, 1))[0].outcome, 'granted');
});

test('a grant that Graph never shows ends in advice', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await world.lag({ forever: true });
  await consent(page, await world.link(enterprise));
  await world.advance(11 * 60);
  await world.tick();
  await page.reload();
  await readable(page, HEADING);
  assert.equal(await page.getByRole('status').innerText(), 'Blocked');
  assert.match(await page.locator('main').innerText(), /fresh link/);
  await picture(page, 'outcome-not-visible');
});

test('a consent that could not be read ends in advice', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await world.fault('graph', { status: 503 });
  await consent(page, await world.link(enterprise));
  await world.advance(11 * 60);
  await world.tick();
  await page.reload();
  await readable(page, HEADING);
  assert.equal(await page.getByRole('status').innerText(), 'Not Verified');
  await picture(page, 'outcome-unverifiable');
});

test('an unpinned link waits for the provider, says so, and turns to Granted when it confirms', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd');
  await consent(page, await world.link(enterprise));
  await readable(page, HEADING);
  assert.equal(await page.getByRole('status').innerText(), 'Pending Confirmation');
  await picture(page, 'outcome-to-confirm');
  const url = `${world.api}/v1/enterprises/${enterprise}/confirm-tenant`;
  await world.call('POST', url, { key: world.resellerKey, body: { tenantId: CONTOSO } });
  await page.reload();
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});

test('a connection that broke while the code was redeemed is told, and the same link mends it', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await world.fault('token', 'resetAfterRequest', 1);
  await consent(page, link);
  await readable(page, HEADING);
  assert.equal(await page.getByRole('status').innerText(), 'Blocked');
  await picture(page, 'outcome-interrupted');
  await page.goto(link);
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
});
