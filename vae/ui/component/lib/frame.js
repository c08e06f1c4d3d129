/** From coordinates to places on a plot and back, with zoom. */

/** @import { DimPlane } from "./plane.js" */
/** @import { Place, Points, Range } from "./types" */

/** Room for the numbers and names of the axes, in CSS pixels. */
export const GUTTER = { left: 42, bottom: 44, top: 10, right: 12 };

const MOST_ZOOM = 60;

/** The plot's rectangle: `width` by `height` CSS pixels that show a range of each dimension. */
export class Frame {
  /**
   * @param {number} width @param {number} height
   * @param {Range[]} ranges of each of the dimensions shown
   * @param {number[]} dims the dimensions shown: [across] or [across, up]
   */
  constructor(width, height, ranges, dims = [0, 1]) {
    this.width = width;
    this.height = height;
    this.dims = dims;
    /** A line has no second dimension; what asks for its height gets the first one's. */
    this.home = [ranges[0], ranges[1] ?? ranges[0]];
    /** Height that tiles take above the rows of a line. */
    this.strip = 0;
    this.zoom = 1;
    this.ranges = this.home;
    /** What the axes are called, where it is not z1, z2, ... @type {string[]|null} */
    this.names = null;
    /** What the plot is a plane of, where it is not of dimensions. @type {DimPlane|null} */
    this.plane = null;
  }

  /** The same view, which stays as it is while this one moves on. */
  copy() {
    return Object.assign(new Frame(this.width, this.height, this.home, this.dims), this);
  }

  get isLine() {
    return this.dims.length < 2;
  }

  /** @param {number} value */
  x(value) {
    return this.across(value - this.ranges[0][0]);
  }

  /** @param {number} value */
  y(value) {
    return this.up(this.ranges[1][1] - value);
  }

  /** Length of a difference, in CSS pixels. @param {number} value */
  across(value) {
    return (value / (this.ranges[0][1] - this.ranges[0][0])) * this.width;
  }

  /** @param {number} value */
  up(value) {
    return (value / (this.ranges[1][1] - this.ranges[1][0])) * this.height;
  }

  /** @param {number} x */
  valueAtX(x) {
    const [low, high] = this.ranges[0];
    return low + (x / this.width) * (high - low);
  }

  /** @param {number} y */
  valueAtY(y) {
    const [low, high] = this.ranges[1];
    return high - (y / this.height) * (high - low);
  }

  /** @param {Place} place @returns {Place} the values there, across and up */
  valuesAt([x, y]) {
    return [this.valueAtX(x), this.valueAtY(y)];
  }

  /** @param {Place} place */
  contains([x, y]) {
    return x >= 0 && y >= 0 && x <= this.width && y <= this.height;
  }

  /** Show the whole. */
  reset() {
    this.zoom = 1;
    this.ranges = this.home;
  }

  /**
   * Zoom by a factor; what lies at (x, y) stays.
   * @param {number} x @param {number} y @param {number} factor
   */
  zoomAt(x, y, factor) {
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, this.zoom * factor));
    const shares = [x / this.width, 1 - y / this.height];
    const fixed = [this.valueAtX(x), this.valueAtY(y)];
    this.begin((axis, length) => fixed[axis] - shares[axis] * length);
  }

  /** Zoom to a factor around values across and up. @param {number} zoom @param {number[]} middle */
  zoomTo(zoom, middle) {
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, zoom));
    this.begin((axis, length) => (middle[axis] ?? middle[0]) - length / 2);
  }

  /** The values in the middle of the window. @returns {Place} */
  get middle() {
    const [across, up] = this.ranges.map(([low, high]) => (low + high) / 2);
    return [across, up];
  }

  /** Shift as little as brings a place into sight. @param {Place} place @param {number} margin */
  reveal([x, y], margin = 24) {
    const shift = (/** @type {number} */ at, /** @type {number} */ size) =>
      at < margin ? margin - at : at > size - margin ? size - margin - at : 0;
    this.pan(shift(x, this.width), this.isLine ? 0 : shift(y, this.height));
  }

  /** Shift by CSS pixels. @param {number} dx @param {number} dy */
  pan(dx, dy) {
    const shares = [-dx / this.width, dy / this.height];
    this.begin((axis, length) => this.ranges[axis][0] + shares[axis] * length);
  }

  /**
   * Let each axis begin at a value, inside of the whole.
   * @param {(axis: number, length: number) => number} low
   */
  begin(low) {
    this.ranges = this.home.map(([least, most], axis) => {
      const length = (most - least) / this.zoom;
      const from = Math.max(least, Math.min(most - length, low(axis, length)));
      return /** @type {Range} */ ([from, from + length]);
    });
  }

  /** Take the zoom of another frame of the same points. @param {Frame} other */
  follow({ zoom, ranges }) {
    this.zoom = zoom;
    this.ranges = ranges;
  }
}

