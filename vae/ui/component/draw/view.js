/**
 * The Draw view: a pad, what the network sees of it, its reconstruction, and its place on the map.
 *
 * The page itself encodes and decodes the drawing, in the frame after each move of the pen. Its score
 * and its neighbours come from Python: a stroke's end sends the drawing, and the answer comes back
 * through answer.js. While a stroke is drawn it is sent too, but seldom enough to leave a busy server
 * time.
 */

import { gettext } from "../lib/locale.js";
import { fromBase64, Picture } from "../lib/picture.js";
import { watchAnswers, watchRun } from "../lib/store.js";
import { ComponentView, NOT_YET } from "../lib/view.js";
import { DrawMap } from "./map.js";
import { Pad } from "./pad.js";
import { showNearest, showScore } from "./panels.js";
import { prepareDrawing } from "./prepare.js";
import { makeReader } from "./reader.js";
import { Rasteriser, toBase64 } from "./strokes.js";
import { drawWords } from "./words.js";

/** @import { Header, Mounted, Reading, Run } from "../lib/types" */
/** @import { Reader } from "./reader.js" */

/** Widths of the root for three columns, and for two. */
const THREE_COLUMNS = 1140;
const TWO_COLUMNS = 704;

/** Sides of pad and pictures, in CSS pixels; a phone keeps a margin beside the pad to scroll. */
const PAD_SIDE = 320;
const PICTURE_SIDE = 168;
const PICTURE_NARROW = 140;
const MARGIN_NARROW = 40;

/** What the map leaves to the other two columns, gaps included. */
const BESIDE_DRAW_MAP = PAD_SIDE + 2 * PICTURE_SIDE + 12 + 2 * 28;

/**
 * While a stroke is drawn Python hears of it at most so often, in milliseconds; and rests so many
 * times as long as its last answer took.
 */
const LIVE_MS = 200;
const LIVE_REST = 3;

/** An answer that has not come by then does not come. */
const LOST_MS = 5000;

/** Widths of the pen, in hundredths of the pad's side. */
const LEAST_PEN = 3;

