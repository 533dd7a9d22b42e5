// The plane of three codes without a server: every model, seed, place and truncation.
GalleryLive.tab("o-gan", "wander", async ({ model, place, truncation, seed }, { start, say, table, shape, run, once }) => {
  const { maths, pictures, slots, text } = GalleryLive;
  const NAMES = ["z₀", "z₁", "z₂"];
  const [spaces, said, side, low, high] = await Promise.all(["spaces", "text", "side", "low", "high"].map(table));
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
