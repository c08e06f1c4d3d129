/**
 * The view of an embedding: points to click, to go to by key, or to catch in a lasso.
 *
 * What is picked and what the lasso holds are test images, not points: both stay when another
 * embedding of the same codes comes. The browser marks them at once; Python's answer follows.
 */

import { Frame, nearestPoint, neighbourTowards, placeOf } from "../lib/frame.js";
import { gettext, ngettext } from "../lib/locale.js";
import { markRadius } from "../lib/marks.js";
import { fromBase64 } from "../lib/picture.js";
import { Plot } from "../lib/plot.js";
import { Points } from "../lib/points.js";
import { AROUND_PLOT, tallestPlot } from "../lib/room.js";
import { watchRun } from "../lib/store.js";
import { ComponentView, NOT_YET } from "../lib/view.js";
import { ScatterPanel } from "./panel.js";
import { rangesOf } from "./ranges.js";
import { ScaledValues, scaleColours } from "./scale.js";

/** @import { Look, Mounted, Place, PlotHandlers, Run } from "../lib/types" */

/**
 * Two columns from this width on; what the second one needs; pictures' sides; room of the panel
 * around its two pictures.
 */
const TWO_COLUMNS = 680;
const PANEL_WIDTH = 180;
const GAP = 24;
const LEAST_SIDE = 200;
const PICTURE_SIDE = 140;
const PANEL_ROOM = 48;
const SMALL_SIDE = 84;

/** Height of the panel above the plot in one column. */
const PANEL_ABOVE = 214;

/** How far from a point one may click: with no cursor to move there is more room than on a map. */
const REACH = { mouse: 12, touch: 22 };

const NOTHING_PICKED = -1;
const NO_LASSO = "";

/** @param {number} index @param {string} name */
const imageWords = (index, name) => gettext("Test image {index}, class {name}", { index, name });

