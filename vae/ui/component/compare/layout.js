/** Sizes of several maps and their pictures for a width of the root. */

import { AROUND_PLOT } from "../lib/room.js";

/** Sides of maps and pictures, and the room between columns, in CSS pixels. */
const LEAST_COLUMN = 280;
const LARGEST_MAP = 440;
const SMALLEST_MAP = 180;
const PICTURE_BESIDE = 196;
const PICTURE_ABOVE = 140;
const PICTURE_STACKED = 112;
export const COLUMN_GAP = 20;
const PICTURE_GAP = 8;

/** A column with room for so large a map has its picture beside it. */
const MAP_BESIDE = 260;

/** What stands above and below a map in its window, and must be seen with it. */
const AROUND_MAP = 470;

/**
 * @param {number} width of the root
 * @param {number} count of runs
 * @returns {{columns: number, isStacked: boolean, isBeside: boolean, side: number,
 *   picture: number}} maps beside one another; whether some stand below others, the pictures then
 *   in a row of their own; whether a picture stands beside its map; sides of map and picture
 */
export function comparedLayout(width, count) {
  const columns = Math.max(1, Math.min(count, Math.floor(width / LEAST_COLUMN)));
  const isStacked = columns < count;
  const column = (width - (columns - 1) * COLUMN_GAP) / columns - AROUND_PLOT;
  const isBeside = !isStacked && column - PICTURE_BESIDE - PICTURE_GAP >= MAP_BESIDE;
  const room = isBeside ? column - PICTURE_BESIDE - PICTURE_GAP : column;
  const tallest = Math.max(globalThis.innerHeight - AROUND_MAP, 0.75 * room, SMALLEST_MAP);
  const side = Math.floor(Math.min(room, LARGEST_MAP, tallest));
  const stacked = Math.min(PICTURE_STACKED, (width - (count - 1) * PICTURE_GAP) / count);
  const picture = isStacked ? stacked : isBeside ? PICTURE_BESIDE : PICTURE_ABOVE;
  return { columns, isStacked, isBeside, side, picture };
}
