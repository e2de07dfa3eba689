// The outcome page later on: what was granted is gone, the provider has asked anew, something else is to be done first.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, accessible, consent, picture, quit, readable, signIn, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

const MANAGEMENT = 'GET_SERVICE_PROVIDER_MANAGEMENT_CONSENT';
const SYNC = 'GET_USER_SYNC_CONSENT';
const DAY = 24 * 60 * 60;

/** An enterprise with everything granted: the addresses of both outcome pages, and the application that was granted it. */
async function granted(world, page, enterprise) {
  const client = new URL(await world.link(enterprise)).searchParams.get('client_id');
  await page.goto(await world.startLink(enterprise));
  await page.getByRole('button', { name: 'Continue to Microsoft' }).click();
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(page);
  await page.waitForURL('**/outcome/**');
  const registration = page.url();
  await page.getByRole('button', { name: 'Continue to the next Microsoft screen' }).click();
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(page, { tick: false });
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
  return { registration, sync: page.url(), client };
}

/** Looks at an outcome page: its state, what it says, a picture, axe. */
async function shows(page, url, state, says, name) {
  await page.goto(url);
  assert.equal(await page.getByRole('status').innerText(), state);
  assert.match(await page.locator('main').innerText(), says);
  await accessible(page);
  await picture(page, name);
}

test('a permission is gone, and then the whole application: the page says so, and what to do', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const { registration, sync, client } = await granted(world, page, enterprise);
  await world.revoke({ tenant: CONTOSO, clientId: client, permission: 'User.ReadWrite.All' });
  await world.advance(DAY);
  await world.tick();
  await world.tick();
  await shows(page, registration, 'Consent Missing', /Who must act[^]*What to do next/, 'later-missing');
  await world.remove(CONTOSO, client);
  await world.advance(DAY);
  await world.tick();
  await world.tick();
  await shows(page, sync, 'Revoked', /Who must act[^]*What to do next/, 'later-revoked');
});

test('a consent that is asked for anew: its former page says that its link is dead', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const { sync } = await granted(world, page, enterprise);
  await world.reset(enterprise, SYNC);
  await shows(page, sync, 'Pending Consent', /Open the newest link that you were given/, 'later-asked-anew');
});

test('a tenant that nobody confirmed in time is told as such', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd');
  await consent(page, await world.link(enterprise));
  await world.advance(4 * DAY);
  await world.tick();
  await world.tick();
  await shows(page, page.url(), 'Blocked', /not confirmed in time[^]*What to do next/, 'later-not-confirmed');
});

test('a tenant without the Teams Administrator role: the page says how to assign it, to whom, and the same link goes on', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await consent(page, await world.link(enterprise));
  await signIn(page, await world.link(enterprise, MANAGEMENT), 'Grace Adams');
  await accept(page);
  await page.waitForURL('**/outcome/**');
  await readable(page, 'Allow Management by Service Provider');
  assert.match(await page.locator('main').innerText(), /You are a Global Administrator already[^]*Roles & admins[^]*Add assignments/);
  await picture(page, 'outcome-role-not-ready');
});