/** One mounted view. */
export class ScatterView extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    this.plot = new Plot(this.refs, this.root, this.handlers(), this.ending.signal);
    this.points = /** @type {Points} */ (NOT_YET);
    /** @type {any} of the points: vae/ui/embeddings/scatter.py */
    this.header = NOT_YET;
    this.panel = /** @type {ScatterPanel} */ (NOT_YET);
    this.values = /** @type {ScaledValues|null} */ (null);
    this.data = /** @type {any} */ ({});
    this.scale = scaleColours(this.theme);
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
    this.laidOut = 0;
    this.isFresh = true;
    this.watched = /** @type {Record<string, string|null>} */ ({ points: null, values: null });
    /** @type {Record<string, () => void>} */
    this.endWatch = { points: () => {}, values: () => {} };
    this.setStateValue = /** @type {Mounted["setStateValue"]} */ (() => {});
    this.setTriggerValue = this.setStateValue;
    this.listenToControls();
  }

  /** @returns {PlotHandlers} */
  handlers() {
    return {
      testid: "scatter-plot",
      reach: REACH,
      changed: (layer) => this.invalidate(layer),
      click: (at, reach) => this.pickAt(at, reach),
      arrow: (way) => this.go(way),
      caught: (rows) => this.take(rows),
      key: (key) => {
        if (key !== "Enter" && key !== " ") return false;
        if (this.cursor !== null) this.pick(this.cursor);
        return true;
      },
    };
  }

  listenToControls() {
    const { refs } = this;
    this.listen(this.root, "keydown", (event) => {
      if (event.key !== "Escape") return;
      this.letPickedGo();
      this.letGroupGo();
    });
    this.listen(refs.map, "blur", () => this.setCursor(null));
    this.listen(refs.modes, "change", (event) =>
      this.plot.setLasso(event.target.value === "lasso"),
    );
    this.listen(refs.clearPicked, "click", () => this.letPickedGo());
    this.listen(refs.clearGroup, "click", () => this.letGroupGo());
    this.listen(refs.open, "click", (event) => {
      // A plain click stays in the session; any other opens the address as it is.
      if (event.ctrlKey || event.metaKey || event.shiftKey || this.picked === null) return;
      event.preventDefault();
      this.setTriggerValue("open", this.picked);
    });
  }

  get frame() {
    return this.plot.frame;
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
    this.plot.points = this.points;
    this.laidOut = 0;
    this.panel = new ScatterPanel(refs, header);
    refs.loading.hidden = true;
    refs.stage.hidden = false;
    refs.map.setAttribute(
      "aria-label",
      gettext(
        "{title}: {n} points. The arrow keys go from point to point, Enter selects one, Escape clears, plus and minus zoom. Shift and drag, or the mode Lasso, selects a group.",
        { title: header.title, n: this.points.count },
      ),
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
    if (run) this.plot.choice.focus = null;
    this.redraw();
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  /** @param {Place} at @param {number} reach */
  pickAt(at, reach) {
    if (!this.points) return;
    const row = nearestPoint(this.frame, this.points, at, reach, this.plot.choice.focus);
    if (row !== null) this.pick(row);
  }

  /** @param {number} row */
  pick(row) {
    this.picked = this.index[row];
    this.setStateValue("picked", this.picked);
    this.announce(imageWords(this.picked, this.points.className(row)));
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

  /** @param {number[]} rows that a lasso has caught */
  take(rows) {
    if (!rows.length) {
      this.announce(gettext("No point inside the lasso"));
      return;
    }
    const bits = new Uint8Array(Math.ceil(this.header.total / 8));
    for (const row of rows) bits[this.index[row] >> 3] |= 1 << (this.index[row] & 7);
    const mask = btoa(String.fromCharCode(...bits));
    this.group = { mask, count: rows.length, bits };
    this.setStateValue("lasso", mask);
    this.announce(ngettext("{n} point selected", "{n} points selected", rows.length));
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
      this.setCursor(nearestPoint(frame, points, [half, half], Infinity, this.plot.choice.focus));
    } else {
      this.setCursor(
        neighbourTowards(frame, points, known, way, (row) => {
          return this.plot.counts(row) && frame.contains(placeOf(frame, points, row));
        }),
      );
    }
    if (this.cursor === null) return;
    this.announce(imageWords(this.index[this.cursor], points.className(this.cursor)));
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
    this.plot.showLegend(this.theme);
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
    const { frame, points, plot, theme, header, cursor } = this;
    if (dirty.has("ground")) {
      const rulers = [header.has_ticks, header.has_ticks && !header.is_line];
      const axes = { names: header.axes, rulers, isInside: true };
      plot.paintGround(theme, { mode: "codes", axes, ...this.look() });
    }
    const radius = markRadius(points, frame) + 4;
    const at = (/** @type {number} */ row) => placeOf(frame, points, row);
    const picked = this.rowOf.get(this.picked);
    const rings = [];
    if (picked !== undefined) rings.push({ at: at(picked), radius });
    if (cursor !== null) rings.push({ at: at(cursor), radius: radius + 5, dash: [4, 3] });
    plot.paintOverlay(theme, { rings });
    this.root.dataset.ready = "true";
  }

  /** @returns {Look} */
  look() {
    const { group, index, values, order, scale, plot, theme } = this;
    const isOut = (/** @type {number} */ row) =>
      !plot.counts(row) ||
      (group !== null && !((group.bits[index[row] >> 3] >> (index[row] & 7)) & 1));
    return {
      isGrey: group || plot.chosen !== null ? isOut : null,
      grey: theme.leftOut,
      order,
      scale,
      stepOf: values ? (row) => values.stepOf(index[row]) : undefined,
    };
  }

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.points) return;
    const isWide = width >= TWO_COLUMNS;
    const room = width - AROUND_PLOT - (isWide ? PANEL_WIDTH + GAP : 0);
    const others = isWide ? 0 : PANEL_ABOVE;
    const tallest = tallestPlot(room, this.points.names, { isWide, others });
    const side = Math.floor(Math.max(LEAST_SIDE, Math.min(room, tallest)));
    this.setClasses({ wide: isWide, narrow: !isWide });
    const beside = width - side - AROUND_PLOT - GAP;
    this.panel?.fit(isWide ? Math.min(PICTURE_SIDE, (beside - PANEL_ROOM) / 2) : SMALL_SIDE);
    if (this.laidOut === side) return;
    this.laidOut = side;
    this.plot.setFrame(new Frame(side, side, rangesOf(this.points, this.header.is_line)));
    this.dirty.add("ground");
    this.paintNow();
  }

  end() {
    super.end();
    this.plot.end();
    this.endWatch.points();
    this.endWatch.values();
    this.points = NOT_YET;
  }
}
