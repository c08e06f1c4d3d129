/**
 * The view: a map of latent space, the image decoded at z, a slider for each dimension.
 *
 * Everything that moves z sets a flag; one animation frame later z is decoded and picture, map,
 * sliders and readouts change together. Python hears of z when it comes to rest.
 */

import { Insight } from "../elbo/insight.js";
import { Timeline } from "../epochs/timeline.js";
import { Fog } from "../fog/fog.js";
import { Outbox } from "../lib/outbox.js";
import { Plot } from "../lib/plot.js";
import { watchRun } from "../lib/store.js";
import { ComponentView, NOT_YET } from "../lib/view.js";
import { PathTool } from "../path/tool.js";
import { rename, takeDisplay, tellDisplay } from "./display.js";
import { handlers, listenToReader } from "./input.js";
import { computeLayout } from "./layout.js";
import * as painting from "./painting.js";
import { describe, fillControls, makeParts, planeOf } from "./parts.js";
import { Selection } from "./selection.js";
import { Shown } from "./shown.js";
import { beginTiles, workOnTiles } from "./tiling.js";
import { Tour } from "./walk.js";

/** @import { Mounted, Place, Run } from "../lib/types" */
/** @import { Parts } from "./parts.js" */

/** One mounted view. */
export class View extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    /** @type {string|null} the run that Python names */
    this.key = null;
    this.parts = /** @type {Parts} */ (NOT_YET);
    this.data = /** @type {any} */ ({});
    this.revision = /** @type {string|null} */ (null);
    this.z = new Float64Array(0);
    /** The label that is told; null where the decoder is told none. @type {number|null} */
    this.label = null;
    this.outbox = new Outbox();
    this.shown = new Shown();
    this.refs.zoom.prepend(this.refs.fog);
    this.refs.mapFrame.append(this.refs.opacityBox);
    this.plot = new Plot(this.refs, this.root, handlers(this), this.ending.signal);
    /** z without its part in the plane, while one drags. @type {Float32Array|null} */
    this.heldRest = null;
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
    this.timeline = new Timeline(this);
    this.path = new PathTool(this);
    this.fog = new Fog(this);
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
      takeDisplay(this);
      this.moveAll(asked);
      this.setLabel(data.label);
      this.outbox.knows("z", Array.from(this.z));
      this.outbox.knows("label", this.label);
      const index = data.selected?.index ?? null;
      selection.clear();
      if (index !== null && index < parts.codes.count) {
        selection.choose(index, parts.codes.className(index));
      } else this.insight.restore(data.display?.pin);
      this.path.restore(data.display?.path);
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
    this.parts?.ends.end();
    this.parts = NOT_YET;
    this.z = new Float64Array(0);
    this.revision = null;
    this.stopWalk(false);
    this.selection.clear();
    this.insight.forget();
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
        rename: (dim, name) => rename(this, dim, name),
      });
    } catch (error) {
      refs.loading.textContent = /** @type {Error} */ (error).message;
      return;
    }
    const { header, space, ends, codes } = this.parts;
    ends.onSight = () => this.requestFrame();
    this.laidOut = "";
    this.shown.begin(this.parts);
    // Newer weights of the same run leave z where the reader has it.
    if (this.z.length !== header.latent_dim) this.z = Float64Array.from(space.centre);
    fillControls(refs, this.parts);
    this.insight.begin(run);
    this.timeline.begin(run);
    this.path.begin();
    this.setLabel(this.label);
    this.root.dataset.run = header.run;
    refs.loading.hidden = true;
    refs.stage.hidden = false;
    this.plot.points = this.parts.codes;
    this.plot.textOf = (index) => space.text(Float64Array.from(codes.at(index)));
    describe(refs, this.parts);
    this.redrawAll();
    this.takeData();
  }

  /** The window of the plot; none before a run has come. */
  get frame() {
    return this.plot.frame;
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  tellDisplay() {
    tellDisplay(this);
  }

  /** @param {Place} at */
  press(at) {
    this.zBeforePress = Float64Array.from(this.z);
    this.isPressed = true;
    this.path.press();
    this.heldRest = this.frame.plane?.rest(this.z) ?? null;
    this.dragTo(at);
  }

  /** @param {Place} at */
  dragTo(at) {
    this.moveOnMap(this.frame.valuesAt(at));
  }

  release() {
    this.isPressed = false;
    this.heldRest = null;
    this.rest();
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
    this.plot.reveal(this.frame.plane?.coordinates(this.z) ?? this.z);
    this.rest();
  }

  /** @param {number[]} values across and up */
  moveOnMap(values) {
    const { plane } = this.frame;
    if (!plane) return;
    const inside = plane.ranges.map(([low, high], axis) =>
      Math.max(low, Math.min(high, values[axis])),
    );
    if (!plane.isPca) {
      for (const [axis, dim] of plane.dims.entries()) this.move(dim, inside[axis]);
      return;
    }
    const z = new Float64Array(this.z.length);
    plane.fill(z, 0, this.heldRest ?? plane.rest(this.z), inside);
    this.moveAll(z);
  }

  /** Where the cursor stands on the plot. @returns {Place} */
  cursorPlace() {
    return this.placeOf(this.z);
  }

  /** @param {Float64Array} z @returns {Place} */
  placeOf(z) {
    const { frame } = this;
    const at = frame.plane?.coordinates(z) ?? z;
    const [dimX, dimY] = frame.dims;
    const y = frame.isLine ? (frame.strip + frame.height) / 2 : frame.y(at[dimY]);
    return [frame.x(at[dimX]), y];
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
    if (choice.isOffered) this.invalidate("ground");
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
    this.path.rest();
    this.isResting = true;
    this.requestFrame();
  }

  /* ---- frames ----------------------------------------------------------------------------- */

  redrawAll() {
    this.plot.showLegend(this.theme);
    this.invalidate("ground", "z");
  }

  get isReady() {
    return Boolean(this.parts && this.frame);
  }

  /** @param {number} now */
  step(now) {
    this.timeline.step(now);
    if (!this.tour.isOn) return;
    if (this.tour.step(now)) this.moveAll(this.tour.z);
    this.requestFrame();
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    if (dirty.has("ground")) {
      painting.paintGround(this);
      beginTiles(this);
    }
    if (dirty.has("z")) painting.paintZ(this);
    if (dirty.has("ground") || dirty.has("overlay")) painting.paintSelected(this);
    this.insight.paint(dirty);
    this.path.paint(dirty);
    this.fog.paint(dirty);
    if (!this.isPressed && !this.tour.isOn) this.paintAtRest(dirty.has("z"));
    workOnTiles(this);
    if (!this.isPressed) painting.workOnPictures(this);
    this.root.dataset.ready = "true";
  }

  /** @param {boolean} hasMoved */
  paintAtRest(hasMoved) {
    if (hasMoved || this.isResting) painting.paintSlowParts(this);
    if (!this.isResting) return;
    this.isResting = false;
    painting.announceZ(this);
    beginTiles(this);
  }

  /* ---- layout ----------------------------------------------------------------------------- */

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.parts) return;
    const hasOriginal = this.selection.pixels !== null;
    const { header, picture, original, axes, choice } = this.parts;
    const plane = planeOf(this.parts);
    const layout = computeLayout(width, header, plane, {
      mode: this.shown.mode,
      hasOriginal,
      hintLength: this.refs.hint.textContent.length,
    });
    const { isWide, isStacked, frame } = layout;
    this.setClasses({
      wide: isWide,
      narrow: !isWide,
      stacked: isStacked,
      many: header.latent_dim > 2,
      compact: Boolean(this.data.compact),
      "has-original": hasOriginal,
    });
    picture.fit(layout.picture);
    original.fit(layout.original);
    choice.fit(layout.labels);
    // On a phone the choice of axes would push the sliders out of the window.
    const place = isWide ? this.refs.below : this.refs.controls;
    if (this.refs.axes.parentElement !== place) place.append(this.refs.axes);
    const sizes = [frame.width, frame.height, frame.strip, frame.home, plane.key];
    const signature = JSON.stringify([sizes, globalThis.devicePixelRatio, this.key, axes.names]);
    if (signature === this.laidOut) return;
    this.laidOut = signature;
    frame.names = axes.axisNames;
    this.plot.setFrame(frame, this.shown.zoom);
    this.shown.zoom = null;
    this.dirty.add("ground").add("z");
    this.paintNow();
  }

  end() {
    super.end();
    this.plot.end();
    this.parts?.ends.end();
    this.stopWatching();
    this.insight.end();
    this.timeline.end();
    this.parts = NOT_YET;
  }
}
