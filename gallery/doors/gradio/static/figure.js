// Figure: a Plotly figure without template (its value is JSON text); the template of the present theme is laid over it
// here, so that the theme changes without the server. Only what differs is drawn anew, and the reader's zoom is kept.

const PHONE = 600; // CSS pixels; narrower, the tool bar would cover the title
const CONFIG = { displaylogo: false, responsive: true, toImageButtonOptions: { scale: 2 } };

/** Plotly, loaded once a page. */
function library(address) {
  window.galleryPlotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) { resolve(window.Plotly); return; }
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("Plotly could not be loaded"));
    document.head.append(script);
  });
  return window.galleryPlotly;
}

export function mount(root, props) {
  const place = document.createElement("div");
  place.className = "g-plot";
  root.append(place);
  let text = null;
  let drawing = Promise.resolve();

  function draw() {
    if (!text) return;
    const wanted = text;
    drawing = drawing.then(async () => {
      if (wanted !== text) return; // a newer figure waits
      const plotly = await library(props.plotly);
      const { data, layout } = JSON.parse(wanted);
      const theme = document.body.classList.contains("dark") ? "dark" : "light";
      await plotly.react(place, data, { uirevision: "kept", autosize: true, ...layout, template: TEMPLATES[theme] }, { ...CONFIG, displayModeBar: window.innerWidth < PHONE ? false : "hover" });
    }).catch((error) => console.error(error));
  }

  document.addEventListener("gallery-theme", draw);
  return {
    update(next) {
      text = next;
      draw();
    },
    destroy() {
      document.removeEventListener("gallery-theme", draw);
      place.remove();
    },
  };
}
