// A file: one of the examples, or the reader's own, which travels whole.
// props: {value: "example:NAME" | {name} | "", examples: [name], accept, suffixes, maxBytes, allowed, set?,
//         labels: {choose, example, none}}
// emits: "example:NAME", "" for no file, or {name, data: data address}.

export function mount(root, props, emit) {
  const picker = make("input", { type: "file", accept: props.accept, class: "hidden", tabindex: -1, onchange: chosen });
  const shown = make("div", { class: "chosen" });
  const wrong = make("p", { class: "g-wrong", role: "alert" });
  const button = (text, onclick, title) => make("button", { type: "button", title, onclick }, [text]);
  const examples = props.examples.map((name) => ({ name, chip: button(name, () => say(`example:${name}`), `${props.labels.example}: ${name}`) }));
  const open = button(props.labels.choose, () => picker.click());
  const none = button(props.labels.none, () => say(""));
  const frame = make("div", { class: "g-file" }, [make("div", { class: "row" }, [...examples.map(({ chip }) => chip), open, none]), shown, wrong, picker]);
  const kept = keeper(props.kept);
  let now = "";
  root.append(frame);

  async function chosen() {
    const [file] = picker.files;
    picker.value = "";
    if (!file) return;
    const fits = file.size > 0 && file.size <= props.maxBytes && props.suffixes.some((ending) => file.name.toLowerCase().endsWith(ending));
    const data = fits ? await read(file) : null;
    if (data === null) wrong.textContent = `${file.name}: ${props.allowed}`;
    else say({ name: file.name, data });
  }

  function say(value) {
    show(value);
    kept.put(value && typeof value === "object" ? value : null);
    emit(value);
  }

  function show(value) {
    now = value;
    wrong.textContent = "";
    for (const { name, chip } of examples) chip.setAttribute("aria-pressed", value === `example:${name}`);
    none.hidden = !value;
    shown.textContent = value && typeof value === "object" ? value.name : "";
  }

  const same = (a, b) => (a?.name ?? a) === (b?.name ?? b);
  let given = props.value;
  show(given);
  return {
    /** The upload of before a reload, shown again; null where there is none. */
    restore() {
      const before = given && typeof given === "object" ? null : kept.get();
      if (before) show(before);
      return before;
    },
    update(next) {
      props = next;
      if (next.set && (!next.value || typeof next.value === "string")) kept.put(null);
      if (!next.set && same(next.value, given)) return;
      given = next.value;
      if (!same(given, now)) show(given);
    },
    destroy() {
      frame.remove();
    },
  };
}

function read(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => resolve(null);
    reader.readAsDataURL(file);
  });
}