/** One mounted view. */
export class DrawView extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    this.data = /** @type {any} */ (NOT_YET);
    this.pad = /** @type {Pad} */ (NOT_YET);
    this.rasteriser = /** @type {Rasteriser} */ (NOT_YET);
    this.seen = /** @type {Picture|null} */ (null);
    this.recon = /** @type {Picture|null} */ (null);
    /** What Python made of the drawing when it last answered. */
    this.reading = /** @type {Reading|null} */ (null);
    this.reader = /** @type {Reader|null} */ (null);
    /** Whether the drawing has changed since Python was told of it. */
    this.isAhead = false;
    this.lastAnswer = /** @type {any} */ (null);
    this.sent = { id: "", at: -Infinity, isAnswered: true, took: 0 };
    this.count = 0;
    this.liveTimer = 0;
    this.isNarrow = false;
    this.map = new DrawMap(
      this.refs,
      this.theme,
      (layer) => this.invalidate(layer),
      this.ending.signal,
    );
    this.setStateValue = /** @type {Mounted["setStateValue"]} */ (() => {});
    this.stopWatching = () => {};
    this.stopHearing = /** @type {(() => void)|null} */ (null);
  }

  /** Called at first, and at each change of data or theme. @param {Mounted} component */
  update({ data, setStateValue }) {
    this.setStateValue = setStateValue;
    const before = this.data;
    this.data = data;
    const isOtherTheme = this.takeTheme();
    this.map.theme = this.theme;
    if (!before) this.begin();
    if (data.run !== before?.run) {
      this.stopWatching();
      this.stopWatching = () => {};
      this.forgetRun();
      if (data.no_map) this.goWithoutMap();
      this.stopWatching = watchRun(data.run, (run) => this.takeRun(run));
    } else if (isOtherTheme) {
      this.map.paint(true);
    }
    this.stopHearing ??= watchAnswers((answer) => this.hear(answer));
  }

  /** Once: make what needs to know the data. */
  begin() {
    const { refs, data } = this;
    this.rasteriser = new Rasteriser(data.side);
    this.pad = new Pad(refs.pad, refs.nib, {
      most: data.most,
      signal: this.ending.signal,
      change: () => this.changed(),
      commit: () => this.send(),
      full: () => this.say(gettext("The drawing holds no more: undo or clear.")),
    });
    // Only now: later the browser has a newer drawing than the one that the page began with.
    this.pad.restore(data.start.strokes);
    this.sent.id = data.start.id;
    this.root.dataset.drawing = data.start.id;
    this.listenToControls();
    this.showDrawing();
  }

  listenToControls() {
    const { refs, pad } = this;
    this.listen(refs.undo, "click", () => pad.undo());
    this.listen(refs.redo, "click", () => pad.redo());
    this.listen(refs.clear, "click", () => pad.clear());
    this.listen(refs.pen, "input", () => this.showPen());
    for (const [axis, select] of [refs.dimX, refs.dimY].entries()) {
      this.listen(select, "change", () => this.map.chooseAxis(axis, Number(select.value)));
    }
    this.listen(this.root, "keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) pad.redo();
      else pad.undo();
    });
  }

  /* ---- run and answers -------------------------------------------------------------------- */

  forgetRun() {
    const { data, refs } = this;
    this.map.forgetRun();
    this.reader = null;
    this.take(null);
    refs.loading.hidden = false;
    refs.loading.textContent = gettext("The map is on its way …");
    refs.mapBody.hidden = true;
    this.root.dataset.ready = "false";
    refs.invitation.textContent = gettext("Draw {subject} here", { subject: data.subject });
    refs.pen.value = Math.max(LEAST_PEN, Math.round(100 * data.pen));
    this.showPen();
    this.seen = new Picture(refs.seen, data.shape);
    this.recon = new Picture(refs.recon, data.shape);
    this.layOut();
    // The answer may have come before the run that it is about.
    if (this.lastAnswer) this.hear(this.lastAnswer);
  }

  /** @param {Run} run */
  takeRun(run) {
    this.reader = makeReader(run);
    this.invalidate("reading");
    if (this.data.no_map) return;
    this.map.takeRun(run);
    this.refs.loading.hidden = true;
    this.refs.mapBody.hidden = false;
    this.map.take(this.reading);
    this.layOut();
    this.speak(run.header);
    this.root.dataset.ready = "true";
  }

  /** A run whose codes are discrete: all but the map is as ever. */
  goWithoutMap() {
    this.refs.loading.textContent = this.data.no_map;
    this.speak(null);
    this.root.dataset.ready = "true";
  }

  /** @param {Header|null} header of the run; null where it has no map */
  speak(header) {
    const words = drawWords(header);
    this.refs.intro.textContent = gettext(words.intro);
    this.refs.reconCaption.textContent = gettext(words.recon);
  }

  /** Take Python's answer, unless it is about another drawing or run. @param {any} answer */
  hear(answer) {
    this.lastAnswer = answer;
    if (answer.drawing !== this.sent.id || answer.run !== this.data.run) return;
    if (!this.sent.isAnswered) {
      this.sent.isAnswered = true;
      this.sent.took = performance.now() - this.sent.at;
    }
    this.take(answer.reading);
    this.say(answer.problem);
    this.root.dataset.answered = answer.drawing;
    if (!this.pad.isDrawing) this.announce();
  }

  /** @param {Reading|null} reading what Python makes of the drawing; null where nothing is drawn */
  take(reading) {
    this.reading = reading;
    const { refs } = this;
    refs.score.hidden = refs.near.hidden = !reading;
    if (reading) {
      showScore(refs, reading);
      this.showNearest();
    }
    // Meanwhile more may have been drawn, of which Python knows nothing yet.
    if (this.isAhead && this.reader) this.readHere();
    else if (reading) {
      this.seen?.paintPixels(fromBase64(reading.image));
      this.recon?.paintPixels(fromBase64(reading.recon));
      this.place(reading);
    } else {
      this.seen?.paint(() => 0);
      this.recon?.paint(() => 0);
      this.place(null);
    }
  }

  /** Read the drawing as it is now, without Python. */
  readHere() {
    const { data, pad, reader, seen, recon } = this;
    if (!reader || !pad.strokes.length) return;
    const pixels = prepareDrawing(
      this.rasteriser.run(pad.strokes),
      data.side,
      data.shape,
      data.placing,
    );
    if (!pixels) return;
    const own = reader.read(
      Float32Array.from(pixels, (level) => level / 255),
      pixels,
    );
    seen?.paintPixels(pixels);
    recon?.paintMean(own.recon);
    // The rings stay where they are until Python has found others.
    this.place({ ...own, nearest: this.reading?.nearest ?? [] });
  }

  /**
   * Show where the drawing lies.
   * @param {Pick<Reading, "mu"|"logvar"|"nearest">|null} reading null where nothing is drawn
   */
  place(reading) {
    const { root } = this;
    root.dataset.state = reading ? "read" : "empty";
    root.dataset.mu = reading ? reading.mu.map((value) => value.toFixed(3)).join(",") : "";
    this.refs.intro.hidden = reading !== null;
    this.map.take(reading);
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    if (dirty.has("reading")) this.readHere();
    if (dirty.has("ground") || dirty.has("overlay")) this.map.paint(true);
  }

  showNearest() {
    if (!this.reading) return;
    showNearest(this.refs, this.reading, this.data.shape, this.isNarrow ? 56 : 84);
  }

  announce() {
    if (!this.reading) return;
    const { nearest, typical, told } = this.reading;
    const names = nearest.map((one) => one.name).join(", ");
    this.refs.announce.textContent = `${told} ${gettext("Nearest test images: {names}.", { names })} ${typical?.words ?? ""}`;
  }

  /** @param {string} problem */
  say(problem) {
    this.refs.problem.textContent = problem;
    this.refs.problem.hidden = !problem;
  }

  /* ---- drawing ---------------------------------------------------------------------------- */

  showDrawing() {
    const { refs, pad } = this;
    const isBlank = !pad.strokes.length;
    refs.invitation.hidden = !isBlank;
    // Not "disabled": that would take the focus from a button that has just been pressed.
    refs.undo.ariaDisabled = String(!pad.past.length);
    refs.redo.ariaDisabled = String(!pad.future.length);
    refs.clear.ariaDisabled = String(isBlank);
    this.root.dataset.strokes = String(pad.strokes.length);
    return isBlank;
  }

  showPen() {
    const { refs, pad } = this;
    pad.pen = Number(refs.pen.value) / 100;
    const limits = [refs.pen.min, refs.pen.max].map(Number);
    const share = (100 * (Number(refs.pen.value) - limits[0])) / (limits[1] - limits[0]);
    refs.pen.style.setProperty("--share", `${share}%`);
    refs.dot.style.width = refs.dot.style.height = `${(100 * Number(refs.pen.value)) / limits[1]}%`;
  }

  /** The pen has moved. */
  changed() {
    this.isAhead = true;
    this.invalidate("reading");
    this.sendLive();
  }

  /** Tell Python of the drawing as it is now. */
  send() {
    const { pad } = this;
    clearTimeout(this.liveTimer);
    this.liveTimer = 0;
    if (this.showDrawing()) this.take(null);
    const id = `${Date.now().toString(36)}-${++this.count}`;
    this.sent = { id, at: performance.now(), isAnswered: false, took: this.sent.took };
    this.root.dataset.drawing = id;
    this.isAhead = false;
    this.invalidate("reading");
    this.say("");
    const raster = pad.strokes.length ? toBase64(this.rasteriser.run(pad.strokes)) : "";
    this.setStateValue("drawing", { id, strokes: pad.strokes, raster });
  }

  /** Tell Python of the stroke that is being drawn, when it is time for that. */
  sendLive() {
    this.showDrawing();
    if (this.liveTimer) return;
    const due = this.sent.at + (1 + LIVE_REST) * this.sent.took;
    // Never at once: the end of a quick stroke would have to wait for its beginning's answer.
    const wait = Math.max(LIVE_MS, due - performance.now());
    this.liveTimer = setTimeout(() => {
      this.liveTimer = 0;
      if (!this.pad.isDrawing) return;
      const isLost = performance.now() - this.sent.at > LOST_MS;
      if (this.sent.isAnswered || isLost) this.send();
      else this.sendLive();
    }, wait);
  }

  /* ---- layout ----------------------------------------------------------------------------- */

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.data || !this.seen) return;
    const isWide = width >= THREE_COLUMNS;
    const wasNarrow = this.isNarrow;
    this.isNarrow = width < TWO_COLUMNS;
    this.setClasses({ three: isWide, two: !isWide && !this.isNarrow, narrow: this.isNarrow });
    const padSide = this.isNarrow ? Math.min(PAD_SIDE, width - MARGIN_NARROW) : PAD_SIDE;
    this.pad.fit(padSide);
    const side = this.isNarrow ? PICTURE_NARROW : PICTURE_SIDE;
    this.seen.fit(side);
    this.recon?.fit(side);
    if (wasNarrow !== this.isNarrow) this.showNearest();
    this.map.fit(isWide ? width - BESIDE_DRAW_MAP : width);
  }

  end() {
    super.end();
    this.map.plot.end();
    this.pad?.end();
    clearTimeout(this.liveTimer);
    this.stopWatching();
    this.stopHearing?.();
  }
}
