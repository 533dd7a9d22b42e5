// Changed copies of tabulated slots: the live tabs replace what follows from the network and leave the rest as the page drew it.
(function (live) {
  "use strict";

  // Widths and sizes of gallery.drawing.sheet, by the form of a figure's layout.
  const USUAL = 730, TOOLS = 110, EDGE = 8, CAPITAL = 0.7, LINE = 1.3;
  const FORMS = { wide: { width: 860, size: 16 }, middle: { width: 600, size: 16 }, narrow: { width: 330, size: 14 } };

  /** A copy of the figure with other pictures, in the order in which its panels drew them; undefined leaves one as it is. */
  function repictured(figure, addresses) {
    const images = (figure.layout.images ?? []).map((image, k) => (addresses[k] === undefined ? image : { ...image, source: addresses[k] }));
    return { ...figure, layout: { ...figure.layout, images } };
  }

  /** A copy whose layout is `change(layout, form)` in all three forms: wide, middle and narrow. */
  function relaid(figure, change) {
    const { layout } = figure, meta = { ...layout.meta };
    for (const form of ["middle", "narrow"]) if (meta[form]) meta[form] = change(meta[form], form);
    return { ...figure, layout: { ...change(layout, "wide"), meta } };
  }

  /** A copy with another title, broken into lines as the page's own was. */
  function retitled(figure, title) {
    const text = live.text.typeset(title);
    const made = relaid(figure, (layout, form) => {
      const title = { ...layout.title, ...head(text, FORMS[form], layout.title?.pad) };
      if (form === "wide") return { ...layout, title };
      const more = (lines(title.text) - lines(layout.title.text)) * FORMS[form].size * LINE; // a longer head pushes the rest down
      return { ...layout, title, height: layout.height + more, margin: { ...layout.margin, t: layout.margin.t + more } };
    });
    made.layout.meta.title = text;
    return made;
  }

  /** A copy in which the handle of the point input `name` stands at [x, y]. */
  function handled(figure, name, [x, y]) {
    const handle = figure.layout.meta.handles.find((one) => one.input === name);
    return redrawn(figure, handle.trace, { x: [x], y: [y] });
  }

  /** A copy in which the trace number `k` has other values. */
  function redrawn(figure, k, values) {
    return { ...figure, data: figure.data.map((trace, i) => (i === k ? { ...trace, ...values } : trace)) };
  }

  /** A copy in which an axis has other settings (its range, the texts of its ticks). */
  function axed(figure, axis, settings) {
    return relaid(figure, (layout) => ({ ...layout, [axis]: { ...layout[axis], ...settings } }));
  }

  /** What an axis shows of these values where the page gave it no range: all of them, and some air (gallery.drawing.planes). */
  function around(values) {
    const AIR = 0.06, low = Math.min(...values), high = Math.max(...values);
    return [low - AIR * (high - low), high + AIR * (high - low)];
  }

  /** A copy in which the text number `k` of the figure says something else as long; it breaks where it broke. */
  function renoted(figure, k, text) {
    const said = live.text.typeset(text);
    return relaid(figure, (layout) => ({ ...layout, annotations: layout.annotations.map((note, i) => (i === k ? { ...note, text: broken(note.text, said) } : note)) }));
  }

  /** A copy in which the texts that are told by their words and axes stand elsewhere. */
  function placed(figure, notes) {
    const there = (note) => notes.find(({ text, xref }) => note.text === text && note.xref === xref);
    return relaid(figure, (layout) => ({ ...layout, annotations: layout.annotations.map((note) => ({ ...note, ...there(note) })) }));
  }

  /** `text` with the breaks of `old`: a space at a break is not shown, so it may stand there or not. */
  function broken(old, text) {
    let rest = text;
    const lines = old.split("<br>").map((line) => {
      const part = rest.slice(0, line.length);
      rest = rest.slice(line.length).trimStart();
      return part.trimEnd();
    });
    return [...lines.slice(0, -1), lines.at(-1) + rest].join("<br>");
  }

  /** A copy of a row of metrics (HTML) in which number k has another value and note; what is undefined stays, null is left out. */
  function metrics(html, changes) {
    return changed(html, (body) => {
      const cells = body.querySelectorAll(".g-metric");
      changes.forEach((change, k) => {
        if (change === null) cells[k].remove();
        const { label, value, note } = change ?? {};
        for (const [name, text] of Object.entries({ label, value, note }))
          if (text !== undefined) cells[k].querySelector(`.g-${name}`).textContent = live.text.typeset(text);
      });
    });
  }

  /** A copy of a strip or grid (HTML) with other pictures (data addresses), in their order. */
  function images(html, addresses) {
    return changed(html, (body) => {
      const shown = body.querySelectorAll("img");
      addresses.forEach((address, k) => address !== undefined && shown[k].setAttribute("src", address));
    });
  }

  /** A copy of one strip of pictures (HTML) as another picture, with other captions. */
  function strip(html, address, captions) {
    return changed(html, (body) => {
      const image = body.querySelector("img"), spans = [...body.querySelectorAll(".g-captions span")];
      const old = spans.map((span) => span.textContent).join(", "), alt = image.getAttribute("alt");
      image.setAttribute("alt", alt.slice(0, alt.length - old.length) + captions.join(", "));
      image.setAttribute("src", address);
      spans.forEach((span, k) => (span.textContent = captions[k]));
    });
  }

  function changed(html, change) {
    const body = new DOMParser().parseFromString(html, "text/html").body; // runs no script and loads no picture
    change(body);
    return body.innerHTML;
  }

  function head(title, { width, size }, pad) {
    const room = width === FORMS.narrow.width ? width : Math.min(Math.max(width, USUAL) - TOOLS, width);
    const text = wrapped(title, size, room - 2 * EDGE);
    return { text, pad: { ...pad, t: EDGE + (text.includes("<br>") ? CAPITAL * size : 0) } };
  }

  // gallery.drawing.placement: estimated widths, and what stays together when a text is broken.
  const SLIM = new Set("iIjl.,:;'|!()[] ftr"), BROAD = new Set("mwMWQO@%"), SQUARE = new Set("·…—“”‘’‖×÷±≈≤≥∞→←");
  const PIECE = /[（《“‘]*(?:<[^>]+>|[^\s⺀-￿])*(?:[^\s⺀-￿]|[（《“‘]*(?![（《])[⺀-￿])[，。、；：！？）》”’]*(?:<\/[^>]+>)*\s*|\s+|./gu;

  const lines = (text) => text.split("<br>").length;

  function wrapped(text, size, room) {
    const done = [];
    for (const given of text.split("<br>")) {
      let line = "";
      for (const piece of given.match(PIECE) ?? []) {
        if (line && width((line + piece).trimEnd(), size) > room) {
          done.push(line.trimEnd());
          line = piece.trimStart();
        } else line += piece;
      }
      done.push(line.trimEnd());
    }
    return done.join("<br>");
  }

  function width(text, size) {
    const plain = text.replace(/<[^>]+>|&[a-z]+;/g, (found) => (found.startsWith("<") ? "" : "x"));
    return size * [...plain].reduce((sum, c) => sum + advance(c), 0);
  }

  function advance(c) {
    if (c.codePointAt(0) >= 0x2e80 || SQUARE.has(c)) return 1;
    if (SLIM.has(c)) return 0.36;
    if (BROAD.has(c)) return 0.92;
    return /\p{Lu}/u.test(c) ? 0.7 : 0.59;
  }

  live.slots = { repictured, retitled, renoted, placed, handled, redrawn, axed, around, metrics, images, strip };
})((window.GalleryLive ??= {}));
