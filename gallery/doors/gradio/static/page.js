// Runs in the head of every page before anything is drawn: theme, embedding, links and the address. No modules: inlined.
(() => {
  const own = (name) => new URLSearchParams(location.search).get(name);
  const isTrue = (text) => ["true", "1", "on"].includes((text || "").toLowerCase());
  const system = matchMedia("(prefers-color-scheme: dark)");
  /** The theme that the address names, else the system's. */
  const theme = () => (["light", "dark"].includes(own("theme")) ? own("theme") : system.matches ? "dark" : "light");
  const mark = () => {
    document.documentElement.classList.toggle("g-embed", isTrue(own("embed")));
    if (document.body) document.body.classList.toggle("dark", theme() === "dark");
  };
  system.addEventListener("change", () => {
    mark();
    document.dispatchEvent(new Event("gallery-theme"));
  });

  window.galleryOpened = location.href;

  // The framework asks the address, else the operating system, for its theme: tell it ours until it has started.
  const first = new URL(location.href);
  first.searchParams.set("__theme", theme());
  history.replaceState(null, "", first);
  mark();
  document.addEventListener("DOMContentLoaded", mark);

  /** A page in a frame tells its height to the page around it, again whenever it changes. */
  const tellHeight = () => window.parent.postMessage({ type: "gallery-height", height: document.body.offsetHeight }, "*");
  if (isTrue(own("embed")) && window.parent !== window) {
    document.addEventListener("DOMContentLoaded", () => new ResizeObserver(tellHeight).observe(document.body));
  }

  // The framework puts the browser's language in the place of the page's.
  const language = document.documentElement.lang;
  new MutationObserver(() => {
    if (document.documentElement.lang !== language) document.documentElement.lang = language;
  }).observe(document.documentElement, { attributeFilter: ["lang"] });

  const address = () => {
    const url = new URL(location.href);
    url.searchParams.delete("__theme");
    return url;
  };

  /** The address of the gallery, without the page. */
  const origin = () => location.origin + location.pathname.replace(/\/[^/]*$/, "");

  window.gallery = {
    /** The state as Python wants it when the page opens. */
    opened(back = false) {
      const url = address();
      if (!url.searchParams.has("theme")) url.searchParams.set("theme", theme());
      return JSON.stringify({ query: url.search.slice(1), origin: origin(), back });
    },
    /** Put the present inputs into the address: another tab is a step of the browser's history, another value is none. */
    show(view) {
      if (!view.link) return;
      // By hand: URLSearchParams would write commas and colons in longer ways than the link has them.
      const [place, query = ""] = view.link.split("?");
      const said = query.split("&").filter((part) => part && !part.startsWith("theme="));
      if (own("theme")) said.push(`theme=${own("theme")}`);
      const next = new URL(said.length ? `${place}?${said.join("&")}` : place, location.href);
      const tab = next.searchParams.get("tab");
      const step = own("tab") && tab && own("tab") !== tab;
      if (next.href !== location.href) history[step ? "pushState" : "replaceState"](null, "", next);
      path = location.href.split("#")[0];
      keep(next);
      mark();
      for (const place of document.querySelectorAll(".g-address")) place.textContent = address().href;
    },
    /** Show the theme that the reader has chosen, before anything is drawn anew. */
    choose(wanted) {
      const url = address();
      if ((wanted === "dark") === system.matches) url.searchParams.delete("theme");
      else url.searchParams.set("theme", wanted);
      history.replaceState(null, "", url);
      mark();
      document.dispatchEvent(new Event("gallery-theme"));
    },
    /** The state as Python wants it with every event; `clicked`: the reader has just chosen a tab. */
    view: () => JSON.stringify({
      theme: theme(), embed: isTrue(own("embed")), origin: origin(),
      clicked: Date.now() - clicked < 1000,
    }),
    address,
  };

  const HOUSE = ["lang", "theme", "embed"];
  /** What the reader has set on a page is kept so long as the browser's tab is open: a link to the page leads there. */
  function keep(url) {
    const set = new URLSearchParams(url.search);
    HOUSE.forEach((name) => set.delete(name));
    try {
      sessionStorage.setItem(`gallery-set:${url.pathname}`, set);
    } catch { /* storage is full or blocked: the link leads to the defaults */ }
  }
  function kept(url) {
    try {
      return new URLSearchParams(sessionStorage.getItem(`gallery-set:${url.pathname}`) ?? "");
    } catch {
      return new URLSearchParams();
    }
  }
  let path = location.href.split("#")[0];
  addEventListener("popstate", () => {
    const now = location.href.split("#")[0];
    if (now !== path) document.dispatchEvent(new Event("gallery-back"));
    path = now;
  });

  let clicked = 0;
  document.addEventListener("click", (event) => {
    if (event.target.closest('[role="tab"]')) clicked = Date.now();
    const target = event.target.closest("[data-g-lang], [data-g-copy], [data-g-menu], a[data-g-link], a.g-card");
    if (!target) return;
    if ("gMenu" in target.dataset) {
      const open = document.documentElement.classList.toggle("g-menu-open");
      target.setAttribute("aria-expanded", open);
    } else if (target.dataset.gLang) {
      const url = address();
      url.searchParams.set("lang", target.dataset.gLang);
      if (target.dataset.gLang === "zh") url.searchParams.delete("lang");
      location.assign(url);
    } else if (target.dataset.gCopy) {
      const said = target.textContent;
      const source = target.dataset.gCopy === "address" ? address().href : document.querySelector(target.dataset.gCopy).textContent;
      navigator.clipboard.writeText(source).then(() => {
        target.textContent = target.dataset.gCopied;
        setTimeout(() => { target.textContent = said; }, 1500);
      });
    } else if (target.href) {
      const url = new URL(target.href);
      if (!url.searchParams.has("tab")) kept(url).forEach((value, name) => url.searchParams.set(name, value));
      url.searchParams.delete("theme");
      if (own("theme")) url.searchParams.set("theme", own("theme"));
      target.href = url;
    }
  }, true);
})();
