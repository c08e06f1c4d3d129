/**
 * Where the names of the classes stand on a map: at a class's densest place, where most of the
 * codes around are of that class.
 */

import { classRow } from "./frame.js";

/** @import { Frame, Place, Points } from "./types" */

/** @typedef {{label: number, index: number, at: number[], weight: number}} ClassPlace */

/** Cells of the histogram along each axis. */
const CELLS = 64;

/** A box of 2 * 2 + 1 cells, three times over, is close to a Gaussian. */
const HALF_BOX = 2;
const BLURS = 3;

/** So many of the nearest codes vote, at most half as many as the class has. */
const MOST_VOTES = 50;

/** Room between two names, in CSS pixels. */
const GAP = 4;

/** Where a name may stand off its place, when another one is in the way. @type {Place[]} */
const OFFSETS = [
  [0, 0],
  [0, -1],
  [0, 1],
];

/** @param {Float64Array} cells @param {number} step @param {number} other @param {number} lines */
function blurLines(cells, step, other, lines) {
  const line = new Float64Array(CELLS);
  for (let from = 0; from < lines; from++) {
    for (let i = 0; i < CELLS; i++) {
      let sum = 0;
      const last = Math.min(CELLS - 1, i + HALF_BOX);
      for (let k = Math.max(0, i - HALF_BOX); k <= last; k++) sum += cells[from * other + k * step];
      line[i] = sum;
    }
    for (let i = 0; i < CELLS; i++) cells[from * other + i * step] = line[i];
  }
}

/**
 * The densest cell of some points.
 * @param {Points} points @param {number[]} dims one or two @param {number[]} members
 * @param {{low: number, size: number}[]} scales of the axes
 */
function densestCell(points, dims, members, scales) {
  const rows = dims.length > 1 ? CELLS : 1;
  const cells = new Float64Array(CELLS * rows);
  for (const index of members) {
    const at = dims.map((dim, axis) => {
      const cell = (points.values[index * points.d + dim] - scales[axis].low) / scales[axis].size;
      return Math.max(0, Math.min(CELLS - 1, Math.floor(cell)));
    });
    cells[(at[1] ?? 0) * CELLS + at[0]]++;
  }
  for (let i = 0; i < BLURS; i++) {
    blurLines(cells, 1, CELLS, rows);
    if (rows > 1) blurLines(cells, CELLS, 1, CELLS);
  }
  let best = 0;
  for (let i = 1; i < cells.length; i++) if (cells[i] > cells[best]) best = i;
  const cell = rows > 1 ? [best % CELLS, Math.floor(best / CELLS)] : [best];
  return {
    weight: cells[best],
    middle: cell.map((i, axis) => scales[axis].low + (i + 0.5) * scales[axis].size),
  };
}

/**
 * Indices of the points nearest to one of them, itself among them.
 * @param {Points} points @param {number} index @param {number[]} dims @param {number} count
 */
function nearestTo(points, index, dims, count) {
  const { values, d } = points;
  const squares = Float64Array.from({ length: points.count }, (_, i) => {
    let sum = 0;
    for (const dim of dims) sum += (values[i * d + dim] - values[index * d + dim]) ** 2;
    return sum;
  });
  const border = Float64Array.from(squares).sort()[Math.min(count, points.count) - 1];
  const found = [];
  for (let i = 0; i < points.count; i++) if (squares[i] <= border) found.push(i);
  return found;
}

/** @param {Points} points @param {number} index @param {number[]} dims @param {number} votes */
function isMajority(points, index, dims, votes) {
  const near = nearestTo(points, index, dims, votes);
  const mine = near.filter((i) => points.label[i] === points.label[index]).length;
  return 2 * mine > near.length;
}

/**
 * Find the densest place of each class that is the majority there, densest first. A place is that
 * of a point of the class.
 * @param {Points} points @param {number[]} dims the dimensions shown: one or two
 * @returns {ClassPlace[]}
 */
export function classPlaces(points, dims) {
  const scales = dims.map((dim) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < points.count; i++) {
      const value = points.values[i * points.d + dim];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return { low, size: (high - low) / CELLS || 1 };
  });
  const places = points.names.flatMap((_, label) => {
    const members = points.membersOf(label);
    if (!members.length) return [];
    const { middle, weight } = densestCell(points, dims, members, scales);
    const far = (/** @type {number} */ index) =>
      dims.reduce(
        (sum, dim, axis) =>
          sum + ((points.values[index * points.d + dim] - middle[axis]) / scales[axis].size) ** 2,
        0,
      );
    const index = members.reduce((best, i) => (far(i) < far(best) ? i : best), members[0]);
    const votes = Math.max(1, Math.min(MOST_VOTES, Math.floor(members.length / 2)));
    const all = Array.from({ length: points.d }, (__, dim) => dim);
    // Shadows may lie upon one another where the codes themselves do not, and the other way round.
    if (!isMajority(points, index, dims, votes)) return [];
    if (points.d > dims.length && !isMajority(points, index, all, votes)) return [];
    const at = dims.map((dim) => points.values[index * points.d + dim]);
    return [{ label, index, at, weight }];
  });
  return places.sort((a, b) => b.weight - a.weight);
}

/** @typedef {{x: number, y: number, half: number, tall: number}} Box around a middle */

/** @param {Box} a @param {Box} b */
export function overlaps(a, b) {
  return (
    Math.abs(a.x - b.x) < a.half + b.half + GAP && Math.abs(a.y - b.y) < (a.tall + b.tall) / 2 + GAP
  );
}

/**
 * Put names on a plot: none upon another, none beyond an edge. What finds no room is left out.
 * @param {ClassPlace[]} places @param {Frame} frame @param {Points} points
 * @param {(label: number) => {half: number, tall: number}} measure half the width of a name, and
 *   its height, in CSS pixels
 * @returns {(Box & {label: number})[]}
 */
export function placeNames(places, frame, points, measure) {
  const placed = /** @type {(Box & {label: number})[]} */ ([]);
  for (const { label, at } of places) {
    const { half, tall } = measure(label);
    const x = frame.x(at[0]);
    const y = frame.isLine ? classRow(frame, points, label) : frame.y(at[1]);
    if (!frame.contains([x, y])) continue;
    for (const [, up] of OFFSETS) {
      const box = {
        label,
        half,
        tall,
        x: Math.max(half + 1, Math.min(frame.width - half - 1, x)),
        y: Math.max(tall / 2 + 1, Math.min(frame.height - tall / 2 - 1, y + up * (tall + GAP + 1))),
      };
      if (placed.some((other) => overlaps(box, other))) continue;
      placed.push(box);
      break;
    }
  }
  return placed;
}
