// A picture: one of the examples, or the reader's own, cut to a square where the tab wants one.
// props: {value: "example:NAME" | "crop:x,y,side@example:NAME" (of a link) | data address, examples: [{name, picture}], accept, maxBytes, maxSide, crop, allowed, set?,
//         labels: {choose, example, crop}}
// emits: "example:NAME" or the data address of the (cut) picture, at most every EVERY ms while the box moves.

const EVERY = 200;
const SENT = 512; // longest side of a cut picture that is sent
const LEAST = 0.08; // smallest box, as a part of the picture's shorter side
const NUDGE = 0.02; // an arrow key moves the box by this part of the picture, five times with Shift
const LOSSLESS = 400_000; // characters of a data address beyond which a picture travels as JPEG

export function mount(root, props, emit) {
  const picker = make("input", { type: "file", accept: props.accept, class: "hidden", tabindex: -1, onchange: chosen });
  const open = make("button", { type: "button", class: "own", onclick: () => picker.click() }, [props.labels.choose]);
  const thumbs = props.examples.map(({ name, picture }, i) => {
    const said = `${props.labels.example} ${i + 1}`;
    const face = make("img", { src: picture, alt: said });
    const button = make("button", { type: "button", class: "thumb", title: said, onclick: () => take(`example:${name}`) }, [face]);
    return { name, button };
  });
  const shown = make("img", { class: "whole", alt: "", draggable: "false" });
  const corner = make("span", { class: "corner" });
  const box = make("div", { class: "box", tabindex: 0, role: "group", "aria-label": props.labels.crop }, [corner]);
  const cutter = make("div", { class: "cutter" }, [shown, box]);
  const hint = make("p", { class: "hint" }, [props.labels.crop]);
  const wrong = make("p", { class: "g-wrong", role: "alert" });
  const row = make("div", { class: "row" }, [...thumbs.map(({ button }) => button), open]);
  const frame = make("div", { class: "g-picker" }, [row, cutter, hint, wrong, picker]);
  root.append(frame);

  const kept = keeper(props.kept);
  const send = throttled((value) => {
    kept.put(value.startsWith("data:") ? value : null);
    emit(value);
  }, EVERY);
  let given = props.value;
  let now = props.value; // what is chosen
  let whole = null; // canvas of the reader's own picture
  let cut = null; // {x, y, side} in pixels of it
  let held = null;

  function take(value) {
    whole = null;
    show(value);
    send(value);
    send.flush();
  }

  async function chosen() {
    const [file] = picker.files;
    picker.value = "";
    if (!file) return;
    const read = file.size <= props.maxBytes ? await reduced(file, props.maxSide) : null;
    if (read === null) {
      wrong.textContent = `${file.name}: ${props.allowed}`;
      return;
    }
    whole = read;
    const side = Math.min(whole.width, whole.height);
    cut = { x: (whole.width - side) / 2, y: (whole.height - side) / 2, side };
    shown.src = address(whole);
    tell();
    send.flush();
  }

  /** Say what the box holds. */
  function tell() {
    place();
    if (!props.crop) now = address(whole);
    else {
      const side = Math.max(1, Math.min(SENT, Math.round(cut.side)));
      const canvas = make("canvas", { width: side, height: side });
      const pen = canvas.getContext("2d");
      pen.imageSmoothingQuality = "high";
      pen.drawImage(whole, cut.x, cut.y, cut.side, cut.side, 0, 0, side, side);
      now = address(canvas);
    }
    show(now);
    send(now);
  }

  function show(value) {
    now = value;
    wrong.textContent = "";
    for (const { name, button } of thumbs) button.setAttribute("aria-pressed", value.endsWith(`example:${name}`));
    const own = typeof value === "string" && value.startsWith("data:image/");
    open.setAttribute("aria-pressed", own);
    cutter.hidden = !own;
    const cutting = own && props.crop && whole !== null;
    box.hidden = hint.hidden = !cutting;
    if (own && whole === null) shown.src = value;
  }

  function place() {
    box.style.left = `${(100 * cut.x) / whole.width}%`;
    box.style.top = `${(100 * cut.y) / whole.height}%`;
    box.style.width = `${(100 * cut.side) / whole.width}%`;
    box.style.height = `${(100 * cut.side) / whole.height}%`;
  }

  /** Keep the box inside the picture: first its size, then its place. */
  function settle(x, y, side) {
    const shorter = Math.min(whole.width, whole.height);
    side = Math.min(shorter, Math.max(LEAST * shorter, side));
    cut = { x: Math.min(whole.width - side, Math.max(0, x)), y: Math.min(whole.height - side, Math.max(0, y)), side };
    tell();
  }

  function at(event) {
    const bounds = shown.getBoundingClientRect();
    return [((event.clientX - bounds.left) * whole.width) / bounds.width, ((event.clientY - bounds.top) * whole.height) / bounds.height];
  }

  cutter.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || whole === null || !props.crop) return;
    event.preventDefault();
    cutter.setPointerCapture(event.pointerId);
    box.focus({ preventScroll: true });
    const [x, y] = at(event);
    held = event.target === corner ? { resize: true } : { dx: x - cut.x, dy: y - cut.y };
    const outside = held.dx < 0 || held.dy < 0 || held.dx > cut.side || held.dy > cut.side;
    if (outside) {
      held = { dx: cut.side / 2, dy: cut.side / 2 };
      settle(x - held.dx, y - held.dy, cut.side);
    }
  });
  cutter.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const [x, y] = at(event);
    if (held.resize) settle(cut.x, cut.y, Math.min(Math.max(x - cut.x, y - cut.y), whole.width - cut.x, whole.height - cut.y));
    else settle(x - held.dx, y - held.dy, cut.side);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    cutter.addEventListener(end, () => {
      held = null;
      send.flush();
    });
  }
  box.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = NUDGE * (event.shiftKey ? 5 : 1) * Math.max(whole.width, whole.height);
    const grow = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (event.key in ways) settle(cut.x + step * ways[event.key][0], cut.y + step * ways[event.key][1], cut.side);
    else if (grow) settle(cut.x - (grow * step) / 2, cut.y - (grow * step) / 2, cut.side + grow * step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  show(props.value);
  return {
    /** The upload of before a reload, shown again; null where there is none. */
    restore() {
      const before = given.startsWith("data:") ? null : kept.get();
      if (before) show(before);
      return before;
    },
    update(next) {
      props = next;
      if (next.set && !next.value.startsWith("data:")) kept.put(null);
      // The reader's own picture comes back from a server in another encoding: it is here already, and its box with it.
      if (!next.set && whole !== null && next.value.startsWith("data:image/")) return;
      if (next.set || next.value !== given) {
        given = next.value;
        if (given !== now) {
          whole = null;
          show(given);
        }
      }
    },
    destroy() {
      send.cancel();
      frame.remove();
    },
  };
}

function address(canvas) {
  const lossless = canvas.toDataURL("image/png");
  return lossless.length <= LOSSLESS ? lossless : canvas.toDataURL("image/jpeg", 0.92);
}

/** The picture of a file, upright, on white, its longer side at most `most`, on a canvas; null for what is no picture. */
async function reduced(file, most) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) return null;
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const canvas = make("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
