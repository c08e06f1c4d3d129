/** Codes that a reader clicks: selected, shown with their image, and let go. */

import { nearestPoint } from "../lib/frame.js";
import { spotAt } from "../lib/thumbnails.js";

/** @import { Place } from "../lib/types" */
/** @import { View } from "./view.js" */

/** Select the code at a place of the plot. @param {View} view @param {Place} at @param {number} reach */
export function pickAt(view, at, reach) {
  const { parts, frame, shown } = view;
  if (shown.isTimed || view.path.isOn || !parts.codes.count) return;
  const points = frame.plane?.points ?? parts.codes;
  const only = shown.isAlone ? shown.chosen : null;
  const found =
    spotAt(parts.thumbnails.spots, at) ??
    (shown.mode === "pictures" ? null : nearestPoint(frame, points, at, reach, only));
  if (found !== null) select(view, found);
}

/** @param {View} view @param {number} index */
function select(view, index) {
  const { codes } = view.parts;
  view.before ??= { z: view.zBeforePress, label: view.label };
  view.selection.choose(index, codes.className(index));
  view.moveAll(codes.at(index));
  view.setLabel(codes.label[index]);
  // Known from an earlier click?
  view.takeAnswer();
  view.outbox.tell("selected", index);
  view.layOut();
  view.invalidate("overlay");
}

/** Let the selected code go and return to where z was before. @param {View} view */
export function deselect(view) {
  if (view.selection.index === null && !view.selection.isPicture) return;
  view.selection.clear();
  if (view.before) {
    view.moveAll(view.before.z);
    view.setLabel(view.before.label);
    view.before = null;
  }
  view.outbox.tell("selected", null);
  view.rest();
  view.layOut();
  view.refs.map.focus({ preventScroll: true });
  view.invalidate("overlay");
}
