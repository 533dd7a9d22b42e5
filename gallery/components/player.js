// Player: frames that play and are scrubbed in the browser, without a round trip.
// props: {frames: [data address], captions: [text], fps, boomerang, height, start, autoplay, name, labels: {play, pause, frame, save}}
// emits nothing.

export function mount(root, props, emit) {
  const screen = make("canvas", { class: "screen", role: "img" });
  const brush = screen.getContext("2d");
  const stage = make("div", { class: "stage", tabindex: 0, onkeydown: pressed, onclick: () => (playing ? pause() : play()) }, [screen]);
  const icon = make("path", {}, [], "svg");
  const button = make("button", { type: "button", class: "toggle", onclick: () => (playing ? pause() : play()) }, [make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, [icon], "svg")]);
  const slider = make("input", { type: "range", min: 0, step: 1, value: 0, oninput: () => { pause(); show(Number(slider.value)); } });
  const caption = make("span", { class: "caption" });
  const save = make("a", { class: "save", onclick: pack });
  const frame = make("div", { class: "g-player" }, [stage, make("div", { class: "bar" }, [button, slider, save]), caption]);
  root.append(frame);

  let pictures = [];
  let now = props.start ?? 0;
  let playing = false;
  let timer = null;
  let direction = 1;
  let turn = 0;

  function show(place) {
    now = Math.max(0, Math.min(place, pictures.length - 1));
    const picture = pictures[now];
    if (picture === undefined) return;
    if (screen.width !== picture.naturalWidth || screen.height !== picture.naturalHeight) {
      screen.width = picture.naturalWidth;
      screen.height = picture.naturalHeight;
    }
    brush.clearRect(0, 0, screen.width, screen.height);
    brush.drawImage(picture, 0, 0);
    slider.value = now;
    const words = props.captions[now] ?? "";
    caption.textContent = words || `${now + 1} / ${pictures.length}`;
    screen.setAttribute("aria-label", `${props.labels.frame} ${now + 1} / ${pictures.length} ${words}`);
    slider.setAttribute("aria-valuetext", caption.textContent);
    save.setAttribute("href", pictures[now].src);
    save.setAttribute("download", `${props.name}-${now + 1}${pictures[now].src.startsWith("data:image/jpeg") ? ".jpg" : ".png"}`);
  }

  /** Frames travel as WebP, which not every program opens: what is saved of one that is exact is a PNG. */
  function pack() {
    if (save.download.endsWith(".png")) save.href = screen.toDataURL("image/png");
  }

  /** On the picture: arrow keys step, the space bar plays and pauses. The slider has its own keys. */
  function pressed(event) {
    const ways = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: pictures.length - 1 };
    if (event.key === " ") playing ? pause() : play();
    else if (event.key in ways) {
      pause();
      show(ways[event.key]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function step() {
    if (!frame.isConnected || pictures.length < 2) return pause();
    if (props.boomerang) {
      if (now + direction < 0 || now + direction >= pictures.length) direction = -direction;
      show(now + direction);
    } else {
      show((now + 1) % pictures.length);
    }
  }

  function play() {
    pause();
    if (pictures.length < 2) return;
    playing = true;
    timer = setInterval(step, 1000 / props.fps);
    label();
  }

  function pause() {
    clearInterval(timer);
    playing = false;
    label();
  }

  function label() {
    icon.setAttribute("d", playing ? "M3 2h4v12H3zM9 2h4v12H9z" : "M4 2l10 6-10 6z");
    button.setAttribute("aria-label", playing ? props.labels.pause : props.labels.play);
    button.setAttribute("title", playing ? props.labels.pause : props.labels.play);
    save.textContent = props.labels.save;
    stage.style.height = `${props.height}px`;
    slider.max = Math.max(0, pictures.length - 1);
    slider.setAttribute("aria-label", props.labels.frame);
  }

  /** Decode all frames, then swap them in at once: what is shown stays until the new frames are ready. */
  async function load(frames, start) {
    turn += 1;
    const mine = turn;
    const images = frames.map((address) => {
      const image = new Image();
      image.src = address;
      return image;
    });
    await Promise.all(images.map((image) => image.decode()));
    if (mine !== turn) return;
    const wasPlaying = playing;
    pictures = images;
    label();
    show(now);
    if (wasPlaying || start) play();
  }

  const mayPlay = () => props.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches;
  label();
  load(props.frames, mayPlay());
  return {
    update(next) {
      const before = props;
      props = next;
      const changed = next.frames.length !== before.frames.length || next.frames.some((address, i) => address !== before.frames[i]);
      label();
      if (changed) load(next.frames, pictures.length < 2 && mayPlay());
      else show(now);
      if (playing && next.fps !== before.fps) play();
    },
    destroy() {
      turn += 1;
      clearInterval(timer);
      frame.remove();
    },
  };
}
