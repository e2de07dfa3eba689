// The way of an invitation: from the mail by the code through both of Microsoft's screens to an enterprise that is active, in
// English and in German.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accept, accessible, picture, quit, speaks, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

const ADMIN = 'grace.adams@contoso.example';
const SERVICES = ['PBX', 'CALLAPP'];

/** What people read on the way. */
const WORDS = {
  en: {
    code: 'Invitation code', complete: 'Complete', next: 'Continue to the next Microsoft screen', go: 'Continue to Microsoft',
    two: '2 Microsoft screens are left', one: 'One Microsoft screen is left', granted: 'Granted Consent', done: 'Nothing is left to do',
    refused: 'This invitation code cannot be used',
  },
  de: {
    code: 'Einladungscode', complete: 'Abschließen', next: 'Weiter zur nächsten Seite von Microsoft', go: 'Weiter zu Microsoft',
    two: 'noch 2 Seiten von Microsoft', one: 'noch eine Seite von Microsoft', granted: 'Zustimmung erteilt',
    done: 'Es ist nichts mehr zu tun', refused: 'Dieser Einladungscode kann nicht verwendet werden',
  },
};

/** An enterprise whose administrator is invited. */
async function invited(world, options) {
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO, SERVICES);
  const { id } = await world.invite(enterprise, ADMIN, options);
  return { enterprise, invitation: id, mail: await world.mailTo(ADMIN) };
}

/** The code in a mail, which both parts and the mailbox show. */
function codeIn({ text, html }) {
  const [code] = text.match(/(\w{4}-){6}\w{4}/);
  assert.ok(html.includes(code));
  return code;
}

/** The link in a mail. */
function linkIn({ text }) {
  return text.match(/^http\S+\/start\/\S+$/m)[0];
}

/** Asserts that the page is whole, in its language, and without a fault that axe finds; leaves pictures of it. */
async function looked(page, language, name) {
  await speaks(page, language);
  await accessible(page);
  await picture(page, `invitation-${language}-${name}`);
}

/** Shows a mail as a mail program does, in a window with no policy of ours, and presses its button: where that leads. */
async function pressed({ context }, mail, button) {
  const page = await context.newPage();
  await page.setContent(mail.html);
  await page.getByRole('link', { name: button, exact: true }).click();
  await page.waitForURL('**/start/**');
  return page;
}

async function typed(page, code, words) {
  await page.getByLabel(words.code).fill(code);
  await page.getByRole('button', { name: words.complete }).click();
}

/** At Microsoft: Grace signs in and accepts. The tick is on the first screen alone. */
async function screen(page, words, tick) {
  await page.getByRole('button', { name: 'Grace Adams' }).click();
  await accept(page, { tick });
  await page.waitForURL('**/outcome/**');
  assert.equal(await page.getByRole('status').innerText(), words.granted);
}

/** The whole way in one browser. */
async function way(t, name, language, { locale, options, mailLanguage }) {
  const words = WORDS[language];
  const world = await start(t);
  const grace = await visitor(t, world, { locale });
  const { enterprise, mail } = await invited(world, options);
  const code = codeIn(mail);
  await grace.page.goto(world.mail);
  assert.ok((await grace.page.locator('article').innerText()).includes(code), 'the mailbox shows the mail');
  assert.equal(await grace.page.locator('article a').getAttribute('href'), linkIn(mail));
  const page = await pressed(grace, mail, WORDS[mailLanguage].complete);

  assert.equal(await page.getByText(words.two).count(), 1);
  assert.equal(await page.locator('.address').count(), 0, 'the address alone opens nothing');
  await looked(page, language, `${name}-start`);
  await typed(page, '2222-3333', words);
  await page.getByRole('heading', { level: 1, name: words.refused }).waitFor();
  await looked(page, language, `${name}-refused`);
  await page.goBack();
  // As people type it who copy from a picture of the mail.
  await typed(page, ` ${code.toLowerCase().replaceAll('-', ' ')} `, words);
  await screen(page, words, true);
  await looked(page, language, `${name}-outcome-first`);
  assert.deepEqual(await world.standing(enterprise), ['awaiting_application_consent', 'pending']);

  await page.getByRole('button', { name: words.next }).click();
  await screen(page, words, false);
  assert.ok((await page.locator('main').innerText()).includes(words.done));
  await looked(page, language, `${name}-outcome-last`);
  assert.deepEqual(await world.standing(enterprise), ['active', 'accepted']);
}

test('R159-R166 from the mail to an active enterprise, in English', (t) =>
  way(t, 'way', 'en', { locale: 'en-GB', mailLanguage: 'en' }));

test('R159-R166, R023 an invitation in German is German on every page, whatever the browser prefers', (t) =>
  way(t, 'way', 'de', { locale: 'fr-FR', options: { language: 'de' }, mailLanguage: 'de' }));

test('R160-R166, R023 without a language of the invitation the pages are in the browser\'s', (t) =>
  way(t, 'browser', 'de', { locale: 'de-DE', mailLanguage: 'en' }));

test('R161, R165 stopped after the first screen, and finished days later in another profile by the same link; G70 the code was used then', async (t) => {
  const words = WORDS.de;
  const world = await start(t);
  const first = await visitor(t, world);
  const { enterprise, invitation, mail } = await invited(world, { language: 'de' });
  const begun = await pressed(first, mail, words.complete);
  await typed(begun, codeIn(mail), words);
  await screen(begun, words, true);
  await begun.close();

  await world.advance(3 * 24 * 60 * 60);
  const second = await visitor(t, world);
  const page = await pressed(second, mail, words.complete);
  await page.getByText(words.one).waitFor();
  await looked(page, 'de', 'resumed');
  await typed(page, codeIn(mail), words);
  await screen(page, words, false);
  assert.deepEqual(await world.standing(enterprise), ['active', 'accepted']);

  await page.goto(linkIn(mail));
  await page.getByRole('heading', { level: 1 }).waitFor();
  await looked(page, 'de', 'after-the-end');
  const late = await visitor(t, world, { locale: 'de-DE' });
  const form = await late.context.request.post(linkIn(mail), { form: { code: codeIn(mail) } });
  assert.equal(form.status(), 400);
  assert.ok((await form.text()).includes(words.refused));
  await world.resend(invitation, 409);
});

test('R169 sent again while the code is being typed: the code before is refused, the newer one opens', async (t) => {
  const words = WORDS.en;
  const world = await start(t);
  const grace = await visitor(t, world);
  const { enterprise, invitation, mail } = await invited(world);
  const page = await pressed(grace, mail, words.complete);
  await page.getByLabel(words.code).fill(codeIn(mail));
  await world.resend(invitation);
  const newer = await world.mailTo(ADMIN, 2);
  assert.notEqual(codeIn(newer), codeIn(mail));
  await page.getByRole('button', { name: words.complete }).click();
  await page.getByRole('heading', { level: 1, name: words.refused }).waitFor();
  const again = await pressed(grace, newer, words.complete);
  await typed(again, codeIn(newer), words);
  await screen(again, words, true);
  assert.deepEqual(await world.standing(enterprise), ['awaiting_application_consent', 'pending']);
});
