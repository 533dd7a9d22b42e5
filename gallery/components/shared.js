// Put before each component by gallery.components.source(); no imports, so that one text serves both front ends.

/** An element with attributes, children and listeners (names that begin with "on"); `ns` "svg" for SVG. */
function make(tag, attributes = {}, children = [], ns = "html") {
  const node = ns === "svg" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * Tells values that the server merely sends back from values that it sets.
 *
 * A reader may act again before the answer to the last act is back; taking that answer for a new value would undo the
 * newer act. `sent(v)` notes a value given to the server, `isEcho(v)` says whether v answers one of those (and forgets it
 * and all before it). After five seconds a value counts as never answered: some front ends send nothing back.
 */
function echoes(same, forgetMs = 5000) {
  let waiting = [];
  return {
    sent(value) {
      waiting.push({ value, at: performance.now() });
    },
    isEcho(value) {
      waiting = waiting.filter((entry) => performance.now() - entry.at < forgetMs);
      const place = waiting.findIndex((entry) => same(entry.value, value));
      if (place < 0) return false;
      waiting = waiting.slice(place + 1);
      return true;
    },
  };
}

/** Calls `act` at most every `ms`; the last call always comes through. */
function throttled(act, ms) {
  let timer = null;
  let last = -Infinity;
  let latest = null;
  const fire = () => {
    timer = null;
    last = performance.now();
    act(...latest);
  };
  const call = (...values) => {
    latest = values;
    if (timer === null) timer = setTimeout(fire, Math.max(0, last + ms - performance.now()));
  };
  call.flush = () => {
    if (timer === null) return;
    clearTimeout(timer);
    fire();
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}

/**
 * What a reader has uploaded, kept by the browser over a reload (another language or theme is one), so long as its tab is
 * open. `name` is "<tab>/…/<input>", or "" where nothing is kept. What does not fit is not kept; a value in the address wins.
 */
function keeper(name) {
  const key = `gallery-kept:${location.pathname}:${name}`;
  const parts = String(name).split("/");
  const storage = (act) => {
    try {
      return name ? act() : null;
    } catch {
      return null; // storage is full or blocked
    }
  };
  return {
    put(value) {
      storage(() => sessionStorage.removeItem(key));
      if (value !== null) storage(() => sessionStorage.setItem(key, JSON.stringify(value)));
    },
    get() {
      const first = new URL(window.galleryOpened ?? location.href); // the address before the defaults were written into it
      const query = first.pathname === location.pathname ? first.searchParams : new URLSearchParams();
      if (query.has(parts.at(-1)) && (query.get("tab") ?? parts[0]) === parts[0]) return null;
      return storage(() => JSON.parse(sessionStorage.getItem(key)));
    },
  };
}
