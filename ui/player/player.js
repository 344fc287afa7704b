// The player: what the buttons, the keys and the pointer do. State lives here; pictures come from the reel alone.

const KEYS = [
  ["Space", "play or stop"], ["J K L", "back, stop, on"], ["Left Right", "one frame; with Shift ten"],
  ["Home End", "first, last frame"], ["I O X", "start and end of the loop, clear"], ["Shift+L", "loop on or off"],
  ["W S D", "wipe, side by side, difference"], ["Shift+W", "turn the wipe"], ["A", "show the other one"], ["1 2 3", "show A, B or C"],
  ["F + -", "fit, larger, smaller"], ["[ ]", "previous, next flag"], ["N", "note on this frame"], ["M", "sound"],
];

class Player {
  constructor(root, trigger) {
    const find = (name) => root.querySelector(`.player-${name}`);
    this.root = root;
    this.trigger = trigger;
    this.part = Object.fromEntries(
      ["frame", "time", "play", "loop", "speed", "sound", "gain", "zoom", "keys", "picture", "screen", "note", "help"]
        .map((name) => [name, find(name)]));
    this.reel = new Reel(find("video"), (number) => this.showed(number));
    this.reel.onended = () => this.again();
    this.screen = new Screen(this.part.picture, this.reel);
    this.curves = new Curves(find("curves"), (number) => this.seek(number));
    this.tags = ["a", "b", "c"].map((side) => root.querySelector(`.player-tag.${side}`));
    this.part.keys.innerHTML = KEYS.map(([key, text]) => `<b>${key}</b><span>${text}</span>`).join("");
    this.range = null;
    this.looping = true;
    this.backwards = null;
    this.listen();
  }

  open(value) {
    if (!value || !value.source) { this.root.hidden = true; return; }
    this.root.hidden = false;
    const before = this.value, same = before && before.source === value.source;
    if (before && !same && (value.stills || []).length) return; // full-size pictures of what is no longer shown
    const kept = before && before.first === value.first && before.count === value.count;
    const start = kept ? this.reel.wish ?? this.reel.number : value.start || 0;
    this.value = value;
    this.curves.open(value);
    this.tags.forEach((tag, side) => { tag.textContent = `${"ABC"[side]} · ${value.tiles[side] || ""}`; });
    this.sharpen(value);
    if (same) {
      if (!(value.stills || []).length) this.rest(); // other words for the same movie came after its full-size pictures
      return;
    }
    if (!kept) this.range = { first: 0, last: value.count - 1 };
    this.reel.open(value.source, value.rate, value.count);
    this.screen.open(value.tile, value.tiles.length);
    this.turn(this.screen.mode);
    this.seek(start);
  }

  showed(number) {
    this.screen.draw();
    this.curves.show(number);
    if (document.activeElement !== this.part.frame) this.part.frame.value = String(number + this.value.first).padStart(4, "0");
    const seconds = number / this.reel.rate, last = this.value.count - 1 + this.value.first;
    this.part.time.textContent = `of ${String(last).padStart(4, "0")}  ${clock(seconds, number, this.reel.rate)}`;
    this.root.dataset.frame = String(number);
    this.rest();
    if (this.reel.playing && number >= this.range.last) this.again();
    this.part.play.textContent = this.reel.playing ? "❚❚" : "▶";
  }

  again() {
    if (this.looping) {
      this.reel.seek(this.range.first);
      this.reel.video.play();
    } else {
      this.stop();
    }
  }

  seek(number) {
    this.stop();
    this.reel.seek(number);
  }

  step(by) { this.seek((this.reel.wish ?? this.reel.number) + by); }

  play() {
    this.stop();
    if (this.reel.number >= this.range.last || this.reel.number < this.range.first) this.reel.seek(this.range.first);
    this.reel.video.play();
  }

  stop() {
    clearInterval(this.backwards);
    this.backwards = null;
    if (this.reel.playing) {
      this.reel.video.pause();
      this.reel.seek(this.reel.number); // the movie may have gone on by a frame that nobody has seen
    }
    this.part.play.textContent = "▶";
  }

  back() {
    this.stop();
    this.backwards = setInterval(() => {
      const next = this.reel.number - 1;
      if (next < this.range.first) this.stop();
      else this.reel.seek(next);
    }, 1000 / this.reel.rate);
  }

