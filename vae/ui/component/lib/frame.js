/** From z to places on the map and back. */

/** Room for the numbers and names of the axes, in CSS pixels. */
export const GUTTER = { left: 42, bottom: 44, top: 10, right: 12 };

/** A range as [low, high]; a number is the half width of one around 0. */
const bothEnds = (range) => (typeof range === "number" ? [-range, range] : range);

/** The map's rectangle: `width` by `height` CSS pixels showing a range of each dimension. */
export class MapFrame {
  /**
   * @param {number} width
   * @param {number} height
   * @param {number|number[][]} range half width around 0 in units of z, or [low, high] of each of
   *   the dimensions shown
   * @param {number[]} dims the dimensions shown: [across] or [across, up]
   */
  constructor(width, height, range, dims) {
    this.width = width;
    this.height = height;
    this.dims = dims;
    const ranges = dims.map((_, axis) => bothEnds(typeof range === "number" ? range : range[axis]));
    this.rangeX = ranges[0];
    /** A line has no second dimension; what asks for its height gets the first one's. */
    this.rangeY = ranges[1] ?? ranges[0];
    /** Height that tiles take above the rows of a line. */
    this.strip = 0;
  }

  x(value) {
    const [low, high] = this.rangeX;
    return ((value - low) / (high - low)) * this.width;
  }

  y(value) {
    const [low, high] = this.rangeY;
    return ((high - value) / (high - low)) * this.height;
  }

  /** Length of `value` units of z, in CSS pixels. */
  across(value) {
    return (value / (this.rangeX[1] - this.rangeX[0])) * this.width;
  }

  up(value) {
    return (value / (this.rangeY[1] - this.rangeY[0])) * this.height;
  }

  valueAtX(x) {
    const [low, high] = this.rangeX;
    return low + Math.max(0, Math.min(1, x / this.width)) * (high - low);
  }

  valueAtY(y) {
    const [low, high] = this.rangeY;
    return high - Math.max(0, Math.min(1, y / this.height)) * (high - low);
  }
}

/** Where a code stands on the map: with one dimension, in the row of its class. */
export function codePlace(frame, codes, index) {
  const mu = codes.muOf(index);
  const x = frame.x(mu[frame.dims[0]]);
  if (frame.dims.length > 1) return [x, frame.y(mu[frame.dims[1]])];
  return [x, rowPlace(frame, codes, codes.label[index], index)];
}

/** The middle of a class's row, with one dimension; codes without a label have the last row. */
export function classRow(frame, codes, label) {
  const rows = codes.names.length + (codes.hasUnlabelled ? 1 : 0);
  const row = label < 0 ? rows - 1 : label;
  return frame.strip + ((row + 0.5) / Math.max(1, rows)) * (frame.height - frame.strip);
}

/** Height of a code in its class's row; the index spreads the codes over the row. */
function rowPlace(frame, codes, label, index) {
  const rows = codes.names.length + (codes.hasUnlabelled ? 1 : 0);
  const jitter = ((index * 0.6180339887) % 1) - 0.5;
  return classRow(frame, codes, label) + (0.7 * jitter * (frame.height - frame.strip)) / Math.max(1, rows);
}

/**
 * Find the code nearest to a place on the map.
 * @param {number} reach it lies no further, in CSS pixels
 * @param {number|null} focus a class, when only its codes count
 * @returns {number|null} its index
 */
export function nearestCode(frame, codes, x, y, reach, focus) {
  let best = reach * reach;
  let found = null;
  for (let i = 0; i < codes.count; i++) {
    if (focus !== null && codes.label[i] !== focus) continue;
    const [codeX, codeY] = codePlace(frame, codes, i);
    const square = (codeX - x) ** 2 + (codeY - y) ** 2;
    if (square <= best) [best, found] = [square, i];
  }
  return found;
}

/** Most ticks of an axis, beside the one at its middle. */
const MOST_TICKS = 10;

/**
 * Round tick values of a range: every 1, 2, 5, 10, … or 0.5, 0.2, … so that at most 11 stand there.
 * @param {number|number[]} range half width around 0, or [low, high]
 */
export function ticks(range) {
  const [low, high] = bothEnds(range);
  const least = (high - low) / MOST_TICKS - 1e-9 * (high - low);
  let step = 10 ** Math.floor(Math.log10(least));
  step *= [1, 2, 5, 10].find((factor) => step * factor >= least);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // Rounded: 3 * 0.1 would be written 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(digits)));
}
