/**
 * The view of an embedding: points to click, to go to by key, or to catch in a lasso.
 *
 * What is picked and what the lasso holds are test images, not points: both stay when another
 * embedding of the same codes comes. The browser marks them at once; Python's answer follows.
 */

import { Frame, GUTTER, isInside, nearestPoint, neighbourTowards, placeOf } from "../lib/frame.js";
import { fillLegend } from "../lib/legend.js";
import { fromBase64 } from "../lib/picture.js";
import { placePlot } from "../lib/plot.js";
import { Points } from "../lib/points.js";
import { watchRun } from "../lib/store.js";
import { ComponentView, NOT_YET } from "../lib/view.js";
import { drawMarked, drawScatter, rangesOf } from "./drawing.js";
import { listenToReader, ZOOM_STEP } from "./input.js";
import { ScatterPanel } from "./panel.js";
import { ScaledValues, scaleColours } from "./scale.js";

/** @import { Look, Mounted, Place, Run } from "../lib/types" */

/**
 * Two columns from this width on; what the second one needs; sides of plot and pictures; room of
 * the panel around its two pictures.
 */
const TWO_COLUMNS = 680;
const PANEL_WIDTH = 300;
const MOST_SIDE = 620;
const LEAST_SIDE = 260;
const PICTURE_SIDE = 140;
const PANEL_ROOM = 48;
const SMALL_SIDE = 84;

/** What stands around the plot in a window and must be seen together with it. */
const AROUND_PLOT_WIDE = 385;
const AROUND_PLOT_NARROW = 330;

const NOTHING_PICKED = -1;
const NO_LASSO = "";

