/** From z to places on the map and back. */

/** Room for the numbers and names of the axes, in CSS pixels. */
export const GUTTER = { left: 42, bottom: 44, top: 10, right: 12 };

/** The map's rectangle: `width` by `height` CSS pixels showing -range to range. */
export class MapFrame {
  /**
   * @param {number} width
   * @param {number} height
   * @param {number} range half width in units of z
   * @param {number[]} dims the dimensions shown: [across] or [across, up]
   */
  constructor(width, height, range, dims) {
    this.width = width;
    this.height = height;
    this.range = range;
    this.dims = dims;
    /** Height that tiles take above the rows of a line. */
    this.strip = 0;
  }

  x(value) {
    return ((value / this.range + 1) / 2) * this.width;
  }

  y(value) {
    return ((1 - value / this.range) / 2) * this.height;
  }

  /** Length of `value` units of z, in CSS pixels. */
  across(value) {
    return (value / this.range / 2) * this.width;
  }

  up(value) {
    return (value / this.range / 2) * this.height;
  }

  valueAtX(x) {
    return Math.max(-1, Math.min(1, (2 * x) / this.width - 1)) * this.range;
  }

  valueAtY(y) {
    return Math.max(-1, Math.min(1, 1 - (2 * y) / this.height)) * this.range;
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

/** Round tick values from -range to range: every 1, 2, 5, … so that at most 11 stand there. */
export function ticks(range) {
  const step = [1, 2, 5, 10, 20, 50, 100].find((size) => range / size <= 5) ?? range;
  const last = Math.floor(range / step + 1e-9);
  return Array.from({ length: 2 * last + 1 }, (_, i) => (i - last) * step);
}
