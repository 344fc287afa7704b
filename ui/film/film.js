// The filmstrip: a click goes to a frame; the two ends are dragged, or moved with the arrow keys.

class Film {
  constructor(root, trigger) {
    this.root = root;
    this.trigger = trigger;
    root.innerHTML = `<div class="film-strip"><img alt="Pictures of the shot"><canvas class="film-sizes"></canvas></div>
      <div class="film-out first"></div><div class="film-out last"></div><div class="film-marks"></div><i class="film-at"></i>
      <button class="film-end first" aria-label="Start of the range"></button><button class="film-end last" aria-label="End of the range"></button>`;
    this.find = (name) => root.querySelector(`.film-${name}`);
    this.held = null;
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => { if (this.held) this.drag(event); });
    root.addEventListener("pointerup", () => this.up());
    root.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  open(value) {
    this.value = value;
    this.root.hidden = !value;
    if (!value) return;
    const picture = this.find("strip").querySelector("img");
    if (picture.getAttribute("src") !== value.picture) picture.src = value.picture;
    const mark = (kind, frame, text = "") => `<span class="film-${kind}" style="left:${this.x(frame)}%">${text}</span>`;
    const every = value.shown.filter((_, place) => place % 2 === 0);
    const cut = (frame) => `<span class="film-cut${value.by_hand.includes(frame) ? " by-hand" : ""}" data-frame="${frame}" `
      + `title="Cut at ${frame}" style="left:${this.x(frame)}%"></span>`;
    this.find("marks").innerHTML = value.cuts.map(cut).join("")
      + every.map((frame) => mark("number", frame + this.half(), String(frame).padStart(4, "0"))).join("");
    this.draw();
  }

  count() { return this.value.last - this.value.first + 1; }
  half() { return this.count() / this.value.shown.length / 2; }
  x(frame) { return 100 * (frame - this.value.first) / this.count(); }

  draw() {
    if (!this.value) return;
    const [first, last] = this.value.chosen;
    this.find("at").style.left = `${this.x(this.value.at + 0.5)}%`;
    this.root.querySelector(".film-end.first").style.left = `${this.x(first)}%`;
    this.root.querySelector(".film-end.last").style.left = `${this.x(last + 1)}%`;
    this.root.querySelector(".film-out.first").style.cssText = `left:0;width:${this.x(first)}%`;
    this.root.querySelector(".film-out.last").style.cssText = `right:0;width:${100 - this.x(last + 1)}%`;
    this.root.dataset.range = `${first}-${last}`;
    this.curve();
  }

  // How large the largest face is, over the lower part of the pictures.
  curve() {
    const canvas = this.find("sizes"), sizes = this.value.sizes, pen = canvas.getContext("2d");
    canvas.width = Math.max(1, canvas.clientWidth);
    canvas.height = Math.max(1, canvas.clientHeight);
    if (!sizes.length) return;
    const largest = Math.max(...sizes.map((size) => size || 0), 1);
    pen.strokeStyle = "#74aede";
    pen.lineWidth = 1.5;
    pen.shadowColor = "#000000";
    pen.shadowBlur = 2;
    pen.beginPath();
    let drawing = false;
    sizes.forEach((size, place) => {
      if (size === null) { drawing = false; return; }
      const x = canvas.width * (place + 0.5) / sizes.length, y = canvas.height - 3 - (canvas.height - 8) * size / largest;
      if (drawing) pen.lineTo(x, y); else pen.moveTo(x, y);
      drawing = true;
    });
    pen.stroke();
  }

  frameAt(event) {
    const box = this.root.getBoundingClientRect(), share = (event.clientX - box.left) / box.width;
    return this.value.first + Math.max(0, Math.min(this.count() - 1, Math.floor(share * this.count())));
  }

  down(event) {
    if (!this.value) return;
    const end = event.target.closest(".film-end"), cut = event.target.closest(".film-cut");
    if (cut) {
      this.value.at = Number(cut.dataset.frame);
      this.trigger("select", { frame: this.value.at });
      this.draw();
      return;
    }
    this.held = { end: end ? (end.classList.contains("first") ? 0 : 1) : null };
    this.root.setPointerCapture(event.pointerId);
    this.drag(event);
  }

  drag(event) {
    const frame = this.frameAt(event);
    if (this.held.end === null) {
      if (frame === this.value.at && this.held.moved) return;
      this.held.moved = true;
      this.value.at = frame;
      this.trigger("select", { frame });
    } else {
      this.held.moved = true;
      this.move(this.held.end, frame);
    }
    this.draw();
  }

  up() {
    if (this.held && this.held.end !== null && this.held.moved) this.tell();
    this.held = null;
  }

  move(end, frame) {
    const chosen = this.value.chosen;
    chosen[end] = end ? Math.max(frame, chosen[0]) : Math.min(frame, chosen[1]);
    this.draw();
  }

  tell() { this.trigger("input", { first: this.value.chosen[0], last: this.value.chosen[1] }); }

  key(event) {
    const end = event.target.closest(".film-end"), by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!end || !by) return;
    event.preventDefault();
    const place = end.classList.contains("first") ? 0 : 1, next = this.value.chosen[place] + by * (event.shiftKey ? 10 : 1);
    this.move(place, Math.max(this.value.first, Math.min(this.value.last, next)));
    this.tell();
  }
}
