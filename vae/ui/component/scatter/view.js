/**
 * The view of an embedding: points to click, to go to by key, or to catch in a lasso.
 *
 * What is picked and what the lasso holds are test images, not points: both stay when another
 * embedding of the same codes comes. The browser marks them at once; Python's answer follows.
 */

import { Codes } from "../lib/codes.js";
import { GUTTER, nearestCode } from "../lib/frame.js";
import { fillLegend } from "../map/panels.js";
import { fromBase64 } from "../lib/picture.js";
import { drawScatter, drawScatterOverlay } from "./drawing.js";
import { ScatterFrame, isInside, neighbourTowards } from "./frame.js";
import { listenToScatter } from "./gestures.js";
import { ScatterPanel } from "./panel.js";
import { ScaledValues, scaleColours } from "./scale.js";
import { watchRun } from "../lib/store.js";
import { readTheme } from "../lib/theme.js";

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
export class ScatterView {
  /** @param {ParentNode} parentElement holds the component's HTML */
  constructor(parentElement) {
    /** @type {Object<string, any>} elements by their data-ref */
    this.refs = {};
    for (const node of parentElement.querySelectorAll("[data-ref]")) {
      this.refs[node.dataset.ref] = node;
    }
    this.root = this.refs.root;
    this.points = null;
    this.frame = null;
    this.values = null;
    this.focus = null;
    this.mode = "click";
    /** @type {number|null} a test image */
    this.picked = null;
    /** @type {number|null} a row: where the keyboard is */
    this.cursor = null;
    /** @type {{mask: string, count: number, bits: Uint8Array}|null} */
    this.group = null;
    this.path = null;
    this.isFresh = true;
    this.frameRequest = 0;
    this.dirty = { ground: false, overlay: false };
    this.watched = { points: null, values: null };
    this.endWatch = { points: () => {}, values: () => {} };
    this.ending = new AbortController();
    this.resizing = new ResizeObserver(() => this.layOut());
    this.resizing.observe(this.root);
    this.listen();
  }

