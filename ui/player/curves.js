// The measured curves under the picture: A grey, B in the accent; a click or a drag goes to that frame.

const ROW = 38, LEFT = 96, RIGHT = 88, SCALE = 18;
const INK = { a: "#9a9a9a", b: "#74aede", line: "#333333", text: "#b4b4b4", head: "#e8e8e8", flag: "#e0aa55", cut: "#767676" };

class Curves {
  constructor(canvas, onseek) {
    this.canvas = canvas;
    this.value = null;
    this.frame = 0;
    let held = false;
    const go = (event) => { if (this.value) onseek(this.frameAt(event.clientX)); };
    canvas.addEventListener("pointerdown", (event) => { held = true; canvas.setPointerCapture(event.pointerId); go(event); });
    canvas.addEventListener("pointermove", (event) => { if (held) go(event); });
    canvas.addEventListener("pointerup", () => { held = false; });
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
  }

  open(value) {
    this.value = value;
    this.canvas.style.height = `${value.curves.length * ROW + SCALE}px`;
    this.fit();
  }

  fit() {
    const density = window.devicePixelRatio || 1;
    this.width = this.canvas.parentElement.clientWidth;
    this.canvas.width = Math.max(1, Math.round(this.width * density));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * density));
    this.still = null;
    this.draw();
  }

  frameAt(clientX) {
    const share = (clientX - this.canvas.getBoundingClientRect().left - LEFT) / (this.width - LEFT - RIGHT);
    return Math.round(Math.max(0, Math.min(1, share)) * (this.value.count - 1));
  }

  x(frame) { return LEFT + (this.width - LEFT - RIGHT) * frame / Math.max(1, this.value.count - 1); }

  show(frame) {
    this.frame = frame;
    this.draw();
  }

  // Curves are drawn once; while the movie plays only the playhead moves over a copy of them.
  draw() {
    if (!this.value || !this.width) return;
    const c = this.canvas.getContext("2d"), density = window.devicePixelRatio || 1;
    c.setTransform(1, 0, 0, 1, 0, 0);
    if (!this.still) {
      this.still = document.createElement("canvas");
      this.still.width = this.canvas.width;
      this.still.height = this.canvas.height;
      const pen = this.still.getContext("2d");
      pen.scale(density, density);
      this.ink(pen);
    }
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.drawImage(this.still, 0, 0);
    c.fillStyle = "#ffffff";
    c.fillRect(Math.round(this.x(this.frame) * density), 0, 1, this.canvas.height);
  }

  ink(c) {
    c.font = "11px system-ui, sans-serif";
    this.value.curves.forEach((curve, row) => this.inkRow(c, curve, row * ROW));
    const bottom = this.value.curves.length * ROW;
    for (const cut of this.value.cuts) { c.fillStyle = INK.cut; c.fillRect(this.x(cut), 0, 1, bottom); }
    for (const note of this.value.notes) { c.fillStyle = INK.head; c.fillRect(this.x(note.frame) - 2, bottom, 4, 4); }
    c.fillStyle = INK.text;
    c.textAlign = "center";
    const every = Math.max(1, Math.ceil(this.value.count / 9 / 12) * 12);
    for (let frame = 0; frame < this.value.count; frame += every) {
      c.fillText(String(frame + this.value.first).padStart(4, "0"), this.x(frame), bottom + 14);
    }
  }

  inkRow(c, curve, top) {
    const known = [...curve.a, ...curve.b].filter((value) => value !== null);
    const low = Math.min(...known), high = Math.max(...known), room = ROW - 10;
    const y = (value) => top + 5 + room * (1 - (value - low) / (high - low || 1));
    c.fillStyle = INK.line;
    c.fillRect(LEFT, top + ROW - 1, this.width - LEFT - RIGHT, 1);
    for (const [side, colour] of [["a", INK.a], ["b", INK.b]]) this.inkCurve(c, curve[side], y, colour);
    for (const flag of this.value.flags.filter((flag) => flag.curve === curve.name)) {
      const value = curve.b[flag.frame];
      if (value === null || value === undefined) continue;
      c.fillStyle = INK.flag;
      c.beginPath();
      c.arc(this.x(flag.frame), y(value), 3, 0, 2 * Math.PI);
      c.fill();
    }
    c.textAlign = "left";
    c.fillStyle = INK.head;
    c.fillText(curve.name, 8, top + 16);
    c.fillText(curve.figure, this.width - RIGHT + 8, top + 16);
    c.fillStyle = INK.text;
    c.fillText(curve.unit, 8, top + 30);
  }

  inkCurve(c, values, y, colour) {
    c.strokeStyle = colour;
    c.beginPath();
    let drawing = false;
    values.forEach((value, frame) => {
      if (value === null) { drawing = false; return; }
      if (drawing) c.lineTo(this.x(frame), y(value));
      else c.moveTo(this.x(frame), y(value));
      drawing = true;
    });
    c.stroke();
  }
}
