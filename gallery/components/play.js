// Play, pause and single steps for a number: the reader watches training, iterations or time pass.
// props: {value, minimum, maximum, step, labels: {play, pause, back, on}, instant?}; emits the next number.
// It never asks for a picture before the last one is shown: it waits for the page's mark to say «done».

const ICONS = {
  back: "M3 3h2v10H3zM13 3v10L6 8z", on: "M11 3h2v10h-2zM3 3v10l7-5z", play: "M4 2.5v11l9-5.5z", pause: "M4 3h3v10H4zM9 3h3v10H9z",
};
const FRAMES = 60; // a run from end to end takes at most so many
const PACE_MS = 220; // least time between two pictures
const UNHEARD_MS = 900; // a page that has not begun by then had the picture at hand

export function mount(root, props, emit) {
  let value = props.value;
  let playing = false;
  let alive = true;
  const icon = (path) => make("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" }, [make("path", { d: path, fill: "currentColor" }, [], "svg")], "svg");
  const button = (name, path, act) => make("button", { type: "button", class: "g-small", title: props.labels[name], "aria-label": props.labels[name], onclick: act }, [icon(path)]);
  const back = button("back", ICONS.back, () => { stop(); go(-1); });
  const turn = button("play", ICONS.play, () => (playing ? stop() : start()));
  const on = button("on", ICONS.on, () => { stop(); go(1); });
  const frame = make("div", { class: "g-play" }, [back, turn, on]);
  root.append(frame);

  function stride() {
    const whole = Math.round((props.maximum - props.minimum) / props.step);
    return props.step * Math.max(1, Math.ceil(whole / FRAMES));
  }

  function at(next) {
    const steps = Math.round((next - props.minimum) / props.step);
    return Math.min(props.maximum, Number((props.minimum + steps * props.step).toPrecision(12)));
  }

  function go(way) {
    const next = at(Math.max(props.minimum, value + way * (playing ? stride() : props.step)));
    if (next === value) return false;
    value = next;
    emit(value);
    return true;
  }

  async function start() {
    playing = true;
    show();
    if (value >= props.maximum) {
      value = props.minimum;
      emit(value);
      await shown();
    }
    while (playing && alive) {
      const began = performance.now();
      if (!go(1) || !(await shown())) break;
      await pause(Math.max(0, PACE_MS - (performance.now() - began)));
    }
    stop();
  }

  function stop() {
    playing = false;
    show();
  }

  function show() {
    turn.replaceChildren(icon(playing ? ICONS.pause : ICONS.play));
    turn.title = playing ? props.labels.pause : props.labels.play;
    turn.setAttribute("aria-label", turn.title);
    frame.dataset.playing = String(playing);
  }

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const state = () => document.querySelector(".gallery-state")?.dataset.state;

  /** Waits until the picture asked for is there; false when the page could not give it. */
  async function shown() {
    if (props.instant) return alive; // recorded pictures are there at once
    const began = performance.now();
    let heard = false;
    for (;;) {
      await pause(30);
      const now = state();
      heard ||= now === "running";
      if (!alive) return false;
      if (now !== "running" && (heard || performance.now() - began > UNHEARD_MS)) return now !== "failed";
    }
  }

  show();
  return {
    update(next) {
      props = { ...props, ...next };
      value = next.value;
    },
    destroy() {
      alive = false;
      frame.remove();
    },
  };
}
