// The VAE without a server. The plane of codes: the point is dragged, the browser decodes it. One picture's own normal: the reader's
// picture or drawing, and any seed.
/** The contour of a normal, closed, of as many points as core.vae.vae.views.ellipse has. */
GalleryLive.contour = ([a, b], [s, t], deviations) => {
  const RIM = 61, angles = GalleryLive.maths.linspace(0, 2 * Math.PI, RIM);
  return { x: angles.map((v) => a + deviations * s * Math.cos(v)), y: angles.map((v) => b + deviations * t * Math.sin(v)) };
};

GalleryLive.tab("vae", "plane", async ({ model, at }, { start, say, table, run }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const KINDS = 10, SIDE = 28, FRAME = 2, HALF = 0.5, DEVIATIONS = 2;
  const data = model.split("-")[1];
  const [{ mean, sigma, labels }, texts, clothes, colours, first, near] = await Promise.all(
    [`posteriors-${model}`, "texts", "clothes", "colours", "first", "near"].map(table),
  );
  const called = (kind) => (data === "fashion28" ? say(clothes[kind]) : String(kind));

  const { output, dims } = await run(`vae-${model}/logits`, Float32Array.from(at), [1, 2]), made = maths.sigmoid(output);
  const { output: classes } = await run("features/classes", framed(made), [1, 1, SIDE + 2 * FRAME, SIDE + 2 * FRAME]);
  const probabilities = maths.softmax(classes).slice(first[data], first[data] + KINDS);
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
  const rim = { ...start.plane.data[trace - 1], ...GalleryLive.contour([0, 1].map((k) => mean.values[2 * nearest + k]), deviations, DEVIATIONS) };
  [rim.x, rim.y] = [rim.x, rim.y].map((some) => [...some, some[0]]); // as the page's own, closed once more
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
});

GalleryLive.tab("vae", "own-normal", async ({ model, source, seed }, { start, say, table, run, picture, drawing }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const SIDE = 28, [said, draws, shown, zoom] = await Promise.all(["own", "draws", "shown", "zoom"].map(table));
  const given = source === "sketch" ? pictures.ofDrawing(await drawing("drawing")) : await picture("picture");
  const x = pictures.prepared([given], SIDE, 1).map((v) => Math.fround(v + 1) / 2);

  const { output: posterior } = await run(`vae-${model}/encoder`, x, [1, 1, SIDE, SIDE]);
  const [mean, logs] = [[...posterior.slice(0, 2)], [...posterior.slice(2)]], sigma = logs.map((v) => Math.exp(v / 2));
  const noise = maths.normals(seed, 2 * draws);
  const codes = Array.from({ length: draws }, (_, i) => [0, 1].map((k) => mean[k] + sigma[k] * noise[2 * i + k]));
  const { output: logits } = await run(`vae-${model}/logits`, maths.joined([mean, ...codes]), [1 + draws, 2]);
  const costs = Array.from({ length: 1 + draws }, (_, i) => cost(logits.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2)));
  const terms = mean.map((m, k) => 0.5 * (m * m + sigma[k] ** 2 - 1 - logs[k]));
  const [ofMean, ...others] = costs, sampling = others.reduce((a, b) => a + b, 0) / draws - ofMean;

  const ring = (deviations) => GalleryLive.contour(mean, sigma, deviations), closed = (xs) => [...xs, xs[0]], twice = ring(2), once = ring(1);
  let own = slots.redrawn(start.own, 1, { x: closed(twice.x), y: closed(twice.y) });
  own = slots.redrawn(own, 2, { x: codes.map(([a]) => a), y: codes.map(([, b]) => b) });
  own = slots.redrawn(slots.redrawn(own, 3, once), 4, twice);
  ["xaxis2", "yaxis2"].forEach((axis, k) => (own = slots.axed(own, axis, { range: [mean[k] - zoom * sigma[k], mean[k] + zoom * sigma[k]] })));
  own = slots.placed(own, codes.slice(0, shown).map(([a, b], k) => ({ text: String(k + 1), xref: "x2", x: a, y: b })));
  own = slots.retitled(own, say(said, { a: sigma[0], b: sigma[1], kl: terms[0] + terms[1], cost: sampling }));

  const decoded = maths.sigmoid(logits.subarray(0, (1 + shown) * SIDE ** 2));
  const tiles = [...pictures.pictures(x, [1, 1, SIDE, SIDE], 0, 1), ...pictures.pictures(decoded, [1 + shown, 1, SIDE, SIDE], 0, 1)];
  const captions = ["x", ...costs.slice(0, 1 + shown).map((v, k) => `${k || "μ"} · ${text.fixed(v, 0)}`)];
  const two = (values, written) => values.map(written).join(", ");
  return {
    own,
    again: slots.strip(start.again, pictures.address(pictures.sheet(tiles, tiles.length, 2, 128), false), captions),
    facts: slots.metrics(start.facts, [
      { value: two(mean, (v) => text.fixed(v, 2)) },
      { value: two(sigma, (v) => text.general(v, 3)) },
      { value: two(terms, (v) => text.fixed(v, 2)) },
      { value: text.significant(ofMean) },
      { value: text.significant(sampling) },
    ]),
  };

  /** −log q(x|z) in nats: the cross-entropy of the pixels. */
  function cost(some) {
    return some.reduce((sum, v, i) => sum + Math.max(v, 0) - v * x[i] + Math.log1p(Math.exp(-Math.abs(v))), 0);
  }
});
