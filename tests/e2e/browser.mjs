// Chromium, and what must hold on every page that it shows: no script error, no violation of the page's policy, no
// request to anybody but us and Microsoft, and the security headers on all that is ours.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const PATIENCE = 10_000;
/** Where pictures are left for whoever looks at them, which nobody does in CI. */
const SHOTS = process.env.CI === 'true' ? null : fileURLToPath(new URL('screenshots/', import.meta.url));

/** The headers of G55 and T51, each with what its value must be. */
const HEADERS = {
  'cache-control': /^no-store$/,
  'content-security-policy': /^default-src 'none';/,
  'cross-origin-opener-policy': /^same-origin$/,
  'referrer-policy': /^no-referrer$/,
  'strict-transport-security': /^max-age=\d{8,}/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'x-request-id': /^req_/,
};
const POLICY = ["frame-ancestors 'none'", "base-uri 'none'", 'form-action '];
const LANGUAGES = new URL('../../shared/core/languages/', import.meta.url);
/** What stands before a provider's name in every language (R005). */
const PROVIDER = 'Service Provider';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The same for the sandbox's own pages, which have forms and a script. */
const SANDBOX_HEADERS = {
  'cache-control': /^no-store$/,
  'content-security-policy': /^default-src 'none';/,
  'cross-origin-opener-policy': /^same-origin$/,
  'referrer-policy': /^same-origin$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
};
const SANDBOX_POLICY = ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self';", "style-src 'self';"];

const SCRIPTLESS = Symbol('without script');

let running;

/** Chromium with a fresh profile (Playwright makes and removes a folder for it), once a file of tests. */
async function chromiumFor() {
  running ??= chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  return running;
}

/** Ends Chromium; every file of tests says `after(quit)`. */
export async function quit() {
  await (await running)?.close();
  running = undefined;
}

/** A visitor with no cookies and no history. Whatever the visitor met is checked when the test ends. */
export async function visitor(t, world, { also = [], ...options } = {}) {
  const context = await (await chromiumFor()).newContext(options);
  context[SCRIPTLESS] = options.javaScriptEnabled === false;
  context.setDefaultTimeout(PATIENCE);
  const met = await watch(context, world, also);
  t.after(async () => {
    await context.close();
    met.check();
  });
  return { context, met, page: await context.newPage() };
}

