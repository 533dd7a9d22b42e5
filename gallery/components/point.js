// A point in a plane, moved by dragging, tapping or the arrow keys.
// props: {value: [x, y], xRange: [a, b], yRange: [c, d], labels: {choose}, background?: data address of a picture, set?: the value is meant to be shown}
// emits: [x, y], at most every EVERY ms while it moves and once at rest.

const BOX = { side: 280, left: 34, bottom: 22, pad: 8 };
const EVERY = 180; // ms: a tab of 150 ms keeps up
const STEPS = 100; // an arrow key moves a hundredth of the range, ten with Shift
const FINEST = 1000; // the point snaps to a thousandth of the range, so that links stay short

export function mount(root, props, emit) {
  const inner = BOX.side - BOX.left - BOX.pad;
  const svg = (tag, attributes, children = []) => make(tag, attributes, children, "svg");
  const sheet = svg("rect", { x: BOX.left, y: BOX.pad, width: inner, height: inner, class: "sheet" });
  const picture = svg("image", { x: BOX.left, y: BOX.pad, width: inner, height: inner, preserveAspectRatio: "none" });
  const axes = svg("g", { class: "axes" });
  const across = svg("line", { class: "hair" });
  const up = svg("line", { class: "hair" });
  const dot = svg("circle", { r: 7, class: "dot" });
  const plane = svg("svg", { viewBox: `0 0 ${BOX.side} ${inner + BOX.pad + BOX.bottom}`, class: "plane", tabindex: 0, role: "slider" }, [sheet, picture, axes, across, up, dot]);
  const readout = make("div", { class: "readout" });
  const frame = make("div", { class: "g-point" }, [plane, readout]);
  root.append(frame);

  const same = (a, b) => a[0] === b[0] && a[1] === b[1];
  const echo = echoes(same);
  const send = throttled((value) => {
    echo.sent(value);
    emit(value);
  }, EVERY);
  let here = props.value;
  let given = props.value;
  let held = false;

  plane.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    plane.focus({ preventScroll: true });
    plane.setPointerCapture(event.pointerId);
    held = true;
    move(at(event));
  });
  plane.addEventListener("pointermove", (event) => held && move(at(event)));
  for (const end of ["pointerup", "pointercancel"]) {
    plane.addEventListener(end, () => {
      held = false;
      send.flush();
    });
  }
  plane.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const way = ways[event.key];
    if (way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? 10 : 1;
    const ranges = [props.xRange, props.yRange];
    move(here.map((value, i) => value + (far * way[i] * (ranges[i][1] - ranges[i][0])) / STEPS));
  });

  function at(event) {
    const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(plane.getScreenCTM().inverse());
    const [a, b] = props.xRange;
    const [c, d] = props.yRange;
    return [a + ((b - a) * (spot.x - BOX.left)) / inner, d - ((d - c) * (spot.y - BOX.pad)) / inner];
  }

  function move(value) {
    const next = [snapped(value[0], props.xRange), snapped(value[1], props.yRange)];
    if (same(next, here)) return;
    here = next;
    draw();
    send(here);
  }

  function digits([low, high]) {
    return Math.min(15, Math.max(0, Math.ceil(-Math.log10((high - low) / FINEST))));
  }

  function snapped(value, range) {
    return Math.min(range[1], Math.max(range[0], Number(value.toFixed(digits(range)))));
  }

  function spotX(x) {
    return BOX.left + (inner * (x - props.xRange[0])) / (props.xRange[1] - props.xRange[0]);
  }

  function spotY(y) {
    return BOX.pad + (inner * (props.yRange[1] - y)) / (props.yRange[1] - props.yRange[0]);
  }

  /** The ends and the middle (zero where the range holds it). */
  function ticks([low, high]) {
    return [low, low < 0 && high > 0 ? 0 : (low + high) / 2, high];
  }

  function frameAxes() {
    const text = (value) => String(Number(value.toPrecision(4)));
    const below = ticks(props.xRange).map((x, i) =>
      svg("text", { x: spotX(x), y: BOX.pad + inner + 16, "text-anchor": ["start", "middle", "end"][i] }, [text(x)]));
    const beside = ticks(props.yRange).map((y, i) =>
      svg("text", { x: BOX.left - 6, y: spotY(y) + [0, 4, 9][i], "text-anchor": "end" }, [text(y)]));
    const zeros = [];
    if (props.xRange[0] < 0 && props.xRange[1] > 0) zeros.push(svg("line", { x1: spotX(0), x2: spotX(0), y1: BOX.pad, y2: BOX.pad + inner }));
    if (props.yRange[0] < 0 && props.yRange[1] > 0) zeros.push(svg("line", { y1: spotY(0), y2: spotY(0), x1: BOX.left, x2: BOX.left + inner }));
    axes.replaceChildren(...zeros, ...below, ...beside);
    plane.setAttribute("aria-label", props.labels.choose);
    if (props.background) picture.setAttribute("href", props.background);
    else picture.removeAttribute("href");
  }

  function draw() {
    const [x, y] = [spotX(here[0]), spotY(here[1])];
    const set = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));
    set(dot, { cx: x, cy: y });
    set(across, { x1: BOX.left, x2: BOX.left + inner, y1: y, y2: y });
    set(up, { x1: x, x2: x, y1: BOX.pad, y2: BOX.pad + inner });
    const words = `${here[0].toFixed(digits(props.xRange))}, ${here[1].toFixed(digits(props.yRange))}`;
    set(plane, { "aria-valuetext": words, "aria-valuenow": here[0], "aria-valuemin": props.xRange[0], "aria-valuemax": props.xRange[1] });
    readout.textContent = `(${words})`;
  }

  frameAxes();
  draw();
  return {
    update(next) {
      const value = next.value;
      props = next;
      frameAxes();
      if (next.set || !same(value, given)) {
        given = value;
        if (!echo.isEcho(value) && !held) here = value;
      }
      draw();
    },
    destroy() {
      send.cancel();
      frame.remove();
    },
  };
}
