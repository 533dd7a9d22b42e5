// Pictures: from a network's numbers to grey levels, sheets and data addresses.
(function (live) {
  "use strict";

  const SMALL = 256; // pixels: smaller pictures are enlarged, so that their pixels stay squares (gallery.figures)

  /** Numbers [items, C, H, W] from `low` to `high` → one picture an item, {width, height, channels, pixels}; what lies outside is clipped. */
  function pictures(values, [items, channels, height, width], low, high) {
    const size = height * width;
    return Array.from({ length: items }, (_, k) => {
      const pixels = new Uint8ClampedArray(size * channels);
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < size; i++) {
          const level = ((values[(k * channels + c) * size + i] - low) / (high - low)) * 255;
          pixels[i * channels + c] = level; // rounds half to even and clips, as torch does
        }
      return { width, height, channels, pixels };
    });
  }

  /** Pictures of one size in rows of `columns`, with `gap` pixels of the grey level `ground` between them. */
  function sheet(some, columns, gap = 0, ground = 255) {
    const { width, height, channels } = some[0];
    const rows = Math.ceil(some.length / columns);
    const wide = columns * (width + gap) - gap, high = rows * (height + gap) - gap;
    const pixels = new Uint8ClampedArray(wide * high * channels).fill(ground);
    some.forEach((one, k) => {
      const left = (k % columns) * (width + gap), top = Math.floor(k / columns) * (height + gap);
      for (let y = 0; y < height; y++)
        pixels.set(one.pixels.subarray(y * width * channels, (y + 1) * width * channels), ((top + y) * wide + left) * channels);
    });
    return { width: wide, height: high, channels, pixels };
  }

  /** The picture as a PNG's data address; `enlarged` as figures send it, each pixel a whole number of pixels wide. */
  function address(picture, enlarged = true) {
    const { width, height, channels, pixels } = picture;
    const factor = enlarged ? Math.max(1, Math.floor(SMALL / Math.max(width, height))) : 1;
    const canvas = document.createElement("canvas");
    canvas.width = width * factor;
    canvas.height = height * factor;
    const shown = new ImageData(canvas.width, canvas.height);
    for (let y = 0; y < canvas.height; y++)
      for (let x = 0; x < canvas.width; x++) {
        const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * channels;
        const to = (y * canvas.width + x) * 4;
        for (let c = 0; c < 3; c++) shown.data[to + c] = pixels[from + (channels === 1 ? 0 : c)];
        shown.data[to + 3] = 255;
      }
    canvas.getContext("2d").putImageData(shown, 0, 0);
    return canvas.toDataURL("image/png");
  }

  // Pictures in: what core.codec and Pillow do with a picture before a network sees it.

  const PRECISION = 2 ** 22; // Pillow resizes bytes with weights of so many parts
  const BOX = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
  const BICUBIC = { support: 2, weight: (x) => cubic(Math.abs(x)) };
  const LANCZOS = { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) };
  const cubic = (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0);
  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

  /** Pictures as a model sees them: Float32Array [items, C, S, S] in [-1, 1] (core.codec.prepared). */
  function prepared(some, side, channels) {
    const size = side * side, made = new Float32Array(some.length * channels * size);
    some.forEach((picture, k) => {
      const seen = channels === 1 ? inked(picture, side) : squared(picture, side);
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < size; i++) made[(k * channels + c) * size + i] = Math.fround(seen.pixels[i * channels + c] / 127.5) - 1; // float32 throughout
    });
    return made;
  }

  /** The middle square in `side` pixels. */
  function squared(picture, side) {
    const { width, height, channels, pixels } = picture;
    const edge = Math.min(width, height), top = (height - edge) >> 1, left = (width - edge) >> 1;
    const cut = { width: edge, height: edge, channels, pixels: new Uint8ClampedArray(edge * edge * channels) };
    for (let y = 0; y < edge; y++) {
      const from = ((top + y) * width + left) * channels;
      cut.pixels.set(pixels.subarray(from, from + edge * channels), y * edge * channels);
    }
    return edge === side ? cut : resized(cut, side, side, edge % side ? LANCZOS : BOX);
  }

  /** White ink on black in a frame, grey, as MNIST's digits: what is bright at the border is turned over. */
  function inked(picture, side) {
    const DIGIT = 28;
    const framed = Math.min(picture.width, picture.height) === side;
    const small = grey(squared(picture, framed ? side : DIGIT)), { width, pixels } = small;
    const border = [];
    for (let i = 0; i < width; i++) border.push(pixels[i], pixels[(width - 1) * width + i], pixels[i * width], pixels[i * width + width - 1]);
    border.sort((a, b) => a - b);
    const median = (border[border.length / 2 - 1] + border[border.length / 2]) / 2;
    const ink = median > 127 ? pixels.map((v) => 255 - v) : pixels, frame = (side - width) / 2;
    const made = new Uint8ClampedArray(side * side);
    for (let y = 0; y < width; y++) made.set(ink.subarray(y * width, (y + 1) * width), (y + frame) * side + frame);
    return { width: side, height: side, channels: 1, pixels: made };
  }

  /** Pillow's "L": weighted red, green and blue. */
  function grey({ width, height, channels, pixels }) {
    if (channels === 1) return { width, height, channels, pixels };
    const made = new Uint8ClampedArray(width * height);
    for (let i = 0; i < made.length; i++)
      made[i] = (pixels[3 * i] * 19595 + pixels[3 * i + 1] * 38470 + pixels[3 * i + 2] * 7471 + 0x8000) >> 16;
    return { width, height, channels: 1, pixels: made };
  }

  /** A picture in other sizes, to the grey level as Pillow does it: along the rows, then along the columns. */
  function resized({ width, height, channels, pixels }, wide, high, filter) {
    const pass = (from, size, rows, step, row, to, made, stepTo, rowTo) => {
      if (size === made) return from; // as Pillow: nothing to do along this side
      const weights = weighted(size, made, filter);
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < made; x++)
          for (let c = 0; c < channels; c++) {
            let sum = PRECISION / 2;
            weights[x].parts.forEach((w, i) => (sum += w * from[y * row + (weights[x].first + i) * step + c]));
            to[y * rowTo + x * stepTo + c] = Math.floor(sum / PRECISION);
          }
      return to;
    };
    const rows = pass(pixels, width, height, channels, width * channels, new Uint8ClampedArray(wide * height * channels), wide, channels, wide * channels);
    const all = pass(rows, height, wide, wide * channels, channels, new Uint8ClampedArray(wide * high * channels), high, wide * channels, channels);
    return { width: wide, height: high, channels, pixels: all };
  }

  function weighted(width, side, { support, weight }) {
    const scale = width / side, spread = Math.max(scale, 1), reach = support * spread;
    return Array.from({ length: side }, (_, x) => {
      const centre = (x + 0.5) * scale;
      const first = Math.max(0, Math.trunc(centre - reach + 0.5)), end = Math.min(width, Math.trunc(centre + reach + 0.5));
      const raw = Array.from({ length: end - first }, (_, i) => weight((i + first - centre + 0.5) / spread));
      const sum = raw.reduce((a, b) => a + b, 0);
      return { first, parts: raw.map((w) => Math.trunc((w / sum) * PRECISION + (w < 0 ? -0.5 : 0.5))) };
    });
  }

  /** The pixels of a picture's data address, on white: {width, height, channels: 3, pixels}. */
  async function read(address) {
    const image = new Image();
    image.src = address;
    try {
      await image.decode();
    } catch {
      throw new live.Refused("这张图片读不出来，请换一张", "this picture cannot be read; choose another");
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    return { width: canvas.width, height: canvas.height, channels: 3, pixels: data.filter((_, i) => i % 4 < 3) };
  }

  /** A drawing (a data address, or "ink:…" of a link) as ink in [0, 1], in sixteen levels: {side, ink: Float32Array}. Throws where it is blank. */
  async function drawing(value) {
    const LEVELS = 15;
    let levels;
    if (value.startsWith("ink:")) {
      const text = value.slice(4).replaceAll("-", "+").replaceAll("_", "/");
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      levels = Array.from(new Uint8Array(await new Response(stream).arrayBuffer()), (b) => [b >> 4, b & 15]).flat();
    } else if (value) {
      levels = Array.from(grey(await read(value)).pixels, (v) => even(Math.fround(Math.fround((255 - v) / 255) * LEVELS)));
    }
    if (!levels?.some(Boolean)) throw new live.Refused("画板是空的，请先画点什么", "the sheet is empty; draw something first");
    return { side: Math.floor(Math.sqrt(levels.length)), ink: Float32Array.from(levels, (v) => v / LEVELS) };
  }

  const even = (v) => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));

  /** A drawing as a picture, black on white (core.codec.of_drawing). */
  function ofDrawing({ side, ink }) {
    return { width: side, height: side, channels: 1, pixels: Uint8ClampedArray.from(ink, (v) => Math.trunc(Math.fround(255 - Math.fround(v * 255)))) };
  }

  live.pictures = { pictures, sheet, address, prepared, resized, grey, read, drawing, ofDrawing, BOX, BICUBIC, LANCZOS };
})((window.GalleryLive ??= {}));
