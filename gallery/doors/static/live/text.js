// Numbers and sentences as Python writes them, so that a slot reads the same whether a server or the browser filled it.
(function (live) {
  "use strict";

  /** A number with `digits` decimals, half to even where the number itself is a tie, as Python's format does. */
  function fixed(value, digits) {
    const text = value.toFixed(digits);
    const tie = Math.abs(value) * 10 ** digits;
    if (tie % 1 !== 0.5 || tie * 2 !== Math.round(tie * 2)) return text;
    const even = 2 * Math.round(tie / 2);
    return (Math.sign(value) * even / 10 ** digits).toFixed(digits);
  }

  /** `value` in at most `digits` significant digits, thousands apart: what gallery.outputs.Metric.shown makes of a float. */
  function significant(value, digits = 4) {
    const size = Math.abs(value);
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) return exponential(value, digits - 1);
    if (size >= 9999.5) return thousands(fixed(value, 0));
    return thousands(String(Number(value.toPrecision(digits))));
  }

  /** Python's format "g": `digits` significant digits, no zeros at the end, a power of ten where the number is very small or large. */
  function general(value, digits) {
    if (value === 0) return "0";
    const power = Number(value.toExponential(digits - 1).split("e")[1]);
    if (power >= -4 && power < digits) return String(Number(value.toPrecision(digits)));
    const [number, exponent] = exponential(value, digits - 1).split("e");
    return `${Number(number)}e${exponent}`;
  }

  function exponential(value, digits) {
    const [number, exponent] = value.toExponential(digits).split("e");
    const sign = exponent[0] === "-" ? "-" : "+";
    return `${number}e${sign}${exponent.replace(/[+-]/, "").padStart(2, "0")}`;
  }

  function thousands(text) {
    const [whole, rest] = text.split(".");
    const apart = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return rest === undefined ? apart : `${apart}.${rest}`;
  }

  /** Python's str.format for what texts hold: {name}, {name:.2f}, {name:+.2f}, {name:.0%}. Throws for any other form. */
  function filled(template, values) {
    return template.replace(/\{(\w+)(?::([^}]*))?\}/g, (whole, name, form) => {
      if (!(name in values)) throw new Error(`no value for ${whole}`);
      if (form === undefined) return String(values[name]);
      const [, plus, digits, kind] = /^(\+?)\.(\d)([f%])$/.exec(form) ?? [];
      if (kind === undefined) throw new Error(`the form ${whole} is not known here`);
      const value = kind === "%" ? values[name] * 100 : values[name];
      return (plus && !(value < 0) ? "+" : "") + fixed(value, Number(digits)) + (kind === "%" ? "%" : "");
    });
  }

  const RAISED = Object.fromEntries([..."-0123456789"].map((c, i) => [c, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[i]]));

  /** Numbers as a printer sets them (gallery.text.typeset). */
  function typeset(text) {
    return text
      .replace(/(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)(?!\w)/g, (_, number, exponent) => {
        const raised = [...String(Number(exponent))].map((c) => RAISED[c]).join("");
        return Number(number) === 1 ? `10${raised}` : `${number}×10${raised}`;
      })
      .replace(/(?<![\p{L}\p{N}_)\]}.-])-(?=[\d.∞])/gu, "−")
      .replaceAll("‖", "||");
  }

  live.text = { fixed, significant, general, filled, typeset };
})((window.GalleryLive ??= {}));
