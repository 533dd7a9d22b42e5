// Runs in the head of every page before Streamlit does: the browser's history, and the address as it was opened. Inlined.
(() => {
  window.galleryOpened = location.href;
  window.galleryBack = () => {}; // the page's script says who is to be told
  const push = history.pushState.bind(history);
  let path = location.pathname;
  /** A tab is a step of the history, a value that changes is none: Back leads to the tab before. */
  history.pushState = (state, title, target) => {
    const next = new URL(target ?? location.href, location.href);
    const [from, to] = [location.search, next.search].map((search) => new URLSearchParams(search).get("tab"));
    const step = next.pathname !== location.pathname || (from && to && from !== to);
    path = next.pathname;
    if (step) push(state, title, target);
    else history.replaceState(state, title, target);
  };
  window.addEventListener("popstate", (event) => {
    const same = location.pathname === path;
    path = location.pathname;
    if (!same || location.hash) return; // another page: Streamlit shows it
    event.stopImmediatePropagation();
    window.galleryBack(`${location.search} ${Date.now()}`);
  }, true);
})();
