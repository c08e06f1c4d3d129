/** What a reader chooses to see, apart from z; Python is told, so that a link says it too. */

import { gettext } from "../lib/locale.js";
import { describe, MEAN } from "./parts.js";

/** @import { Mode } from "./shown.js" */
/** @import { View } from "./view.js" */

/** Take what Python says is to be seen. @param {View} view */
export function takeDisplay(view) {
  const { axes } = view.parts;
  const display = view.data.display ?? {};
  view.shown.take(display);
  for (const dims of [axes.usual, display.axes ?? []]) {
    if (dims === "pca") axes.choose(0, dims);
    else for (const [axis, dim] of dims.entries()) axes.choose(axis, dim);
  }
  view.outbox.knows("display", view.data.display ?? null);
  view.timeline.take();
  showNames(view);
  showControls(view);
  view.laidOut = "";
  view.redrawAll();
}

/** Tell Python what is to be seen. @param {View} view */
export function tellDisplay(view) {
  if (!view.isReady) return;
  const { shown, parts, frame, path, insight } = view;
  const tools = { path: path.told, pin: insight.told };
  view.outbox.tell("display", { ...shown.display(parts, frame), ...tools });
}

/** @param {View} view @param {number} axis @param {number|"pca"} dim */
export function chooseAxis(view, axis, dim) {
  view.parts.axes.choose(axis, dim);
  describe(view.refs, view.parts);
  view.layOut();
  view.redrawAll();
  tellDisplay(view);
}

/** @param {View} view @param {Mode} mode */
export function chooseMode(view, mode) {
  view.shown.mode = mode;
  showControls(view);
  view.layOut();
  view.invalidate("ground");
  tellDisplay(view);
}

/** Show means, or a draw of pixels around them. @param {View} view @param {boolean} isSample */
export function drawNoise(view, isSample) {
  const { noise, decoder } = view.parts;
  noise.draw(isSample ? decoder.pixels : 0);
  view.refs.again.hidden = !isSample;
  view.refs.caption.textContent = gettext(isSample ? (noise.name ?? MEAN) : MEAN);
  view.invalidate("z");
}

/** @param {View} view @param {number} percent */
export function setOpacity(view, percent) {
  view.shown.opacity = percent;
  view.invalidate("ground");
}

/** @param {View} view @param {number} dim @param {string} text "" takes it back */
export function rename(view, dim, text) {
  // What separates names in an address.
  const name = text.replace(/[:;]/g, " ").trim();
  const { [dim]: _, ...others } = view.shown.names;
  view.shown.names = name ? { ...others, [dim]: name } : others;
  showNames(view);
  view.laidOut = "";
  view.layOut();
  tellDisplay(view);
}

/** @param {View} view */
function showNames(view) {
  const { sliders, axes } = view.parts;
  sliders.rename(view.shown.names);
  axes.rename(view.shown.names);
  describe(view.refs, view.parts);
  view.invalidate("z");
}

/** @param {View} view */
function showControls({ refs, root, shown, parts }) {
  const input = refs.modes.querySelector(`[value=${shown.mode}]`);
  if (input) input.checked = true;
  // On a line the codes stand under the tiles, not over them.
  const isBoth = shown.mode === "both" && parts.header.latent_dim > 1;
  refs.opacityBox.hidden = !isBoth;
  // It is no slider of a dimension: not in the page where it means nothing.
  if (isBoth) refs.opacityBox.append(refs.opacity);
  else refs.opacity.remove();
  refs.opacity.value = String(shown.opacity);
  root.dataset.mode = shown.mode;
}
