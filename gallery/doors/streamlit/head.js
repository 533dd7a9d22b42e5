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

  // A page in a frame tells its height to the page around it, again whenever it changes. The framework scrolls a box of its
  // own, as high as the frame: what counts is the height of what stands in it, which is mounted later and may be mounted anew.
  const CONTENT = '[data-testid="stMainBlockContainer"]';
  const embedded = ["true", "1", "on"].includes((new URLSearchParams(location.search).get("embed") ?? "").toLowerCase());
  if (!embedded || window.parent === window) return;
  let watched = null;
  const sizes = new ResizeObserver(() => {
    if (watched?.isConnected) window.parent.postMessage({ type: "gallery-height", height: watched.offsetHeight }, "*");
  });
  new MutationObserver(() => {
    const now = document.querySelector(CONTENT);
    if (now === watched) return;
    sizes.disconnect();
    watched = now;
    if (now) sizes.observe(now);
  }).observe(document, { childList: true, subtree: true });
})();
