/** What a reader does to a view: mouse, finger and keys on its map, and its controls. */

import { listenToPlot } from "../lib/gestures.js";
import { freshSeed, uniformSource } from "../lib/rng.js";

/** @import { View } from "./view.js" */

/** Listen to all that stays from run to run. @param {View} view */
export function listenToReader(view) {
  const { refs } = view;
  listenToPlot(
    refs.map,
    {
      press: (at) => view.press(at),
      drag: (at) => view.dragTo(at),
      click: (at, reach) => view.click(at, reach),
      release: () => view.release(),
      arrow: (way, isLarge) => view.nudge(way, isLarge),
    },
    view.ending.signal,
  );
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
    if (event.key === "Escape") view.deselect();
  });
  view.listen(refs.clear, "click", () => view.deselect());
  view.listen(refs.prior, "click", () =>
    view.jump(view.parts.space.draw(uniformSource(freshSeed()))),
  );
  view.listen(refs.origin, "click", () => view.jump(view.parts.space.centre));
  view.listen(refs.walk, "click", () => view.toggleWalk());
  view.listen(refs.modes, "change", (event) => view.chooseMode(event.target.value));
  view.listen(refs.draws, "change", (event) => view.drawNoise(event.target.value === "sample"));
  view.listen(refs.again, "click", () => view.drawNoise(true));
  for (const [axis, select] of [refs.dimX, refs.dimY].entries()) {
    view.listen(select, "change", () => view.chooseAxis(axis, Number(select.value)));
  }
}
