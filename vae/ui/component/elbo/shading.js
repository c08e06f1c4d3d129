/** Drawing p(z|x) as regions of highest density, and q(z|x) as ellipses, on any map. */

import { Frame } from "../lib/frame.js";
import { clip } from "../lib/marks.js";

/** @import { Range, Theme } from "../lib/types" */
/** @import { PosteriorGrid } from "./grid.js" */

/** @typedef {CanvasRenderingContext2D} Context */

/** Shares of p(z|x) that the regions hold, the innermost first. */
export const SHARES = [0.5, 0.95, 0.999];
/** Their colours: amber is no class's colour, and stands out on tiles and on both themes. */
const COLOURS = ["rgb(255 140 0)", "rgb(255 176 46 / 0.85)", "rgb(255 212 130 / 0.6)"];
/** On a line they are the ground of all points. */
const LINE_ALPHA = 0.3;
const EDGE = "rgb(20 20 20 / 0.85)";
/** A region is seen although its cells are smaller than a pixel. */
const LEAST_PX = 2;
/** Cells so many nats below the greatest hold nothing that counts. */
const NOTHING = 30;

/**
 * The least log density within each region.
 * @param {PosteriorGrid} grid @returns {number[]} as SHARES
 */
export function regionBorders({ sizes, level, values, isSplit, span, handed }) {
  const areas = sizes.map((cell) => cell.reduce((product, size) => product * size, 1));
  const leaves = [];
  let most = -Infinity;
  for (let i = 0; i < handed; i++) {
    if (isSplit[i]) continue;
    most = Math.max(most, values[i]);
  }
  for (let i = 0; i < handed; i++) {
    if (!isSplit[i] && values[i] > most - NOTHING) leaves.push(i);
  }
  leaves.sort((a, b) => values[b] - values[a]);
  const mass = (/** @type {number} */ i) =>
    Math.exp(values[i] - most) * areas[level[i]] * span[i] ** sizes[0].length;
  const total = leaves.reduce((sum, i) => sum + mass(i), 0);
  const borders = SHARES.map(() => Infinity);
  let held = 0;
  for (const i of leaves) {
    for (const [k, share] of SHARES.entries()) if (held < share * total) borders[k] = values[i];
    held += mass(i);
  }
  return borders;
}

/**
 * Draw the regions on a cleared layer, clipped to its plot.
 * @param {Context} context @param {Frame} frame @param {PosteriorGrid} grid
 * @param {number[]} borders of the regions
 */
export function drawPosterior(context, frame, grid, borders) {
  /** @param {number} value @returns {number} of the innermost region, or -1 */
  const regionOf = (value) => borders.findIndex((border) => value >= border);
  context.save();
  clip(context, frame);
  // All edges first: what remains of them is the outline.
  const { values, isSplit, level, span, parent } = grid;
  const outer = borders[borders.length - 1];
  const isEdged = (/** @type {number} */ i) => !isSplit[i] && values[i] >= outer;
  eachCell(frame, grid, isEdged, (_, x, y, width, height) => {
    context.fillStyle = EDGE;
    context.fillRect(x - 1.5, y - 1.5, width + 3, height + 3);
  });
  const isOver = (/** @type {number} */ i) =>
    level[i] ? values[parent[i]] >= outer : span[i] < span[0];
  const isDrawn = (/** @type {number} */ i) =>
    values[i] >= outer || (values[i] > -Infinity && isOver(i));
  eachCell(frame, grid, isDrawn, (i, x, y, width, height) => {
    const region = regionOf(values[i]);
    // A finer cell takes the place of the coarser one under it.
    context.clearRect(x, y, width, height);
    if (region < 0) return;
    context.globalAlpha = frame.isLine ? LINE_ALPHA : 1;
    context.fillStyle = COLOURS[region];
    context.fillRect(x, y, width, height);
  });
  context.restore();
}

/**
 * Call with the rectangle of each of some cells, whole pixels, coarse cells first.
 * @param {Frame} frame @param {PosteriorGrid} grid @param {(i: number) => boolean} counts
 * @param {(i: number, x: number, y: number, width: number, height: number) => void} draw
 */