  /** Called at first, and whenever Python's data or the theme change. */
  update({ data, setStateValue, setTriggerValue }) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    this.data = data ?? {};
    const theme = readTheme(this.root);
    if (theme.signature !== this.theme?.signature) {
      this.theme = theme;
      this.scale = scaleColours(theme);
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

  /** Wait for what a carrier brings under the key that the data name. */
  watch(what, take) {
    const key = this.data[what] ?? null;
    if (key === this.watched[what]) return;
    this.endWatch[what]();
    this.watched[what] = key;
    if (key === null) take(null);
    this.endWatch[what] = key === null ? () => {} : watchRun(key, take);
  }

  takePoints(run) {
    if (!run) return;
    const { header, arrays } = run;
    this.header = header;
    this.index = arrays.index;
    const flat = { active: true, kl: 0 };
    this.points = new Codes(
      { latent_dim: 2, class_names: header.class_names, dims: [flat, flat] },
      { mu: arrays.xy, logvar: arrays.xy, label: arrays.label },
    );
    this.rowOf = new Map(Array.from(arrays.index, (index, row) => [index, row]));
    this.cursor = null;
    this.frame = null;
    this.panel = new ScatterPanel(this.refs, header);
    this.refs.loading.hidden = true;
    this.refs.stage.hidden = false;
    this.refs.plot.setAttribute(
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

  takeValues(run) {
    this.values = run ? new ScaledValues(run.header, run.arrays.value) : null;
    if (run) this.focus = null;
    this.redraw();
  }

  /* ---- input ------------------------------------------------------------------------------ */

  listen() {
    const { refs } = this;
    const { signal } = this.ending;
    const onPress = (node, act) => node.addEventListener("click", act, { signal });
    listenToScatter(
      refs.plot,
      {
        isLasso: () => this.mode === "lasso",
        isZoomed: () => this.frame?.zoom > 1,
        pick: (x, y, reach) => this.pickAt(x, y, reach),
        lassoing: (path) => {
          this.path = path;
          this.invalidate("overlay");
        },
        lasso: (path) => this.catchIn(path),
        pan: (dx, dy) => this.changeFrame((frame) => frame.pan(dx, dy)),
        zoom: (x, y, factor) => this.changeFrame((frame) => frame.zoomAt(x, y, factor)),
        reset: () => this.changeFrame((frame) => frame.reset()),
        step: (way) => this.step(way),
        choose: () => this.choose(),
      },
      signal,
    );
    this.root.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape") return;
        this.letPickedGo();
        this.letGroupGo();
      },
      { signal },
    );
    refs.plot.addEventListener("blur", () => this.setCursor(null), { signal });
    refs.modes.addEventListener(
      "change",
      (event) => {
        this.mode = event.target.value;
        this.showMode();
      },
      { signal },
    );
    onPress(refs.zoomIn, () => this.zoomBy(1.5));
    onPress(refs.zoomOut, () => this.zoomBy(1 / 1.5));
    onPress(refs.zoomReset, () => this.changeFrame((frame) => frame.reset()));
    onPress(refs.clearPicked, () => this.letPickedGo());
    onPress(refs.clearGroup, () => this.letGroupGo());
    onPress(refs.open, (event) => {
      // A plain click stays in the session; any other opens the address as it is.
      if (event.ctrlKey || event.metaKey || event.shiftKey || this.picked === null) return;
      event.preventDefault();
      this.setTriggerValue("open", this.picked);
    });
  }

  zoomBy(factor) {
    this.changeFrame((frame) => frame.zoomAt(frame.width / 2, frame.height / 2, factor));
  }

  changeFrame(change) {
    if (!this.frame) return;
    change(this.frame);
    this.showMode();
    this.invalidate("ground");
  }

  showMode() {
    const isZoomed = this.frame?.zoom > 1;
    // Where there is nothing to shift, a finger that moves up or down scrolls the page.
    this.refs.plot.style.touchAction = this.mode === "lasso" || isZoomed ? "none" : "pan-y";
    this.refs.zoomReset.disabled = !isZoomed;
    this.refs.zoomOut.disabled = !isZoomed;
    this.root.dataset.zoom = String(this.frame?.zoom ?? 1);
  }

  counts(row) {
    return this.focus === null || this.points.label[row] === this.focus;
  }

  pickAt(x, y, reach) {
    if (!this.points) return;
    const row = nearestCode(this.frame, this.points, x, y, reach, this.focus);
    if (row !== null) this.pick(row);
  }

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

  catchIn(path) {
    if (!this.points) return;
    const bits = new Uint8Array(Math.ceil(this.header.total / 8));
    let count = 0;
    for (let row = 0; row < this.points.count; row++) {
      const [across, up] = this.points.muOf(row);
      if (!this.counts(row) || !isInside(path, this.frame.x(across), this.frame.y(up))) continue;
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

  setCursor(row) {
    this.cursor = row;
    this.invalidate("overlay");
  }

  /** Go to the next point in a direction; the first key shows where one is. */
  step(way) {
    if (!this.points?.count) return;
    const known = this.cursor ?? this.rowOf.get(this.picked) ?? null;
    if (known === null) {
      const half = this.frame.width / 2;
      this.setCursor(nearestCode(this.frame, this.points, half, half, Infinity, this.focus));
    } else {
      const counts = (row) => this.counts(row) && this.isInSight(row);
      this.setCursor(neighbourTowards(this.points, this.frame, known, way, counts));
    }
    if (this.cursor !== null) {
      const name = this.points.className(this.cursor);
      this.announce(`Test image ${this.index[this.cursor]}, class ${name}`);
    }
  }

  isInSight(row) {
    const [across, up] = this.points.muOf(row);
    const [x, y] = [this.frame.x(across), this.frame.y(up)];
    return x >= 0 && y >= 0 && x <= this.frame.width && y <= this.frame.height;
  }

  choose() {
    if (this.cursor !== null) this.pick(this.cursor);
  }

  announce(text) {
    this.refs.announce.textContent = text;
  }

  /* ---- showing ---------------------------------------------------------------------------- */

  showPanel() {
    if (!this.panel) return;
    const row = this.rowOf.get(this.picked);
    const label = row === undefined ? this.data.picked?.label : this.points.label[row];
    this.panel.showPicked(this.picked, this.nameOf(label ?? -1), this.data.picked);
    const { mask, count } = this.group ?? {};
    const group = mask ? { mask, count } : null;
    this.panel.showGroup(group, this.data.group, (one) => this.nameOf(one), this.theme);
    this.root.dataset.picked = this.picked === null ? "" : String(this.picked);
  }

  nameOf(label) {
    return label < 0 ? "no label" : (this.header.class_names[label] ?? String(label));
  }

  redraw() {
    if (!this.points || !this.theme) return;
    const { refs, values, points } = this;
    refs.legend.hidden = values !== null;
    refs.scale.hidden = values === null;
    if (values) this.showScale();
    fillLegend(refs.legend, points, this.theme, this.focus, (focus) => {
      this.focus = focus;
      this.redraw();
    });
    this.stepOf = values ? (row) => values.stepOf(this.index[row]) : null;
    this.order = Int32Array.from({ length: points.count }, (_, row) => row);
    // The high ones on top: they are what one looks for.
    if (this.stepOf) {
      const steps = Array.from(this.order, this.stepOf);
      this.order.sort((a, b) => steps[a] - steps[b]);
    }
    this.invalidate("ground");
  }

  showScale() {
    const { name, unit, low, high } = this.values.header;
    const text = (value) => (unit === "nats" ? value.toFixed(1) : value.toPrecision(3));
    this.refs.scaleName.textContent = `${name}, ${unit}`;
    this.refs.scaleLow.textContent = `≤ ${text(low)}`;
    this.refs.scaleHigh.textContent = `≥ ${text(high)}`;
    this.refs.scaleBar.style.background = `linear-gradient(to right, ${this.scale.join(",")})`;
  }

  invalidate(part) {
    this.dirty[part] = true;
    if (!this.frameRequest) this.frameRequest = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    if (!this.points || !this.frame || !this.theme) return;
    const { dirty, refs, frame, points, theme, focus, group } = this;
    this.dirty = { ground: false, overlay: false };
    if (dirty.ground) {
      const inGroup = (index) => (group.bits[index >> 3] >> (index & 7)) & 1;
      const isGrey =
        group || focus !== null
          ? (row) => !this.counts(row) || (group !== null && !inGroup(this.index[row]))
          : null;
      const { header, order, stepOf, scale } = this;
      drawScatter(refs.ground, frame, points, theme, { header, focus, isGrey, order, stepOf, scale });
    }
    const picked = this.rowOf.get(this.picked) ?? null;
    drawScatterOverlay(refs.overlay, frame, points, theme, {
      picked,
      cursor: this.cursor,
      path: this.path,
    });
    this.root.dataset.ready = "true";
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
    this.root.classList.toggle("wide-scatter", isWide);
    const beside = width - side - gutters - 24;
    this.panel?.fit(isWide ? Math.min(PICTURE_SIDE, (beside - PANEL_ROOM) / 2) : SMALL_SIDE);
    if (this.frame?.width === side) return;
    const frame = new ScatterFrame(side, this.points.mu, this.header.is_line);
    if (this.frame) frame.follow(this.frame);
    this.frame = frame;
    const { plot, plotFrame, ground, overlay, below } = this.refs;
    plot.style.width = `${side}px`;
    plot.style.height = `${side}px`;
    plotFrame.style.padding =
      `${GUTTER.top}px ${GUTTER.right}px ${GUTTER.bottom}px ${GUTTER.left}px`;
    for (const layer of [ground, overlay]) {
      layer.style.left = `${-GUTTER.left}px`;
      layer.style.top = `${-GUTTER.top}px`;
    }
    below.style.maxWidth = `${side + gutters}px`;
    this.showMode();
    this.dirty.ground = true;
    this.paint();
  }

  end() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    this.resizing.disconnect();
    this.ending.abort();
    this.endWatch.points();
    this.endWatch.values();
    this.points = null;
  }
}
