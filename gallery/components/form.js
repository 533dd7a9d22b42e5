// Form: all inputs of one tab, from the fields that the page declares. Native HTML controls and the house's canvases.
// props: {spec: [field…], words, tab, first, value: {name: value…}}; emits {name: value…}, settled when the reader lets go.
// A value that the server sets is shown as it is: a slider holds the exact number of a link, also between its steps.
// A field with `stops` (numbers in order) knows these values alone; one with `fixed` cannot be moved, and says so in its words.

import { mount as sketch } from "./sketch.js";
import { mount as point } from "./point.js";
import { mount as picture } from "./picture.js";
import { mount as file } from "./file.js";
import { mount as playing } from "./play.js";
import { make } from "./dom.js";
import { table } from "./table.js";

const TYPING_MS = 300; // a pause after which typed text counts as said
const POSITIONS = 1000; // of a logarithmic slider
const HEAVY = 100_000; // characters of JSON above which values travel only when the reader lets go

const KINDS = { slider, seed, choice, toggle, text, image: canvas(picture), file: canvas(file), table, sketch: canvas(sketch), point: canvas(point), pair };

export function mount(root, props, emit) {
  // The server may have left out what the browser is to have kept: until that is read, the input's own beginning holds.
  const values = { ...Object.fromEntries(props.spec.map((field) => [field.name, field.initial])), ...props.value };
  const opened = props.spec.some((field) => !(field.name in props.value)); // the server has said what the address holds
  const controls = {};
  const panel = make("div", { class: "g-form" });
  for (const field of props.spec) {
    const changed = (value, settled = true) => {
      values[field.name] = value;
      show();
      say(settled);
    };
    const control = KINDS[field.kind](field, values[field.name], changed, props.words);
    const box = make("div", { class: `g-in g-in-${field.name} g-kind-${field.kind}` }, [control.node]);
    if (field.help) box.append(make("p", { class: "g-help" }, [field.help]));
    if (field.onlyExamples) box.classList.add("g-only-examples");
    if (field.fixed) {
      control.node.inert = true;
      box.classList.add("g-fixed");
      box.append(make("p", { class: "g-help" }, [field.fixed]));
    }
    controls[field.name] = { ...control, box, field };
    panel.append(box);
  }
  root.append(panel);
  const holds = (condition) => Object.entries(condition ?? {}).every(([name, wanted]) => [wanted].flat().includes(values[name]));
  show();

  let said = JSON.stringify(values);

  /** A slider says a value while it moves and once more at rest: the same values are not asked for twice. */
  function say(settled) {
    const text = JSON.stringify(values);
    if (text === said || (!settled && text.length >= HEAVY)) return;
    said = text;
    emit({ ...values }, settled);
  }

  /** Show what the other inputs call for; an option that they rule out gives way to the first that they leave. */
  function show() {
    for (const { box, field, offer, set } of Object.values(controls)) {
      if (field.onlyWhen) {
        const there = field.options.map(([key]) => key).filter((key) => holds(field.onlyWhen[key]));
        offer(there);
        if (there.length && !there.includes(values[field.name])) {
          values[field.name] = there[0];
          set(there[0]);
        }
      }
      box.hidden = !holds(field.shownWhen);
    }
  }

  const current = () => (new URLSearchParams(location.search).get("tab") ?? props.first) === props.tab;
  let restored = false;

  /** Uploads of before a reload; a tab that is not open says them when it is. */
  function restore() {
    restored = true;
    let any = false;
    for (const [name, control] of Object.entries(controls)) {
      const before = control.restore?.();
      if (!before) continue;
      values[name] = before;
      any = true;
    }
    if (!any) return;
    said = JSON.stringify(values);
    show();
    emit({ ...values }, true, !current(), current());
  }
  if (opened || !current()) restore();

  return {
    set(next) {
      for (const [name, value] of Object.entries(next)) {
        if (!(name in controls) || JSON.stringify(values[name]) === JSON.stringify(value)) continue;
        values[name] = value;
        controls[name].set(value);
      }
      said = JSON.stringify(values);
      show();
      if (!restored) restore();
    },
    reset() {
      this.take({});
    },
    /** The defaults, but for what is given: a reset, or a try. */
    take(given) {
      this.set({ ...Object.fromEntries(props.spec.map((field) => [field.name, field.initial])), ...given });
      emit({ ...values }, true);
    },
    /** One value that was set outside the form: a point dragged in a figure. */
    put(name, value) {
      if (!(name in controls) || JSON.stringify(values[name]) === JSON.stringify(value)) return;
      values[name] = value;
      controls[name].set(value);
      show();
      say(true);
    },
  };
}