  turn(mode) {
    this.screen.mode = mode;
    this.root.dataset.mode = mode;
    this.part.gain.hidden = mode !== "difference";
    for (const button of this.root.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
    const tiles = this.screen.tiles, shown = (side) => (mode === "ab" ? side === this.screen.shown
      : side < (mode === "side" ? tiles : 2) && mode !== "difference");
    this.tags.forEach((tag, side) => { tag.hidden = !shown(side); });
    this.root.dataset.tiles = String(tiles);
    this.screen.draw();
  }

  other() {
    if (this.screen.mode === "ab") this.screen.shown = (this.screen.shown + 1) % this.screen.tiles;
    this.turn("ab");
  }

  only(tile) {
    if (tile >= this.screen.tiles) return;
    this.screen.shown = tile;
    this.turn("ab");
  }

  // Once the player has stood at a frame for a moment, its full-size pictures are asked for.
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (!this.reel.playing && this.reel.number >= 0) this.trigger("stop", { frame: this.reel.number });
    }, 300);
  }

  sharpen(value) {
    this.screen.stills = null;
    this.root.dataset.still = "";
    const pictures = (value.stills || []).map((source) => Object.assign(new Image(), { src: source }));
    if (!pictures.length) return;
    Promise.all(pictures.map((picture) => picture.decode())).then(() => {
      if (this.value !== value) return;
      this.screen.stills = { frame: value.still_frame, pictures };
      this.root.dataset.still = String(value.still_frame);
      this.screen.draw();
    }, () => {}); // a picture that does not come leaves the movie's in its place
  }

  sound() {
    const video = this.reel.video;
    video.muted = !video.muted;
    this.part.sound.textContent = video.muted ? "Sound off" : "Sound on";
    this.part.sound.setAttribute("aria-pressed", String(!video.muted));
  }

  loop(on) {
    this.looping = on;
    this.part.loop.setAttribute("aria-pressed", String(on));
    const named = (frame) => String(frame + this.value.first).padStart(4, "0");
    const whole = this.range.first === 0 && this.range.last === this.value.count - 1;
    this.part.loop.textContent = whole ? "Loop" : `Loop ${named(this.range.first)}-${named(this.range.last)}`;
  }

  limit(first, last) {
    if (first <= last) this.range = { first, last };
    this.loop(this.looping);
  }

  zoomTo(zoom) {
    this.screen.zoom = zoom;
    this.part.zoom.value = zoom;
    this.screen.draw();
  }

  zoomBy(by) {
    const sizes = ["fit", "1", "2", "4"], at = sizes.indexOf(this.screen.zoom) + by;
    this.zoomTo(sizes[Math.max(0, Math.min(sizes.length - 1, at))]);
  }

  flag(direction) {
    const frames = this.value.flags.map((flag) => flag.frame).sort((a, b) => direction * (a - b));
    const next = frames.find((frame) => direction * (frame - this.reel.number) > 0);
    if (next !== undefined) this.seek(next);
  }

  note() {
    this.stop();
    this.trigger("select", { frame: this.reel.number + this.value.first });
  }

  listen() {
    const { part, root, screen } = this;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.mode) this.turn(button.dataset.mode);
      if (button.dataset.step === "first") this.seek(this.range.first);
      else if (button.dataset.step === "last") this.seek(this.range.last);
      else if (button.dataset.step) this.step(Number(button.dataset.step));
    });
    part.play.addEventListener("click", () => (this.reel.playing ? this.stop() : this.play()));
    part.loop.addEventListener("click", () => this.loop(!this.looping));
    part.sound.addEventListener("click", () => this.sound());
    part.note.addEventListener("click", () => this.note());
    part.help.addEventListener("click", () => { part.keys.hidden = !part.keys.hidden; });
    part.speed.addEventListener("change", () => { this.reel.video.playbackRate = Number(part.speed.value); });
    part.zoom.addEventListener("change", () => this.zoomTo(part.zoom.value));
    part.gain.querySelector("select").addEventListener("change", (event) => {
      screen.gain = Number(event.target.value);
      screen.draw();
    });
    part.frame.addEventListener("change", () => {
      this.seek(Number(part.frame.value) - this.value.first);
      root.focus();
    });
    root.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("click", (event) => {
      const row = event.target.closest("[data-goto]");
      if (row && this.value) this.seek(Number(row.dataset.goto) - this.value.first);
    });
    this.point(part.picture);
  }

  point(canvas) {
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      held = { x: event.clientX, y: event.clientY };
      canvas.setPointerCapture(event.pointerId);
      if (this.screen.mode === "wipe") this.screen.wipeTo(event);
      this.root.focus();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) return;
      if (this.screen.mode === "wipe") this.screen.wipeTo(event);
      else this.screen.panBy(event.clientX - held.x, event.clientY - held.y);
      held = { x: event.clientX, y: event.clientY };
    });
    canvas.addEventListener("pointerup", () => { held = null; });
    canvas.addEventListener("dblclick", () => { this.screen.wipe.at = 0.5; this.screen.draw(); });
  }

  key(event) {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const ten = event.shiftKey ? 10 : 1, last = this.value.count - 1, now = this.reel.number;
    const actions = {
      " ": () => (this.reel.playing ? this.stop() : this.play()),
      j: () => this.back(), k: () => this.stop(), l: () => this.play(), L: () => this.loop(!this.looping),
      ArrowLeft: () => this.step(-ten), ArrowRight: () => this.step(ten), ",": () => this.step(-1), ".": () => this.step(1),
      Home: () => this.seek(0), End: () => this.seek(last),
      i: () => this.limit(now, this.range.last), o: () => this.limit(this.range.first, now), x: () => this.limit(0, last),
      w: () => this.turn("wipe"), s: () => this.turn("side"), d: () => this.turn("difference"), a: () => this.other(), 1: () => this.only(0), 2: () => this.only(1), 3: () => this.only(2),
      W: () => { this.screen.wipe.upright = !this.screen.wipe.upright; this.turn("wipe"); },
      f: () => this.zoomTo("fit"), "+": () => this.zoomBy(1), "-": () => this.zoomBy(-1),
      "[": () => this.flag(-1), "]": () => this.flag(1), n: () => this.note(), m: () => this.sound(),
      "?": () => { this.part.keys.hidden = !this.part.keys.hidden; },
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }
}

function clock(seconds, number, rate) {
  const two = (value) => String(Math.floor(value)).padStart(2, "0");
  return `${two(seconds / 60)}:${two(seconds % 60)}:${two(number % Math.round(rate))}`;
}
