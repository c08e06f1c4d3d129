/** What a reader does to an embedding: picks, lassos, shifts and zooms, and its controls. */

import { listenToPlot } from "../lib/gestures.js";

/** @import { Gestures, Place } from "../lib/types" */
/** @import { ScatterView } from "./view.js" */

/** How far from a point one may click: with no cursor to move there is more room than on a map. */
const REACH = { mouse: 12, touch: 22 };

/** What a button or a key zooms by, and the wheel for each pixel that it turns. */
export const ZOOM_STEP = 1.5;
const WHEEL_STEP = 0.002;

/** @param {ScatterView} view @returns {Gestures} */
function gestures(view) {
  let path = /** @type {Place[]|null} */ (null);
  let isDrawn = false;
  return {
    reach: REACH,
    press: (at, isShift) => {
      path = view.mode === "lasso" || isShift ? [at] : null;
      isDrawn = false;
    },
    drag: (at, [dx, dy], hasMoved) => {
      path?.push(at);
      isDrawn = hasMoved;
      if (!hasMoved) return;
      if (path) view.showLasso(path);
      else view.changeFrame((frame) => frame.pan(dx, dy));
    },
    click: (at, reach) => view.pickAt(at, reach),
    release: (isDone) => {
      if (!path) return;
      view.showLasso(null);
      if (isDone && isDrawn) view.catchIn(path);
    },
    pinch: ([x, y], [dx, dy], factor) =>
      view.changeFrame((frame) => {
        frame.pan(dx, dy);
        frame.zoomAt(x, y, factor);
      }),
    wheel: ([x, y], deltaY) => {
      // With nothing to zoom out of, the wheel scrolls the page.
      if (deltaY > 0 && !(view.frame?.zoom > 1)) return false;
      view.changeFrame((frame) => frame.zoomAt(x, y, Math.exp(-deltaY * WHEEL_STEP)));
      return true;
    },
    arrow: (way) => view.go(way),
    key: (key) => view.press(key),
  };
}

/** Listen to all that stays. @param {ScatterView} view */
export function listenToReader(view) {
  const { refs } = view;
  listenToPlot(refs.map, gestures(view), view.ending.signal);
  view.listen(view.root, "keydown", (event) => {
    if (event.key !== "Escape") return;
    view.letPickedGo();
    view.letGroupGo();
  });
  view.listen(refs.map, "blur", () => view.setCursor(null));
  view.listen(refs.modes, "change", (event) => view.chooseMode(event.target.value));
  view.listen(refs.zoomIn, "click", () => view.zoomBy(ZOOM_STEP));
  view.listen(refs.zoomOut, "click", () => view.zoomBy(1 / ZOOM_STEP));
  view.listen(refs.zoomReset, "click", () => view.changeFrame((frame) => frame.reset()));
  view.listen(refs.clearPicked, "click", () => view.letPickedGo());
  view.listen(refs.clearGroup, "click", () => view.letGroupGo());
  view.listen(refs.open, "click", (event) => {
    // A plain click stays in the session; any other opens the address as it is.
    if (event.ctrlKey || event.metaKey || event.shiftKey || view.picked === null) return;
    event.preventDefault();
    view.setTriggerValue("open", view.picked);
  });
}
