// The search of the front page, as front_page.py's found(): hides the cards that do not hold every word, while the reader
// types, and puts those first that are called so. Inlined in the head.
(() => {
  if (window.galleryFind) return;
  window.galleryFind = true;
  const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s-]+/g, " ").trim();
  const plain = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const holds = (text, word) => /^[a-z]{1,3}$/.test(word)
    ? new RegExp(`(?<![a-z0-9])${word}`).test(text)
    : text.replaceAll(" ", "").includes(word.replaceAll(" ", ""));
  const rank = (names, word) => {
    if (new RegExp(`(?<![a-z0-9])${plain(word)}(?![a-z0-9])`).test(names)) return 0;
    return holds(names, word) ? 1 : 2;
  };
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.(".g-find")) return;
    const index = event.target.closest(".g-index");
    const words = event.target.value.split(/\s+/).filter(Boolean).map(folded);
    let hits = 0;
    for (const section of index.querySelectorAll("section")) {
      let best = Infinity;
      for (const card of section.querySelectorAll(".g-card")) {
        const [names] = card.dataset.find.split("\n", 1);
        const order = words.reduce((sum, word) => sum + rank(names, word), 0);
        card.hidden = !words.every((word) => holds(card.dataset.find, word));
        card.style.order = order;
        if (!card.hidden) { hits += 1; best = Math.min(best, order); }
      }
      section.hidden = best === Infinity;
      section.style.order = section.hidden ? 0 : best + 1; // under the search itself
    }
    index.classList.toggle("g-found", words.length > 0);
    const none = index.querySelector(".g-none");
    none.hidden = hits > 0;
    none.textContent = hits > 0 ? "" : none.dataset.said.replace("{}", event.target.value.trim());
  });
})();
