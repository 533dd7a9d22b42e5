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
const EVERY = 200; // ms between two addresses written
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
    copy(document.getElementById(target.dataset.gCopy), target);
  } else {
    const url = new URL(target.href);
    if (own("theme")) url.searchParams.set("theme", own("theme"));
    else url.searchParams.delete("theme");
    target.href = url;
  }
});
system.addEventListener("change", dress);

/** Copy a place's text; where a page may not (a host without https), select it for the reader's own keys. */
function copy(place, button) {
  if (!navigator.clipboard) {
    getSelection().selectAllChildren(place);
    return;
  }
  const before = button.textContent;
  navigator.clipboard.writeText(place.textContent).then(() => {
    button.textContent = SAID.copied;
    setTimeout(() => { button.textContent = before; }, 1500);
  }).catch((error) => console.error(error));
}

// Recorded data

const arrived = new Map(); // "slug/tab part" -> {done, promise} of the unpacked content

function slotOf(key, part) {
  const name = `${key} ${part}`;
  if (!arrived.has(name)) {
    let done, lost;
    const promise = new Promise((resolve, reject) => { done = resolve; lost = reject; });
    arrived.set(name, { done, lost, promise, asked: false });
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

/** A page's first script stands in its HTML: whether it came is known when that has been read. */
function part(key, name) {
  const slot = slotOf(key, name);
  if (!slot.asked) {
    slot.asked = true;
    const script = document.createElement("script");
    script.src = `${SITE.root}_/data/${key}/${name}.js`;
    script.onerror = () => {
      arrived.delete(`${key} ${name}`); // it may be there the next time
      script.remove();
      slot.lost(new Error(`${SAID.lost} ${key}/${name}.js`));
    };
    document.head.append(script);
  }
  return slot.promise;
}

/** `value` with the long strings in the place of their names. */
function named(value, pool) {
  if (typeof value === "string") {
    return value.includes("\u0001") ? value.replace(NAMES, (_, name) => pool[name] ?? "") : value;
  }
  if (Array.isArray(value)) return value.map((item) => named(item, pool));
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
  const load = async (name) => { if (first.parts.includes(name)) take(name, await part(key, name)); };
  const partOf = (name) => `in-${name}`; // of the table of an input

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
  const snaps = spec.map((field) => field.name).filter((name) => !free.includes(name));
  const views = about.slots.map((slot) => outputOf(slot, snaps, (told) => form.put(told.name, told.value)));
  const [large, ...rest] = views.filter((view) => !only || only.includes(view.slot.name));
  const answer = element("div", { class: "g-answer" }, large ? [large.node] : []);
  const head = [element("p", { class: "g-question" }, [about.question]), ...(tries.length ? [chips] : []), note];
  const body = element("div", { class: "g-tab" }, where.controls ? [controls, answer] : [answer]);
  root.replaceChildren(...(where.bare ? [note] : head), body, ...rest.map((view) => view.node), ...(where.bare ? [] : sections()));

  let now = { ...initial };
  let shown = states[0];
  let here = {}; // the link of what is shown
  let turn = 0; // counts what the reader and the address ask for: what comes late for an older one is dropped

  const code = root.querySelector(".g-code");
  const form = mountForm(formPlace, { spec, words: about.words, tab: slug, first: slug, value: initial }, (values) => changed(values));
  reset.addEventListener("click", () => form.reset());

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
    const wanted = { ...values }, mine = ++turn;
    now = wanted;
    const missing = moved.map(partOf).filter((name) => !loaded.has(name) && first.parts.includes(name));
    if (missing.length) {
      mark("running");
      try {
        await Promise.all(missing.map(load));
      } catch (error) {
        if (mine === turn) fail(error);
        return;
      }
      if (mine !== turn) return; // the reader has moved on
    }
    const before = differing(wanted);
    const exact = states.find((state) => same(sorted(state.set), sorted(Object.fromEntries(before.map((name) => [name, wanted[name]])))));
    const followed = free.length > 0 && window.GalleryLive.follows(page, slug, wanted);
    const live = exact || !followed ? [] : before.filter((name) => free.includes(name));
    const state = exact ?? nearest(wanted, moved.filter((name) => !live.length || !free.includes(name)), live.length ? free : []);
    now = { ...initial, ...state.set, ...Object.fromEntries(live.map((name) => [name, wanted[name]])) };
    form.set(now);
    const back = before.filter((name) => !moved.includes(name) && same(now[name], initial[name]));
    tell(back.length ? SAID.oneAtATime + back.map((name) => fieldOf(name).label).join(LANG === "en" ? ", " : "、") : "");
    if (live.length) await draw(state, live, mine);
    else show(state);
  }

  function changed(values) {
    return settle(values, spec.map((field) => field.name).filter((name) => !same(values[name], now[name])));
  }

  /** What the networks in this browser make of the inputs, beginning with the slots of a recorded state. */
  async function draw(state, live, mine) {
    const inputs = now, start = valuesOf(state);
    mark("running");
    try {
      const slots = await window.GalleryLive.draw(page, slug, inputs, start, LANG);
      if (!slots || mine !== turn) return; // a later one is on its way
      const link = { ...state.link, ...Object.fromEntries(live.map((name) => [name, asText(inputs[name])]).filter(([, text]) => text.length < LONGEST)) };
      present({ ...start, ...slots, $code: `# ${SAID.codeRecorded}\n${start.$code}` }, link);
    } catch (error) {
      if (mine === turn) fail(error, state.link);
    }
  }

  /** Say in the picture's place why there is none. */
  function fail(error, link = here) {
    console.error(error);
    present({ $message: error.text?.[LANG] ?? error.message }, link);
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
    if (SITE.live) elsewhere.href = liveAddress(link);
    where.moved?.(link);
    refresh();
    tellHeight();
  }

  /** The texts of what is unfolded: the link and the lines of a frame follow what is shown. */
  function refresh() {
    for (const fold of root.querySelectorAll("details.g-told[open]")) fold.dispatchEvent(new Event("toggle"));
  }

  /** What a reader must know of the state shown; without a text, that it was recorded. */
  function tell(text) {
    note.replaceChildren(text || (free.length ? SAID.recordedLive : SAID.recorded), ...(SITE.live ? [" ", elsewhere] : []));
  }

  /** The address of what is shown in the gallery that has a server. */
  function liveAddress(link) {
    const query = new URLSearchParams({ tab: slug, ...(LANG === "zh" ? {} : { lang: LANG }), ...link });
    return `${SITE.live}/${page}?${query}`;
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
      flush();
      link.querySelector(".g-address").textContent = location.href;
      frame.querySelector(".g-address").textContent = snippet();
    };
    for (const fold of [link, frame]) {
      fold.classList.add("g-told");
      fold.addEventListener("toggle", told);
    }
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
    const mine = ++turn;
    const asked = Object.fromEntries([...query].filter(([name]) => !HOUSE_NAMES.includes(name) && fieldOf(name)));
    const names = Object.keys(asked);
    if (names.length) {
      try {
        await Promise.all(["tries", ...names.map(partOf)].map(load));
      } catch (error) {
        if (mine === turn) fail(error);
        return;
      }
      if (mine !== turn) return;
    }
    const exact = states.find((state) => same(sorted(state.link), sorted(asked)));
    if (exact) {
      now = { ...initial, ...exact.set };
      form.set(now);
      tell("");
      show(exact);
      return;
    }
    const read = readAs(asked);
    await settle({ ...initial, ...read }, Object.keys(read));
    if (turn !== mine + 1) return;
    const off = names.filter((name) => !(name in read) || asText(now[name]) !== asText(read[name]));
    if (off.length) tell(SAID.nearest + off.map((name) => `${fieldOf(name).label} = ${asked[name]}`).join(", "));
  }

  /** Query values as the form writes them; what the input does not allow is left out. */
  function readAs(asked) {
    return Object.fromEntries(Object.entries(asked).map(([name, text]) => [name, readOne(fieldOf(name), text)]).filter(([, value]) => value !== undefined));
  }

  function readOne(field, text) {
    const start = initial[field.name];
    const inside = (number, [low, high]) => Number.isFinite(number) && number >= low && number <= high;
    if (typeof start === "number") {
      const number = Number(text);
      if (!inside(number, [field.minimum ?? 0, field.maximum ?? Infinity])) return undefined;
      return field.whole || field.kind === "seed" ? Math.round(number) : number;
    }
    if (typeof start === "boolean") return isTrue(text);
    if (Array.isArray(start) && typeof start[0] === "number") {
      const numbers = text.split(",").map(Number), ranges = field.ranges ?? [field.props?.xRange, field.props?.yRange];
      return numbers.length === 2 && numbers.every((number, k) => inside(number, ranges[k])) ? numbers : undefined;
    }
    if (field.options) return field.options.some(([option]) => option === text) ? text : undefined;
    return text.length <= (field.maxLength ?? LONGEST) ? text : undefined;
  }

  tell("");
  await open(new URLSearchParams(where.query ?? ""));
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
  const fetchRest = (names) => idle(async () => {
    if (!names.length) return;
    await load(names[0]).catch((error) => console.warn(error)); // asked for again when it is needed
    fetchRest(names.slice(1));
  });
  fetchRest([...first.parts]); // the table comes while the reader looks
  return { open, again: () => { mark("done"); where.moved?.(here); } };
}

