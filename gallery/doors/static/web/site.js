// The static page: shows the recorded states of a tab, moves between them, and keeps the address of what is shown.
// Before it in the bundle stand the house's components as `mounts` and `mountForm`. No request leaves the site: data come
// as scripts of the site's own folder, which also works where a page is opened from a folder.

const SITE = JSON.parse(document.getElementById("g-site").textContent);
const LANG = SITE.lang;
const SAID = SITE.words;
const NAMES = /\u0001([^\u0002]+)\u0002/g; // a long string's name inside a text
const system = matchMedia("(prefers-color-scheme: dark)");
const own = (name) => new URLSearchParams(location.search).get(name);
const isTrue = (text) => ["true", "1", "on"].includes((text ?? "").toLowerCase());
const OTHER = 0.3; // of an input's range: a value so far off is as bad as an input set that nobody asked for
const LONGEST = 1500; // characters of a value in an address
const HOUSE_NAMES = ["tab", "lang", "theme", "embed", "slots", "controls"];

// Theme, language, menu

const theme = () => (["light", "dark"].includes(own("theme")) ? own("theme") : system.matches ? "dark" : "light");

function dress() {
  document.body.classList.toggle("dark", theme() === "dark");
  document.documentElement.classList.toggle("g-embed", isTrue(own("embed")) || SITE.frame);
  for (const image of document.querySelectorAll("[data-g-dark]")) {
    image.dataset.gLight ??= image.getAttribute("src");
    image.src = theme() === "dark" ? image.dataset.gDark : image.dataset.gLight;
  }
  document.dispatchEvent(new Event("gallery-theme"));
}

function addressed(change) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-g-theme], [data-g-lang], [data-g-menu], [data-g-copy], a[data-g-link], a.g-card");
  if (!target) return;
  if (target.dataset.gTheme) {
    history.replaceState(null, "", addressed({ theme: (target.dataset.gTheme === "dark") === system.matches ? null : target.dataset.gTheme }));
    dress();
  } else if (target.dataset.gLang) {
    const there = new URL(target.dataset.gHref, location.href);
    there.search = addressed({ lang: null }).search;
    location.assign(there);
  } else if ("gMenu" in target.dataset) {
    target.setAttribute("aria-expanded", document.documentElement.classList.toggle("g-menu-open"));
  } else if (target.dataset.gCopy) {
    const before = target.textContent;
    navigator.clipboard.writeText(document.getElementById(target.dataset.gCopy).textContent).then(() => {
      target.textContent = SAID.copied;
      setTimeout(() => { target.textContent = before; }, 1500);
    });
  } else if (own("theme")) {
    const url = new URL(target.href);
    url.searchParams.set("theme", own("theme"));
    target.href = url;
  }
});
system.addEventListener("change", dress);

// Recorded data

const arrived = new Map(); // "slug/tab part" -> {done, promise} of the unpacked content

function slotOf(key, part) {
  const name = `${key} ${part}`;
  if (!arrived.has(name)) {
    let done;
    const promise = new Promise((resolve) => { done = resolve; });
    arrived.set(name, { done, promise, asked: false });
  }
  return arrived.get(name);
}

/** Called by every data script. */
window.galleryTake = (key, part, packed) => {
  slotOf(key, part).asked = true;
  slotOf(key, part).done(unpacked(packed));
};

async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function part(key, name) {
  const slot = slotOf(key, name);
  if (!slot.asked) {
    slot.asked = true;
    const script = document.createElement("script");
    script.src = `${SITE.root}_/data/${key}/${name}.js`;
    document.head.append(script);
  }
  return slot.promise;
}

/** `value` with the long strings in the place of their names. */
function named(value, pool) {
  if (typeof value === "string") {
    return value.includes("\u0001") ? value.replace(NAMES, (_, name) => pool[name] ?? "") : value;
  }
  if (Array.isArray(value)) return value.length && typeof value[0] === "number" ? value : value.map((item) => named(item, pool));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item, pool)]));
  return value;
}

