/** Buttons and choices around the map. */

/**
 * Listen to all controls but the map and the sliders.
 * @param {Object<string, HTMLElement>} refs
 * @param {{
 *   stopWalk: () => void, isWalking: () => boolean, walk: () => void, prior: () => void,
 *   origin: () => void, deselect: () => void, mode: (mode: string) => void,
 *   draw: (isSample: boolean) => void, axis: (axis: number, dim: number) => void,
 * }} on
 * @param {AbortSignal} signal ends the listening
 */
export function listenToControls(refs, on, signal) {
  const listen = (node, name, handler) => node.addEventListener(name, handler, { signal });
  // Anything one does stops the tour; its own button does so by being pressed again.
  for (const name of ["pointerdown", "keydown"]) {
    refs.root.addEventListener(
      name,
      (event) => {
        const pressesIt = name === "pointerdown" || event.key === "Enter" || event.key === " ";
        if (pressesIt && event.composedPath().includes(refs.walk)) return;
        if (on.isWalking()) on.stopWalk();
      },
      { signal, capture: true },
    );
  }
  listen(refs.root, "keydown", (event) => {
    if (event.key === "Escape") on.deselect();
  });
  listen(refs.clear, "click", () => on.deselect());
  listen(refs.prior, "click", () => on.prior());
  listen(refs.origin, "click", () => on.origin());
  listen(refs.walk, "click", () => (on.isWalking() ? on.stopWalk() : on.walk()));
  listen(refs.modes, "change", (event) => on.mode(event.target.value));
  listen(refs.draws, "change", (event) => on.draw(event.target.value === "sample"));
  listen(refs.again, "click", () => on.draw(true));
  for (const [axis, select] of [refs.dimX, refs.dimY].entries()) {
    listen(select, "change", () => on.axis(axis, Number(select.value)));
  }
}
