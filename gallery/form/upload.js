// Upload: one of the examples, or the reader's own picture or file. It stays in the browser until the tab is run.
// A picture is reduced here to the size that the tab sees; a file travels as {name, data: data address}.

import { make } from "./dom.js";

export function upload(field, value, changed, words) {
  const picker = make("input", { type: "file", accept: field.accept, class: "g-hidden" });
  const shown = make("div", { class: "g-chosen" });
  const wrong = make("p", { class: "g-wrong", role: "alert" });
  const examples = field.examples.map(({ name, picture }) => {
    const face = picture ? [make("img", { src: picture, alt: name })] : [name];
    const chip = make("button", { type: "button", class: picture ? "g-thumb" : "g-small", title: `${words.example}: ${name}` }, face);
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
    const fits = file.size <= field.maxBytes && (field.kind === "image" || field.suffixes.some((s) => file.name.toLowerCase().endsWith(s)));
    const read = fits ? await (field.kind === "image" ? picture(file, field.maxSide) : data(file)) : null;
    if (read === null) wrong.textContent = `${file.name}: ${field.allowed}`;
    else say(field.kind === "image" ? read : { name: file.name, data: read });
  });

  function say(next) {
    show(next);
    changed(next);
  }

  function show(next) {
    wrong.textContent = "";
    for (const { name, chip } of examples) chip.setAttribute("aria-pressed", next === `example:${name}`);
    none.hidden = !next || field.kind === "image";
    const own = typeof next === "string" && next.startsWith("data:image/");
    const file = next && typeof next === "object" ? next.name : null;
    shown.replaceChildren(...(own ? [make("img", { src: next, alt: words.upload })] : file ? [file] : []));
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

/** The picture upright, its longer side at most `most`, as a PNG data address; null for what is no picture. */
async function picture(file, most) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) return null;
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const canvas = make("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const lossless = canvas.toDataURL("image/png");
  return lossless.length <= 400_000 ? lossless : canvas.toDataURL("image/jpeg", 0.92);
}
