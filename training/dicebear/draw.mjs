// Portraits drawn with DiceBear: node draw.mjs STYLE FIRST COUNT > portraits.rgb
// Writes COUNT pictures of 64x64 RGB bytes, from the seeds gallery-FIRST on: drawn at 256 and averaged 4x4, on one of six pale
// backgrounds. A seed always gives the same portrait.
import { createAvatar } from "@dicebear/core";
import * as collection from "@dicebear/collection";
import { Resvg } from "@resvg/resvg-js";

const SIDE = 64;
const OVER = 4;
const BACKGROUNDS = ["b6e3f4", "c0aede", "d1d4f9", "ffd5dc", "ffdfbf", "d8f0c8"];

/** One portrait as SIDE * SIDE * 3 bytes. */
function portrait(style, seed) {
  const size = SIDE * OVER;
  const svg = createAvatar(collection[style], { seed, size, backgroundColor: BACKGROUNDS }).toString();
  const { pixels } = new Resvg(svg, { fitTo: { mode: "width", value: size }, font: { loadSystemFonts: false } }).render();
  const out = new Uint8Array(SIDE * SIDE * 3);
  for (let place = 0; place < out.length; place++) {
    const channel = place % 3;
    const x = Math.floor(place / 3) % SIDE;
    const y = Math.floor(place / 3 / SIDE);
    let sum = 0;
    for (let down = 0; down < OVER; down++)
      for (let along = 0; along < OVER; along++) sum += pixels[((y * OVER + down) * size + x * OVER + along) * 4 + channel];
    out[place] = Math.round(sum / OVER ** 2);
  }
  return out;
}

const [style, first, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
if (!(style in collection) || !Number.isInteger(first) || !(count > 0)) {
  console.error("usage: node draw.mjs STYLE FIRST COUNT");
  process.exit(2);
}
for (let k = first; k < first + count; k++) process.stdout.write(portrait(style, `gallery-${k}`));
