/** Pointer and keys on the map, as moves, clicks and releases. */

/** A press that moves no further is a click. */
const CLICK_PIXELS = 4;

/** Arrow keys, in units of each dimension; Shift for the larger step. */
const STEP = 0.05;
const LARGE_STEP = 0.5;

const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/**
 * Listen to the map.
 * @param {HTMLElement} map its box is the plot
 * @param {{
 *   press: () => void, drag: (x: number, y: number) => void,
 *   click: (x: number, y: number, reach: number) => void, release: () => void,
 *   nudge: (dx: number, dy: number) => void, escape: () => void,
 * }} on places are CSS pixels from the plot's upper left corner; a click comes before its release
 * @param {AbortSignal} signal ends the listening
 */
export function listenToMap(map, on, signal) {
  /** @type {{id: number, x: number, y: number, moved: boolean}|null} */
  let held = null;
  const place = (event) => {
    const box = map.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const listen = (name, handler) => map.addEventListener(name, handler, { signal });

  listen("pointerdown", (event) => {
    if (held || event.button !== 0) return;
    map.focus({ preventScroll: true });
    map.setPointerCapture(event.pointerId);
    held = { id: event.pointerId, x: event.clientX, y: event.clientY, moved: false };
    on.press();
    on.drag(...place(event));
    event.preventDefault();
  });
  listen("pointermove", (event) => {
    if (event.pointerId !== held?.id) return;
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > CLICK_PIXELS;
    on.drag(...place(event));
  });
  const end = (event) => {
    if (event.pointerId !== held?.id) return;
    const isClick = event.type === "pointerup" && !held.moved;
    held = null;
    // A finger is wider than a mouse's point.
    if (isClick) on.click(...place(event), event.pointerType === "touch" ? 16 : 8);
    on.release();
  };
  listen("pointerup", end);
  listen("pointercancel", end);

  listen("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = DIRECTIONS[event.key];
    if (!direction) return;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    on.nudge(direction[0] * step, direction[1] * step);
    event.preventDefault();
  });
}
