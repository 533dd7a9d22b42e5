// Upload: one of the examples, or the reader's own file. It stays in the browser until the tab is run and travels as
// {name, data: data address}.

import { make } from "./dom.js";

export function upload(field, value, changed, words) {
  const picker = make("input", { type: "file", accept: field.accept, class: "g-hidden" });
  const shown = make("div", { class: "g-chosen" });
  const wrong = make("p", { class: "g-wrong", role: "alert" });
  const examples = field.examples.map(({ name }) => {
    const chip = make("button", { type: "button", class: "g-small", title: `${words.example}: ${name}` }, [name]);
    chip.addEventListener("click", () => say(`example:${name}`));
    return { name, chip };
  });
  const none = make("button", { type: "button", class: "g-small" }, [words.none]);
  none.addEventListener("click", () => say(""));
  const open = make("button", { type: "button", class: "g-small" }, [words.choose]);
  open.addEventListener("click", () => picker.click());
  picker.addEventListener("change", async () => {
    const [file] = picker.files;
    picker.value = "";
    if (!file) return;
    const fits = file.size <= field.maxBytes && field.suffixes.some((s) => file.name.toLowerCase().endsWith(s));
    const read = fits ? await data(file) : null;
    if (read === null) wrong.textContent = `${file.name}: ${field.allowed}`;
    else say({ name: file.name, data: read });
  });

  function say(next) {
    show(next);
    changed(next);
  }

  function show(next) {
    wrong.textContent = "";
    for (const { name, chip } of examples) chip.setAttribute("aria-pressed", next === `example:${name}`);
    none.hidden = !next;
    shown.replaceChildren(...(next && typeof next === "object" ? [next.name] : []));
  }

  show(value);
  const row = make("div", { class: "g-chips" }, [...examples.map(({ chip }) => chip), open, none]);
  const node = make("div", {}, [make("div", { class: "g-name" }, [field.label]), row, shown, wrong, picker]);
  return { node, set: show };
}

function data(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => resolve(null);
    reader.readAsDataURL(file);
  });
}
