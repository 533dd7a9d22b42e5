// What the live tabs compute beside the networks: torch's random numbers, and core.latent's few lines.
(function (live) {
  "use strict";

  const N = 624, M = 397; // the Mersenne Twister MT19937

  /** torch.randn(count, generator=torch.Generator().manual_seed(seed)) on a CPU, float32: Box and Muller in blocks of 16. */
  function normals(seed, count) {
    const BLOCK = 16;
    if (count < BLOCK) throw new RangeError(`count = ${count}: torch draws fewer than ${BLOCK} numbers in another way`);
    const next = twister(seed);
    const uniform = () => (next() & 0xffffff) / 0x1000000;
    const made = Float32Array.from({ length: count }, uniform);
    for (let i = 0; i + BLOCK <= count; i += BLOCK) boxMuller(made, i, BLOCK / 2);
    if (count % BLOCK) {
      const start = count - BLOCK; // the last block overlaps the one before it and is drawn anew
      for (let i = start; i < count; i++) made[i] = uniform();
      boxMuller(made, start, BLOCK / 2);
    }
    return made;
  }

  function boxMuller(made, start, half) {
    for (let j = start; j < start + half; j++) {
      const radius = Math.sqrt(-2 * Math.log(Math.fround(1 - made[j])));
      const angle = 2 * Math.PI * made[j + half];
      made[j] = radius * Math.cos(angle);
      made[j + half] = radius * Math.sin(angle);
    }
  }

  function twister(seed) {
    const state = new Uint32Array(N);
    state[0] = seed >>> 0;
    for (let i = 1; i < N; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    let at = N;
    return () => {
      if (at === N) {
        for (let k = 0; k < N; k++) {
          const y = (state[k] & 0x80000000) | (state[(k + 1) % N] & 0x7fffffff);
          state[k] = state[(k + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
        }
        at = 0;
      }
      let y = state[at++];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      return (y ^ (y >>> 18)) >>> 0;
    };
  }

  /** N(z) = (z − avg z) / std z with divisor n; a constant code gives zeros (core.latent.standardise). */
  function standardise(z) {
    const EPSILON = 1e-8;
    const [mean, sd] = moments(z);
    return z.map((v) => (v - mean) / (sd + EPSILON));
  }

  // Ways from one code to another at the share t, by the names of core.latent.PATHS.
  const lerp = (a, b, t) => a.map((v, i) => v + t * (b[i] - v));
  const PATHS = { lerp, standardised: (a, b, t) => standardise(lerp(a, b, t)), slerp };

  /** Along the great circle, lengths interpolated geometrically; straight where the codes are parallel. */
  function slerp(a, b, t) {
    const PARALLEL = 2e-3, EPSILON = 1e-8;
    const [long, other] = [a, b].map((z) => Math.max(Math.hypot(...z), EPSILON));
    const angle = Math.acos(Math.min(1, Math.max(-1, a.reduce((sum, v, i) => sum + v * b[i], 0) / (long * other))));
    const sine = Math.sin(angle), length = long ** (1 - t) * other ** t;
    if (!(sine > PARALLEL)) return lerp(a, b, t);
    return a.map((v, i) => (length * ((Math.sin((1 - t) * angle) * v) / long + (Math.sin(t * angle) * b[i]) / other)) / sine);
  }

  /** `steps` codes from a to b, both included (core.latent.interpolate). */
  function interpolate(a, b, steps, path) {
    return linspace(0, 1, steps).map((t) => PATHS[path](a, b, t));
  }

  /** `side` rows of `side` codes between four corners: top left, top right, bottom left, bottom right (core.latent.bilinear). */
  function bilinear([a, b, c, d], side, path) {
    const [left, right] = [interpolate(a, c, side, path), interpolate(b, d, side, path)];
    return left.flatMap((one, k) => interpolate(one, right[k], side, path));
  }

  /** The code at (x, y) of the plane through three codes, standardised (core.latent.plane). */
  function plane([c0, c1, c2], x, y) {
    return standardise(c0.map((v, i) => v + x * (c1[i] - v) + y * (c2[i] - v)));
  }

  /** The cosine of two codes. */
  function cosine(a, b) {
    let ab = 0, aa = 0, bb = 0;
    for (let i = 0; i < a.length; i++) (ab += a[i] * b[i]), (aa += a[i] ** 2), (bb += b[i] ** 2);
    return ab / Math.sqrt(aa * bb);
  }

  /** avg and std (divisor n) of a code. */
  function moments(z) {
    const mean = z.reduce((a, b) => a + b, 0) / z.length;
    return [mean, Math.sqrt(z.reduce((a, b) => a + (b - mean) ** 2, 0) / z.length)];
  }

  /** The mean square of the differences of two arrays, or of a part of each that begins at `i` and `j`. */
  function meanSquare(a, b, i = 0, j = 0, size = a.length) {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (a[i + k] - b[j + k]) ** 2;
    return sum / size;
  }

  /** 1 / (1 + exp(−v)) of every number, as float32. */
  function sigmoid(values) {
    return Float32Array.from(values, (v) => 1 / (1 + Math.exp(-v)));
  }

  /** exp(v) / Σ exp(v). */
  function softmax(values) {
    const most = Math.max(...values);
    const powers = Array.from(values, (v) => Math.exp(v - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((p) => p / sum);
  }

  /** `count` numbers from `low` to `high`, both included (torch.linspace: from both ends towards the middle). */
  function linspace(low, high, count) {
    const step = (high - low) / (count - 1);
    return Array.from({ length: count }, (_, i) => (i < count / 2 ? low + i * step : high - (count - 1 - i) * step));
  }

  /** The place of the largest value. */
  function argmax(values) {
    return values.reduce((best, v, i) => (v > values[best] ? i : best), 0);
  }

  /** Codes of equal length one after another, times `factor`. */
  function joined(codes, factor = 1) {
    const made = new Float32Array(codes.length * codes[0].length);
    codes.forEach((code, k) => made.set(code.map((v) => factor * v), k * code.length));
    return made;
  }

  live.maths = { normals, standardise, plane, interpolate, bilinear, cosine, moments, meanSquare, sigmoid, softmax, linspace, argmax, joined };
})((window.GalleryLive ??= {}));
