// Live tabs: networks that run in the reader's browser, without a server. Nothing that a reader draws or uploads leaves the machine.
(function (live) {
  "use strict";

  const HERE = document.currentScript.src.replace(/[^/]*$/, "");
  const KEPT_TIMES = 50; // runs of a part that its median time is taken over
  const pages = new Map(); // slug → {tabs, parts, tolerance, runtime, draws}
  const kept = new Map(); // name → what a script handed over
  const coming = new Map(); // script → promise
  const times = new Map(); // part → milliseconds of its last runs
  const memory = new Map(); // page-made values by name, see `once`

  /** What went wrong, in both languages. */
  live.Refused = class LiveError extends Error {
    constructor(zh, en) {
      super(en);
      this.text = { zh, en };
    }
  };
  const LiveError = live.Refused;

  /** A page's live tabs; called by its script. */
  live.page = (slug, told) => pages.set(slug, { ...told, draws: {} });

  /** How the tab `tab` follows its inputs: async (inputs, tools) → {slot: value}; called by the page's own JavaScript. */
  live.tab = (slug, tab, draw) => (pages.get(slug).draws[tab] = draw);

  /** Takes what a lazily loaded script hands over. */
  live.keep = (name, value) => kept.set(name, value);

  /** What was handed over under `name`, or undefined. */
  live.kept = (name) => kept.get(name);

  /** The inputs that the tab follows in the browser; [] for a tab that is not live. */
  live.inputs = (slug, tab) => pages.get(slug)?.tabs[tab]?.live ?? [];

  /** Whether the browser can follow these inputs; not where one of them needs a server, as held-out pictures of a data set do. */
  live.follows = (slug, tab, inputs) => {
    const needs = pages.get(slug)?.tabs[tab];
    return Boolean(needs) && !Object.entries(needs.unless).some(([name, options]) => options.includes(inputs[name]));
  };

  /** Median milliseconds of a run of each part that has run, in the worker. */
  live.times = () => Object.fromEntries([...times].map(([name, some]) => [name, median(some)]));

  // One draw at a time; while it runs only the latest one asked for waits, and those before it give null.
  let running = null, waiting = null;

  /**
   * The slots of a live tab at `inputs` → Promise of {slot: value}, or null where a later call came first.
   * `start` holds the slots of the tabulated state whose other inputs are the same, in the language `lang`.
   * Rejects with an error whose `text` says in both languages what is wrong.
   */
  live.draw = (slug, tab, inputs, start, lang) =>
    new Promise((resolve, reject) => {
      waiting?.resolve(null);
      waiting = { work: () => drawn(slug, tab, inputs, start, lang), resolve, reject };
      if (!running) next();
    });

  async function next() {
    while (waiting) {
      running = waiting;
      waiting = null;
      try {
        running.resolve(await running.work());
      } catch (error) {
        running.reject(told(error));
      }
    }
    running = null;
  }

  async function drawn(slug, tab, inputs, start, lang) {
    const page = pages.get(slug);
    if (typeof Worker === "undefined" || typeof WebAssembly === "undefined" || typeof DecompressionStream === "undefined")
      throw new LiveError(
        "这个浏览器太旧，不能在本机运行模型（需要 WebAssembly、Worker 与 DecompressionStream）；预先算好的部分照常可看",
        "this browser is too old to run models here (it lacks WebAssembly, workers or DecompressionStream); what was computed beforehand is still shown",
      );
    const say = (text, values) => live.text.filled(lang === "en" ? text.en : text.zh, values ?? {});
    return page.draws[tab](inputs, {
      start, lang, say, once,
      shape: (name) => page.parts[name].shape,
      table: (name) => table(slug, name),
      run: (name, input, dims) => run(page, name, input, dims),
      picture: (name) => pictured(slug, name, inputs[name]),
      drawing: (name) => live.pictures.drawing(inputs[name]),
    });
  }

  /** The picture that the input `name` holds: an example, or the reader's own, which is read here and goes nowhere. */
  async function pictured(slug, name, value) {
    if (value.startsWith("data:")) return live.pictures.read(value);
    const [, example] = /^example:(.*)$/.exec(value) ?? [];
    const known = (await table(slug, "$examples"))[name];
    if (!known?.[example])
      throw new LiveError(`${value}：这里没有这张示例图，请另选一张或上传`, `${value}: this example is not here; choose another or upload one`);
    const { shape, values } = known[example];
    return { height: shape[0], width: shape[1], channels: 3, pixels: values };
  }

  /** The value of `make()`, kept under `name` until another value of the same `kind` is asked for. */
  async function once(kind, name, make) {
    if (memory.get(kind)?.name !== name) memory.set(kind, { name, value: await make() });
    return memory.get(kind).value;
  }

  /** Runs the part `name` on `input` (Float32Array of the shape `dims`) → {output, dims} or {outputs: {name: {values, dims}}}; {milliseconds}. */
  async function run(page, name, input, dims) {
    const made = await loaded(page, name).then(() => ask("run", { name, input, dims }));
    const some = times.get(name) ?? [];
    times.set(name, [...some.slice(1 - KEPT_TIMES), made.milliseconds]);
    return { ...made, output: made.outputs.output?.values, dims: made.outputs.output?.dims };
  }

  async function loaded(page, name) {
    await started(page);
    if (await ask("has", { name })) return;
    const part = await had(`parts/${name.replace("/", ".")}.js`, name);
    await ask("load", { name, model: part.onnx });
  }

  /**
   * What Verify adds for a page with live tabs: for each part, the browser's outputs against torch's, stored when the site was made.
   * → [{name: {zh, en}, measured, expected, tolerance, passed, note: {zh, en}}].
   */
  live.verify = async (slug) => {
    const page = pages.get(slug), rows = [];
    for (const name of new Set(Object.values(page?.tabs ?? {}).flatMap((tab) => tab.parts))) {
      const stored = await had(`parts/${name.replace("/", ".")}.js`, name);
      const inputs = await array(stored.inputs);
      const { outputs, milliseconds } = await run(page, name, inputs.values, inputs.shape).catch((error) => Promise.reject(told(error)));
      let apart = 0;
      for (const [output, packed] of Object.entries(stored.outputs)) {
        const wanted = (await array(packed)).values, found = outputs[output]?.values ?? [];
        if (found.length !== wanted.length) apart = Infinity;
        found.forEach((v, i) => {
          const gap = Math.abs(v - wanted[i]) / Math.max(1, Math.abs(wanted[i]));
          if (!(gap <= apart)) apart = gap; // also where it is no number
        });
      }
      rows.push({
        name: { zh: `${name}：浏览器与 torch 之差`, en: `${name}: browser against torch` },
        measured: apart, expected: 0, tolerance: page.tolerance, passed: apart <= page.tolerance,
        note: {
          zh: `${inputs.shape[0]} 个输入上的最大差（输出大于 1 时取相对差）；此处运行一次 ${milliseconds.toFixed(1)} ms`,
          en: `largest difference over ${inputs.shape[0]} inputs (relative where an output is above 1); one run here takes ${milliseconds.toFixed(1)} ms`,
        },
      });
    }
    return rows;
  };

  /** Frees what the networks take: the worker ends; the next draw starts another. */
  live.free = () => {
    worker?.then((one) => one.terminate()).catch(() => undefined); // one that never started has nothing to free
    worker = null;
    memory.clear();
    const ended = new LiveError("已停止", "stopped");
    for (const { reject } of answers.values()) reject(ended);
    answers.clear();
  };

  async function table(slug, name) {
    const stored = await had(`tables/${slug}.${name}.js`, `${slug}:${name}`);
    return once(`table ${slug}:${name}`, name, () => arrays(stored));
  }

  /** A table with its arrays unpacked, as {shape, values}. */
  async function arrays(value) {
    if (Array.isArray(value)) return Promise.all(value.map(arrays));
    if (value === null || typeof value !== "object") return value;
    if ("gzip" in value) return array(value);
    return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([k, one]) => [k, await arrays(one)])));
  }

  const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array };

  async function array(packed) {
    return { shape: packed.shape, values: new TYPES[packed.type](await unpacked(packed).arrayBuffer()) };
  }

  let worker = null, count = 0;
  const answers = new Map();

  function started(page) {
    return (worker ??= begun(page).catch((error) => {
      worker = null; // the next draw tries again
      throw error;
    }));
  }

  async function begun(page) {
    const runtime = await had(page.runtime, page.runtime);
    const opening = new Worker(URL.createObjectURL(new Blob([await unpacked(runtime.ort).text(), "\n", runtime.worker], { type: "text/javascript" })));
    opening.onmessage = ({ data: { id, result, error } }) => {
      const { resolve, reject } = answers.get(id) ?? {};
      answers.delete(id);
      if (error === undefined) resolve?.(result);
      else reject?.(failed(error));
    };
    opening.onerror = (event) => {
      event.preventDefault();
      live.free();
    };
    await posted(opening, "start", { glue: runtime.glue, wasm: runtime.wasm });
    return opening;
  }

  function unpacked({ gzip }) {
    const text = atob(gzip), bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i); // ten times as fast as Uint8Array.from
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  }

  const ask = async (act, given) => posted(await worker, act, given);

  const posted = (to, act, given) =>
    new Promise((resolve, reject) => {
      answers.set(++count, { resolve, reject });
      to.postMessage({ id: count, act, ...given });
    });

  /** What the script `path` hands over under `name`; the script is read once. */
  async function had(path, name) {
    if (!kept.has(name)) await script(path);
    if (!kept.has(name)) throw new LiveError(`${path} 里没有 ${name}`, `${path} does not hold ${name}`);
    return kept.get(name);
  }

  function script(path) {
    if (!coming.has(path))
      coming.set(path, new Promise((resolve, reject) => {
        const tag = document.createElement("script");
        tag.src = HERE + path;
        tag.onload = resolve;
        tag.onerror = () => {
          coming.delete(path); // it may be there the next time
          tag.remove();
          reject(new LiveError(`读不到 ${path}：网站的这个文件缺失，或网络中断`, `cannot read ${path}: this file of the site is missing, or the network is down`));
        };
        document.head.append(tag);
      }));
    return coming.get(path);
  }

  function failed(words) {
    if (/memory|allocat|OOM/i.test(words))
      return new LiveError(
        `内存不够，模型无法在本机运行（${words}）；关掉一些标签页再试`,
        `not enough memory to run the model here (${words}); close some tabs and try again`,
      );
    return new LiveError(`模型在浏览器里出错：${words}`, `the model failed in the browser: ${words}`);
  }

  const told = (error) => (error instanceof LiveError ? error : failed(String(error?.message ?? error)));

  function median(some) {
    const sorted = [...some].sort((a, b) => a - b), middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
})((window.GalleryLive ??= {}));
