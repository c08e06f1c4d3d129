/** How tall a plot can be and still be seen whole: the same on every page. */

import { GUTTER } from "./frame.js";

/** Axes and border on both sides of a plot, in CSS pixels. */
export const AROUND_PLOT = GUTTER.left + GUTTER.right + 2;

const LEAST_PLOT = 212;

/** What stands above the root in the page, and is left free at the window's foot. */
export const ABOVE = { wide: 149, narrow: 140 };
export const FOOT = 8;

/** Above and below the plot in its frame: axes, one row of the legend, the hint; and the bar below. */
const FRAME = GUTTER.top + GUTTER.bottom + 56;
const LEGEND_ROW = 30;
const HINT_ROW = 18;
const HINT_LETTER = 6.4;
const BAR = 48;

/** Width of a class's button in the legend: its mark, and so much for a letter. */
const MARK = { wide: 38, narrow: 23 };
const LETTER = 8.5;

/** Rows that the legend takes. @param {string[]} names @param {number} width */
export function legendRows(names, width, mark = MARK.wide) {
  let rows = 1;
  let used = 0;
  for (const name of names) {
    const wide = mark + LETTER * name.length;
    if (used && used + wide > width) {
      rows++;
      used = 0;
    }
    used += wide;
  }
  return rows;
}

/**
 * @param {number} width that the plot can have @param {string[]} names of the classes
 * @param {{isWide: boolean, others?: number, hintLength?: number}} with others: height of what must
 *   be seen together with the plot
 */
export function tallestPlot(width, names, { isWide, others = 0, hintLength = 0 }) {
  const above = (isWide ? ABOVE.wide : ABOVE.narrow) + others;
  const mark = isWide ? MARK.wide : MARK.narrow;
  const legend = LEGEND_ROW * (legendRows(names, width + AROUND_PLOT - 12, mark) - 1);
  const lines = Math.ceil((hintLength * HINT_LETTER) / (width + AROUND_PLOT - 16));
  const words = HINT_ROW * Math.max(0, lines - 1);
  return Math.max(LEAST_PLOT, globalThis.innerHeight - above - FRAME - legend - words - BAR - FOOT);
}
