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

  /** Pictures of one size in rows of `columns`, with `gap` white pixels between them. */
  function sheet(some, columns, gap = 0) {
    const { width, height, channels } = some[0];
    const rows = Math.ceil(some.length / columns);
    const wide = columns * (width + gap) - gap, high = rows * (height + gap) - gap;
    const pixels = new Uint8ClampedArray(wide * high * channels).fill(255);
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

  live.pictures = { pictures, sheet, address };
})((window.GalleryLive ??= {}));
