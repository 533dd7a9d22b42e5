// Sketch pad: dark ink on white paper, drawn with mouse, pen or finger.
// props: {size, value: data address of the drawing, labels: {draw, undo, clear, pen}}
// emits: a PNG data address, size x size, at the end of a stroke, on undo and on clear.

const PAD = 280; // about this many pixels a side: ten for each of a 28 x 28 drawing
const PENS = { least: 0.6, most: 4, start: 2 }; // pen width in pixels of a 28 x 28 drawing
const KEPT = 30; // strokes that can be undone
const ALIKE = 14; // grey levels (of 255) by which a drawing may differ after a round trip through a link

export function mount(root, props, emit) {
  const size = props.size;
  const zoom = Math.max(1, Math.ceil(PAD / size));
  const side = size * zoom;
  const paper = make("canvas", { width: side, height: side, class: "paper", role: "img", "aria-label": props.labels.draw });
  const pen = paper.getContext("2d", { willReadFrequently: true });
  const width = make("input", { type: "range", min: PENS.least, max: PENS.most, step: 0.2, value: PENS.start, "aria-label": props.labels.pen });
  const undo = make("button", { type: "button", onclick: () => back() }, [props.labels.undo]);
  const clear = make("button", { type: "button", onclick: () => wipe() }, [props.labels.clear]);
  const penLabel = make("span", {}, [props.labels.pen]);
  const frame = make("div", { class: "g-sketch" }, [paper, make("div", { class: "tools" }, [undo, clear, make("label", {}, [penLabel, width])])]);
  root.append(frame);

  const echo = echoes(alike);
  let history = [];
  let seen = null;
  let last = null;
  let loading = 0;

  blank();
  load(props.value);

  paper.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    loading += 1; // a picture still being decoded must not cover the stroke
    keep();
    paper.setPointerCapture(event.pointerId);
    last = place(event);
    dot(last); // a canvas draws no line of zero length
  });
  paper.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const points = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const point of points.length ? points : [event]) {
      const next = place(point);
      stroke(last, next);
      last = next;
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    paper.addEventListener(end, () => {
      if (last === null) return;
      last = null;
      send();
    });
  }

  function place(event) {
    const box = paper.getBoundingClientRect();
    return [((event.clientX - box.left) * side) / box.width, ((event.clientY - box.top) * side) / box.height];
  }

  function stroke(from, to) {
    pen.strokeStyle = "#000";
    pen.lineWidth = (Number(width.value) * side) / 28;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }

  function dot(spot) {
    pen.fillStyle = "#000";
    pen.beginPath();
    pen.arc(...spot, (Number(width.value) * side) / 56, 0, 2 * Math.PI);
    pen.fill();
  }

  function blank() {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, side, side);
  }

  function keep() {
    history = [...history.slice(1 - KEPT), pen.getImageData(0, 0, side, side)];
    undo.disabled = false;
  }

  function back() {
    const before = history.pop();
    undo.disabled = history.length === 0;
    if (before === undefined) return;
    pen.putImageData(before, 0, 0);
    send();
  }

  function wipe() {
    loading += 1;
    keep();
    blank();
    send();
  }

  /** Mean grey of each zoom x zoom block: what the tab will see. */
  function reduced() {
    const { data } = pen.getImageData(0, 0, side, side);
    const sums = new Float64Array(size * size);
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) sums[Math.floor(y / zoom) * size + Math.floor(x / zoom)] += data[4 * (y * side + x)];
    }
    return sums.map((sum) => Math.round(sum / (zoom * zoom)));
  }

  function send() {
    const greys = reduced();
    const small = make("canvas", { width: size, height: size });
    const image = new ImageData(size, size);
    greys.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
    small.getContext("2d").putImageData(image, 0, 0);
    seen = small.toDataURL("image/png");
    echo.sent(greys);
    emit(seen);
  }

  function alike(a, b) {
    return a.every((grey, i) => Math.abs(grey - b[i]) <= ALIKE);
  }

  /** Show a drawing that the server sets, unless it is the reader's own coming back. */
  function load(value) {
    if (value === seen) return;
    seen = value;
    loading += 1;
    const turn = loading;
    const image = new Image();
    image.onload = () => {
      if (turn !== loading || last !== null) return;
      const small = make("canvas", { width: size, height: size }).getContext("2d", { willReadFrequently: true });
      small.drawImage(image, 0, 0, size, size);
      const greys = small.getImageData(0, 0, size, size).data.filter((_, i) => i % 4 === 0);
      if (echo.isEcho(greys) || alike(greys, reduced())) return;
      pen.drawImage(image, 0, 0, side, side);
      history = [];
      undo.disabled = true;
    };
    image.src = value;
  }

  undo.disabled = true;
  return {
    update(next) {
      paper.setAttribute("aria-label", next.labels.draw);
      width.setAttribute("aria-label", next.labels.pen);
      undo.textContent = next.labels.undo;
      clear.textContent = next.labels.clear;
      penLabel.textContent = next.labels.pen;
      load(next.value);
    },
    destroy() {
      frame.remove();
    },
  };
}
