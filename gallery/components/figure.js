// Figure: a Plotly figure without template. The theme's template, the form for the present width, the points that the
// reader drags and the last setting behind the new one are laid over it here: none of them needs the server.
// props: {figure: JSON text {data, layout, frames}, plotly: address of plotly.js, theme?: "light" | "dark" (else the page's),
//         labels?: {keep, drag}, snaps?: inputs whose points go where the figure has them, not where the reader let go}; update takes the same, or the JSON text alone.
// emits {name, value: [x, y]} while a point is dragged, at most every EVERY ms and once at rest. On the way up it also
// dispatches "gallery-set" with {name, value, settled} as its detail, once a drawn frame.

const NARROW = 600; // CSS pixels; narrower, panels stand one under another and there is no tool bar
const WIDE = 860;
const SMALLEST_TEXT = 9; // pixels: smaller characters in a cell cannot be read
const BETWEEN = 6; // pixels kept free beside a cell's text of several characters, so that two of them do not read as one
const EVERY = 180; // ms: a tab of 150 ms keeps up
const STEPS = 100; // an arrow key moves a point by a hundredth of the plane, ten with Shift
const FINEST = 1000; // a point snaps to a thousandth of the range, so that links stay short
const LEFT = 0.4; // of a plane: a point in that part has its name at its left
const GREY = "#8a8f98"; // reads on light and dark alike
const GHOST = 0.4; // opacity of what is left of the last setting
const UNWANTED = ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "tableRotation", "resetCameraLastSave3d"];
const CONFIG = { displaylogo: false, toImageButtonOptions: { scale: 2 }, modeBarButtonsToRemove: UNWANTED };
const WORDS = { keep: "Keep", drag: "Drag" };
const LINES = ["scatter", "scattergl", "bar"]; // kinds of traces that can stay behind

/** Plotly, loaded once a page. */
function library(address) {
  window.galleryPlotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) { resolve(window.Plotly); return; }
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { delete window.galleryPlotly; reject(new Error("Plotly could not be loaded")); };
    document.head.append(script);
  });
  return window.galleryPlotly;
}

