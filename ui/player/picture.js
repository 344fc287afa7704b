// What is seen of a frame: two tiles of the stacked movie as wipe, side by side, one after the other, or difference.

class Screen {
  constructor(canvas, reel) {
    this.canvas = canvas;
    this.reel = reel;
    this.context = canvas.getContext("2d", { alpha: false });
    this.mode = "wipe";
    this.shown = 1; // which one of A and B the mode A/B shows
    this.pair = [0, 1];
    this.tiles = 2; // how many there are: side by side shows all, A/B goes round them
    this.stills = null; // { frame, pictures }: full-size pictures of one frame, drawn in place of the movie's
    this.wipe = { at: 0.5, upright: true };
    this.gain = 4;
    this.zoom = "fit";
    this.pan = { x: 0.5, y: 0.5 };
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
  }

  open(tile, tiles) {
    this.tile = { width: tile[0], height: tile[1] };
    this.tiles = tiles;
    this.shown = Math.min(this.shown, tiles - 1);
    this.fit();
  }

  fit() {
    const box = this.canvas.parentElement.getBoundingClientRect(), density = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(box.width * density));
    this.canvas.height = Math.max(1, Math.round(box.height * density));
    this.draw();
  }

  // Where a tile is drawn in a part of the canvas, both in pixels of the canvas.
  place(left, width) {
    const fit = Math.min(width / this.tile.width, this.canvas.height / this.tile.height);
    const scale = this.zoom === "fit" ? fit : Number(this.zoom) * (window.devicePixelRatio || 1);
    const w = this.tile.width * scale, h = this.tile.height * scale;
    const loose = (room, size, at) => (size <= room ? (room - size) / 2 : (room - size) * at);
    return { x: left + loose(width, w, this.pan.x), y: loose(this.canvas.height, h, this.pan.y), w, h, scale };
  }

  draw() {
    if (!this.tile || this.reel.number < 0) return;
    const { context: c, canvas } = this;
    c.globalCompositeOperation = "source-over";
    c.filter = "none";
    c.fillStyle = "#121212";
    c.fillRect(0, 0, canvas.width, canvas.height);
    if (this.mode === "side") {
      const part = Math.floor((canvas.width - 2 * (this.tiles - 1)) / this.tiles);
      for (let tile = 0; tile < this.tiles; tile += 1) {
        const left = tile * (part + 2);
        this.tiled(tile, left, part, [left, 0, part, canvas.height]);
      }
    } else if (this.mode === "ab") {
      this.tiled(this.shown, 0, canvas.width);
    } else if (this.mode === "difference") {
      this.tiled(this.pair[0], 0, canvas.width);
      c.globalCompositeOperation = "difference";
      this.tiled(this.pair[1], 0, canvas.width);
      c.globalCompositeOperation = "source-over";
      if (this.gain > 1) {
        c.filter = `brightness(${this.gain})`;
        c.drawImage(canvas, 0, 0);
        c.filter = "none";
      }
    } else {
      this.wiped();
    }
  }

  wiped() {
    const at = this.place(0, this.canvas.width), { canvas, context: c } = this;
    this.tiled(this.pair[0], 0, canvas.width);
    const x = at.x + at.w * this.wipe.at, y = at.y + at.h * this.wipe.at;
    const rest = this.wipe.upright ? [x, 0, canvas.width - x, canvas.height] : [0, y, canvas.width, canvas.height - y];
    this.tiled(this.pair[1], 0, canvas.width, rest);
    c.fillStyle = "#ffffff";
    if (this.wipe.upright) c.fillRect(Math.round(x), at.y, 1, at.h);
    else c.fillRect(at.x, Math.round(y), at.w, 1);
  }

  tiled(tile, left, width, clip) {
    const at = this.place(left, width), { context: c } = this;
    c.save();
    if (clip) { c.beginPath(); c.rect(...clip); c.clip(); }
    c.imageSmoothingEnabled = at.scale < 2;
    const still = this.still(tile), { width: w, height: h } = this.tile;
    if (still) c.drawImage(still, at.x, at.y, at.w, at.h);
    else c.drawImage(this.reel.taken, 0, tile * h, w, h, at.x, at.y, at.w, at.h);
    c.restore();
  }

  // The full-size picture of a tile, while the reel stands at its frame.
  still(tile) {
    const there = this.stills && !this.reel.playing && this.stills.frame === this.reel.number;
    return there ? this.stills.pictures[tile] : null;
  }

  // From a pointer's place on the page to the wipe's.
  wipeTo(event) {
    const box = this.canvas.getBoundingClientRect(), density = this.canvas.width / box.width;
    const at = this.place(0, this.canvas.width);
    const share = this.wipe.upright
      ? ((event.clientX - box.left) * density - at.x) / at.w
      : ((event.clientY - box.top) * density - at.y) / at.h;
    this.wipe.at = Math.max(0, Math.min(1, share));
    this.draw();
  }

  panBy(dx, dy) {
    const at = this.place(0, this.mode === "side" ? this.canvas.width / this.tiles : this.canvas.width);
    const density = window.devicePixelRatio || 1;
    const moved = (now, by, size, room) => (size > room ? Math.max(0, Math.min(1, now - by * density / (size - room))) : now);
    this.pan.x = moved(this.pan.x, dx, at.w, this.canvas.width);
    this.pan.y = moved(this.pan.y, dy, at.h, this.canvas.height);
    this.draw();
  }
}