/**
 * Where a point stands: with one dimension, in the row of its class.
 * @param {Frame} frame @param {Points} points @param {number} index @returns {Place}
 */
export function placeOf(frame, points, index) {
  const at = points.at(index);
  const x = frame.x(at[frame.dims[0]]);
  if (!frame.isLine) return [x, frame.y(at[frame.dims[1]])];
  // The index spreads the points over the row.
  const jitter = ((index * 0.6180339887) % 1) - 0.5;
  return [x, classRow(frame, points, points.label[index], 0.7 * jitter)];
}

/**
 * The middle of a class's row, with one dimension; points without a label have the last row.
 * @param {Frame} frame @param {Points} points @param {number} label
 * @param {number} off share of a row off its middle
 */
export function classRow(frame, points, label, off = 0) {
  const rows = points.names.length + (points.hasUnlabelled ? 1 : 0);
  const row = (label < 0 ? rows - 1 : label) + 0.5 + off;
  return frame.strip + (row / Math.max(1, rows)) * (frame.height - frame.strip);
}

/**
 * Find the point nearest to a place of the plot.
 * @param {Frame} frame @param {Points} points @param {Place} place
 * @param {number} reach it lies no further, in CSS pixels
 * @param {number|null} focus a class, when only its points count
 * @returns {number|null} its index
 */
export function nearestPoint(frame, points, [x, y], reach, focus) {
  let best = reach * reach;
  let found = null;
  for (let i = 0; i < points.count; i++) {
    if (focus !== null && points.label[i] !== focus) continue;
    const [px, py] = placeOf(frame, points, i);
    const square = (px - x) ** 2 + (py - y) ** 2;
    if (square <= best) [best, found] = [square, i];
  }
  return found;
}

/**
 * The point to which an arrow key leads: the nearest one in a quarter around its direction.
 * @param {Frame} frame @param {Points} points
 * @param {number} from an index
 * @param {Place} direction [1, 0] is right, [0, 1] is up
 * @param {(index: number) => boolean} counts
 * @returns {number} an index; `from` if there is none
 */
export function neighbourTowards(frame, points, from, [right, up], counts) {
  const [x, y] = placeOf(frame, points, from);
  let best = Infinity;
  let found = from;
  for (let i = 0; i < points.count; i++) {
    if (i === from || !counts(i)) continue;
    const place = placeOf(frame, points, i);
    const [dx, dy] = [place[0] - x, y - place[1]];
    const along = dx * right + dy * up;
    const aside = Math.abs(dx * up - dy * right);
    // Half a pixel on at least: points upon one another would hold the cursor.
    if (along < 0.5 || aside > along) continue;
    const square = dx * dx + dy * dy;
    if (square < best) [best, found] = [square, i];
  }
  return found;
}

/**
 * Whether a place lies inside a polygon: an odd number of its sides is crossed to the right.
 * @param {Place[]} polygon @param {Place} place
 */
export function isInside(polygon, [x, y]) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/**
 * Round tick values of a range: every 1, 2, 5, 10, … or 0.5, 0.2, …
 * @param {Range} range
 * @param {number} most steps from the first to the last
 * @returns {number[]}
 */
export function ticks([low, high], most = 10) {
  const least = (high - low) / most - 1e-9 * (high - low);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5].find((factor) => power * factor >= least) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // Rounded: 3 * 0.1 would be written 0.30000000000000004.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toFixed(digits)),
  );
}