/** Notes everything that a page of ours must not do. */
async function watch(context, world, also) {
  const met = new Met(world, also);
  // A script of DevTools: the policy of a page does not stop it, and it is there before the page is parsed.
  await context.exposeBinding('reportViolation', ({ page }, what) => met.violations.push(`${page.url()}: ${what}`));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      window.reportViolation(`${violatedDirective} blocked ${blockedURI}`));
  });
  context.on('weberror', (error) => met.errors.push(`${error.page()?.url()}: ${error.error()}`));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) met.said.push(`${message.location().url}: ${message.text()}`);
  });
  context.on('dialog', (dialog) => {
    met.errors.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  context.on('request', (request) => met.requests.push(request.url()));
  context.on('response', (response) => {
    if (met.isOurs(response.url())) met.answers.push(response);
  });
  return met;
}

/** Whether a page is the sandbox's own, and not one of the product's. */
function isSandbox(answer) {
  const { pathname } = new URL(answer.url());
  return pathname === '/' || pathname.startsWith('/sandbox/');
}

export class Met {
  errors = [];
  violations = [];
  said = [];
  requests = [];
  answers = [];

  constructor(world, also) {
    this.ours = world.api;
    this.allowed = new Set([world.api, world.microsoft, ...also].map((url) => new URL(url).origin));
  }

  isOurs(url) {
    return new URL(url).origin === this.ours;
  }

  /** Which requests went where nothing is to go. */
  strangers() {
    return this.requests.filter((url) => !this.allowed.has(new URL(url).origin));
  }

  check() {
    assert.deepEqual(this.errors, [], 'no script fails and none shows a dialog');
    assert.deepEqual(this.violations, [], 'no page breaks its policy');
    // Chromium itself notes an answer of 4xx or 5xx as an error; all else is the page's doing.
    const own = this.said.filter((text) => !/the server responded with a status of \d{3}/.test(text));
    assert.deepEqual(own, [], 'the console stays silent');
    assert.deepEqual(this.strangers(), [], 'no request leaves for elsewhere');
    for (const answer of this.answers) {
      const headers = answer.headers();
      const [wantedHeaders, policy] = isSandbox(answer) ? [SANDBOX_HEADERS, SANDBOX_POLICY] : [HEADERS, POLICY];
      for (const [name, wanted] of Object.entries(wantedHeaders)) {
        assert.match(headers[name] ?? '', wanted, `${name} of ${answer.status()} ${answer.url()}`);
      }
      assert.equal(headers.refresh, undefined, `${answer.url()} turns by itself`);
      for (const directive of policy) assert.ok(headers['content-security-policy'].includes(directive), directive);
      assert.doesNotMatch(headers['content-security-policy'], isSandbox(answer) ? /unsafe/ : /unsafe|script-src/);
    }
  }
}

/** At Microsoft: opens the link and chooses a person. */
export async function signIn(page, link, name) {
  await page.goto(link);
  await page.getByRole('button', { name }).click();
}

/** At Microsoft: ticks the box, or leaves it, and accepts. */
export async function accept(page, { tick = true } = {}) {
  if (tick) await page.getByLabel('Consent on behalf of your organization').check();
  await page.getByRole('button', { name: 'Accept' }).click();
}

/** The whole of Grace's visit, to the outcome page. */
export async function consent(page, link) {
  await signIn(page, link, 'Grace Adams');
  await accept(page);
  await page.waitForURL('**/outcome/**');
}

/** Asserts that `page` is one of ours, whole, and readable by a person: it never strands anybody. */
export async function readable(page, heading) {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  assert.match(await page.title(), /./);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.match(await page.locator('footer').innerText(), /Reference id\s+req_\w+/);
  assert.equal(await page.locator('script, img, link, iframe, object, embed, form, meta[http-equiv]').count(), 0);
  await accessible(page);
}

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const RULES = [...WCAG, 'best-practice'];

/** What axe judges by colours: all that can differ between a page that is shown light and dark. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe judges by sizes and places, too: all that can differ on a telephone, where every element stands that stands elsewhere. */
const OF_LAYOUT = [...OF_COLOURS, 'target-size', 'scrollable-region-focusable'];

/** Asserts that axe finds nothing on the page, as it is shown light, dark, and on a telephone. */
export async function accessible(page, rules = RULES) {
  // axe waits by timers, which a page without script does not have.
  if (page.context()[SCRIPTLESS]) return;
  const size = page.viewportSize();
  // Through DevTools, which the policy of the page does not stop; nothing is loaded.
  await page.evaluate(await axe());
  for (const [colorScheme, width, runOnly] of [['light', 1024, rules], ['dark', 1024, OF_COLOURS], ['light', 390, OF_LAYOUT]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const found = await page.evaluate((runOnly) => axe.run(document, { runOnly }), runOnly);
    const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    assert.deepEqual(violations, [], `${page.url()} (${colorScheme}, ${width})`);
  }
  await page.emulateMedia({ colorScheme: null });
  if (size) await page.setViewportSize(size);
}

/** Asserts that the page is in `language`, and that no text which the catalogue translates stands on it in English. */
export async function speaks(page, language) {
  assert.equal(await page.locator('html').getAttribute('lang'), language);
  const said = `${await page.title()}\n${await page.locator('body').innerText()}`.replaceAll(/\s+/g, ' ');
  const english = (await catalogue(language)).filter((text) => said.includes(text));
  assert.deepEqual(english, [], `${page.url()} is in ${language}`);
}

/** The English texts that a catalogue has another text for. A word is left out: it may be one of the other language too. */
async function catalogue(language) {
  if (language === 'en') return [];
  const text = await readFile(new URL(`${language}.po`, LANGUAGES), 'utf8');
  const entries = [...text.matchAll(/^msgid "(.+)"\nmsgstr "(.+)"$/gm)].filter(([, from, to]) => from !== to);
  assert.ok(entries.length > 100, language);
  return entries.map(([, from]) => from).filter((from) => from !== PROVIDER && from.includes(' '));
}

let source;

/** axe-core's own text. */
async function axe() {
  source ??= await readFile(AXE, 'utf8');
  return source;
}

/** Runs in the page: how light the ground is, and which texts have less than WCAG's contrast of 4.5 with theirs. */
function inspect() {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor;
  };
  const contrast = (element) => {
    const [less, more] = [getComputedStyle(element).color, groundOf(element)].map(luminance).sort((a, b) => a - b);
    return (more + 0.05) / (less + 0.05);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
  const faint = [...document.body.querySelectorAll('*')].filter(hasText).filter((element) => contrast(element) < 4.5);
  return {
    ground: luminance(groundOf(document.body)),
    faint: faint.map((element) => `${contrast(element).toFixed(2)}: ${element.textContent}`),
  };
}

/** The HTML part of a mail, looked at: it has no landmarks, and is light always, since mail programs darken mails each in its way. */
export async function letter(page, html, name) {
  await page.setContent(html);
  await accessible(page, WCAG);
  await picture(page, name, { dark: false });
}

/** A page as people meet it, light, dark, and on a telephone: nothing scrolls sideways, every text can be read; and a picture of each. */
export async function picture(page, name, { dark = true } = {}) {
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
  const wide = { width: 1024, height: 720 };
  for (const [look, colorScheme, size] of [
    ['light', 'light', wide], ['dark', 'dark', wide], ['mobile', 'light', { width: 390, height: 844 }],
  ]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}${name}-${look}.png`, fullPage: true });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${name} (${look}) scrolls sideways by ${overflow} px`);
    const { ground, faint } = await page.evaluate(inspect);
    assert.deepEqual(faint, [], `${name} (${look}) has text that is hard to read`);
    assert.equal(ground < 0.2, dark && colorScheme === 'dark', `${name} (${look}): the luminance of the ground is ${ground}`);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(wide);
}
