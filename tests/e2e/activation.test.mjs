// The page that activates a service provider, as its contact meets it: the mail, the button, the link that has ended.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accessible, picture, quit, readable, visitor } from './browser.mjs';
import { start } from './world.mjs';

after(quit);

test('the mail leads to a page with one button, and the button activates the provider', async (t) => {
  const world = await start(t);
  const { page, met } = await visitor(t, world);
  const provider = await world.provider('Fabrikam Voice', 'owner@fabrikam.example');
  const link = await world.activationLink('owner@fabrikam.example');
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: 'Activate this account' }).waitFor();
  assert.match(await page.locator('main').innerText(), /Service Provider Fabrikam Voice[^]*close the page: nothing has happened yet/);
  await accessible(page);
  await picture(page, 'activation');
  for (let number = 0; number < 10; number += 1) await (await fetch(link, { method: number % 2 ? 'HEAD' : 'GET' })).arrayBuffer();
  assert.notEqual((await world.reseller(provider)).activation, null, 'opening it activates nothing');
  await page.getByRole('button', { name: 'Activate the account' }).click();
  await readable(page, 'The account is active');
  await picture(page, 'activation-done');
  assert.equal((await world.reseller(provider)).activation, null);
  await page.reload();
  await readable(page, 'The account is active');
  assert.deepEqual(met.answers.filter((answer) => answer.request().method() === 'POST').length, 1);
});

test('an activation link that has ended says where to get another', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  await world.provider('Fabrikam Voice', 'owner@fabrikam.example');
  const link = await world.activationLink('owner@fabrikam.example');
  await world.advance(15 * 24 * 60 * 60);
  const answer = await page.goto(link);
  assert.equal(answer.status(), 404);
  await readable(page, 'This activation link has ended');
  assert.match(await page.locator('main').innerText(), /Who must act[^]*What to do next/);
  await picture(page, 'activation-ended');
});
