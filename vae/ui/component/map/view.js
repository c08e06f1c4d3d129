/**
 * The view: a map of latent space, the image decoded at z, a slider for each dimension.
 *
 * Everything that moves z sets a flag; one animation frame later z is decoded and picture, map,
 * sliders and readouts change together. Python hears of z when it comes to rest.
 */

import { Insight } from "../elbo/insight.js";
import { nearestPoint } from "../lib/frame.js";
import { fillLegend } from "../lib/legend.js";
import { Outbox } from "../lib/outbox.js";
import { placePlot } from "../lib/plot.js";
import { watchRun } from "../lib/store.js";
import { ComponentView, NOT_YET } from "../lib/view.js";
import { listenToReader } from "./input.js";
import { computeLayout } from "./layout.js";
import { announceZ, paintGround, paintSelected, paintSlowParts, paintZ } from "./painting.js";
import { describe, fillControls, MEAN, makeParts } from "./parts.js";
import { Selection } from "./selection.js";
import { Tour } from "./walk.js";

/** @import { Frame, Mounted, Place, Run } from "../lib/types" */
/** @import { Parts } from "./parts.js" */

/** Tiles have a frame to themselves when z has not moved for so many milliseconds. */
const STILL_MS = 100;

/** One mounted view. */
export class View extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    /** @type {string|null} the run that Python names */
    this.key = null;
    this.parts = /** @type {Parts} */ (NOT_YET);
    this.frame = /** @type {Frame} */ (NOT_YET);
    this.data = /** @type {any} */ ({});
    this.revision = /** @type {string|null} */ (null);
    this.z = new Float64Array(0);
    /** The label that is told; null where the decoder is told none. @type {number|null} */
    this.label = null;
    this.outbox = new Outbox();
    this.mode = "codes";
    this.focus = /** @type {number|null} */ (null);
    this.tour = new Tour(this.refs.walk);
    this.isPressed = false;
    this.isResting = false;
    this.zBeforePress = this.z;
    /**
     * Where to return to when the selected code is let go.
     * @type {{z: ArrayLike<number>, label: number|null}|null}
     */
    this.before = null;
    this.movedAt = -Infinity;
    this.laidOut = "";
    this.stopWatching = () => {};
    this.selection = new Selection(this.refs);
    this.insight = new Insight(this);
    listenToReader(this);
  }

  /** Called at first, and at each change of data or theme. @param {Mounted} component */
  update({ data, setStateValue }) {
    this.outbox.send = setStateValue;
    this.data = data ?? {};
    if (this.takeTheme() && this.parts) this.redrawAll();
    if (this.data.run !== this.key) {
      this.stopWatching();
      this.key = this.data.run;
      this.forgetRun();
      this.stopWatching = watchRun(this.data.run, (run) => this.takeRun(run));
    }
    this.takeData();
  }

  /** Take z when Python has set it anew, and the answer about a selected code. */
  takeData() {
    if (!this.parts) return;
    const { data, parts, selection } = this;
    if (data.revision !== this.revision) {
      this.revision = data.revision;
      const asked = data.z?.length === this.z.length ? data.z : this.z;
      this.stopWalk(false);
      this.before = null;
      this.moveAll(asked);
      this.setLabel(data.label);
      this.outbox.knows("z", Array.from(this.z));
      this.outbox.knows("label", this.label);
      const index = data.selected?.index ?? null;
      selection.clear();
      if (index !== null && index < parts.codes.count) {
        selection.choose(index, parts.codes.className(index));
      }
      this.outbox.knows("selected", selection.index);
      this.invalidate("overlay");
    }
    this.takeAnswer();
    this.layOut();
    this.invalidate("z");
  }

  takeAnswer() {
    this.selection.take(this.data.selected, this.parts.original);
  }

  forgetRun() {
    this.parts = NOT_YET;
    this.z = new Float64Array(0);
    this.revision = null;
    this.stopWalk(false);
    this.selection.clear();
    this.insight.forget();
    this.focus = null;
    this.root.dataset.ready = "false";
    this.refs.loading.hidden = false;
    this.refs.stage.hidden = true;
  }

  /** @param {Run} run */
  takeRun(run) {
    const { refs } = this;
    try {
      this.parts = makeParts(run, refs, {
        move: (dim, value) => {
          this.stopWalk(false);
          this.move(dim, value);
        },
        release: () => this.restSoon(),
        label: (label) => {
          this.setLabel(label);
          this.rest();
        },
      });
    } catch (error) {
      refs.loading.textContent = /** @type {Error} */ (error).message;
      return;
    }
    const { header, space } = this.parts;
    this.laidOut = "";
    // Newer weights of the same run leave z where the reader has it.
    if (this.z.length !== header.latent_dim) this.z = Float64Array.from(space.centre);
    fillControls(refs, this.parts);
    this.insight.begin(run);
    this.setLabel(this.label);
    this.root.dataset.run = header.run;
    refs.loading.hidden = true;
    refs.stage.hidden = false;
    describe(refs, this.parts);
    this.redrawAll();
    this.takeData();
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  /** @param {number} axis @param {number} dim */
  chooseAxis(axis, dim) {
    this.parts.axes.choose(axis, dim);
    describe(this.refs, this.parts);
    this.layOut();
    this.redrawAll();
  }

  /** @param {string} mode codes, tiles or both */
  chooseMode(mode) {
    this.mode = mode;
    this.layOut();
    this.invalidate("ground");
  }

  /** @param {boolean} isSample */
  drawNoise(isSample) {
    const { noise, decoder } = this.parts;
    noise.draw(isSample ? decoder.pixels : 0);
    this.refs.again.hidden = !isSample;
    this.refs.caption.textContent = isSample ? noise.name : MEAN;
    this.invalidate("z");
  }

  /** @param {Place} at */
  press(at) {
    this.zBeforePress = Float64Array.from(this.z);
    this.isPressed = true;
    this.dragTo(at);
  }

  /** @param {Place} at */
  dragTo(at) {
    this.moveOnMap(this.frame.valuesAt(at));
  }

  release() {
    this.isPressed = false;
    this.rest();
  }

  /** @param {Place} way @param {boolean} isLarge */
  nudge(way, isLarge) {
    const { space, axes } = this.parts;
    this.moveOnMap(space.towards(this.z, axes.dims, way, isLarge));
    this.restSoon();
  }

  /** @param {Place} at @param {number} reach */
  click(at, reach) {
    const { codes } = this.parts;
    if (this.mode === "tiles" || !codes.count) return;
    const found = nearestPoint(this.frame, codes, at, reach, this.focus);
    if (found !== null) this.select(found);
  }

  /** @param {number} index */
  select(index) {
    const { codes } = this.parts;
    this.before ??= { z: this.zBeforePress, label: this.label };
    this.selection.choose(index, codes.className(index));
    this.moveAll(codes.at(index));
    this.setLabel(codes.label[index]);
    // Known from an earlier click?
    this.takeAnswer();
    this.outbox.tell("selected", index);
    this.layOut();
    this.invalidate("overlay");
  }

  /** Let the selected code go and return to where z was before. */
  deselect() {
    if (this.selection.index === null) return;
    this.selection.clear();
    if (this.before) {
      this.moveAll(this.before.z);
      this.setLabel(this.before.label);
      this.before = null;
    }
    this.outbox.tell("selected", null);
    this.rest();
    this.layOut();
    this.refs.map.focus({ preventScroll: true });
    this.invalidate("overlay");
  }

  toggleWalk() {
    if (this.tour.isOn) {
      this.stopWalk(true);
    } else {
      this.tour.start(this.parts.codes, this.z, this.label);
      this.requestFrame();
    }
  }

  /** @param {boolean} isUsers */
  stopWalk(isUsers) {
    if (this.tour.stop() && isUsers) this.rest();
  }

  /* ---- z ---------------------------------------------------------------------------------- */

  /** @param {number} dim @param {number} value */
  move(dim, value) {
    const rounded = this.parts.space.quantise(value);
    if (this.z[dim] === rounded) return;
    this.z[dim] = rounded;
    this.moved();
  }

  /** @param {ArrayLike<number>} values */
  moveAll(values) {
    for (let dim = 0; dim < this.z.length; dim++) this.move(dim, Number(values[dim]) || 0);
  }

  /** Move at once and tell Python. @param {ArrayLike<number>} values */
  jump(values) {
    this.moveAll(values);
    this.rest();
  }

  /** @param {Place} values across and up */
  moveOnMap(values) {
    const { space, axes } = this.parts;
    for (const [axis, dim] of axes.dims.entries()) this.move(dim, space.clamp(dim, values[axis]));
  }

  /**
   * Tell the decoder a label; one that it does not know leaves it as it is.
   * @param {unknown} label
   */
  setLabel(label) {
    const { choice, decoder } = this.parts;
    if (choice.has(label)) decoder.label = label;
    this.label = choice.isOffered ? decoder.label : null;
    this.root.dataset.label = String(this.label ?? "");
    choice.show(this.label);
    this.moved();
  }

  moved() {
    this.movedAt = performance.now();
    this.invalidate("z");
  }

  /** z has come to rest: tell Python once, if it is another one. */
  rest() {
    clearTimeout(this.restTimer);
    if (!this.parts || this.isPressed) return;
    this.outbox.tell("label", this.label);
    this.outbox.tell("z", Array.from(this.z));
    this.isResting = true;
    this.requestFrame();
  }

  /* ---- frames ----------------------------------------------------------------------------- */

  redrawAll() {
    fillLegend(this.refs.legend, this.parts.codes, this.theme, this.focus, (focus) => {
      this.focus = focus;
      this.redrawAll();
    });
    this.invalidate("ground", "z");
  }

  get isReady() {
    return Boolean(this.parts && this.frame);
  }

  /** @param {number} now */
  step(now) {
    if (!this.tour.isOn) return;
    if (this.tour.step(now)) this.moveAll(this.tour.z);
    this.requestFrame();
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    if (dirty.has("z")) paintZ(this);
    if (dirty.has("ground")) {
      paintGround(this);
      this.beginTiles();
    }
    if (dirty.has("ground") || dirty.has("overlay")) paintSelected(this);
    this.insight.paint(dirty);
    if (!this.isPressed && !this.tour.isOn) this.paintAtRest(dirty.has("z"));
    this.workOnTiles();
    this.root.dataset.ready = "true";
  }

  /** @param {boolean} hasMoved */
  paintAtRest(hasMoved) {
    if (hasMoved || this.isResting) paintSlowParts(this);
    if (!this.isResting) return;
    this.isResting = false;
    announceZ(this);
    this.beginTiles();
  }

  beginTiles() {
    if (this.mode === "codes") return;
    this.parts.tiles.begin(this.frame, Float32Array.from(this.z));
    this.requestFrame();
  }

  workOnTiles() {
    if (this.mode === "codes") return;
    const { tiles } = this.parts;
    const isStill = performance.now() - this.movedAt >= STILL_MS;
    if (tiles.work(this.isPressed || this.tour.isOn || !isStill)) this.requestFrame();
    this.root.dataset.tiles = tiles.isDone ? "done" : "working";
  }

  /* ---- layout ----------------------------------------------------------------------------- */

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.parts) return;
    const hasOriginal = this.selection.pixels !== null;
    const { header, space, axes, picture, original } = this.parts;
    const shown = { dims: axes.dims, mode: this.mode, hasOriginal };
    const layout = computeLayout(width, header, space, shown);
    const { isWide } = layout;
    this.setClasses({ wide: isWide, narrow: !isWide, "has-original": hasOriginal });
    picture.fit(layout.picture);
    original.fit(layout.original);
    const signature = JSON.stringify([layout.frame, globalThis.devicePixelRatio, this.key]);
    if (signature === this.laidOut) return;
    this.laidOut = signature;
    this.frame = layout.frame;
    placePlot(this.refs, this.frame);
    this.dirty.add("ground").add("z");
    this.paintNow();
  }

  end() {
    super.end();
    this.stopWatching();
    this.insight.end();
    this.parts = NOT_YET;
  }
}
