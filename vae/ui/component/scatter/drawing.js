/** Drawing an embedding: axes, points and names on one layer; rings and the lasso on another. */

import { placeOf } from "../lib/frame.js";
import { clip, drawNames, drawPoints, drawRing, markRadius } from "../lib/marks.js";
import { drawAxes, drawGrid, prepare } from "../lib/plot.js";

/** @import { Frame, Look, Place, Points, Range, Theme } from "../lib/types" */

/** Room around the outermost points, as a share of the whole. */
const MARGIN = 0.05;

/**
 * What a square plot shows of points in two dimensions.
 * @param {Points} points
 * @param {boolean} isLine only across means something: each axis has its own scale
 */
export function rangesOf(points, isLine) {
  const ends = [0, 1].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = axis; i < points.values.length; i += 2) {
      low = Math.min(low, points.values[i]);
      high = Math.max(high, points.values[i]);
    }
    return points.count ? [low, high] : [0, 0];
  });
  const halves = ends.map(([low, high]) => ((high - low) / 2) * (1 + 2 * MARGIN));
  // One scale for both axes, so that a distance is the same in every direction.
  const widest = Math.max(...halves);
  return ends.map(([low, high], axis) => {
    const half = (isLine ? halves[axis] : widest) || 1;
    const middle = (low + high) / 2;
    return /** @type {Range} */ ([middle - half, middle + half]);
  });
}

/**
 * Draw axes, points and class names.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {Points} points @param {Theme} theme
 * @param {{axes: string[], has_ticks: boolean, is_line: boolean}} header @param {number|null} focus
 * @param {Look} look
 */
export function drawScatter(canvas, frame, points, theme, header, focus, look) {
  const context = prepare(canvas, frame);
  const rulers = [header.has_ticks, header.has_ticks && !header.is_line];
  const axes = { names: header.axes, rulers, isInside: true };
  drawGrid(context, frame, theme, axes);
  drawPoints(context, frame, points, theme, { ...look, grey: theme.leftOut });
  context.save();
  clip(context, frame);
  drawNames(context, frame, points, theme, focus);
  context.restore();
  drawAxes(context, frame, theme, axes);
}

/**
 * Draw what changes with a pointer or a key: the ring around the picked point, the dashed one of
 * the keyboard, and the lasso.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {Points} points @param {Theme} theme
 * @param {{picked: number|null, cursor: number|null, path: Place[]|null}} shown
 */
export function drawMarked(canvas, frame, points, theme, { picked, cursor, path }) {
  const context = prepare(canvas, frame);
  clip(context, frame);
  const radius = markRadius(points, frame) + 4;
  if (picked !== null) drawRing(context, placeOf(frame, points, picked), theme, { radius });
  if (cursor !== null) {
    const ring = { radius: radius + 5, dash: [4, 3] };
    drawRing(context, placeOf(frame, points, cursor), theme, ring);
  }
  if (!path) return;
  context.beginPath();
  for (const [x, y] of path) context.lineTo(x, y);
  context.closePath();
  context.globalAlpha = 0.15;
  context.fillStyle = theme.text;
  context.fill();
  context.globalAlpha = 1;
  context.setLineDash([6, 4]);
  context.lineWidth = 2;
  context.strokeStyle = theme.text;
  context.stroke();
}
