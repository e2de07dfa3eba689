// Texts of strangers stay texts (G54, T37).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { Met, consent, picture, quit, readable, visitor } from './browser.mjs';
import { CONTOSO, start } from './world.mjs';

after(quit);

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</style><script>alert(1)</script>',
  '</title></head><body onload=alert(1)>',
  'AADSTS65004: <svg onload=alert(1)> Correlation ID: <iframe srcdoc="<script>alert(1)</script>">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<base href="https://evil.example/"><form action="https://evil.example/"><button>Continue</button></form>',
  '<link rel=stylesheet href=https://evil.example/x.css><style>*{display:none}</style>',
  'click\r\nSet-Cookie: a=b\r\n\r\n<b>x</b>',
  '\u202eltr\u2066 {{7*7}} ${7*7} <%= 7*7 %>',
];
const MARK = 'c4n4ry';

/** A page of somebody else, on an origin of its own. */
async function elsewhere(t, html, headers = {}) {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
    answer.end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

const quoted = (text) => text.replace(/[&"<\r\n]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A page with a form that is sent as soon as somebody clicks. */
function form(action, fields) {
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${quoted(value)}">`);
  return `<!doctype html><link rel="icon" href="data:,"><form method="post" action="${action}">${inputs.join('')}<button>Go</button></form>`;
}

/** The elements of a page in order: the same for the same page, whatever its texts are. */
const elements = (page) =>
  page.evaluate(() => [...document.querySelectorAll('*')].map((element) =>
    `${element.localName}${[...element.attributes].map(({ name }) => `[${name}]`).join('')}`));

test('a hostile error_description shows our text alone', async (t) => {
  const world = await start(t);
  const enterprise = await world.enterprise('Contoso Ltd', CONTOSO);
  const state = new URL(await world.link(enterprise)).searchParams.get('state');
  const post = async (fields) => {
    const stranger = await elsewhere(t, form(`${world.api}/restricted/handleResponse`, fields));
    const { page } = await visitor(t, world, { also: [stranger] });
    await page.goto(stranger);
    await page.getByRole('button', { name: 'Go' }).click();
    await page.waitForURL(`${world.api}/**`);
    return page;
  };
  const usual = await elements(await post([['error', 'access_denied'], ['error_description', 'x'], ['state', state]]));
  for (const text of HOSTILE) {
    const page = await post([
      ['error', 'access_denied'], ['error_description', `${MARK}${text}`], ['error_uri', `${MARK}${text}`],
      ['state', state], [`${MARK}extra`, text],
    ]);
    await readable(page, 'The consent was declined');
    assert.ok(!(await page.content()).includes(MARK), 'no text of the form is on the page');
    assert.deepEqual(await elements(page), usual, 'no element comes from the form');
  }
  const page = await post([['error', `${MARK}${HOSTILE[0]}`], ['error_description', HOSTILE[1]], ['state', state]]);
  await readable(page, 'Microsoft reported an error');
  assert.ok(!(await page.content()).includes(MARK));
  await picture(page, 'unknown-error');
});

test('a hostile state shows advice and nothing of it', async (t) => {
  const world = await start(t);
  const fields = [['error', 'access_denied'], ['error_description', MARK], ['state', `${MARK}${HOSTILE[0]}`]];
  const stranger = await elsewhere(t, form(`${world.api}/restricted/handleResponse`, fields));
  const { page } = await visitor(t, world, { also: [stranger] });
  await page.goto(stranger);
  await page.getByRole('button', { name: 'Go' }).click();
  await readable(page, 'This sign-in cannot be used');
  assert.ok(!(await page.content()).includes(MARK));
});

test('a hostile name of an enterprise stays a name', async (t) => {
  const world = await start(t);
  const { page } = await visitor(t, world);
  const name = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'&amp;{{7*7}}';
  await consent(page, await world.link(await world.enterprise(name, CONTOSO)));
  await readable(page, 'Register your organisation');
  assert.ok((await page.locator('main').innerText()).includes(name), 'it is shown as it is written');
});

test('a page of ours cannot be framed', async (t) => {
  const world = await start(t);
  const victim = `${world.api}/restricted/handleResponse`;
  const stranger = await elsewhere(t, `<!doctype html><link rel="icon" href="data:,"><iframe src="${victim}"></iframe>`);
  const { page, met } = await visitor(t, world, { also: [stranger] });
  await page.goto(stranger);
  await page.waitForTimeout(300);
  const [frame] = page.mainFrame().childFrames();
  assert.ok(!frame.url().startsWith(world.api), frame.url());
  // The browser says on the console that it refused; that is the proof, not a fault.
  assert.ok(met.said.some((text) => /frame/i.test(text)), met.said.join('\n'));
  met.said.length = 0;
});

test('the watch sees what it is there for', async (t) => {
  const world = await start(t);
  const bad = '<!doctype html><script>alert(1)</script><img src="http://127.0.0.1:9/x.png"><script src="data:,"></script>';
  const policy = "script-src 'unsafe-inline'; img-src *";
  const stranger = await elsewhere(t, `${bad}<script>throw new Error('seen')</script>`, { 'content-security-policy': policy });
  const other = await start(t);
  const { page, met } = await visitor(t, other, { also: [stranger] });
  await page.goto(stranger);
  await page.goto(`${world.api}/healthz`);
  const seen = structuredClone({ errors: met.errors, violations: met.violations, strangers: met.strangers() });
  for (const list of [met.errors, met.violations, met.said, met.requests]) list.length = 0;
  assert.ok(seen.errors.some((text) => text.includes('seen')) && seen.errors.some((text) => text.includes('dialog')));
  assert.ok(seen.violations.some((text) => text.includes('script-src')), seen.violations.join());
  assert.ok(seen.strangers.includes('http://127.0.0.1:9/x.png') && seen.strangers.includes(`${world.api}/healthz`));
  const without = new Met(world, []);
  without.answers.push({ headers: () => ({}), status: () => 200, url: () => world.api });
  assert.throws(() => without.check(), /cache-control/);
});
