// The sandbox's own page at `/`: a provider's developer walks from the first call to the verified webhook by buttons.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, picture, quit, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

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
  await page.locator("#rows").evaluate((rows) => rows.querySelectorAll("details").forEach((row) => { row.open = true; }));
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
