// Our pages in each language that we have: nothing is left in English, nothing is cut off, and axe finds nothing.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, accessible, letter, picture, quit, speaks, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

const ADMIN = 'grace.adams@contoso.example';
const LOCALES = { de: 'de-AT', es: 'es-419', fr: 'fr-CA' };

/** Somebody in the world whose browser prefers `language`, and a look at a page of theirs. */
async function reader(t, world, language) {
  const { page } = await visitor(t, world, { locale: LOCALES[language] });
  const look = async (name) => {
    await page.locator('h1').waitFor();
    await speaks(page, language);
    await accessible(page);
    await picture(page, `language-${language}-${name}`);
  };
  return { page, look };
}

/** From the start page to the outcome, by accepting for the organisation. */
async function consented(page) {
  await page.locator('form button').click();
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(page);
  await page.waitForURL('**/outcome/**');
}

for (const language of Object.keys(LOCALES)) {
  test(`R166, R023 the start page, what did not work, and its end, in ${language}`, async (t) => {
    const world = await start(t);
    const { page, look } = await reader(t, world, language);
    const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, ['PBX', 'CALLAPP']);
    const url = await world.startLink(enterprise);
    await page.goto(url);
    await look('start');
    await page.locator('form button').click();
    await page.getByRole('button', { name: 'Grace Adams' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(`${world.api}/**`);
    await look('declined');
    await page.goto(url);
    await page.locator('.state.bad').waitFor();
    await look('last-time');
    await consented(page);
    await look('outcome');
    await page.goto(url);
    await look('resumed');
  });

  test(`R023 pages that check, wait and explain, in ${language}`, async (t) => {
    const world = await start(t);
    const { page, look } = await reader(t, world, language);
    const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
    const url = await world.startLink(enterprise);
    await world.lag({ seconds: 12 });
    await page.goto(url);
    await consented(page);
    await look('checking');
    await page.goto(url);
    await look('start-checking');
    await world.advance(11 * 60);
    await world.tick();
    await page.goto(url);
    await look('start-second');
    await page.goto(`${world.api}/permissions`);
    await look('permissions');
    await page.goto(`${world.api}/diagnose`);
    await look('diagnose');
    await page.locator('textarea').fill('AADSTS53003: x\nCorrelation Id: 5d3e2c1b-0000-4000-8000-00000000000f');
    await page.locator('form button').click();
    await page.locator('ol').waitFor();
    await look('diagnose-explained');
    const answer = await page.goto(`${world.api}/outcome/not-a-handle`);
    assert.equal(answer.status(), 404);
    await look('not-found');
  });

  test(`R160, R161 the page of the code, and that of a refused one, in ${language}`, async (t) => {
    const world = await start(t);
    const { page, look } = await reader(t, world, language);
    await world.invite(await world.enterprise('Contoso Ltd', CONTOSO), ADMIN);
    const { text } = await world.mailTo(ADMIN);
    const link = text.match(/^http\S+\/start\/\S+$/m)[0];
    await page.goto(link);
    await look('code');
    for (let wrong = 1; wrong <= 11; wrong += 1) {
      await page.locator('#code').fill('2222-3333');
      const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
      await page.locator('form button').click();
      assert.equal((await answered).status(), wrong <= 10 ? 400 : 429);
      await page.waitForLoadState('load');
      if (wrong === 1) await look('code-refused');
      if (wrong === 11) await look('codes-too-many');
      await page.goto(link);
    }
  });
}

for (const language of ['en', ...Object.keys(LOCALES)]) {
  test(`R160 the mail in ${language} and its reminder, as mail programs show them`, async (t) => {
    const world = await start(t);
    const { page } = await visitor(t, world);
    const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, ['PBX', 'CALLAPP']);
    await world.invite(enterprise, ADMIN, { language });
    const { html } = await world.mailTo(ADMIN);
    await letter(page, html, `mail-${language}`);
    await speaks(page, language);
    await world.advance(5 * 24 * 3_600);
    await world.tick();
    const reminder = await world.mailTo(ADMIN, 2);
    await letter(page, reminder.html, `reminder-${language}`);
    await speaks(page, language);
  });
}
