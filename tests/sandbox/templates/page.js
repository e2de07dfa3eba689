// Keeps what is marked as live up to date, and copies commands. Without it the page works by reloading.
'use strict';

const PAUSE = 1500;

/** The parts of the page that change by themselves, each as the server last wrote it. */
const written = new Map();
for (const part of document.querySelectorAll('[data-live]')) written.set(part.id, part.innerHTML);

async function refresh() {
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next && next.innerHTML !== written.get(part.id)) exchange(part, next);
  }
}

/** Puts the new content in place; what a person opened, closed or stands on stays so. */
function exchange(part, next) {
  const focused = part.contains(document.activeElement) ? place(document.activeElement) : null;
  const open = new Map([...part.querySelectorAll('details[id]')].map((one) => [one.id, one.open]));
  written.set(part.id, next.innerHTML);
  part.replaceChildren(...next.childNodes);
  for (const one of part.querySelectorAll('details[id]')) {
    if (open.has(one.id)) one.open = open.get(one.id);
  }
  if (focused) document.getElementById(focused.id)?.querySelectorAll('summary, a, button, pre')[focused.at]?.focus();
}

/** Where an element is: in which part with an id, and which one of those that take the focus there. */
function place(element) {
  const parent = element.parentElement.closest('[id]');
  return { id: parent.id, at: [...parent.querySelectorAll('summary, a, button, pre')].indexOf(element) };
}

async function keepFresh() {
  if (!document.hidden) {
    try {
      await refresh();
      document.documentElement.classList.remove('gone');
    } catch {
      document.documentElement.classList.add('gone');
    }
  }
  setTimeout(keepFresh, PAUSE);
}

document.addEventListener('click', async ({ target }) => {
  if (!target.matches('[data-copy]')) return;
  await navigator.clipboard.writeText(target.previousElementSibling.textContent);
  target.textContent = 'Copied';
  setTimeout(() => { target.textContent = 'Copy'; }, PAUSE);
});

document.documentElement.classList.add('scripted');
if (written.size) setTimeout(keepFresh, PAUSE);
