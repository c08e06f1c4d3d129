/** What a reader does to a view: mouse, finger and keys on its map, and its controls. */

import { PCA } from "../lib/dims.js";
import { freshSeed, uniformSource } from "../lib/rng.js";
import { chooseAxis, chooseMode, drawNoise, setOpacity, tellDisplay } from "./display.js";
import { nudge } from "./nudge.js";
import { deselect, pickAt } from "./picking.js";
import { listenToSaves } from "./save.js";

/** @import { PlotHandlers } from "../lib/types" */
/** @import { View } from "./view.js" */

/** What the plot does with the view. @param {View} view @returns {PlotHandlers} */
export function handlers(view) {
  return {
    testid: "latent-map",
    choice: view.shown,
    changed: (layer) => view.invalidate(layer),
    windowRested: () => tellDisplay(view),
    focused: () => tellDisplay(view),
    press: (at) => view.press(at),
    drag: (at) => view.dragTo(at),
    release: () => view.release(),
    click: (at, reach) => pickAt(view, at, reach),
    arrow: (way, isLarge) => nudge(view, way, isLarge),
  };
}

/** Listen to all that stays from run to run. @param {View} view */
export function listenToReader(view) {
  const { refs } = view;
  // Anything one does stops the tour; its own button does so by being pressed again.
  for (const name of ["pointerdown", "keydown"]) {
    view.listen(
      refs.root,
      name,
      (event) => {
        const pressesIt = name === "pointerdown" || event.key === "Enter" || event.key === " ";
        if (pressesIt && event.composedPath().includes(refs.walk)) return;
        view.stopWalk(true);
      },
      true,
    );
  }
  view.listen(refs.root, "keydown", (event) => {
    if (event.key === "Escape") deselect(view);
  });
  view.listen(refs.clear, "click", () => deselect(view));
  view.listen(refs.prior, "click", () =>
    view.jump(view.parts.space.draw(uniformSource(freshSeed()))),
  );
  view.listen(refs.origin, "click", () => view.jump(view.parts.space.centre));
  view.listen(refs.walk, "click", () => view.toggleWalk());
  view.listen(refs.modes, "change", (event) => chooseMode(view, event.target.value));
  view.listen(refs.opacity, "input", () => setOpacity(view, Number(refs.opacity.value)));
  view.listen(refs.opacity, "change", () => tellDisplay(view));
  view.listen(refs.draws, "change", (event) => drawNoise(view, event.target.value === "sample"));
  view.listen(refs.again, "click", () => drawNoise(view, true));
  for (const [axis, select] of [refs.dimX, refs.dimY].entries()) {
    view.listen(select, "change", () =>
      chooseAxis(view, axis, select.value === PCA ? PCA : Number(select.value)),
    );
  }
  listenToSaves(view);
}
