// Back and Reload, wherever a person may press them: nobody is stranded, and nothing happens twice.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, consent, quit, readable, signIn, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

async function granted(world, enterprise, page) {
  await readable(page, 'Register your organisation');
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
  await world.webhooksWhen(enterprise, 1);
  await world.tick();
  assert.deepEqual((await world.webhooksOf(enterprise)).map(({ outcome }) => outcome), ['granted']);
  assert.equal(await world.redemptions(), 1);
}

test('Reload and Back at every step at Microsoft, then on: the consent is granted once', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await page.goto(await world.link(enterprise));
  await page.reload();
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await page.getByRole('heading', { name: 'Permissions requested' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Permissions requested' }).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(page);
  await page.waitForURL('**/outcome/**');
  await granted(world, enterprise, page);
});

test('reloading the outcome changes nothing', async (t) => {
  const world = await start(t);
  const { page, met } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await consent(page, await world.link(enterprise));
  const [before, text] = [await world.registration(enterprise), () => page.locator('main').innerText()];
  const shown = await text();
  for (let times = 0; times < 5; times += 1) {
    await page.reload();
    assert.equal(await text(), shown);
  }
  assert.deepEqual(await world.registration(enterprise), before);
  assert.equal(met.answers.filter((answer) => answer.request().method() === 'POST').length, 1, 'no form is sent again');
  await granted(world, enterprise, page);
});

test('Back from the outcome, all the way, and Forward again shows the outcome', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await consent(page, await world.link(enterprise));
  const outcome = page.url();
  let steps = 0;
  for (await page.goBack(); page.url() !== 'about:blank'; await page.goBack()) {
    steps += 1;
    assert.ok(steps < 6);
    assert.match(await page.locator('h1').innerText(), /Permissions requested|Sign in|Working/, 'a page that leads on');
  }
  assert.ok(steps >= 2, `${steps} steps back`);
  for (; steps >= 0; steps -= 1) await page.goForward();
  assert.equal(page.url(), outcome);
  await granted(world, enterprise, page);
});

test('Back to the page that posts by itself, and sending it again, shows the recorded outcome', async (t) => {
  const world = await start(t);
  // Without scripts Microsoft's page stays and asks for a click, so that Back leads to it.
  const { page, met } = await visitor(t, world, { javaScriptEnabled: false });
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  await signIn(page, await world.link(enterprise), 'Grace Adams');
  await accept(page);
  for (let times = 0; times < 3; times += 1) {
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL('**/outcome/**');
    await readable(page, 'Register your organisation');
    assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
    await page.goBack();
  }
  await page.goForward();
  assert.equal(met.answers.filter((answer) => answer.request().method() === 'POST').length, 3);
  await granted(world, enterprise, page);
});

test('Reload and Back on the page after Cancel: told once, and the same link still works', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const link = await world.link(enterprise);
  await signIn(page, link, 'Grace Adams');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await readable(page, 'The consent was declined');
  for (let times = 0; times < 3; times += 1) {
    await page.reload();
    await readable(page, 'The consent was declined');
  }
  await page.goBack();
  assert.match(await page.locator('h1').innerText(), /Permissions requested|Working|The consent was declined/);
  await world.webhooksWhen(enterprise, 1);
  await world.tick();
  assert.deepEqual((await world.webhooksOf(enterprise)).map(({ outcome }) => outcome), ['declined']);

  await consent(page, link);
  assert.equal(await page.getByRole('status').innerText(), 'Granted Consent');
  assert.deepEqual((await world.webhooksWhen(enterprise, 2)).map(({ outcome }) => outcome), ['declined', 'granted']);
});

test('from the start page, Back, Forward and Reload at each step of both screens: everything is granted, and nothing twice', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, ['PBX', 'CALLAPP']);
  const url = await world.startLink(enterprise);
  for (const [left, tick] of [['2 Microsoft screens are left', true], ['One Microsoft screen is left', false]]) {
    await page.goto(url);
    await page.reload();
    await page.getByText(left).waitFor();
    const go = () => page.getByRole('button', { name: /Continue to/ }).click();
    await go();
    await page.getByRole('button', { name: 'Grace Adams' }).waitFor();
    await page.reload();
    await page.goBack();
    await page.getByText(left).waitFor();
    await go();
    await page.getByRole('button', { name: 'Grace Adams' }).click();
    await page.getByRole('heading', { name: 'Permissions requested' }).waitFor();
    await page.reload();
    await page.goBack();
    await page.goForward();
    await page.getByRole('heading', { name: 'Permissions requested' }).waitFor();
    await accept(page, { tick });
    await page.waitForURL('**/outcome/**');
    const outcome = page.url();
    await page.reload();
    assert.equal(await page.getByRole('status').first().innerText(), 'Granted Consent');
    await page.goBack();
    await page.goForward();
    assert.equal(page.url(), outcome);
  }
  await page.goto(url);
  await page.reload();
  assert.match(await page.locator('main').innerText(), /Nothing is left to do/);
  await world.tick();
  const told = (await world.webhooksOf(enterprise)).map(({ actionType, outcome }) => `${actionType} ${outcome}`);
  assert.equal(new Set(told).size, told.length, told.join());
  assert.ok((await world.actions(enterprise)).every(({ status }) => status !== 'started'));
});
