// A connection to Partner Center: both steps by two people with a browser each, and then by one who mixes up the accounts.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, picture, quit, speaks, visitor } from './browser.mjs';
import { start, WINGTIP } from './world.mjs';

after(quit);

const ADMIN = 'Wanda Reyes';
const USER = 'Integration Account';
const ADMIN_UPN = 'wanda@wingtip.example';
const USER_UPN = 'connector@wingtip.example';

/** Step one, to the page that ends it. */
async function stepOne(page, link) {
  await page.goto(link);
  await page.getByRole('button', { name: ADMIN }).click();
  await page.getByRole('button', { name: 'Accept' }).click();
  // Microsoft's consent page says nothing of who it was: the administrator signs in once more.
  await page.getByRole('button', { name: ADMIN }).click();
  await page.waitForURL('**/partner-center/admin-consent');
}

/** Step two, as whoever `name` is. */
async function stepTwo(page, link, name) {
  await page.goto(link);
  await page.getByRole('button', { name }).click();
  await page.waitForURL('**/partner-center/user-consent');
}

test('two people with a browser each: draft to ready', async (t) => {
  const world = await start(t);
  const connection = await world.connection(WINGTIP, USER_UPN);
  assert.equal(connection.status, 'draft');
  const [admin, user] = [await visitor(t, world), await visitor(t, world)];

  await stepOne(admin.page, await world.connectionLink(connection.id, 'admin-consent-link'));
  assert.match(await admin.page.locator('main').innerText(), /private window/i);
  await accessible(admin.page);
  await picture(admin.page, 'connection-admin-consented');

  await stepTwo(user.page, await world.connectionLink(connection.id, 'user-consent-link'), USER);
  await accessible(user.page);
  await picture(user.page, 'connection-user-consented');

  const { status } = await world.finalize(connection.id);
  assert.equal(status, 'ready');
});

test('one browser for both: the page names both accounts, and nothing is kept', async (t) => {
  const world = await start(t);
  const connection = await world.connection(WINGTIP, USER_UPN);
  const { page } = await visitor(t, world);
  await stepOne(page, await world.connectionLink(connection.id, 'admin-consent-link'));

  const link = await world.connectionLink(connection.id, 'user-consent-link');
  await stepTwo(page, link, ADMIN);
  const told = await page.locator('main').innerText();
  for (const text of [ADMIN_UPN, USER_UPN]) assert.ok(told.includes(text), `${text}: ${told}`);
  assert.match(told, /private window/i);
  await accessible(page);
  await picture(page, 'connection-mixed-sessions');
  assert.equal((await world.connectionOf(connection.id)).status, 'admin_consented');
  await world.finalize(connection.id, 409);

  // The link is still good for the right person.
  const other = await visitor(t, world);
  await stepTwo(other.page, link, USER);
  assert.equal((await world.finalize(connection.id)).status, 'ready');
});

test('R023, R199 the pages of both steps in German: consented, and mixed up', async (t) => {
  const world = await start(t);
  const connection = await world.connection(WINGTIP, USER_UPN);
  const { page } = await visitor(t, world, { locale: 'de-AT' });
  const look = async (name) => {
    await page.locator('h1').waitFor();
    await speaks(page, 'de');
    await accessible(page);
    await picture(page, `language-de-connection-${name}`);
  };
  await stepOne(page, await world.connectionLink(connection.id, 'admin-consent-link'));
  await look('admin-consented');
  assert.match(await page.locator('main').innerText(), /privates Fenster/);

  await stepTwo(page, await world.connectionLink(connection.id, 'user-consent-link'), ADMIN);
  await look('mixed-sessions');
  const told = await page.locator('main').innerText();
  for (const text of [ADMIN_UPN, USER_UPN]) assert.ok(told.includes(text), `${text}: ${told}`);
});
