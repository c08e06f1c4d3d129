/**
 * A plot of points with classes, in a window that zooms and pans: its layers, names, legend and
 * lasso. The maps of Explore, Draw and Compare and the plots of Embeddings are each one of these.
 */

import { isInside, placeOf } from "./frame.js";
import { listenToPlot } from "./gestures.js";
import { drawGround, drawSelected } from "./latent.js";
import { placePlot } from "./layers.js";
import { fillLegend } from "./legend.js";
import { drawLasso, drawRing } from "./marks.js";
import { NameLayer } from "./names.js";

/** @import { Frame, Gestures, Look, Place, PlotHandlers, Points, Refs, Theme } from "./types" */
/** @import { GroundLook } from "./latent.js" */

/** What a button or a key zooms by, a double press, and the wheel for each pixel that it turns. */
const ZOOM_STEP = 1.5;
const DOUBLE_PRESS = 2;
const WHEEL_STEP = 0.002;

/** What an arrow key shifts the window by where there is no cursor, in CSS pixels. */
const PAN_STEP = 40;

/** The window rests when it has not moved for so many milliseconds. */
const REST_MS = 150;

/** @param {ArrayLike<number>} z */
const plainText = (z) => Array.from(z, (value) => value.toFixed(3)).join(",");

export class Plot {
  /**
   * @param {Refs} refs of plot.html @param {HTMLElement} root says how far the window is zoomed
   * @param {PlotHandlers} on @param {AbortSignal} signal
   */
  constructor(refs, root, on, signal) {
    this.refs = refs;
    this.root = root;
    this.on = on;
    this.frame = /** @type {Frame} */ (/** @type {unknown} */ (null));
    this.points = /** @type {Points} */ (/** @type {unknown} */ (null));
    /** The class that is shown alone, and the one that the legend has the pointer on. */
    this.choice = on.choice ?? { focus: null, hover: null };
    this.names = new NameLayer(refs.names);
    /** Writes the whole z of a point. @type {(index: number) => string} */
    this.textOf = (index) => plainText(this.points.at(index));
    /** Whether a drag draws a lasso, and the one that is being drawn. */
    this.isLasso = false;
    this.path = /** @type {Place[]|null} */ (null);
    /** Where the cursor stands, as the frame counts. @type {ArrayLike<number>|null} */
    this.cursor = null;
    this.isMoving = false;
    this.restTimer = 0;
    refs.map.dataset.testid = on.testid;
    listenToPlot(refs.map, this.gestures(), signal);
    for (const [button, act] of /** @type {const} */ ([
      [refs.zoomIn, () => this.zoomBy(ZOOM_STEP)],
      [refs.zoomOut, () => this.zoomBy(1 / ZOOM_STEP)],
      [refs.zoomReset, () => this.change((frame) => frame.reset())],
    ])) {
      button.addEventListener("click", act, { signal });
    }
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  /** @returns {Gestures} */
  gestures() {
    const { on } = this;
    let does = /** @type {"move"|"pan"|"lasso"} */ ("pan");
    return {
      reach: on.reach,
      press: (at, isShift) => {
        if (on.caught && this.isLasso !== isShift) does = "lasso";
        else does = isShift || !on.press ? "pan" : "move";
        if (does === "move") on.press?.(at);
        if (does === "lasso") this.path = [at];
      },
      drag: (at, [dx, dy], hasMoved) => {
        if (does === "move") on.drag?.(at);
        else if (does === "pan" && hasMoved) this.change((frame) => frame.pan(dx, dy));
        else if (does === "lasso") {
          this.path?.push(at);
          if (hasMoved) on.changed("overlay");
        }
      },
      click: (at, reach) => {
        this.path = null;
        if (does === "move" || !on.press) on.click?.(at, reach);
      },
      doublePress: ([x, y]) => this.change((frame) => frame.zoomAt(x, y, DOUBLE_PRESS)),
      release: (isDone) => {
        if (does === "move") on.release?.();
        const { path } = this;
        this.path = null;
        if (!path) return;
        on.changed("overlay");
        if (isDone && path.length > 1) on.caught?.(this.rowsIn(path));
      },
      pinch: ([x, y], [dx, dy], factor) =>
        this.change((frame) => {
          frame.pan(dx, dy);
          frame.zoomAt(x, y, factor);
        }),
      wheel: ([x, y], deltaY) => {
        // With nothing to zoom out of, the wheel scrolls the page.
        if (!this.frame || (deltaY > 0 && this.frame.zoom <= 1)) return false;
        this.change((frame) => frame.zoomAt(x, y, Math.exp(-deltaY * WHEEL_STEP)));
        return true;
      },
      arrow: (way, isLarge) => {
        if (on.arrow) on.arrow(way, isLarge);
        else this.change((frame) => frame.pan(-PAN_STEP * way[0], PAN_STEP * way[1]));
      },
      key: (key) => {
        if (key === "+" || key === "=") this.zoomBy(ZOOM_STEP);
        else if (key === "-") this.zoomBy(1 / ZOOM_STEP);
        else if (key === "0") this.change((frame) => frame.reset());
        else return on.key?.(key) ?? false;
        return true;
      },
    };
  }

  /** @param {boolean} isLasso whether a drag draws a lasso */
  setLasso(isLasso) {
    this.isLasso = isLasso;
    this.showWindow();
  }

  /** Where the cursor stands on the plot. @returns {Place|null} */
  get cursorPlace() {
    const { cursor, frame } = this;
    if (!cursor || !frame) return null;
    const [across, up] = frame.dims;
    return [
      frame.x(cursor[across]),
      frame.isLine ? (frame.strip + frame.height) / 2 : frame.y(cursor[up]),
    ];
  }

  /** The class that is brought forward, if one is. */
  get chosen() {
    return this.choice.hover ?? this.choice.focus;
  }

  /** Whether a point is of the class that is brought forward, if one is. @param {number} row */
  counts(row) {
    return this.chosen === null || this.points.label[row] === this.chosen;
  }

  /** @param {Place[]} path */
  rowsIn(path) {
    const { frame, points } = this;
    const rows = [];
    for (let row = 0; row < points.count; row++) {
      if (this.counts(row) && isInside(path, placeOf(frame, points, row))) rows.push(row);
    }
    return rows;
  }

  /* ---- the window -------------------------------------------------------------------------- */

  /**
   * Show a frame, with the window of a link, or of the frame before it.
   * @param {Frame} frame @param {number[]|null} zoom factor, and the middle across and up
   */
  setFrame(frame, zoom = null) {
    const before = this.frame;
    const isSame = before?.plane?.key === frame.plane?.key && `${before?.home}` === `${frame.home}`;
    if (zoom) frame.zoomTo(zoom[0], zoom.slice(1));
    else if (isSame) frame.follow(before);
    this.frame = frame;
    if (frame.plane) this.points = frame.plane.points;
    placePlot(this.refs, frame);
    this.showWindow();
  }

  /** Change the window. @param {(frame: Frame) => void} change */
  change(change) {
    const { frame } = this;
    if (!frame) return;
    const before = frame.ranges.join();
    change(frame);
    if (frame.ranges.join() === before) return;
    clearTimeout(this.restTimer);
    this.isMoving = true;
    this.restTimer = setTimeout(() => {
      this.isMoving = false;
      this.on.changed("ground");
      this.on.windowRested?.();
    }, REST_MS);
    this.showWindow();
    this.on.changed("ground");
  }

  showWindow() {
    const { refs, root, frame, on } = this;
    const zoom = frame?.zoom ?? 1;
    refs.zoomOut.disabled = refs.zoomReset.disabled = zoom <= 1;
    // Where there is nothing to shift, a finger that moves up or down scrolls the page.
    refs.map.style.touchAction = on.press || this.isLasso || zoom > 1 ? "none" : "pan-y";
    root.dataset.zoom = zoom.toFixed(2);
  }

  /** Zoom around the cursor if it is in sight, or around the middle. @param {number} factor */
  zoomBy(factor) {
    this.change((frame) => {
      const at = this.cursorPlace;
      const [x, y] = at && frame.contains(at) ? at : [frame.width / 2, frame.height / 2];
      frame.zoomAt(x, y, factor);
    });
  }

  /** The window follows a cursor that keys have moved beyond it. @param {ArrayLike<number>} z */
  reveal(z) {
    this.cursor = z;
    const at = this.cursorPlace;
    if (at && this.frame.zoom > 1) this.change((frame) => frame.reveal(at));
  }

  end() {
    clearTimeout(this.restTimer);
  }

  /* ---- showing ----------------------------------------------------------------------------- */

  /**
   * Axes, points and names.
   * @param {Theme} theme @param {GroundLook & Look & {points?: Points, hasNames?: boolean}} look
   *   other points than the plot's own; whether classes are named
   */
  paintGround(theme, { points = this.points, hasNames = true, ...look }) {
    const { refs, frame, names, choice } = this;
    const isGrey = this.chosen === null ? null : (/** @type {number} */ row) => !this.counts(row);
    drawGround(refs.ground, frame, points, theme, { isGrey, focus: choice.focus, ...look });
    refs.names.hidden = !hasNames;
    if (hasNames) names.place(frame, this.points, this.textOf, choice.focus);
    this.paintCursor(this.cursor);
  }

  /**
   * A selected point with its posterior, rings, and the lasso.
   * @param {Theme} theme
   * @param {{points?: Points, selected?: number|null, rings?: {at: Place, radius: number,
   *   width?: number, dash?: number[]}[]}} [shown]
   */
  paintOverlay(theme, { points = this.points, selected = null, rings = [] } = {}) {
    const context = drawSelected(this.refs.overlay, this.frame, points, theme, selected);
    for (const { at, ...ring } of rings) {
      if (this.frame.contains(at)) drawRing(context, at, theme, ring);
    }
    if (this.path) drawLasso(context, this.path, theme);
  }

  /**
   * Put the cursor at z, or away; the names make way. It is an element that only shifts: a canvas
   * of the map's size drawn at every frame would cost a slow machine half of its frames.
   * @param {ArrayLike<number>|null} z as the frame counts it
   */
  paintCursor(z) {
    const { refs, names } = this;
    this.cursor = z;
    refs.cursor.hidden = !z;
    const at = this.cursorPlace;
    if (!at) return;
    refs.cursor.style.transform = `translate(${at[0]}px, ${at[1]}px)`;
    names.avoid(...at);
  }

  /** @param {Theme} theme @param {HTMLElement} legend one that several plots share, or its own */
  showLegend(theme, legend = this.refs.legend) {
    const { points, choice, on } = this;
    fillLegend(
      legend,
      points,
      theme,
      choice.focus,
      (focus) => {
        Object.assign(choice, { focus, hover: null });
        on.focused?.();
        this.showLegend(theme, legend);
        on.changed("ground");
      },
      (label) => {
        if (choice.hover === label) return;
        choice.hover = label;
        on.changed("ground");
      },
    );
  }
}
