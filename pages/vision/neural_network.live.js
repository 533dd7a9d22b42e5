// A digit through the layers, drawn or uploaded by the reader: two layers, which need no runtime but their weights.
GalleryLive.tab("neural-network", "layers", async ({ source, units, k }, { start, say, table, picture, drawing }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const [{ layers }, said, side, box, least] = await Promise.all(["classifier", "texts", "side", "box", "ink"].map(table));
  const [first, last] = layers.map(({ weight, bias }) => ({ weight: weight.values, bias: bias.values, wide: weight.shape[1] }));
  const sharp = units === "step" ? Infinity : k;
  const S = (z) => (sharp === Infinity ? (Math.sign(z) + 1) / 2 : 1 / (1 + Math.exp(-sharp * z)));
  const weighed = ({ weight, bias, wide }, x) => Array.from(bias, (b, j) => x.reduce((sum, v, i) => sum + v * weight[j * wide + i], b));

  const x = source === "sketch" ? centred(await drawing("drawing")) : centred(await looked());
  const before = weighed(first, x), hidden = before.map(S), logits = weighed(last, hidden), p = maths.softmax(logits);
  const order = logits.map((_, d) => d).sort((a, b) => logits[b] - logits[a]), [best, next] = order;
  const lead = (h) => h.reduce((sum, v, j) => sum + v * (last.weight[best * last.wide + j] - last.weight[next * last.wide + j]), last.bias[best] - last.bias[next]);
  const margin = lead(hidden);

  // Backward: the slope of the lead by every hidden unit, by its weighted sum, and by every pixel.
  const slope = (a) => (sharp === Infinity ? 0 : sharp * a * (1 - a));
  const deltas = hidden.map((a, j) => (last.weight[best * last.wide + j] - last.weight[next * last.wide + j]) * slope(a));
  const gradient = x.map((_, i) => deltas.reduce((sum, d, j) => sum + d * first.weight[j * first.wide + i], 0));
  const removed = x.map((v, i) => (v > 0 ? margin - lead(before.map((z, j) => S(z - v * first.weight[j * first.wide + i]))) : 0));

  let through = heated(start.through, 0, x, side), seen = start.pixels;
  through = heated(through, 1, hidden, Math.sqrt(hidden.length));
  const [usual, strong] = colours(start.through.data[2].marker.color);
  through = slots.redrawn(through, 2, { y: p, marker: { ...start.through.data[2].marker, color: p.map((_, d) => (d === best ? strong : usual)) } });
  through = slots.retitled(through, say(said.read, { first: best, sure: p[best], second: next, less: p[next] }));
  for (const [number, values] of [gradient, removed].entries()) {
    const far = Math.max(...values.map(Math.abs)) || 1;
    seen = slots.redrawn(heated(seen, number, values, side), number, { zmin: -far, zmax: far });
  }
  seen = slots.renoted(seen, 0, say(said.ink, { first: best, second: next }));
  const verdict = gradient.some(Boolean) ? said.leads : said.flat;
  seen = slots.retitled(seen, say(verdict, { first: best, second: next, margin, share: Math.max(...removed) }));
  const undecided = hidden.filter((a) => a > 0.1 && a < 0.9).length;
  const facts = slots.metrics(start.facts, [
    { value: String(best), note: `p = ${text.fixed(p[best], 3)}` },
    { value: String(next), note: `p = ${text.fixed(p[next], 3)}` },
    { value: String(undecided) },
  ]);
  return { through, pixels: seen, facts };

  /** A copy in which the heat map number `number` shows `values` in rows of `wide`, the first at the top. */
  function heated(figure, number, values, wide) {
    const rows = Array.from({ length: values.length / wide }, (_, r) => values.slice(r * wide, (r + 1) * wide));
    return slots.redrawn(figure, number, { z: rows.reverse() });
  }

  /** The usual one of ten colours, and that of the digit that was read. */
  function colours(ten) {
    const usual = ten.find((one) => ten.filter((other) => other === one).length > 1);
    return [usual, ten.find((one) => one !== usual)];
  }

  /** A picture as white ink on black, in [0, 1]. */
  async function looked() {
    const grey = pictures.prepared([await picture("picture")], side, 1).map((v) => Math.fround(v + 1) / 2); // float32, as there
    if (!grey.some((v) => v > least)) throw new GalleryLive.Refused("图上什么也没有", "the picture has nothing on it");
    return { side, ink: grey };
  }

  /** The ink as MNIST lays it: its longer side 20 pixels, its centre of mass in the middle (core.vision.neural_network.views.centred). */
  function centred({ side: wide, ink }) {
    const places = Array.from({ length: wide }, (_, i) => i), inked = (at) => ink[at] > least;
    const rows = places.filter((r) => places.some((c) => inked(r * wide + c)));
    const columns = places.filter((c) => places.some((r) => inked(r * wide + c)));
    if (!rows.length) throw new GalleryLive.Refused("画板是空的，请先画点什么", "the sheet is empty; draw something first");
    const [top, left] = [rows[0], columns[0]], [high, across] = [rows.at(-1) - top + 1, columns.at(-1) - left + 1];
    let cut = { height: high, width: across, ink: new Float32Array(high * across) };
    for (let r = 0; r < high; r++) for (let c = 0; c < across; c++) cut.ink[r * across + c] = ink[(top + r) * wide + left + c];
    const scale = box / Math.max(high, across);
    if (scale !== 1) {
      const [width, height] = [across, high].map((n) => Math.max(1, even(n * scale)));
      const pixels = Uint8ClampedArray.from(cut.ink, (v) => Math.trunc(Math.fround(255 * v)));
      const made = pictures.resized({ width: across, height: high, channels: 1, pixels }, width, height, pictures.BICUBIC);
      cut = { height, width, ink: Float32Array.from(made.pixels, (v) => v / 255) };
    }
    const total = cut.ink.reduce((a, b) => a + b, 0), centre = [0, 0];
    cut.ink.forEach((v, i) => {
      centre[0] += (v * (Math.floor(i / cut.width) + 0.5)) / total;
      centre[1] += (v * ((i % cut.width) + 0.5)) / total;
    });
    const [down, right] = [cut.height, cut.width].map((n, axis) => Math.min(Math.max(even(side / 2 - Math.round(centre[axis] * 1e6) / 1e6), 0), side - n));
    const sheet = new Array(side * side).fill(0);
    cut.ink.forEach((v, i) => (sheet[(down + Math.floor(i / cut.width)) * side + right + (i % cut.width)] = v));
    return sheet;
  }

  /** To the nearest whole number, half to even. */
  function even(v) {
    return v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);
  }
});