function labelled(field, control, extra = []) {
  const name = field.unit ? `${field.label} (${field.unit})` : field.label;
  return make("label", { class: "g-field" }, [make("span", { class: "g-name" }, [name]), ...extra, control]);
}

/** The place in `stops` of the value nearest to `number`; with `log` as decades measure it. */
function nearest(stops, number, log = false) {
  const scale = log ? Math.log : (x) => x;
  const far = stops.map((stop) => Math.abs(scale(stop) - scale(number)));
  return Math.max(0, far.indexOf(Math.min(...far)));
}

/** A number: box for the exact value, slider beneath; typing says it on Enter or on leaving. */
function slider(field, value, changed) {
  const { minimum, maximum, step, log, whole, stops } = field;
  const byPlace = log || stops;
  const least = byPlace ? 0 : minimum;
  const most = stops ? stops.length - 1 : log ? POSITIONS : maximum;
  const range = make("input", { type: "range", min: least, max: most, step: byPlace ? 1 : step, "aria-label": field.label });
  const box = make("input", { type: "number", class: "g-box", min: minimum, max: maximum, step: "any" });
  const ratio = Math.log(maximum / minimum);
  const place = (number) => (stops ? nearest(stops, number, log) : log ? (POSITIONS * Math.log(number / minimum)) / ratio : number);
  const read = () => {
    if (stops) return stops[Number(range.value)];
    if (!log) return Number(range.value);
    const exact = minimum * Math.exp((ratio * Number(range.value)) / POSITIONS);
    const tidy = whole ? Math.round(exact) : Number(exact.toPrecision(3));
    return Math.min(maximum, Math.max(minimum, tidy));
  };
  const set = (number) => {
    box.value = String(number);
    if (Number.isFinite(Number(number))) range.value = place(Number(number));
    range.style.setProperty("--g-part", `${(100 * (range.value - least)) / (most - least)}%`);
  };
  const say = (settled) => {
    const number = read();
    set(number);
    changed(number, settled);
  };
  range.addEventListener("input", () => say(false));
  range.addEventListener("change", () => say(true));
  box.addEventListener("change", () => {
    let typed = box.value.trim() === "" ? "" : Number(box.value);
    if (stops) typed = stops[nearest(stops, Number(typed), log)];
    set(typed);
    changed(typed);
  });
  set(value);
  const node = make("div", {}, [labelled(field, box), range]);
  if (!field.play) return { node, set };
  const row = make("div");
  node.append(row);
  // Between stops the player counts places.
  const bounds = stops ? { minimum: 0, maximum: most, step: 1 } : {};
  const counted = (number) => (stops ? place(number) : number);
  const film = playing(row, { ...field.play, ...bounds, value: counted(value) }, (next) => {
    const number = stops ? stops[next] : next;
    set(number);
    changed(number);
  });
  const both = (number) => {
    set(number);
    if (Number.isFinite(Number(number))) film.update({ value: counted(Number(number)) });
  };
  for (const moved of [range, box]) moved.addEventListener("change", () => film.update({ value: counted(read()) }));
  return { node, set: both };
}

/** A point that is dragged in the picture: here only its two numbers. */
function pair(field, value, changed) {
  let here = [...value];
  const boxes = field.ranges.map(([low, high], i) => {
    const box = make("input", { type: "number", class: "g-box", min: low, max: high, step: "any", "aria-label": `${field.label} ${"xy"[i]}` });
    box.addEventListener("change", () => {
      here = here.map((old, k) => (k === i ? (box.value.trim() === "" ? "" : Number(box.value)) : old));
      changed(here);
    });
    return box;
  });
  const set = (next) => {
    here = [...next];
    boxes.forEach((box, i) => (box.value = String(here[i])));
  };
  set(value);
  const node = make("fieldset", { class: "g-pair" }, [make("legend", { class: "g-name" }, [field.label]), ...boxes]);
  return { node, set };
}

