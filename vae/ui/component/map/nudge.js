/** Arrow keys on the map: a small step of z, with Shift a large one. */

/** @import { Place } from "../lib/types" */
/** @import { View } from "./view.js" */

/** Steps, in units of an axis. */
const STEP = 0.05;
const LARGE_STEP = 0.5;

/** @param {View} view @param {Place} way @param {boolean} isLarge */
export function nudge(view, way, isLarge) {
  const { plane } = view.frame;
  if (!plane) return;
  const at = plane.coordinates(view.z);
  const size = isLarge ? LARGE_STEP : STEP;
  const least = 10 ** -view.parts.space.decimals;
  view.moveOnMap(
    plane.dims.map((dim, axis) => {
      const step = Math.max(least, size * plane.units[axis]);
      return at[dim] + way[axis] * step;
    }),
  );
  view.plot.reveal(plane.coordinates(view.z));
  view.restSoon();
}
