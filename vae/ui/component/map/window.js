/** The part of the map that is seen: zoom and pan by wheel, fingers, keys and buttons. */

import { tellDisplay } from "./display.js";

/** @import { Frame, Place } from "../lib/types" */
/** @import { View } from "./view.js" */

/** What a button or a key zooms by, a double press, and the wheel for each pixel that it turns. */
const ZOOM_STEP = 1.5;
const DOUBLE_PRESS = 2;
const WHEEL_STEP = 0.002;

/** The window rests when it has not moved for so many milliseconds. */
const REST_MS = 150;

/** @type {Record<string, (view: View) => void>} */
const KEYS = {
  "+": (view) => zoomAtCursor(view, ZOOM_STEP),
  "=": (view) => zoomAtCursor(view, ZOOM_STEP),
  "-": (view) => zoomAtCursor(view, 1 / ZOOM_STEP),
  0: (view) => changeWindow(view, (frame) => frame.reset()),
};

/**
 * Change the window; tiles are made anew once it rests.
 * @param {View} view @param {(frame: Frame) => void} change
 */
export function changeWindow(view, change) {
  const before = view.frame.ranges.join();
  change(view.frame);
  if (view.frame.ranges.join() === before) return;
  clearTimeout(view.windowTimer);
  view.isWindowMoving = true;
  view.windowTimer = setTimeout(() => {
    view.isWindowMoving = false;
    view.invalidate("ground");
    tellDisplay(view);
  }, REST_MS);
  showZoom(view);
  view.invalidate("ground", "cursor");
}

/**
 * Give a new frame the window that a link names, or that of the frame before it.
 * @param {View} view @param {Frame} frame
 */
export function carryWindow({ frame: before, shown }, frame) {
  if (shown.zoom) frame.zoomTo(shown.zoom[0], shown.zoom.slice(1));
  else if (before?.plane?.key === frame.plane?.key && `${before?.home}` === `${frame.home}`) {
    frame.follow(before);
  }
  shown.zoom = null;
}

/** @param {View} view */
export function showZoom({ refs, root, frame: { zoom } }) {
  refs.zoomOut.disabled = refs.zoomReset.disabled = zoom <= 1;
  root.dataset.zoom = zoom.toFixed(2);
}

/** Zoom around the cursor if it is in sight, or around the middle. @param {View} view @param {number} factor */
function zoomAtCursor(view, factor) {
  changeWindow(view, (frame) => {
    const at = view.cursorPlace();
    const [x, y] = frame.contains(at) ? at : [frame.width / 2, frame.height / 2];
    frame.zoomAt(x, y, factor);
  });
}

/** The window follows a cursor that keys have moved beyond it. @param {View} view */
export function revealCursor(view) {
  if (view.frame.zoom > 1) changeWindow(view, (frame) => frame.reveal(view.cursorPlace()));
}

/** Gestures of the window, for a plot. @param {View} view */
export function windowGestures(view) {
  return {
    doublePress: (/** @type {Place} */ [x, y]) =>
      changeWindow(view, (frame) => frame.zoomAt(x, y, DOUBLE_PRESS)),
    pinch: (
      /** @type {Place} */ [x, y],
      /** @type {Place} */ [dx, dy],
      /** @type {number} */ factor,
    ) =>
      changeWindow(view, (frame) => {
        frame.pan(dx, dy);
        frame.zoomAt(x, y, factor);
      }),
    wheel: (/** @type {Place} */ [x, y], /** @type {number} */ deltaY) => {
      // With nothing to zoom out of, the wheel scrolls the page.
      if (deltaY > 0 && view.frame.zoom <= 1) return false;
      changeWindow(view, (frame) => frame.zoomAt(x, y, Math.exp(-deltaY * WHEEL_STEP)));
      return true;
    },
    key: (/** @type {string} */ key) => {
      KEYS[key]?.(view);
      return key in KEYS;
    },
  };
}

/** The buttons of the window. @param {View} view */
export function listenToWindow(view) {
  const { refs } = view;
  view.listen(refs.zoomIn, "click", () => zoomAtCursor(view, ZOOM_STEP));
  view.listen(refs.zoomOut, "click", () => zoomAtCursor(view, 1 / ZOOM_STEP));
  view.listen(refs.zoomReset, "click", () => changeWindow(view, (frame) => frame.reset()));
}
