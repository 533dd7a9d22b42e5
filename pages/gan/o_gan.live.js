// O-GAN without a server. The way from one end to another: any random code, the reader's own pictures. The plane of three codes: every model, seed, place and truncation. Reconstructions: the reader's own picture
// or drawing, which stays on the machine, any random code, and any truncation; not the data sets' held-out pictures.
GalleryLive.tab("o-gan", "interpolate", async (inputs, tools) => {
  const IMAGES = { portraits: "picture", cats: "cat", digits: "digit" }, { weights } = (await tools.table("spaces"))[inputs.model];
  return GalleryLive.morph(inputs, tools, { weights, encoder: "code", standardised: true, image: (end) => `${end}_${IMAGES[inputs.model]}` });
});

GalleryLive.tab("o-gan", "wander", async ({ model, place, truncation, seed }, { start, say, table, shape, run, once }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const NAMES = ["z₀", "z₁", "z₂"];
  const [spaces, said, side, low, high] = await Promise.all(["spaces", "plane", "side", "low", "high"].map(table));
  const part = `${spaces[model].weights}/decode`, [size] = shape(part);
  const decoded = async (codes) => {
    const { output, dims } = await run(part, maths.joined(codes, truncation), [codes.length, size]);
    return pictures.pictures(output, dims, -1, 1);
  };

  const [x, y] = place, corners = [0, 1, 2].map((k) => maths.standardise(maths.normals(seed + k, size)));
  const code = maths.plane(corners, x, y), cosines = corners.map((corner) => maths.cosine(code, corner));
  const chart = await once("o-gan wander", `${model} ${seed} ${truncation}`, async () => {
    const across = maths.linspace(low, high, side), down = [...across].reverse();
    const codes = down.flatMap((v) => across.map((u) => maths.plane(corners, u, v)));
    return pictures.address(pictures.sheet(await decoded(codes), side));
  });
  const [here] = await decoded([code]);

  const best = maths.argmax(cosines);
  let map = slots.repictured(start.map, [chart, pictures.address(here)]);
  map = slots.retitled(slots.handled(map, "place", place), say(said, { x, y, name: NAMES[best], cosine: cosines[best] }));
  return { map, facts: slots.metrics(start.facts, cosines.map((value) => ({ value: text.significant(value) }))) };
});

