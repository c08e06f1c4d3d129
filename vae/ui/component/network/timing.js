/** What the page takes its time for, where any browser's own tools show it. */

/**
 * Note how long something has taken, as an entry of the performance timeline.
 * @param {string} name @param {number} start of performance.now()
 * @param {Record<string, number>} [detail] how much it was
 */
export function noteTime(name, start, detail) {
  // The latest stays: a drag of an hour would fill the timeline.
  performance.clearMeasures(name);
  performance.measure(name, { start, detail });
}
