// From one picture to another in the browser: what core.morphing computes and the interpolation tabs show, for every such page.
// `weights` decode codes by their part "decode" and encode pictures by the part `encoder`; `image` names the input with an end's picture.
GalleryLive.morph = async (inputs, { start, table, shape, run, picture }, { weights, encoder, standardised, image }) => {
  const { maths, pictures, slots, text } = GalleryLive, { frames, path, temperature, seed } = inputs;
  const STRIP = 7, GAP = 2, GROUND = 128; // as pages/shared/morph.py, gallery.outputs.grid_image and gallery.engine.render have them
  const CHUNK = 16; // pictures at a time
  const square = await table("square"), [size] = shape(`${weights}/decode`), [channels, side] = shape(`${weights}/${encoder}`);
  const random = (number) => {
    const code = Array.from(maths.normals(number, size));
    return standardised ? maths.standardise(code) : code;
  };
  const [left, right] = [await end("left"), await end("right")];
  const way = maths.interpolate(left.code, right.code, frames, path), corners = [left.code, right.code, random(seed), random(seed + 1)];
  const scaled = (codes) => codes.map((code) => code.map((v) => temperature * v));
  const made = await decode(scaled(way)), tiles = await decode(scaled(maths.bilinear(corners, square, path)));

  const last = frames - 1, mid = way[Math.floor(frames / 2)], apart = (a, b) => maths.meanSquare(a.pixels, b.pixels) / 127.5 ** 2;
  const steps = made.slice(1).map((one, k) => apart(made[k], one)), ends = apart(made[0], made[last]);
  const length = (code) => Math.sqrt(code.reduce((sum, v) => sum + v * v, 0) / size);
  const mean = steps.reduce((a, b) => a + b, 0) / steps.length;
  const error = (end, frame) => (end.picture && ends ? apart(end.picture, frame) / ends : null);
  const errors = [[left, made[0]], [right, made[last]]].filter(([end]) => end.picture).map(([end, frame]) => error(end, frame));
  const told = [
    ...errors, crossfade(made), steps.some(Boolean) ? Math.max(...steps) / mean : 1,
    (2 * length(mid)) / (length(way[0]) + length(way[last])), maths.cosine(left.code, right.code),
  ];

  const caption = (k) => `t = ${text.fixed(k / last, 2)}`;
  const places = Array.from({ length: STRIP }, (_, k) => even((k * last) / (STRIP - 1)));
  const said = (place) => [...new DOMParser().parseFromString(start.strip, "text/html").querySelectorAll(".g-captions span")].at(place).textContent;
  const outside = (end, place) => (end.picture ? [[end.picture, said(place)]] : []);
  const shown = [...outside(left, 0), ...places.map((k) => [made[k], caption(k)]), ...outside(right, -1)];
  return {
    film: {
      ...start.film, frames: made.map((one) => pictures.address(one, false)), captions: made.map((_, k) => caption(k)), start: Math.floor(last / 2),
    },
    strip: slots.strip(start.strip, pictures.address(pictures.sheet(shown.map(([one]) => one), shown.length, GAP, GROUND), false), shown.map(([, words]) => words)),
    corners: slots.images(start.corners, [pictures.address(pictures.sheet(tiles, square, GAP), false)]),
    facts: slots.metrics(start.facts, told.map((value) => (value === null ? null : { value: text.significant(value) }))),
  };

  /** One end: its code, and the picture behind it as the model sees it, null for a random code. */
  async function end(which) {
    if (inputs[which] === "seed") return { code: random(inputs[`${which}_number`]), picture: null };
    const x = pictures.prepared([await picture(image(which))], side, channels), dims = [1, channels, side, side];
    const code = Array.from((await run(`${weights}/${encoder}`, x, dims)).output);
    return { code: standardised ? maths.standardise(code) : code, picture: pictures.pictures(x, dims, -1, 1)[0] };
  }

  async function decode(codes) {
    const made = [];
    for (let at = 0; at < codes.length; at += CHUNK) {
      const some = codes.slice(at, at + CHUNK);
      const { output, dims } = await run(`${weights}/decode`, maths.joined(some), [some.length, size]);
      made.push(...pictures.pictures(output, dims, -1, 1));
    }
    return made;
  }

  /** How far the frames are from both ends laid over each other (core.morphing.crossfade). */
  function crossfade(all) {
    const [a, b] = [all[0].pixels, all[last].pixels], far = maths.meanSquare(a, b);
    if (!far) return 0;
    let sum = 0;
    all.forEach(({ pixels }, k) => pixels.forEach((v, i) => (sum += (v - (a[i] + (k / last) * (b[i] - a[i]))) ** 2)));
    return sum / (all.length * a.length) / far;
  }

  /** To the nearest whole number, half to even. */
  function even(v) {
    return v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);
  }
};
