/** What a reader does to a view: mouse, finger and keys on its map, and its controls. */

import { listenToControls } from "./controls.js";
import { listenToMap } from "../lib/gestures.js";
import { freshSeed, uniformSource } from "../lib/rng.js";

/** Gestures on the map. */
function mapHandlers(view) {
  return {
    press: () => {
      view.zBeforePress = Float64Array.from(view.z);
      view.isPressed = true;
    },
    drag: (x, y) => view.moveOnMap(view.frame.valueAtX(x), view.frame.valueAtY(y)),
    click: (x, y, reach) => view.click(x, y, reach),
    release: () => {
      view.isPressed = false;
      view.rest();
    },
    nudge: (dx, dy) => {
      const { space, z, dims } = view;
      const [across, up] = dims;
      const x = z[across] + space.step(across, dx);
      view.moveOnMap(x, up === undefined ? 0 : z[up] + space.step(up, dy));
      view.restSoon();
    },
  };
}

/** Buttons and choices. */
function controlHandlers(view) {
  return {
    isWalking: () => view.tour.isOn,
    stopWalk: () => view.stopWalk(true),
    walk: () => view.startWalk(),
    prior: () => view.jump(view.space.draw(uniformSource(freshSeed()))),
    origin: () => view.jump(view.space.centre),
    deselect: () => view.deselect(),
    mode: (mode) => {
      view.mode = mode;
      view.layOut();
      view.invalidate("ground");
    },
    draw: (isSample) => view.drawNoise(isSample),
    axis: (axis, dim) => view.chooseAxis(axis, dim),
  };
}

/** What the parts of a run call when they are used: its sliders, its labels. */
export function partHandlers(view) {
  return {
    move: (dim, value) => {
      view.stopWalk(false);
      view.move(dim, value);
    },
    release: () => view.restSoon(),
    label: (label) => {
      view.setLabel(label);
      view.rest();
    },
  };
}

/**
 * Listen to all that stays from run to run.
 * @param {View} view
 * @param {AbortSignal} signal ends the listening
 */
export function listenToReader(view, signal) {
  listenToMap(view.refs.map, mapHandlers(view), signal);
  listenToControls(view.refs, controlHandlers(view), signal);
}