function seed(field, value, changed, words) {
  const box = make("input", { type: "number", class: "g-box", min: 0, max: field.maximum, step: 1, value });
  const dice = make("button", { type: "button", class: "g-small", title: words.dice }, [words.roll]);
  const { stops } = field;
  box.addEventListener("change", () => {
    if (stops) box.value = String(stops[nearest(stops, Number(box.value))]);
    changed(box.value.trim() === "" ? "" : Number(box.value));
  });
  dice.addEventListener("click", () => {
    const next = stops ? stops[(stops.indexOf(Number(box.value)) + 1) % stops.length] : Math.floor(Math.random() * 1_000_000);
    box.value = String(next);
    changed(next);
  });
  return { node: make("div", { class: "g-seed" }, [labelled(field, box), dice]), set: (next) => (box.value = String(next)) };
}

/** Up to three options stand side by side; more fold into a menu. */
function choice(field, value, changed) {
  if (field.options.length > 3) {
    const menu = make("select", {}, field.options.map(([key, label]) => make("option", { value: key }, [label])));
    menu.value = value;
    menu.addEventListener("change", () => changed(menu.value));
    const offer = (there) => [...menu.options].forEach((option) => (option.disabled = option.hidden = !there.includes(option.value)));
    return { node: labelled(field, menu), offer, set: (next) => (menu.value = next) };
  }
  const group = `g-${field.name}-${Math.random().toString(36).slice(2)}`;
  const options = field.options.map(([key, label]) => {
    const mark = make("input", { type: "radio", name: group, value: key });
    mark.checked = key === value;
    mark.addEventListener("change", () => changed(key));
    return { key, mark, node: make("label", {}, [mark, make("span", {}, [label])]) };
  });
  const row = make("div", { class: "g-options" }, options.map((option) => option.node));
  const node = make("fieldset", {}, [make("legend", { class: "g-name" }, [field.label]), row]);
  const offer = (there) => options.forEach(({ key, mark, node: label }) => (mark.disabled = label.hidden = !there.includes(key)));
  return { node, offer, set: (next) => options.forEach(({ key, mark }) => (mark.checked = key === next)) };
}

function toggle(field, value, changed) {
  const mark = make("input", { type: "checkbox", role: "switch" });
  mark.checked = value;
  mark.addEventListener("change", () => changed(mark.checked));
  const node = make("label", { class: "g-toggle" }, [mark, make("span", { class: "g-name" }, [field.label])]);
  return { node, set: (next) => (mark.checked = next) };
}

function text(field, value, changed, words) {
  const area = field.lines > 1;
  const box = make(area ? "textarea" : "input", { maxlength: field.maxLength, ...(area ? { rows: field.lines } : { type: "text" }) });
  box.readOnly = Boolean(field.onlyExamples);
  box.value = value;
  let timer = null;
  const say = () => {
    clearTimeout(timer);
    changed(box.value);
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(say, TYPING_MS);
  });
  const examples = field.examples.map((example) => {
    const chip = make("button", { type: "button", class: "g-small", title: words.example }, [example]);
    chip.addEventListener("click", () => {
      box.value = example;
      say();
    });
    return chip;
  });
  const node = make("div", {}, [labelled(field, box), make("div", { class: "g-chips" }, examples)]);
  return { node, set: (next) => (box.value = next) };
}

/** Sketch pad, point in a plane, picture and file are components of their own; they keep what the reader does meanwhile. */
function canvas(mountCanvas) {
  return (field, value, changed) => {
    const place = make("div");
    const view = mountCanvas(place, { ...field.props, value }, (next) => changed(next));
    const node = make("div", {}, [make("div", { class: "g-name" }, [field.label]), place]);
    return { node, restore: view.restore, set: (next) => view.update({ ...field.props, value: next, set: true }) };
  };
}
