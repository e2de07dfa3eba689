// The sandbox's own page at `/`: a provider's developer walks from the first call to the verified webhook by buttons.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, picture, quit, readable, visitor } from './browser.mjs';
import { start } from './world.mjs';

after(quit);

const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const step = (page, number) => page.locator(`#step-${number}`);
const badge = (page, number) => page.locator(`#badge-${number}`);

/** The badge of a step, once it reads so: the page turns by itself. */
const reads = (page, number, text) => badge(page, number).getByText(text, { exact: true }).waitFor();

/** Steps 1 and 2, and the number of the enterprise. */
async function linked(page, world, { tenant } = {}) {
  await page.goto(world.api);
  if (tenant !== undefined) await page.getByLabel('Tenant').selectOption({ label: tenant });
  await press(page, 'Register');
  await press(page, 'Make the link');
  return Number(await step(page, 1).locator('p code').first().innerText());
}

/** The text of the rows that are stored, all of them open. */
async function stored(page) {
  await page.locator('#rows').evaluate((rows) => {
    for (const row of rows.querySelectorAll('details')) row.open = true;
  });
  return page.locator('#rows').innerText();
}

test('the whole walk by buttons, and the person in a tab of her own', async (t) => {
  const world = await start(t);
  const { context, page, met } = await visitor(t, world);
  await page.goto(world.api);
  await picture(page, 'walk-begin');
  const first = await step(page, 1).locator('pre').innerText();
  assert.match(first, /"\$API\/v1\/enterprises"[^]*Bearer \$KEY[^]*"expectedTenant"/);

  const enterprise = await linked(page, world);
  assert.match(await step(page, 1).innerText(), /200 OK[^]*Stored\s+Enterprise, with its actions · Name in use · Audit row/);
  assert.match(await step(page, 2).innerText(), /Stored\s+Consent request · Audit row[^]*Changed\s+Enterprise/);
  assert.equal((await world.registration(enterprise)).status, 'started', 'the button made the real call');
  await picture(page, 'walk-linked');

  const opened = context.waitForEvent('page');
  await press(page, 'Open it in a new tab');
  const tab = await opened;
  await tab.getByText('Suggested').waitFor();
  await tab.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(tab);
  await tab.waitForURL('**/outcome/**');
  await readable(tab, 'Register your organisation');

  for (const number of [3, 4, 5]) await reads(page, number, 'done');
  assert.match(await step(page, 4).innerText(), /303 See Other|Granted Consent/);
  assert.match(await page.locator('#outcome').innerText(), /Granted Consent/);
  assert.match(await step(page, 5).innerText(), /Signature verified\s+action\.granted/);
  assert.match(await page.locator('#trail-3').innerText(), /Stored[^]*Token handle[^]*Microsoft was asked[^]*token × 1/);
  await press(page, 'Ask the API');
  assert.match(await step(page, 6).innerText(), /REGISTRATION is granted[^]*"status": "granted"/);
  await reads(page, 6, 'done');
  const rows = await stored(page);
  assert.match(rows, /‹sealed, \d+ characters›/);
  await picture(page, 'walk-granted');
  const posts = met.requests.filter((url) => url.includes('/sandbox/walk/'));
  assert.equal(posts.length, 4, 'reloading and refreshing press nothing again');
});

test('another person and a fault: Frank grants, Graph shows it late, the clock is moved by a button', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await linked(page, world, { tenant: 'Pinned to Fabrikam Inc' });
  await page.getByLabel('Person').selectOption({ label: 'Frank Miller (Fabrikam Inc, Global Administrator)' });
  await page.getByLabel('What goes wrong').selectOption({ label: 'Graph shows the grant 30 seconds late' });
  await press(page, 'Let the sandbox go through it');

  await reads(page, 4, 'done');
  assert.match(await page.locator('#visit').innerText(), /Sign in[^]*pressed: Frank Miller[^]*Permissions requested[^]*Register your organisation/);
  assert.match(await page.locator('#outcome').innerText(), /Pending Consent/);
  assert.match(await step(page, 6).innerText(), /REGISTRATION is verifying/);
  assert.match(await page.locator('#webhooks').innerText(), /No webhook about this enterprise/);
  await picture(page, 'walk-late');

  await press(page, '+1 min');
  await page.locator('#webhooks').getByText('Signature verified').waitFor();
  assert.match(await page.locator('#outcome').innerText(), /Granted Consent/);
  assert.match(await page.locator('#clock').innerText(), /POST \/sandbox\/clock 200 OK[^]*POST \/sandbox\/tick 200 OK/);
  assert.equal((await world.registration(enterprise)).status, 'granted');
  const [webhook] = await world.webhooksWhen(enterprise, 1);
  assert.deepEqual([webhook.verified, webhook.outcome], [true, 'granted']);
  await picture(page, 'walk-late-granted');

  await press(page, 'Start over');
  await page.getByText('Nothing is made yet').waitFor();
  assert.deepEqual((await world.grants()).delegated, [], 'Microsoft has forgotten');
});

test('what a person opened, and where the person is, stays through a refresh', async (t) => {
  const world = await start(t);
  const { page, met } = await visitor(t, world);
  await linked(page, world);
  await page.locator('#rows summary').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('#rows details[open]').first().waitFor();
  await press(page, 'Let the sandbox go through it');
  await reads(page, 5, 'done');
  await page.locator('#row-0 summary').focus();
  await page.keyboard.press('Enter');
  const text = await page.locator('#row-0 pre').innerText();
  assert.match(text, /"granted"/);
  const { length } = met.requests;
  await world.advance(60);
  await world.call('POST', `${world.api}/v1/enterprises/action-url`, {
    key: world.resellerKey,
    body: { actionType: 'REGISTRATION', enterpriseName: await page.locator('#step-1 strong').first().innerText(), redirectUrl: `${world.webhooks}/hook` },
  });
  await page.locator('#rows').getByText('step 3').nth(6).waitFor();
  assert.ok(met.requests.length > length, 'the page asked by itself');
  assert.ok(await page.locator('#row-0').evaluate((row) => row.open), 'the row stays open');
  assert.equal(await page.evaluate(() => document.activeElement.closest('details')?.id), 'row-0', 'the focus stays');
});

test('a command is copied as it stands', async (t) => {
  const world = await start(t);
  const { context, page } = await visitor(t, world);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: world.api });
  await page.goto(world.api);
  const command = await page.locator('#step-1 pre').textContent();
  await step(page, 1).getByRole('button', { name: 'Copy' }).click();
  await step(page, 1).getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), command);
});

test('without script everything works by reloading', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world, { javaScriptEnabled: false });
  await linked(page, world);
  await press(page, 'Let the sandbox go through it');
  await press(page, 'Tick');
  await page.goto(world.api);
  assert.match(await page.locator('#webhooks').innerText(), /Signature verified/);
  assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0, 'no button that does nothing');
});

test('the keyboard alone leads through the walk', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  await page.goto(world.api);
  const reach = async (name) => {
    for (let tabs = 0; tabs < 80; tabs += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement.textContent.trim()) === name) return page.keyboard.press('Enter');
    }
    throw new Error(`${name} is not reached`);
  };
  for (const name of ['Register', 'Make the link', 'Let the sandbox go through it']) {
    await Promise.all([page.waitForEvent('load'), reach(name)]);
  }
  await reads(page, 5, 'done');
});
