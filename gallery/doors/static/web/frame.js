// For the page that embeds a tab: turns every <a class="gallery-frame"> into a frame when it comes near the reader's sight,
// and gives every frame of the gallery, plain ones too, the height that it asks for. Without this script the link and its picture stay.
(() => {
  if (window.galleryFrames) return;
  window.galleryFrames = true;
  const NEAR = "400px";
  const LEAST = 200; // pixels, until the frame has told its height

  addEventListener("message", ({ source, data }) => {
    const frame = [...document.querySelectorAll("iframe")].find((one) => one.contentWindow === source);
    if (frame && data?.type === "gallery-height" && Number.isFinite(data.height)) frame.style.height = `${Math.max(1, data.height)}px`;
  });

  function open(link) {
    const frame = document.createElement("iframe");
    frame.src = link.href;
    frame.title = link.querySelector("img")?.alt ?? link.textContent;
    frame.style.cssText = `width:100%;border:0;height:${Math.max(LEAST, link.offsetHeight)}px`;
    link.replaceWith(frame);
  }

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      open(entry.target);
    }
  }, { rootMargin: NEAR });

  const watch = () => document.querySelectorAll("a.gallery-frame:not([data-watched])").forEach((link) => {
    link.dataset.watched = "true";
    seen.observe(link);
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
})();
