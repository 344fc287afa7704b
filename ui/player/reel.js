// The stacked movie: every picture of it holds all tiles of one frame, so they can never be of different frames.

class Reel {
  // video: the element. onframe(number): called after the frame has been taken from the movie.
  constructor(video, onframe) {
    this.video = video;
    this.onframe = onframe;
    this.taken = document.createElement("canvas"); // the newest frame, all tiles
    this.number = -1;
    this.wish = null;
    this.seeking = false;
    video.addEventListener("seeked", () => this.arrived());
    video.addEventListener("loadeddata", () => this.take());
    video.addEventListener("ended", () => this.onended());
    this.onended = () => {};
    this.listen();
  }

  open(source, rate, count) {
    this.rate = rate[0] / rate[1];
    this.count = count;
    this.number = -1;
    this.seeking = false;
    this.wish = null;
    this.video.src = source;
    this.video.load();
  }

  get playing() { return !this.video.paused && !this.video.ended; }

  // One seek at a time; of the wishes that come meanwhile only the newest counts. The middle of a frame is asked for:
  // its first instant may round to the frame before.
  seek(number) {
    const wanted = Math.max(0, Math.min(this.count - 1, number));
    if (this.seeking) { this.wish = wanted; return; }
    this.seeking = true;
    this.video.currentTime = (wanted + 0.5) / this.rate;
  }

  arrived() {
    this.seeking = false;
    this.take();
    if (this.wish !== null) {
      const next = this.wish;
      this.wish = null;
      this.seek(next);
    }
  }

  listen() {
    this.video.requestVideoFrameCallback(() => {
      this.take();
      this.listen();
    });
  }

  // The number is read off the very picture that is drawn; what the callback says of it may belong to another one.
  take() {
    if (this.video.readyState < 2) return;
    let frame;
    try { frame = new VideoFrame(this.video); } catch { return; } // no picture after a seek yet: its callback follows
    if (this.taken.width !== frame.displayWidth || this.taken.height !== frame.displayHeight) {
      this.taken.width = frame.displayWidth;
      this.taken.height = frame.displayHeight;
    }
    this.taken.getContext("2d", { alpha: false }).drawImage(frame, 0, 0);
    this.number = Math.min(Math.round(frame.timestamp * this.rate / 1e6), this.count - 1);
    frame.close();
    this.onframe(this.number);
  }
}