GalleryLive.tab("o-gan", "reconstruct", async ({ model, source, number, truncation, standard }, { start, say, table, shape, run, once, picture, drawing }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const CHUNK = 16, IMAGES = { portraits: "picture", cats: "cat", digits: "digit" };
  const [spaces, said, shelf, card] = await Promise.all(["spaces", "errors", `${model}-shelf`, `${model}-card`].map(table));
  const { weights } = spaces[model], [channels, side] = shape(`${weights}/code`), [size] = shape(`${weights}/decode`);
  const pixels = channels * side * side, scale = card.metrics["real pair distance"], many = shelf.shape[0];
  const code = (x) => chunked(`${weights}/code`, x, [channels, side, side]);
  const decode = (z) => chunked(`${weights}/decode`, z.map((v) => truncation * v), [size]);
  const rows = (all, wide) => Array.from({ length: all.length / wide }, (_, k) => all.subarray(k * wide, (k + 1) * wide));
  const standardised = (codes) => maths.joined(rows(codes, size).map(maths.standardise));
  const levels = (x) => pictures.pictures(x, [1, channels, side, side], -1, 1)[0];

  // The shelf: the model's own part once, the truncation's whenever it changes.
  const others = await once("o-gan shelf", model, async () => {
    const [, height, width, depth] = shelf.shape, one = height * width * depth;
    const some = Array.from({ length: many }, (_, k) => ({ height, width, channels: depth, pixels: shelf.values.subarray(k * one, (k + 1) * one) }));
    const x = pictures.prepared(some, side, channels);
    return { x, codes: await code(x) };
  });
  const known = await once("o-gan shelf decoded", `${model} ${truncation}`, async () => {
    const both = [await decode(standardised(others.codes)), await decode(others.codes)];
    const apart = (made, k, j) => maths.meanSquare(made, others.x, k * pixels, j * pixels, pixels);
    const places = Array.from({ length: many }, (_, k) => k);
    const nearest = (made, k) => maths.argmax(places.map((j) => -apart(made, k, j)));
    return {
      errors: both.map((made) => places.map((k) => apart(made, k, k) / scale)),
      recognised: both.map((made) => places.filter((k) => nearest(made, k) === k).length / many),
    };
  });

  // The picture, and both reconstructions of it.
  const x = pictures.prepared([await seen()], side, channels), own = await code(x), standardOwn = standardised(own);
  const made = [await decode(standardOwn), await decode(own)];
  const errors = made.map((one) => maths.meanSquare(one, x) / scale), shown = made[standard ? 0 : 1];
  const mean = new Float32Array(pixels);
  others.x.forEach((v, i) => (mean[i % pixels] += v / many));
  const far = maths.meanSquare(made[0], x);
  const nearer = rows(others.x, pixels).filter((one) => one.some((v, i) => v !== x[i]) && maths.meanSquare(one, made[0]) < far).length;
  const [average, deviation] = maths.moments(own);
  const agreement = maths.cosine(maths.standardise(own), maths.standardise(await code(shown)));

  const share = (v) => `${text.fixed(100 * v, 0)}%`, average_of = (some) => some.reduce((a, b) => a + b, 0) / some.length;
  const averages = rows(others.codes, size).map((one) => maths.moments(one)[0]);
  const title = say(said, { many, standard: average_of(known.errors[0]), raw: average_of(known.errors[1]), average: average_of(averages) });
  const sorted = [own, standardOwn].map((one) => [...one].sort((a, b) => a - b));
  let figure = slots.redrawn(start.code, 1, { x: known.errors[0], y: known.errors[1] });
  figure = slots.redrawn(figure, 2, { x: [errors[0]], y: [errors[1]] });
  figure = slots.redrawn(slots.redrawn(figure, 4, { y: sorted[0] }), 5, { y: sorted[1] });
  figure = slots.axed(figure, "yaxis2", { range: slots.around([-3, 3, ...sorted.flat()]) });
  const strip = pictures.sheet([x, ...(standard ? made : [...made].reverse())].map(levels), 3, 2, 128);
  return {
    pictures: slots.images(start.pictures, [pictures.address(strip, false)]),
    code: slots.retitled(figure, title),
    facts: slots.metrics(start.facts, [
      { value: text.significant(errors[standard ? 0 : 1]) },
      { value: text.significant(maths.meanSquare(mean, x) / scale) },
      { value: String(nearer) },
      { value: known.recognised.map(share).join(" / ") },
      { value: share(known.errors[0].filter((v, k) => v < known.errors[1][k]).length / many) },
      { value: `${text.fixed(average, 3)}, ${text.fixed(deviation, 3)}` },
      { value: text.significant(agreement) },
    ]),
  };

  /** What the model looks at: the reader's drawing or picture, or what it makes itself of the random code `number`. */
  async function seen() {
    if (source === "sketch") return pictures.ofDrawing(await drawing("drawing"));
    if (source !== "seed") return picture(IMAGES[model]);
    const { output, dims } = await run(`${weights}/decode`, Float32Array.from(maths.standardise(maths.normals(number, size))), [1, size]);
    return pictures.pictures(output, dims, -1, 1)[0];
  }

  /** A part over many items, a few at a time: what the network takes in between stays small. */
  async function chunked(part, values, item) {
    const one = item.reduce((a, b) => a * b, 1), found = [];
    for (let at = 0; at < values.length; at += CHUNK * one) {
      const some = values.slice(at, at + CHUNK * one);
      found.push((await run(part, some, [some.length / one, ...item])).output);
    }
    const all = new Float32Array(found.reduce((sum, v) => sum + v.length, 0));
    found.reduce((at, v) => (all.set(v, at), at + v.length), 0);
    return all;
  }
});