/** What packing.py's `difference` makes of `base`. */
function applied(base, change) {
  if (change === null || change === undefined) return base;
  if ("=" in change) return change["="];
  if ("~" in change) {
    const out = { ...base };
    for (const key of change["-"] ?? []) delete out[key];
    for (const [key, item] of Object.entries(change["~"])) out[key] = applied(base[key], item);
    return out;
  }
  const out = base.slice(0, change.n);
  for (const [place, item] of Object.entries(change["@"])) out[Number(place)] = applied(base[Number(place)], item);
  return out;
}

// A tab

/** Mount a tab in `root`: its question, what to try, controls, and every output. */
async function mountTab(root, key, where) {
  const [page, slug] = key.split("/");
  const free = window.GalleryLive?.inputs(page, slug) ?? []; // inputs that networks in this browser follow
  const first = await part(key, "first");
  const about = first.about[LANG] ?? Object.values(first.about)[0];
  const pools = { ...first.pool };
  const spec = named(about.spec, pools);
  const tries = named(about.tries, pools);
  const initial = Object.fromEntries(spec.map((field) => [field.name, field.initial]));
  const language = Math.max(0, SITE.languages.indexOf(LANG));
  const states = [];
  const loaded = new Set();
  const only = where.slots;
  take("first", first);

  function take(name, content) {
    if (loaded.has(name)) return;
    loaded.add(name);
    Object.assign(pools, content.pool);
    for (const state of content.states) states.push({ ...state, set: named(state.set, pools) });
  }
  const fieldOf = (name) => spec.find((field) => field.name === name);
  const load = async (name) => { if (name === "first" || first.parts.includes(name)) take(name, await part(key, name)); };

  /** The slots of a state, ready to show. */
  function valuesOf(state) {
    const base = applied(first.start, state.values[0]);
    return named(language ? applied(base, state.values[language]) : base, pools);
  }

  // What stands there
  const elsewhere = element("a", { class: "g-live", target: "_blank", rel: "noopener" }, [SAID.openLive]);
  const note = element("p", { class: "g-note g-recorded", role: "status" });
  const chips = element("div", { class: "g-chips g-tries" }, tries.map((attempt, k) => {
    const button = element("button", { type: "button", class: "g-small g-try", "data-try": k }, [attempt.label]);
    button.addEventListener("click", () => load("tries").then(() => form.take(attempt.set)));
    return button;
  }));
  const formPlace = element("div");
  const reset = element("button", { type: "button", class: "g-small g-reset" }, [SAID.reset]);
  const controls = element("div", { class: "g-controls" }, [formPlace, ...(spec.length ? [reset] : [])]);
  const views = about.slots.map((slot) => outputOf(slot, (told) => form.put(told.name, told.value)));
  const [large, ...rest] = views.filter((view) => !only || only.includes(view.slot.name));
  const answer = element("div", { class: "g-answer" }, large ? [large.node] : []);
  const head = [element("p", { class: "g-question" }, [about.question]), ...(tries.length ? [chips] : []), note];
  const body = element("div", { class: "g-tab" }, where.controls ? [controls, answer] : [answer]);
  root.replaceChildren(...(where.bare ? [note] : head), body, ...rest.map((view) => view.node), ...(where.bare ? [] : sections()));

  const code = root.querySelector(".g-code");
  const form = mountForm(formPlace, { spec, words: about.words, tab: slug, first: slug, value: initial }, (values) => changed(values));
  reset.addEventListener("click", () => form.reset());
  let now = { ...initial };
  let shown = states[0];
  let here = {}; // the link of what is shown

  /** What differs from the defaults among the inputs that show. */
  function differing(values) {
    const visible = (field) => Object.entries(field.shownWhen ?? {}).every(([name, wanted]) => [wanted].flat().includes(values[name]));
    return spec.filter((field) => visible(field) && !same(values[field.name], initial[field.name])).map((field) => field.name);
  }

  /** The recorded state nearest to `values`, where those in `moved` count first; inputs in `aside` do not count. */
  function nearest(values, moved, aside = []) {
    const wanted = differing(values).filter((name) => !aside.includes(name));
    const rank = (state) => {
      const of = (name) => (name in state.set ? state.set[name] : initial[name]);
      const off = moved.reduce((sum, name) => sum + distance(of(name), values[name], fieldOf(name)), 0);
      const agreeing = wanted.filter((name) => same(of(name), values[name])).length;
      const strange = Object.keys(state.set).filter((name) => !same((aside.includes(name) ? initial : values)[name], state.set[name])).length;
      const others = Object.keys(state.set).filter((name) => !wanted.includes(name)).length;
      return [off + OTHER * others, strange - agreeing, Object.keys(state.set).length];
    };
    let best = null, least = null;
    for (const state of states) {
      const mine = rank(state);
      if (!least || lower(mine, least)) { best = state; least = mine; }
    }
    return best;
  }

  /** Show `values`, or what comes nearest: a recorded state, or a picture that a network in this browser makes from one. */
  async function settle(values, moved) {
    const wanted = { ...values };
    now = wanted;
    const missing = moved.filter((name) => !loaded.has(name) && first.parts.includes(name));
    if (missing.length) {
      mark("running");
      await Promise.all(missing.map(load));
      if (now !== wanted) return; // the reader has moved on
    }
    const before = differing(wanted);
    const exact = states.find((state) => same(sorted(state.set), sorted(Object.fromEntries(before.map((name) => [name, wanted[name]])))));
    const live = exact ? [] : before.filter((name) => free.includes(name));
    const state = exact ?? nearest(wanted, moved.filter((name) => !free.includes(name)), live.length ? free : []);
    now = { ...initial, ...state.set, ...Object.fromEntries(live.map((name) => [name, wanted[name]])) };
    form.set(now);
    const back = before.filter((name) => !moved.includes(name) && same(now[name], initial[name]));
    tell(back.length ? SAID.oneAtATime + back.map((name) => fieldOf(name).label).join(LANG === "en" ? ", " : "、") : "");
    if (live.length) await draw(state, live);
    else show(state);
  }

  function changed(values) {
    return settle(values, spec.map((field) => field.name).filter((name) => !same(values[name], now[name])));
  }

  /** What the networks in this browser make of the inputs, beginning with the slots of a recorded state. */
  async function draw(state, live) {
    const inputs = now, start = valuesOf(state);
    mark("running");
    try {
      const slots = await window.GalleryLive.draw(page, slug, inputs, start, LANG);
      if (!slots || now !== inputs) return; // a later one is on its way
      const link = { ...state.link, ...Object.fromEntries(live.map((name) => [name, asText(inputs[name])]).filter(([, text]) => text.length < LONGEST)) };
      present({ ...start, ...slots, $code: `# ${SAID.codeRecorded}\n${start.$code}` }, link);
    } catch (error) {
      console.error(error);
      present({ $message: (error.text ?? {})[LANG] ?? String(error) }, state.link);
    }
  }

  function show(state) {
    shown = state;
    present(valuesOf(state), state.link);
  }

  function present(values, link) {
    const refused = values.$message;
    for (const view of views) view.show(refused ? null : values[view.slot.name]);
    answer.querySelector(".g-message")?.remove();
    if (refused) answer.prepend(element("div", { class: "g-message", role: "alert" }, [element("p", {}, [refused])]));
    if (code) code.textContent = values.$code ?? "";
    mark(refused ? "failed" : "done");
    here = link;
    if (first.live) elsewhere.href = liveAddress(link);
    where.moved?.(link);
    tellHeight();
  }

  /** What a reader must know of the state shown; without a text, that it was recorded. */
  function tell(text) {
    note.replaceChildren(text || (free.length ? SAID.recordedLive : SAID.recorded), ...(first.live ? [" ", elsewhere] : []));
  }

  /** The address of what is shown in the gallery that has a server. */
  function liveAddress(link) {
    const query = new URLSearchParams({ tab: slug, ...(LANG === "zh" ? {} : { lang: LANG }), ...link });
    return `${first.live}/${page}?${query}`;
  }

  function sections() {
    const unfold = (label, children) => element("details", { class: "g-section" }, [element("summary", {}, [label]), ...children]);
    const codeId = `g-code-${slug}`, frameId = `g-frame-${slug}`, linkId = `g-link-${slug}`;
    const copy = (id, label) => element("button", { type: "button", class: "g-small", "data-g-copy": id }, [label]);
    const downloads = element("div", { class: "g-chips" }, views.flatMap((view) => view.files().map(([label, save]) => {
      const button = element("button", { type: "button", class: "g-small" }, [label]);
      button.addEventListener("click", () => save(`${key.replace("/", "-")}-${view.slot.name}`));
      return button;
    })));
    const link = unfold(SAID.link, [element("p", { class: "g-note" }, [SAID.linkNote]), element("code", { class: "g-address", id: linkId }), copy(linkId, SAID.copyLink)]);
    const frame = unfold(SAID.embed, [element("p", { class: "g-note" }, [SAID.embedNote]), element("pre", { class: "g-address", id: frameId }), copy(frameId, SAID.copyCode)]);
    const told = () => {
      link.querySelector(".g-address").textContent = location.href;
      frame.querySelector(".g-address").textContent = snippet();
    };
    for (const fold of [link, frame]) fold.addEventListener("toggle", told);
    return [element("div", { class: "g-sections" }, [
      unfold(SAID.code, [element("p", { class: "g-note" }, [SAID.codeNote]), element("pre", { class: "g-code g-address", id: codeId }), copy(codeId, SAID.copyCode)]),
      unfold(SAID.download, [downloads]), link, frame,
    ])];
  }

  /** The lines that embed the state shown: a link with a picture, which frame.js turns into a frame when it comes into sight. */
  function snippet() {
    const there = new URL(`${SITE.root}${key}/embed.html`, location.href);
    const query = new URLSearchParams({ ...(LANG === "zh" ? {} : { lang: LANG }), ...(own("theme") ? { theme: own("theme") } : {}), ...here });
    there.search = query;
    const picture = new URL(`${SITE.root}_/posters/${key.replace("/", "-")}.webp`, location.href);
    const script = new URL(`${SITE.root}_/frame.js`, location.href);
    const title = `${SITE.title} · ${about.label}`;
    const inside = first.poster ? `<img src="${quoted(picture.href)}" alt="${quoted(title)}" width="100%">` : quoted(title);
    return `<a class="gallery-frame" href="${quoted(there.href)}">${inside}</a>\n<script src="${quoted(script.href)}" async></script>`;
  }

  /** The state that an address asks for; what it asks in vain is said. */
  async function open(query) {
    const asked = Object.fromEntries([...query].filter(([name]) => !HOUSE_NAMES.includes(name) && fieldOf(name)));
    if (!Object.keys(asked).length) { show(states[0]); return; }
    await Promise.all(["tries", ...Object.keys(asked)].map(load));
    const exact = states.find((state) => same(sorted(state.link), sorted(asked)));
    if (!exact) {
      await settle({ ...initial, ...readAs(asked) }, Object.keys(asked));
      const off = Object.keys(asked).filter((name) => asText(now[name]) !== asText(readAs(asked)[name]));
      if (off.length) tell(SAID.nearest + off.map((name) => `${fieldOf(name).label} = ${asked[name]}`).join(", "));
      return;
    }
    now = { ...initial, ...exact.set };
    form.set(now);
    show(exact);
  }

  /** Query values as the form writes them. */
  function readAs(asked) {
    return Object.fromEntries(Object.entries(asked).map(([name, text]) => {
      const start = initial[name];
      if (typeof start === "number") return [name, Number(text)];
      if (typeof start === "boolean") return [name, isTrue(text)];
      if (Array.isArray(start) && typeof start[0] === "number") return [name, text.split(",").map(Number)];
      return [name, text];
    }));
  }

  tell("");
  await open(new URLSearchParams(where.query ?? ""));
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
  const fetchRest = (names) => idle(async () => {
    if (!names.length) return;
    await load(names[0]);
    fetchRest(names.slice(1));
  });
  fetchRest([...first.parts]); // the table comes while the reader looks
  return { open, again: () => { mark("done"); where.moved?.(here); } };
}

