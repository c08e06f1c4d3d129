/** Pointers, wheel and keys on the plot, as picks, lassos, shifts and zooms. */

/** A press that moves no further is a click. */
const STILL_PIXELS = 4;

/** How far from a point one may click: a finger is wider than a mouse's point. */
const MOUSE_REACH = 12;
const TOUCH_REACH = 22;

const WHEEL_STEP = 0.002;
const KEY_ZOOM = 1.5;

const ARROW_WAYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Listen to the plot.
 * @param {HTMLElement} plot
 * @param {{
 *   isLasso: () => boolean, isZoomed: () => boolean,
 *   pick: (x: number, y: number, reach: number) => void,
 *   lassoing: (path: number[][]|null) => void, lasso: (path: number[][]) => void,
 *   pan: (dx: number, dy: number) => void, zoom: (x: number, y: number, factor: number) => void,
 *   reset: () => void, step: (way: number[]) => void, choose: () => void,
 * }} on places are CSS pixels from the plot's upper left corner
 * @param {AbortSignal} signal ends the listening
 */
export function listenToScatter(plot, on, signal) {
  const pointers = new Map();
  /** @type {{id: number, start: number[], last: number[], moved: boolean, path: number[][]|null}|null} */
  let held = null;
  const place = (event) => {
    const box = plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const listen = (name, handler, options = {}) =>
    plot.addEventListener(name, handler, { signal, ...options });
  const pinch = () => {
    const [[ax, ay], [bx, by]] = pointers.values();
    return { x: (ax + bx) / 2, y: (ay + by) / 2, gap: Math.max(1, Math.hypot(ax - bx, ay - by)) };
  };
  const letGo = () => {
    if (held?.path) on.lassoing(null);
    held = null;
  };

  listen("pointerdown", (event) => {
    if (event.button !== 0 || pointers.size > 1) return;
    plot.focus({ preventScroll: true });
    plot.setPointerCapture(event.pointerId);
    const at = place(event);
    pointers.set(event.pointerId, at);
    if (pointers.size > 1) {
      letGo();
    } else {
      const isLasso = on.isLasso() || event.shiftKey;
      held = { id: event.pointerId, start: at, last: at, moved: false, path: isLasso ? [at] : null };
    }
    event.preventDefault();
  });
  listen("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const at = place(event);
    if (pointers.size > 1) {
      const before = pinch();
      pointers.set(event.pointerId, at);
      const now = pinch();
      on.pan(now.x - before.x, now.y - before.y);
      on.zoom(now.x, now.y, now.gap / before.gap);
      return;
    }
    pointers.set(event.pointerId, at);
    if (event.pointerId !== held?.id) return;
    held.moved ||= Math.hypot(at[0] - held.start[0], at[1] - held.start[1]) > STILL_PIXELS;
    if (held.path) {
      held.path.push(at);
      if (held.moved) on.lassoing(held.path);
    } else if (held.moved) {
      on.pan(at[0] - held.last[0], at[1] - held.last[1]);
    }
    held.last = at;
  });
  const end = (event) => {
    if (!pointers.delete(event.pointerId) || event.pointerId !== held?.id) return;
    const { moved, path } = held;
    const isDone = event.type === "pointerup";
    letGo();
    if (!isDone) return;
    const reach = event.pointerType === "touch" ? TOUCH_REACH : MOUSE_REACH;
    if (!moved) on.pick(...place(event), reach);
    else if (path) on.lasso(path);
  };
  listen("pointerup", end);
  listen("pointercancel", end);

  listen(
    "wheel",
    (event) => {
      // With nothing to zoom out of, the wheel scrolls the page.
      if (event.deltaY > 0 && !on.isZoomed()) return;
      event.preventDefault();
      on.zoom(...place(event), Math.exp(-event.deltaY * WHEEL_STEP));
    },
    { passive: false },
  );

  listen("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = [plot.clientWidth / 2, plot.clientHeight / 2];
    if (ARROW_WAYS[event.key]) on.step(ARROW_WAYS[event.key]);
    else if (event.key === "Enter" || event.key === " ") on.choose();
    else if (event.key === "+" || event.key === "=") on.zoom(...middle, KEY_ZOOM);
    else if (event.key === "-") on.zoom(...middle, 1 / KEY_ZOOM);
    else if (event.key === "0") on.reset();
    else return;
    event.preventDefault();
  });
}
