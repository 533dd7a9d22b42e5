// The reader's own picture of four letters, read in the browser. What is drawn from a text needs the fonts and the painter of a server.
GalleryLive.tab("captcha", "read", async ({ source }, { start, say, table, shape, run, picture }) => {
  if (source !== "own") return {};
  const { maths, pictures, slots, text } = GalleryLive;
  const [said, empty, symbols, bars, contrast] = await Promise.all(["read", "empty", "symbols", "bars", "contrast"].map(table));
  const [, height, width] = shape("captcha/forward"), blank = symbols.length - 1;

  const seen = prepared(await picture("picture"));
  const grey = Float32Array.from(pictures.grey(seen).pixels, (v) => v / 127.5 - 1);
  const { outputs } = await run("captcha/forward", grey, [1, 1, height, width]);
  const [heads, columns] = [outputs.heads, outputs.columns].map(({ values, dims: [, many, letters] }) =>
    Array.from({ length: many }, (_, k) => maths.softmax(values.slice(k * letters, (k + 1) * letters))));

  const ranked = heads.map((p) => p.map((_, k) => k).sort((a, b) => p[b] - p[a] || a - b).slice(0, bars));
  const letters = ranked.map(([best]) => symbols[best]).join("");
  const joint = heads.reduce((product, p, k) => product * p[ranked[k][0]], 1);
  const path = columns.map(maths.argmax);
  const collapsed = path.filter((symbol, k) => symbol !== blank && symbol !== path[k - 1]).map((symbol) => symbols[symbol]).join("");

  let figure = slots.repictured(start.slots, [pictures.address(seen)]);
  heads.forEach((p, k) => (figure = slots.redrawn(figure, k, { y: ranked[k].map((letter) => p[letter]) })));
  figure = slots.axed(figure, "xaxis2", { ticktext: ranked.flat().map((letter) => symbols[letter]) });
  const facts = slots.metrics(start.facts, [{ value: letters }, { value: collapsed || say(empty) }, { value: text.fixed(joint, 3) }]);
  return { slots: slots.retitled(figure, say(said, { letters, joint })), facts };

  /** Pressed to the size that the net reads, dark on light (core.vision.captcha.reading.prepared). */
  function prepared(given) {
    const small = pictures.resized(given, width, height, pictures.LANCZOS), { pixels } = pictures.grey(small);
    const levels = [...pixels], border = [];
    if (Math.max(...levels) - Math.min(...levels) < contrast)
      throw new GalleryLive.Refused("图片只有一种颜色，没有可读的", "the picture is of one colour: there is nothing to read");
    for (let x = 0; x < width; x++) border.push(levels[x], levels[(height - 1) * width + x]);
    for (let y = 0; y < height; y++) border.push(levels[y * width], levels[y * width + width - 1]);
    border.sort((a, b) => a - b);
    const median = (border[border.length / 2 - 1] + border[border.length / 2]) / 2;
    return median < 128 ? { ...small, pixels: small.pixels.map((v) => 255 - v) } : small;
  }
});