/** One mounted view. */
export class ScatterView extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    this.points = /** @type {Points} */ (NOT_YET);
    this.frame = /** @type {Frame} */ (NOT_YET);
    /** @type {any} of the points: vae/ui/embeddings/scatter.py */
    this.header = NOT_YET;
    this.panel = /** @type {ScatterPanel} */ (NOT_YET);
    this.values = /** @type {ScaledValues|null} */ (null);
    this.data = /** @type {any} */ ({});
    this.scale = scaleColours(this.theme);
    this.focus = /** @type {number|null} */ (null);
    this.mode = "click";
    /** The test image of each row. */
    this.index = new Int32Array(0);
    /** @type {Map<number|null, number>} and the row of each test image */
    this.rowOf = new Map();
    this.order = new Int32Array(0);
    /** @type {number|null} a test image */
    this.picked = null;
    /** @type {number|null} a row: where the keyboard is */
    this.cursor = null;
    this.group = /** @type {{mask: string, count: number, bits: Uint8Array}|null} */ (null);
    this.path = /** @type {Place[]|null} */ (null);
    this.isFresh = true;
    this.watched = /** @type {Record<string, string|null>} */ ({ points: null, values: null });
    /** @type {Record<string, () => void>} */
    this.endWatch = { points: () => {}, values: () => {} };
    this.setStateValue = /** @type {Mounted["setStateValue"]} */ (() => {});
    this.setTriggerValue = this.setStateValue;
    listenToReader(this);
  }

  /** Called at first, and at each change of data or theme. @param {Mounted} component */
  update({ data, setStateValue, setTriggerValue }) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    this.data = data ?? {};
    if (this.takeTheme()) {
      this.scale = scaleColours(this.theme);
      this.redraw();
    }
    if (this.isFresh) {
      // Back on the page: Python has kept what was selected.
      this.isFresh = false;
      this.picked = this.data.picked?.index ?? null;
      const { mask, count } = this.data.group ?? {};
      this.group = mask ? { mask, count, bits: fromBase64(mask) } : null;
    }
    this.watch("points", (run) => this.takePoints(run));
    this.watch("values", (run) => this.takeValues(run));
    this.showPanel();
  }

  /**
   * Wait for what a carrier brings under the key that the data name.
   * @param {"points"|"values"} what @param {(run: any) => void} take null where nothing is named
   */
  watch(what, take) {
    const key = this.data[what] ?? null;
    if (key === this.watched[what]) return;
    this.endWatch[what]();
    this.watched[what] = key;
    if (key === null) take(null);
    this.endWatch[what] = key === null ? () => {} : watchRun(key, take);
  }

  /** @param {Run<any>|null} run */
  takePoints(run) {
    if (!run) return;
    const { header, arrays } = run;
    const { refs } = this;
    this.header = header;
    this.index = arrays.index;
    this.points = new Points(header.class_names, 2, arrays.xy, arrays.label);
    this.rowOf = new Map(Array.from(this.index, (index, row) => [index, row]));
    this.cursor = null;
    this.frame = NOT_YET;
    this.panel = new ScatterPanel(refs, header);
    refs.loading.hidden = true;
    refs.stage.hidden = false;
    refs.map.setAttribute(
      "aria-label",
      `${header.title}: ${this.points.count} points. The arrow keys go from point to point, Enter ` +
        "selects one, Escape clears, plus and minus zoom. Shift and drag, or the mode Lasso, " +
        "selects a group.",
    );
    this.redraw();
    // Draws in this very task: whoever sees the points can click them.
    this.layOut();
    this.showPanel();
    this.root.dataset.points = header.run;
  }

  /** @param {Run<any>|null} run */
  takeValues(run) {
    this.values = run ? new ScaledValues(run.header, run.arrays.value) : null;
    if (run) this.focus = null;
    this.redraw();
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  /** @param {string} mode click or lasso */
  chooseMode(mode) {
    this.mode = mode;
    this.showMode();
  }

  /** @param {(frame: Frame) => void} change */
  changeFrame(change) {
    if (!this.frame) return;
    change(this.frame);
    this.showMode();
    this.invalidate("ground");
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.changeFrame((frame) => frame.zoomAt(frame.width / 2, frame.height / 2, factor));
  }

  showMode() {
    const { refs } = this;
    const isZoomed = this.frame?.zoom > 1;
    // Where there is nothing to shift, a finger that moves up or down scrolls the page.
    refs.map.style.touchAction = this.mode === "lasso" || isZoomed ? "none" : "pan-y";
    refs.zoomReset.disabled = !isZoomed;
    refs.zoomOut.disabled = !isZoomed;
    this.root.dataset.zoom = String(this.frame?.zoom ?? 1);
  }

  /** @param {number} row */
  counts(row) {
    return this.focus === null || this.points.label[row] === this.focus;
  }

  /** @param {Place} at @param {number} reach */
  pickAt(at, reach) {
    if (!this.points) return;
    const row = nearestPoint(this.frame, this.points, at, reach, this.focus);
    if (row !== null) this.pick(row);
  }

  /** @param {number} row */
  pick(row) {
    this.picked = this.index[row];
    this.setStateValue("picked", this.picked);
    this.announce(`Test image ${this.picked}, class ${this.points.className(row)}`);
    this.showPanel();
    this.invalidate("overlay");
  }

  letPickedGo() {
    if (this.picked === null) return;
    this.picked = null;
    this.setStateValue("picked", NOTHING_PICKED);
    this.showPanel();
    this.invalidate("overlay");
  }

  /** @param {Place[]|null} path the lasso that is being drawn */
  showLasso(path) {
    this.path = path;
    this.invalidate("overlay");
  }

  /** @param {Place[]} path a lasso that has been closed */
  catchIn(path) {
    if (!this.points) return;
    const bits = new Uint8Array(Math.ceil(this.header.total / 8));
    let count = 0;
    for (let row = 0; row < this.points.count; row++) {
      if (!this.counts(row) || !isInside(path, placeOf(this.frame, this.points, row))) continue;
      bits[this.index[row] >> 3] |= 1 << (this.index[row] & 7);
      count++;
    }
    if (!count) {
      this.announce("No point inside the lasso");
      return;
    }
    this.group = { mask: btoa(String.fromCharCode(...bits)), count, bits };
    this.setStateValue("lasso", this.group.mask);
    this.announce(`${count} points selected`);
    this.showPanel();
    this.invalidate("ground");
  }

  letGroupGo() {
    if (!this.group) return;
    this.group = null;
    this.setStateValue("lasso", NO_LASSO);
    this.showPanel();
    this.invalidate("ground");
  }

  /** @param {number|null} row */
  setCursor(row) {
    this.cursor = row;
    this.invalidate("overlay");
  }

  /** Go to the next point in a direction; the first key shows where one is. @param {Place} way */
  go(way) {
    if (!this.points?.count) return;
    const { frame, points } = this;
    const known = this.cursor ?? this.rowOf.get(this.picked) ?? null;
    if (known === null) {
      const half = frame.width / 2;
      this.setCursor(nearestPoint(frame, points, [half, half], Infinity, this.focus));
    } else {
      this.setCursor(
        neighbourTowards(frame, points, known, way, (row) => {
          return this.counts(row) && frame.contains(placeOf(frame, points, row));
        }),
      );
    }
    if (this.cursor === null) return;
    this.announce(`Test image ${this.index[this.cursor]}, class ${points.className(this.cursor)}`);
  }

  /** @param {string} key @returns {boolean} whether it was used */
  press(key) {
    if (key === "Enter" || key === " ") {
      if (this.cursor !== null) this.pick(this.cursor);
    } else if (key === "+" || key === "=") this.zoomBy(ZOOM_STEP);
    else if (key === "-") this.zoomBy(1 / ZOOM_STEP);
    else if (key === "0") this.changeFrame((frame) => frame.reset());
    else return false;
    return true;
  }

  /** @param {string} text */
  announce(text) {
    this.refs.announce.textContent = text;
  }

  /* ---- showing ---------------------------------------------------------------------------- */

  showPanel() {
    if (!this.panel) return;
    const { points, picked, data, theme } = this;
    const row = this.rowOf.get(picked);
    const label = row === undefined ? data.picked?.label : points.label[row];
    this.panel.showPicked(picked, points.nameOf(label ?? -1), data.picked);
    const group = this.group && { mask: this.group.mask, count: this.group.count };
    this.panel.showGroup(group, data.group, (one) => points.nameOf(one), theme);
    this.root.dataset.picked = picked === null ? "" : String(picked);
  }

  redraw() {
    if (!this.points) return;
    const { refs, values, points } = this;
    refs.legend.hidden = values !== null;
    refs.scale.hidden = values === null;
    values?.show(refs, this.scale);
    fillLegend(refs.legend, points, this.theme, this.focus, (focus) => {
      this.focus = focus;
      this.redraw();
    });
    this.order = Int32Array.from({ length: points.count }, (_, row) => row);
    if (values) {
      const steps = Array.from(this.index, (index) => values.stepOf(index));
      // The high ones on top: they are what one looks for.
      this.order.sort((a, b) => steps[a] - steps[b]);
    }
    this.invalidate("ground");
  }

  get isReady() {
    return Boolean(this.points && this.frame);
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    const { refs, frame, points, theme, header, focus, path } = this;
    if (dirty.has("ground"))
      drawScatter(refs.ground, frame, points, theme, header, focus, this.look());
    const picked = this.rowOf.get(this.picked) ?? null;
    drawMarked(refs.overlay, frame, points, theme, { picked, cursor: this.cursor, path });
    this.root.dataset.ready = "true";
  }

  /** @returns {Look} */
  look() {
    const { group, focus, index, values, order, scale } = this;
    const isOut = (/** @type {number} */ row) =>
      !this.counts(row) ||
      (group !== null && !((group.bits[index[row] >> 3] >> (index[row] & 7)) & 1));
    return {
      isGrey: group || focus !== null ? isOut : null,
      order,
      scale,
      stepOf: values ? (row) => values.stepOf(index[row]) : undefined,
    };
  }

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.points) return;
    const gutters = GUTTER.left + GUTTER.right;
    const isWide = width >= TWO_COLUMNS;
    const around = isWide ? AROUND_PLOT_WIDE : AROUND_PLOT_NARROW;
    const room = width - gutters - (isWide ? PANEL_WIDTH + 24 : 0);
    const tall = Math.max(LEAST_SIDE, globalThis.innerHeight - around);
    const side = Math.floor(Math.max(200, Math.min(room, MOST_SIDE, tall)));
    this.setClasses({ wide: isWide, narrow: !isWide });
    const beside = width - side - gutters - 24;
    this.panel?.fit(isWide ? Math.min(PICTURE_SIDE, (beside - PANEL_ROOM) / 2) : SMALL_SIDE);
    if (this.frame?.width === side) return;
    const frame = new Frame(side, side, rangesOf(this.points, this.header.is_line));
    if (this.frame) frame.follow(this.frame);
    this.frame = frame;
    placePlot(this.refs, frame);
    this.showMode();
    this.dirty.add("ground");
    this.paintNow();
  }

  end() {
    super.end();
    this.endWatch.points();
    this.endWatch.values();
    this.points = NOT_YET;
  }
}