export function mount(root, props, emit) {
  const place = make("div", { class: "g-plot" });
  const handles = make("div", { class: "g-handles" });
  const keep = make("button", { type: "button", class: "g-keep", "aria-pressed": "false", hidden: "", onclick: keepOrDrop });
  const frame = make("div", { class: "g-figure", role: "figure" }, [place, handles, keep]);
  root.append(frame);

  let text = null; // of the figure asked for
  let shown = null; // the figure drawn last, as it came
  let kept = null; // traces of the setting that stays behind
  let points = []; // the handles
  let form = null;
  let drawing = Promise.resolve();
  let unseen = false; // something is to be drawn as soon as there is a place for it
  let closed = false;
  const sizes = new ResizeObserver(resized);
  sizes.observe(frame);
  document.addEventListener("gallery-theme", draw);
  take(props);

  function take(next) {
    if (typeof next === "string") next = { figure: next };
    props = { ...props, ...next };
    if (props.figure) text = props.figure;
    const words = { ...WORDS, ...props.labels };
    keep.textContent = words.keep;
    keep.title = words.keep;
    draw();
  }

  /** Draw the figure asked for, once the one before it is drawn; only what differs changes, and the reader's zoom is kept. */
  function draw() {
    const wanted = text;
    if (!wanted) return;
    drawing = drawing.then(async () => {
      if (wanted !== text || closed) return; // a newer figure waits
      unseen = !frame.clientWidth; // on a tab that is not open
      if (unseen) return;
      const plotly = await library(props.plotly);
      if (closed) return;
      const next = JSON.parse(wanted);
      const meta = next.layout.meta ?? {};
      form = formFor(frame.clientWidth);
      const layout = { uirevision: "kept", ...inForm(next.layout, meta), template: TEMPLATES[theme()], autosize: true };
      if (form === "narrow") layout.dragmode ??= false; // a finger scrolls the page
      place.style.height = `${layout.height ?? 460}px`;
      frame.setAttribute("aria-label", meta.title ?? plain(layout.title?.text ?? ""));
      shown = next;
      keep.hidden = !meta.ghost || Boolean(next.frames?.length);
      if (keep.hidden) drop();
      const dragged = (meta.handles ?? []).map((handle) => handle.trace);
      const data = [...(kept ?? []), ...next.data.map((trace, k) => (dragged.includes(k) ? { ...trace, opacity: 0 } : fitting(trace, layout)))];
      await plotly.react(place, { data, layout, frames: next.frames ?? [], config: { ...CONFIG, displayModeBar: form === "narrow" ? false : "hover" } });
      place.removeAllListeners?.("plotly_afterplot");
      place.removeAllListeners?.("plotly_relayouting");
      place.on("plotly_afterplot", settle);
      place.on("plotly_relayouting", settle);
      offer(meta.handles ?? [], next.data);
    }).catch((error) => console.error(error));
  }

  function theme() {
    return props.theme ?? (document.body.classList.contains("dark") ? "dark" : "light");
  }

  function formFor(width) {
    if (width < NARROW) return "narrow";
    return width < WIDE ? "middle" : "wide";
  }

  /** The layout for the present width. Texts that the page itself added stand after those of the vocabulary, and stay. */
  function inForm(layout, meta) {
    const { meta: _, ...base } = layout;
    const changes = meta[form];
    if (!changes) return base;
    const own = changes.annotations?.length ?? 0;
    const added = (base.annotations ?? []).slice(own);
    return { ...over(base, changes), annotations: [...(changes.annotations ?? []), ...added] };
  }

  /** A heat map with the texts in its cells that have room there, if need be smaller: its own, else its brief ones, else none. */
  function fitting(trace, layout) {
    if (!trace.texttemplate || !Array.isArray(trace.text?.[0])) return trace;
    const [begin, end] = layout[`xaxis${(trace.xaxis ?? "x").slice(1)}`]?.domain ?? [0, 1];
    const cell = ((end - begin) * (frame.clientWidth - layout.margin.l - layout.margin.r)) / trace.text[0].length;
    const ruler = document.createElement("canvas").getContext("2d");
    ruler.font = `${trace.textfont?.size ?? 12}px ${getComputedStyle(frame).fontFamily}`;
    const need = (text) => ruler.measureText(text).width + ([...text].length > 1 ? BETWEEN : 0);
    const widest = (texts) => Math.max(...texts.flat().map((text) => need(String(text))));
    if (widest(trace.text) <= cell) return trace;
    const brief = trace.meta?.brief, size = trace.textfont?.size ?? 12;
    if (brief && widest(brief) <= cell) return { ...trace, text: brief, hovertext: trace.text };
    const last = brief ?? trace.text, smaller = Math.floor((size * cell) / widest(last));
    if (smaller < SMALLEST_TEXT) return { ...trace, texttemplate: "" };
    return { ...trace, text: last, hovertext: trace.text, textfont: { ...trace.textfont, size: smaller } };
  }

  function resized() {
    if (!frame.clientWidth) return;
    if (!shown || unseen || formFor(frame.clientWidth) !== form) { draw(); return; }
    drawing = drawing.then(() => { if (!closed && frame.clientWidth) return window.Plotly.Plots.resize(place); }).catch((error) => console.error(error));
  }

  // What stays behind

  function keepOrDrop() {
    if (kept) drop();
    else {
      kept = shown.data.map((trace, k) => faint(trace, k)).filter(Boolean);
      keep.setAttribute("aria-pressed", "true");
    }
    draw();
  }

  function drop() {
    kept = null;
    keep.setAttribute("aria-pressed", "false");
  }

  /** The trace as a ghost of itself; nothing for pictures and for the points that are dragged. */
  function faint(trace, k) {
    const moved = (shown.layout.meta?.handles ?? []).some((handle) => handle.trace === k);
    if (moved || !LINES.includes(trace.type ?? "scatter")) return null;
    const grey = { ...trace, name: "", showlegend: false, hoverinfo: "skip", hovertemplate: null, text: null, opacity: GHOST };
    if (trace.line) grey.line = { ...trace.line, color: GREY };
    if (trace.marker) grey.marker = { ...trace.marker, color: GREY, line: { width: 0 } };
    if (trace.fillcolor) grey.fillcolor = "rgba(138,143,152,0.25)";
    return grey;
  }

  // Points that the reader drags

  /** Make the handles of the figure drawn; those that stay are kept, so that a drag goes on while figures come. */
  function offer(wanted, data) {
    const names = wanted.map((handle) => handle.input).join(" ");
    if (names !== points.map((point) => point.handle.input).join(" ")) {
      points.forEach((point) => point.send.cancel());
      points = wanted.map(handleOf);
      handles.replaceChildren(...points.map((point) => point.node));
    }
    wanted.forEach((handle, k) => points[k].told(handle, [data[handle.trace].x[0], data[handle.trace].y[0]]));
    settle();
  }

  function settle() {
    for (const point of points) point.show();
  }

  function handleOf(handle) {
    const dot = make("span", { class: "dot" });
    const name = make("span", { class: "name" });
    const node = make("div", { class: "g-handle", role: "slider", tabindex: 0, onpointerdown: grasp, onkeydown: pressed }, [dot, name]);
    const same = (a, b) => a[0] === b[0] && a[1] === b[1];
    const echo = echoes(same);
    const send = throttled((value) => emit({ name: handle.input, value }), EVERY);
    let here = null;
    let given = null;
    let held = null; // pointer and where on the dot it holds
    let aim = null; // where the keys have led, also between the places to which the point snaps
    let waiting = 0; // the frame in which the next value is told

    const axes = () => [axis("xaxis"), axis("yaxis")];
    const axis = (kind) => place._fullLayout[kind + handle[kind].slice(1)];

    function told(next, value) {
      handle = next;
      point.handle = next;
      dot.style.background = handle.colour;
      name.style.color = handle.colour;
      name.textContent = handle.name;
      if (given && same(value, given) && !snaps()) return;
      given = value;
      if (snaps() && !held) {
        here = value;
        return;
      }
      if (!here || (!echo.isEcho(value) && !held)) here = value;
    }

    function show() {
      const [across, up] = axes();
      if (!here || !across || !up) return;
      node.style.left = `${across._offset + across.d2p(here[0])}px`;
      node.style.top = `${up._offset + up.d2p(here[1])}px`;
      name.classList.toggle("left", handle.left ?? across.d2p(here[0]) < LEFT * across._length); // arrows mostly come from the middle
      const words = `${here.join(", ")}`;
      node.setAttribute("aria-label", `${{ ...WORDS, ...props.labels }.drag} ${handle.name || handle.input}`);
      node.setAttribute("aria-valuetext", words);
      node.setAttribute("aria-valuenow", here[0]);
      node.setAttribute("title", `(${words})`);
    }

    /** The value at a place of the plane, in pixels: inside it, and with no more digits than it takes. */
    function valueAt(pixels) {
      return axes().map((one, k) => {
        const at = Math.min(Math.max(pixels[k], 0), one._length);
        const value = one.p2d(at);
        if (one.type === "log") return Number(value.toPrecision(3));
        const step = Math.abs(one.range[1] - one.range[0]) / FINEST;
        return Number(value.toFixed(Math.min(15, Math.max(0, Math.ceil(-Math.log10(step))))));
      });
    }

    function move(pixels) {
      const next = valueAt(pixels);
      if (same(next, here)) return;
      here = next;
      show();
      echo.sent(here);
      send(here);
      waiting ||= requestAnimationFrame(() => { waiting = 0; say(false); });
    }

    function say(settled) {
      root.dispatchEvent(new CustomEvent("gallery-set", { bubbles: true, composed: true, detail: { name: handle.input, value: here, settled } }));
    }

    function rest() {
      if (waiting) cancelAnimationFrame(waiting);
      waiting = 0;
      send.flush();
      say(true);
    }

    /** Whether the point goes where the figure has it, not where the reader lets go. */
    const snaps = () => Boolean(props.snaps?.includes(handle.input));

    function pixelsOf() {
      return axes().map((one, k) => one.d2p(here[k]));
    }

    function grasp(event) {
      if (event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation();
      node.focus({ preventScroll: true });
      aim = null;
      const start = pixelsOf();
      const before = here;
      held = { x: event.clientX, y: event.clientY };
      node.setPointerCapture(event.pointerId);
      const follow = (now) => move([start[0] + now.clientX - held.x, start[1] + now.clientY - held.y]);
      const release = () => {
        node.removeEventListener("pointermove", follow);
        held = null;
        if (!same(before, here)) rest();
        if (snaps() && given) {
          here = given;
          show();
        }
      };
      node.addEventListener("pointermove", follow);
      node.addEventListener("pointerup", release, { once: true });
      node.addEventListener("pointercancel", release, { once: true });
    }

    function pressed(event) {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (way === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const far = event.shiftKey ? 10 : 1;
      const before = here;
      if (snaps()) here = aim ?? here;
      const pixels = pixelsOf();
      move(axes().map((one, k) => pixels[k] + (far * way[k] * one._length) / STEPS));
      aim = here;
      if (!same(before, here)) rest();
    }

    const point = { handle, node, send, told, show };
    return point;
  }

  return {
    update: take,
    destroy() {
      closed = true;
      sizes.disconnect();
      document.removeEventListener("gallery-theme", draw);
      points.forEach((point) => point.send.cancel());
      if (window.Plotly && shown) window.Plotly.purge(place);
      frame.remove();
    },
  };
}

/** `changes` over `base`, objects member by member. */
function over(base, changes) {
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const out = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    out[name] = isObject(value) && isObject(base[name]) ? over(base[name], value) : value;
  }
  return out;
}

/** A title without its tags and breaks. */
function plain(text) {
  return text.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ").trim();
}
