// Runs in the head of every page before anything is drawn: theme, embedding, links and the address. No modules: inlined.
(() => {
  const own = (name) => new URLSearchParams(location.search).get(name);
  const isTrue = (text) => ["true", "1", "on"].includes((text || "").toLowerCase());
  const mark = () => {
    document.documentElement.classList.toggle("g-embed", isTrue(own("embed")));
    if (document.body) document.body.classList.toggle("dark", own("theme") === "dark");
  };

  // The framework asks the address, else the operating system, for its theme: tell it ours until it has started.
  const first = new URL(location.href);
  first.searchParams.set("__theme", own("theme") === "dark" ? "dark" : "light");
  history.replaceState(null, "", first);
  mark();
  document.addEventListener("DOMContentLoaded", mark);

  const address = () => {
    const url = new URL(location.href);
    url.searchParams.delete("__theme");
    return url;
  };

  /** The address of the gallery, without the page. */
  const origin = () => location.origin + location.pathname.replace(/\/[^/]*$/, "");

  window.gallery = {
    /** The state as Python wants it when the page opens. */
    opened: () => JSON.stringify({ query: address().search.slice(1), origin: origin() }),
    /** Put the present inputs into the address. */
    show(view) {
      if (!view.link) return;
      history.replaceState(null, "", new URL(view.link, location.href));
      mark();
      for (const place of document.querySelectorAll(".g-address")) place.textContent = address().href;
    },
    /** Show the theme that the reader has chosen, before anything is drawn anew. */
    choose(theme) {
      const url = address();
      if (theme === "dark") url.searchParams.set("theme", "dark");
      else url.searchParams.delete("theme");
      history.replaceState(null, "", url);
      mark();
      document.dispatchEvent(new Event("gallery-theme"));
    },
    /** The state as Python wants it with every event; `clicked`: the reader has just chosen a tab. */
    view: () => JSON.stringify({
      theme: own("theme") === "dark" ? "dark" : "light", embed: isTrue(own("embed")), origin: origin(),
      clicked: Date.now() - clicked < 1000,
    }),
    address,
  };

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
      if (own("theme") === "dark") url.searchParams.set("theme", "dark");
      else url.searchParams.delete("theme");
      target.href = url;
    }
  }, true);
})();