/** An output in its place, whose height is kept. */
function outputOf(slot, snaps, emit) {
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
      else view = mounts.figure(place, { figure: text, plotly: `${SITE.root}_/plotly.js`, labels: SAID.figure, snaps }, emit);
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
  // The body's own height: the document's is never less than the frame's, which then could not shrink.
  window.parent.postMessage({ type: "gallery-height", height: Math.ceil(document.body.getBoundingClientRect().height) }, "*");
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
  const place = panel.querySelector(".g-place");
  mounted.set(name, mountTab(place, panel.dataset.gKey, where));
  mounted.get(name).catch((error) => {
    mounted.delete(name); // the next visit tries again
    refuse(place, error);
  });
}

/** Say in a tab's place why it is not there. */
function refuse(place, error) {
  console.error(error);
  place.append(element("div", { class: "g-message", role: "alert" }, [element("p", {}, [error.message])]));
  mark("failed");
}

let waiting = null, last = -Infinity; // an address that is to be written, and when the last one was

/** Put the address that waits where it belongs. */
function flush() {
  if (!waiting) return;
  clearTimeout(waiting.timer);
  history.replaceState(null, "", waiting.url);
  waiting = null;
  last = performance.now();
}

/**
 * Write the tab and the state that is shown into the address; another tab is a step of the browser's history.
 * Not at every step of a slider: browsers refuse hundreds of addresses in a few seconds.
 */
function moved(name, link, step = false) {
  if (SITE.frame || (!step && panels.find((one) => one.dataset.gPanel === name)?.hidden)) return;
  const url = new URL(location.href);
  const kept = [...url.searchParams].filter(([key]) => ["theme", "embed"].includes(key));
  const written = (value) => encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":");
  url.search = [["tab", name], ...kept, ...Object.entries(link)].map(([key, value]) => `${key}=${written(value)}`).join("&");
  if (step) {
    flush();
    history.pushState(null, "", url);
    return;
  }
  if (waiting) clearTimeout(waiting.timer);
  waiting = { url, timer: setTimeout(flush, Math.max(0, last + EVERY - performance.now())) };
  if (performance.now() - last > EVERY) flush();
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
  new ResizeObserver(tellHeight).observe(document.body);
  await mountTab(place, SITE.frame, { controls, slots, bare: true, query: location.search.slice(1) }).catch((error) => refuse(place, error));
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
  addEventListener("popstate", () => { if (waiting) clearTimeout(waiting.timer); waiting = null; choose(opened(), new URLSearchParams(location.search)); });
  choose(opened(), new URLSearchParams(location.search));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
