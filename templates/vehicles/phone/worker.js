{% autoescape off %}/* The app's service worker: its page and its files offline, and what waits sent when the network is back.
   Answers of the API and pages of people are never kept: only files by the names below, and the page as visitors get it. */

{% for name, url in imported %}import { {{ name }} } from "{{ url }}";
{% endfor %}
const CACHE = "phone-{{ version }}";
const SHELL = "{{ shell }}";
const FILES = new Set({{ files }});
const PATIENCE_MS = 4000;

/* The page is fetched without cookies, so the kept copy is nobody's. */
async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll([...FILES].map((file) => new Request(file, { cache: "reload", credentials: "omit" })));
  const page = await fetch(new Request(SHELL, { cache: "reload", credentials: "omit" }));
  if (!page.ok || page.redirected) throw new Error(`The page answered ${page.status}.`);
  await cache.put(SHELL, page);
  await self.skipWaiting(); // a page that is open has all its modules already
}

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith("phone-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

const kept = async (name) => (await caches.open(CACHE)).match(name);

/* The newest page where there is a network, the kept one where there is none or it is slow. */
async function page(request) {
  const fresh = fetch(request);
  fresh.catch(() => {}); // it may fail after the kept page was given
  const slow = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS)).then(() => kept(SHELL));
  try {
    return (await Promise.race([fresh, slow])) ?? (await fresh);
  } catch (error) {
    const copy = await kept(SHELL);
    if (copy) return copy;
    throw error;
  }
}

async function sendWhatWaits() {
  await navigator.locks.request("commons-phone-send", { ifAvailable: true }, async (lock) => {
    if (!lock) return; // the page is at it
    const store = await openStore();
    try {
      const result = await createSender({ store, canonical, sign }).flush();
      if (!result.done) throw new Error(result.code); // the browser tries again
    } finally {
      store.close();
    }
  });
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget()));
self.addEventListener("sync", (event) => event.tag === "phone-send" && event.waitUntil(sendWhatWaits()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === SHELL) event.respondWith(page(request));
  else if (FILES.has(pathname)) event.respondWith(kept(pathname).then((copy) => copy ?? fetch(request)));
});
{% endautoescape %}