function eachCell(frame, { sizes, places, level, span, handed }, counts, draw) {
  const scale = globalThis.devicePixelRatio || 1;
  const round = (/** @type {number} */ value) => Math.round(value * scale) / scale;
  for (let i = 0; i < handed; i++) {
    if (!counts(i)) continue;
    const [width, height] = sizes[level[i]];
    const x = places[0][i] - width / 2;
    const left = round(frame.x(x));
    const right = round(frame.x(x + span[i] * width));
    if (right < 0 || left > frame.width) continue;
    const across = Math.max(right - left, LEAST_PX);
    if (frame.isLine) {
      draw(i, left, frame.strip, across, frame.height - frame.strip);
      continue;
    }
    const y = places[1][i] - height / 2;
    const bottom = round(frame.y(y));
    const top = round(frame.y(y + span[i] * height));
    if (bottom < 0 || top > frame.height) continue;
    draw(i, left, top, across, Math.max(bottom - top, LEAST_PX));
  }
}

/**
 * q(z|x) on the plane through mu: where it is, and its precision there.
 * @typedef {{centre: number[], precision: number[][]}} Slice
 */

/**
 * @param {ArrayLike<number>} mu @param {ArrayLike<number>} logvar
 * @param {number[][]} axes directions of the plane, orthonormal
 * @returns {Slice}
 */
export function sliceOf(mu, logvar, axes) {
  const sum = (/** @type {(j: number) => number} */ term) => {
    let total = 0;
    for (let j = 0; j < mu.length; j++) total += term(j);
    return total;
  };
  return {
    centre: axes.map((axis) => sum((j) => axis[j] * mu[j])),
    precision: axes.map((a) => axes.map((b) => sum((j) => a[j] * b[j] * Math.exp(-logvar[j])))),
  };
}

/** Variances along the axes of the slice, and its covariance. @param {Slice} slice */
function spreadOf({ precision }) {
  const [a, b] = precision[0];
  if (precision.length < 2) return [1 / a, 0, 0];
  const c = precision[1][1];
  const scale = 1 / (a * c - b * b);
  return [c * scale, a * scale, -b * scale];
}

/**
 * The ellipses of q(z|x) at 1 and 2 sigma, outlines alone; bands on a line.
 * @param {Context} context @param {Frame} frame @param {Slice} slice @param {Theme} theme
 */
export function drawEllipses(context, frame, slice, theme) {
  const [xx, yy, xy] = spreadOf(slice);
  const [x, y] = [frame.x(slice.centre[0]), frame.isLine ? 0 : frame.y(slice.centre[1])];
  context.save();
  clip(context, frame);
  for (const times of [2, 1]) {
    context.beginPath();
    if (frame.isLine) {
      const half = times * frame.across(Math.sqrt(xx));
      context.rect(x - half, frame.strip, 2 * half, frame.height - frame.strip);
    } else {
      // The Cholesky factor turns a circle into the ellipse.
      const [l11, l21] = [Math.sqrt(xx), xy / Math.sqrt(xx)];
      const l22 = Math.sqrt(yy - l21 * l21);
      for (let step = 0; step < 64; step++) {
        const [c, s] = [Math.cos((step * Math.PI) / 32), Math.sin((step * Math.PI) / 32)];
        const right = frame.across(times * l11 * c);
        context.lineTo(x + right, y - frame.up(times * (l21 * c + l22 * s)));
      }
      context.closePath();
    }
    context.lineWidth = 4;
    context.strokeStyle = theme.background;
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = theme.text;
    context.stroke();
  }
  context.restore();
}

/**
 * A square window that holds the outermost region and q(z|x) at 3 sigma.
 * @param {PosteriorGrid} grid @param {number} border of that region
 * @param {Slice} slice @param {number} side in CSS pixels
 */
export function closeFrame(grid, border, slice, side) {
  const variances = spreadOf(slice);
  const ranges = slice.centre.map((middle, axis) => {
    const reach = 3 * Math.sqrt(variances[axis]);
    let [low, high] = [middle - reach, middle + reach];
    for (let i = 0; i < grid.handed; i++) {
      if (grid.isSplit[i] || grid.values[i] < border) continue;
      const half = grid.sizes[grid.level[i]][axis];
      low = Math.min(low, grid.places[axis][i] - half);
      high = Math.max(high, grid.places[axis][i] + half);
    }
    return /** @type {Range} */ ([low, high]);
  });
  // One scale for both axes: an ellipse keeps its shape.
  const length = Math.max(...ranges.map(([low, high]) => high - low));
  const squares = ranges.map(([low, high]) => {
    const middle = (low + high) / 2;
    return /** @type {Range} */ ([middle - length / 2, middle + length / 2]);
  });
  return new Frame(side, side, squares, slice.centre.length > 1 ? [0, 1] : [0]);
}