/** An output in its place, whose height is kept. */
function outputOf(slot, emit) {
  const place = element("div", { class: "g-hold" });
  if (slot.height) place.style.minHeight = `${slot.height}px`;
  const node = element("div", { class: `g-out g-out-${slot.name} g-kind-${slot.kind}` }, [...(slot.label ? [element("div", { class: "g-label" }, [slot.label])] : []), place]);
  let view = null, value = null;

  function show(next) {
    value = next;
    node.hidden = next === null || next === undefined;
    if (node.hidden) return;
    if (slot.kind === "figure") {
      const text = JSON.stringify(next);
      if (view) view.update(text);
      else view = mounts.figure(place, { figure: text, plotly: `${SITE.root}_/plotly.js`, labels: SAID.figure, snaps: true }, emit);
    } else if (slot.kind === "animation") {
      if (view) view.update(next);
      else view = mounts.player(place, next, () => {});
    } else if (slot.kind === "code") {
      place.replaceChildren(element("pre", { class: "g-address" }, [next]));
    } else {
      place.innerHTML = next; // made by the house when the site was built
      setFormulas(place);
    }
    if (slot.kind !== "figure" || place.firstChild) place.style.minHeight = slot.kind === "figure" ? `${slot.height}px` : "";
  }

  function files() {
    const called = slot.called;
    if (slot.kind === "figure") {
      const plot = () => place.querySelector(".js-plotly-plot");
      const image = (format) => [`${called} · ${format.toUpperCase()}`, (filename) => window.Plotly.downloadImage(plot(), { format, filename, scale: 2 })];
      return [image("png"), image("svg"), [`${called} · JSON`, (name) => save(`${name}.json`, JSON.stringify(value), "application/json")]];
    }
    if (slot.kind === "image" || slot.kind === "images") {
      return [[`${called} · PNG`, (name) => [...place.querySelectorAll("img")].forEach((image, k) => picture(image, k ? `${name}-${k + 1}.png` : `${name}.png`))]];
    }
    if (slot.kind === "table") return [[`${called} · CSV`, (name) => save(`${name}.csv`, "\ufeff" + csv(place.querySelector("table")), "text/csv")]];
    if (["text", "markdown", "code"].includes(slot.kind)) return [[`${called} · TXT`, (name) => save(`${name}.txt`, place.innerText, "text/plain")]];
    if (slot.kind === "metrics") return [[`${called} · CSV`, (name) => save(`${name}.csv`, "\ufeff" + metrics(place), "text/csv")]];
    return []; // a film saves its frames itself
  }
  return { slot, node, show, files, value: () => value };
}

