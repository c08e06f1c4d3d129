/** Pointers, wheel and keys on a plot, as presses, drags, clicks, pinches and arrows. */

/** @import { Gestures, Place } from "./types" */

/** A press that moves no further is a click. */
const STILL_PIXELS = 4;

/** Two presses within so many milliseconds and CSS pixels are one double press. */
const DOUBLE_MS = 350;
const DOUBLE_PIXELS = 24;

/** How far from a point one may click: a finger is wider than a mouse's point. */
const REACH = { mouse: 8, touch: 16 };

/** Right and up, by the names of keys. @type {Record<string, Place>} */
export const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** @param {Map<number, Place>} pointers of two fingers */
function gripOf(pointers) {
  const [[ax, ay], [bx, by]] = pointers.values();
  return { x: (ax + bx) / 2, y: (ay + by) / 2, gap: Math.max(1, Math.hypot(ax - bx, ay - by)) };
}

/**
 * Listen to a plot.
 * @param {HTMLElement} plot its box is the plot
 * @param {Gestures} on
 * @param {AbortSignal} signal ends the listening
 */
export function listenToPlot(plot, on, signal) {
  const reach = on.reach ?? REACH;
  const pointers = /** @type {Map<number, Place>} */ (new Map());
  let lastClick = { at: /** @type {Place} */ ([0, 0]), time: -Infinity };
  let held = /** @type {{id: number, start: Place, last: Place, hasMoved: boolean}|null} */ (null);
  /** @param {MouseEvent} event @returns {Place} */
  const place = (event) => {
    const box = plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  plot.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0 || pointers.size >= (on.pinch ? 2 : 1)) return;
      plot.focus({ preventScroll: true });
      plot.setPointerCapture(event.pointerId);
      const at = place(event);
      pointers.set(event.pointerId, at);
      if (pointers.size === 1) {
        held = { id: event.pointerId, start: at, last: at, hasMoved: false };
        on.press(at, event.shiftKey);
      } else if (held) {
        held = null;
        on.release(false);
      }
      event.preventDefault();
    },
    { signal },
  );
  plot.addEventListener(
    "pointermove",
    (event) => {
      if (!pointers.has(event.pointerId)) return;
      const at = place(event);
      const before = pointers.size > 1 ? gripOf(pointers) : null;
      pointers.set(event.pointerId, at);
      if (before) {
        const now = gripOf(pointers);
        on.pinch?.([now.x, now.y], [now.x - before.x, now.y - before.y], now.gap / before.gap);
      } else if (event.pointerId === held?.id) {
        const { start, last } = held;
        held.hasMoved ||= Math.hypot(at[0] - start[0], at[1] - start[1]) > STILL_PIXELS;
        held.last = at;
        on.drag(at, [at[0] - last[0], at[1] - last[1]], held.hasMoved);
      }
    },
    { signal },
  );
  /** @param {PointerEvent} event */
  const end = (event) => {
    if (!pointers.delete(event.pointerId) || event.pointerId !== held?.id) return;
    const isDone = event.type === "pointerup";
    const isClick = isDone && !held.hasMoved;
    held = null;
    if (isClick) {
      const at = place(event);
      const [dx, dy] = [at[0] - lastClick.at[0], at[1] - lastClick.at[1]];
      const isDouble =
        event.timeStamp - lastClick.time < DOUBLE_MS && Math.hypot(dx, dy) < DOUBLE_PIXELS;
      lastClick = { at, time: isDouble ? -Infinity : event.timeStamp };
      if (isDouble && on.doublePress) on.doublePress(at);
      else on.click(at, event.pointerType === "touch" ? reach.touch : reach.mouse);
    }
    on.release(isDone);
  };
  plot.addEventListener("pointerup", end, { signal });
  plot.addEventListener("pointercancel", end, { signal });

  const { wheel } = on;
  if (wheel) {
    plot.addEventListener(
      "wheel",
      (event) => {
        if (wheel(place(event), event.deltaY)) event.preventDefault();
      },
      { signal, passive: false },
    );
  }

  plot.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const way = ARROWS[event.key];
      if (way) on.arrow(way, event.shiftKey);
      else if (!on.key?.(event.key)) return;
      event.preventDefault();
    },
    { signal },
  );
}
