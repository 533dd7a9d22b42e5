// In a page that is one file: plotly.js stands packed in it, and is unpacked once, before the first figure asks for it.
window.galleryPlotly = (async () => {
  const bytes = Uint8Array.from(atob(document.getElementById("g-plotly").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
  return window.Plotly;
})();
