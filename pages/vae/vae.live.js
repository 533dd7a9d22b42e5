// The plane of codes without a server: the point is dragged, the browser decodes it.
GalleryLive.tab("vae", "plane", async ({ model, at }, { start, say, table, run }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const KINDS = 10, SIDE = 28, FRAME = 2, HALF = 0.5, DEVIATIONS = 2;
  const data = model.split("-")[1];
  const [{ mean, sigma, labels }, texts, clothes, colours, first, near] = await Promise.all(
    [`posteriors-${model}`, "texts", "clothes", "colours", "first", "near"].map(table),
  );
  const called = (kind) => (data === "fashion28" ? say(clothes[kind]) : String(kind));

  const { output: made, dims } = await run(`vae-${model}/decode`, Float32Array.from(at), [1, 2]);
  const { output: logits } = await run("features/classes", framed(made), [1, 1, SIDE + 2 * FRAME, SIDE + 2 * FRAME]);
  const probabilities = maths.softmax(logits).slice(first[data], first[data] + KINDS);
  const kind = maths.argmax(probabilities), sure = probabilities[kind];

  const [x, y] = at.map(Math.fround);
  const square = (v) => Math.fround(v * v);
  const apart = Float32Array.from({ length: mean.shape[0] }, (_, i) =>
    square(Math.fround(mean.values[2 * i] - x)) + square(Math.fround(mean.values[2 * i + 1] - y)));
  const order = Array.from(apart.keys()).sort((a, b) => apart[a] - apart[b] || a - b).slice(0, near);
  const counts = new Array(KINDS).fill(0);
  for (const i of order) counts[labels.values[i]]++;
  const common = maths.argmax(counts), [nearest] = order, own = labels.values[nearest];
  const deviations = [0, 1].map((k) => sigma.values[2 * nearest + k]);

  const { trace } = start.plane.layout.meta.handles.find((handle) => handle.input === "at");
  const rim = { ...start.plane.data[trace - 1], ...ellipse([0, 1].map((k) => mean.values[2 * nearest + k]), deviations) };
  rim.line = { ...rim.line, color: colours[own] };
  rim.fillcolor = `rgba(${[1, 3, 5].map((i) => parseInt(colours[own].slice(i, i + 2), 16))},0.5)`;

  const addresses = new Array(start.plane.layout.images.length);
  addresses[addresses.length - 1] = pictures.address(pictures.pictures(made, dims, 0, 1)[0]);
  const title = say(texts.drawn, { x, y, kind: called(kind), sure, near, many: counts[common], common: called(common) });
  let plane = slots.repictured(start.plane, addresses);
  plane = slots.redrawn(slots.handled(plane, "at", at), trace - 1, rim);
  const facts = slots.metrics(start.facts, [
    { value: called(kind), note: say(texts.classifier, { sure }) },
    { value: deviations.map((v) => text.fixed(v, 3)).join(", ") },
  ]);
  return { plane: slots.retitled(plane, title), facts };

  /** The likeliest picture, black and white, in a black frame: what the classifier looks at. */
  function framed(means) {
    const side = SIDE + 2 * FRAME, seen = new Float32Array(side * side).fill(-1);
    means.forEach((v, i) => {
      if (v > HALF) seen[(Math.floor(i / SIDE) + FRAME) * side + (i % SIDE) + FRAME] = 1;
    });
    return seen;
  }

  /** The contour of a normal, closed, of as many points as the page's own. */
  function ellipse([a, b], [s, t]) {
    const RIM = 61;
    const angles = [...maths.linspace(0, 2 * Math.PI, RIM), 0];
    return { x: angles.map((v) => a + DEVIATIONS * s * Math.cos(v)), y: angles.map((v) => b + DEVIATIONS * t * Math.sin(v)) };
  }
});
