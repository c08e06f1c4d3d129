/** What the plot of an embedding has room for. */

/** @import { Points, Range } from "../lib/types" */

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
