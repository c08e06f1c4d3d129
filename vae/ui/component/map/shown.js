/** What the map shows, apart from z: what a link to it says, and what a file of it holds. */

/** @import { Parts } from "./parts.js" */
/** @import { Frame } from "../lib/types" */

/** @typedef {"tiles"|"codes"|"pictures"|"both"} Mode */

/**
 * What Python is told, and tells: null where it is as at first.
 * @typedef {object} Display
 * @property {Mode|null} [mode]
 * @property {number[]|"pca"|null} [axes]
 * @property {number[]|null} [zoom] factor, and the middle across and up
 * @property {number|null} [opacity] of the points, in percent
 * @property {number|null} [focus] the class that is shown alone
 * @property {number|null} [epoch] whose codes are shown
 * @property {Record<string, string>|null} [names] that dimensions were given
 * @property {number[][]|null} [path] some places of the path that was drawn
 * @property {PinTold|null} [pin] a pinned picture that is no test image
 */

/**
 * What names a pinned picture: what it was decoded from, or its pixels as base64.
 * @typedef {{z?: number[], label?: number|null, picture?: string}} PinTold
 */

/** @type {Mode[]} */
const MODES = ["tiles", "codes", "pictures", "both"];

const OPACITY = 60;

/** Decimals of a window's middle. */
const DECIMALS = 3;

/** @param {number} value */
const rounded = (value) => Number(value.toFixed(DECIMALS)) + 0;

/** What a reader has chosen to see. */
export class Shown {
  constructor() {
    this.usual = /** @type {Mode} */ ("tiles");
    this.mode = /** @type {Mode} */ ("tiles");
    this.opacity = OPACITY;
    this.focus = /** @type {number|null} */ (null);
    /** The class that the pointer or the keyboard is on in the legend. @type {number|null} */
    this.hover = null;
    this.names = /** @type {Record<string, string>} */ ({});
    /** Whether the codes are those of an epoch, and whether of one before the newest. */
    this.isTimed = this.isPast = false;
    this.epoch = /** @type {number|null} */ (null);
    /** A window that waits for its frame. @type {number[]|null} */
    this.zoom = null;
  }

  /** Begin with a run: a line shows its codes too, or it would be a strip alone. @param {Parts} parts */
  begin({ header }) {
    this.usual = header.latent_dim < 2 ? "both" : "tiles";
    this.take({});
  }

  /** @param {Display} display */
  take({ mode, zoom, opacity, focus, names }) {
    this.mode = mode && MODES.includes(mode) ? mode : this.usual;
    this.opacity = opacity ?? OPACITY;
    this.focus = focus ?? null;
    this.hover = null;
    this.names = { ...names };
    this.zoom = zoom ?? null;
  }

  /** @param {Parts} parts @param {Frame} frame @returns {Display} */
  display({ axes }, frame) {
    const { mode, usual, opacity, focus, epoch, names } = this;
    const isUsual = !axes.isPca && axes.dims.join() === axes.usual.join();
    return {
      mode: mode === usual ? null : mode,
      axes: axes.isPca ? "pca" : isUsual ? null : axes.dims,
      zoom: frame.zoom > 1 ? [rounded(frame.zoom), ...frame.middle.map(rounded)] : null,
      opacity: opacity === OPACITY ? null : opacity,
      focus,
      epoch,
      names: Object.keys(names).length ? names : null,
    };
  }

  get hasTiles() {
    return !this.isPast && (this.mode === "tiles" || this.mode === "both");
  }

  /** The class that is brought forward, if one is. */
  get chosen() {
    return this.hover ?? this.focus;
  }

  /** What is drawn: over tiles alone a class that is brought forward shows its codes. */
  get drawn() {
    if (this.isPast || (this.isTimed && this.mode === "pictures")) return "codes";
    return this.mode === "tiles" && (this.isTimed || this.chosen !== null) ? "both" : this.mode;
  }

  /** Whether the other classes are not drawn at all. */
  get isAlone() {
    return this.chosen !== null && (this.mode === "tiles" || this.hover === null);
  }
}
