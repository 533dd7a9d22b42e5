// The search of the front page: hides the cards that do not hold every word, while the reader types. Inlined in the head.
(() => {
  if (window.galleryFind) return;
  window.galleryFind = true;
  const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s-]+/g, "");
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.(".g-find")) return;
    const index = event.target.closest(".g-index");
    const words = event.target.value.split(/\s+/).filter(Boolean).map(folded);
    let hits = 0;
    for (const section of index.querySelectorAll("section")) {
      let any = false;
      for (const card of section.querySelectorAll(".g-card")) {
        card.hidden = !words.every((word) => card.dataset.find.includes(word));
        if (!card.hidden) any = ++hits > 0;
      }
      section.hidden = !any;
    }
    index.classList.toggle("g-found", words.length > 0);
    const none = index.querySelector(".g-none");
    none.hidden = hits > 0;
    none.textContent = hits > 0 ? "" : none.dataset.said.replace("{}", event.target.value.trim());
  });
})();