function picture(image, name) {
  const canvas = element("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  canvas.toBlob((blob) => save(name, blob, "image/png"));
}

const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csv = (table) => [...table.rows].map((row) => [...row.cells].map((one) => cell(one.innerText.trim())).join(",")).join("\n");
const metrics = (place) => [...place.querySelectorAll(".g-metric")].map((one) => [...one.children].map((child) => cell(child.innerText.trim())).join(",")).join("\n");

function save(name, content, type) {
  const link = element("a", { href: URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function setFormulas(root) {
  for (const place of root.querySelectorAll(".g-tex")) {
    if (!window.katex || place.dataset.set) continue;
    place.dataset.set = "true";
    window.katex.render(place.textContent, place, { displayMode: place.classList.contains("g-display"), throwOnError: false });
  }
}

function element(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
const asText = (value) => (Array.isArray(value) ? value.join(",") : String(value));
const quoted = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

function lower(a, b) {
  const place = a.findIndex((value, k) => value !== b[k]);
  return place >= 0 && a[place] < b[place];
}

/** How far a recorded value is from the one asked for, in parts of the input's range; what cannot be measured is far. */
function distance(value, wanted, field) {
  if (same(value, wanted)) return 0;
  if (typeof value === "number" && typeof wanted === "number") {
    if (field.log) return Math.abs(Math.log(value / wanted) / Math.log(field.maximum / field.minimum));
    return Math.abs(value - wanted) / ((field.maximum ?? 1) - (field.minimum ?? 0));
  }
  if (Array.isArray(value) && Array.isArray(wanted) && value.length === 2 && typeof value[0] === "number") {
    const ranges = field.ranges ?? [field.props?.xRange, field.props?.yRange];
    return Math.hypot(...value.map((one, k) => (one - wanted[k]) / (ranges[k][1] - ranges[k][0])));
  }
  return 10;
}

function mark(state) {
  for (const place of document.querySelectorAll(".gallery-state")) place.dataset.state = state;
}

/** A frame's page tells its height to the page around it. */
function tellHeight() {
  if (window.parent === window) return;
  window.parent.postMessage({ type: "gallery-height", height: Math.ceil(document.documentElement.scrollHeight) }, "*");
}

// The page

const panels = [...document.querySelectorAll("[data-g-panel]")];
const mounted = new Map();

function choose(name, query) {
  for (const panel of panels) panel.hidden = panel.dataset.gPanel !== name;
  for (const button of document.querySelectorAll("[data-g-tab]")) button.setAttribute("aria-selected", String(button.dataset.gTab === name));
  const panel = panels.find((one) => one.dataset.gPanel === name);
  if (!panel?.dataset.gKey) {
    if (panel) setFormulas(panel);
    if (name === "verify") verifyHere(panel);
    mark("done");
    return;
  }
  if (mounted.has(name)) {
    mounted.get(name).then((tab) => (query ? tab.open(query) : tab.again()));
    return;
  }
  mark("running");
  const where = { controls: true, query, moved: (link) => moved(name, link) };
  mounted.set(name, mountTab(panel.querySelector(".g-place"), panel.dataset.gKey, where));
}

/** Write the tab and the state that is shown into the address; another tab is a step of the browser's history. */
function moved(name, link, step = false) {
  if (SITE.frame || (!step && panels.find((one) => one.dataset.gPanel === name)?.hidden)) return;
  const url = new URL(location.href);
  const kept = [...url.searchParams].filter(([key]) => ["theme", "embed"].includes(key));
  const written = (value) => encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":");
  url.search = [["tab", name], ...kept, ...Object.entries(link)].map(([key, value]) => `${key}=${written(value)}`).join("&");
  history[step ? "pushState" : "replaceState"](null, "", url);
}

let verified = false;

/** Beside what was measured when the site was built: the networks of this page, run in this browser, against torch. */
async function verifyHere(panel) {
  const place = panel.querySelector(".g-live-checks");
  if (verified || !place || !window.GalleryLive?.verify) return;
  verified = true;
  place.textContent = SAID.checking;
  try {
    const rows = await window.GalleryLive.verify(SITE.page);
    const cells = (row) => [`${row.passed ? "✓" : "✗"} ${row.name[LANG]}`, row.measured.toExponential(1), String(row.expected), `± ${row.tolerance}`, row.note[LANG]];
    const lines = rows.map((row) => element("tr", { class: row.passed ? "g-good" : "g-bad" }, cells(row).map((text, k) => element("td", { class: k > 0 && k < 4 ? "g-number" : k ? "g-why" : "g-fact" }, [text]))));
    place.replaceChildren(...(lines.length ? [element("h3", {}, [SAID.browserChecks]), element("table", { class: "g-table g-checks" }, [element("tbody", {}, lines)])] : []));
  } catch (error) {
    console.error(error);
    place.textContent = (error.text ?? {})[LANG] ?? String(error);
  }
}

function opened() {
  const asked = own("tab");
  const known = panels.some((panel) => panel.dataset.gPanel === asked);
  return known ? asked : panels[0]?.dataset.gPanel;
}

async function openFrame(place) {
  const slots = own("slots")?.split(",").filter(Boolean);
  const controls = own("controls") === null ? true : isTrue(own("controls"));
  await mountTab(place, SITE.frame, { controls, slots, bare: true, query: location.search.slice(1) });
  new ResizeObserver(tellHeight).observe(document.body);
}

function begin() {
  dress();
  setFormulas(document);
  const frame = document.querySelector("[data-g-frame]");
  if (frame) { openFrame(frame); return; }
  if (!panels.length) { mark("done"); return; }
  for (const button of document.querySelectorAll("[data-g-tab]")) {
    button.addEventListener("click", () => {
      if (opened() === button.dataset.gTab) return;
      moved(button.dataset.gTab, {}, true);
      choose(button.dataset.gTab);
    });
  }
  addEventListener("popstate", () => choose(opened(), new URLSearchParams(location.search)));
  choose(opened(), new URLSearchParams(location.search));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
