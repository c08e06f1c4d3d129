/** What a frame of the view paints. */

import { prepare } from "../lib/layers.js";
import { clip } from "../lib/marks.js";
import { SEMANTIC_ZOOM, spotsOf } from "../lib/thumbnails.js";
import { announcement, showHonest, showReadout } from "../lib/words.js";
import { moveTiles } from "./tiling.js";

/** @import { Codes, Refs } from "../lib/types" */
/** @import { View } from "./view.js" */

/** Decode z and change all that shows it. @param {View} view */
export function paintZ(view) {
  const { refs, root, z, label, parts, plot, frame } = view;
  const { noise, picture, decoder, sliders, space, axes, codes, choice } = parts;
  noise.paint(picture, decoder.decode(z));
  sliders.show(z);
  plot.paintCursor(frame.plane?.coordinates(z) ?? z);
  root.dataset.z = space.text(z);
  showReadout(refs.readout, axes.dims, z, space.decimals, axes);
  if (codes.isLive) paintTypicality({ refs, root, z, label, codes });
  if (choice.isCheap) choice.paint(z);
}

/**
 * Say how typical z is, in words and for others to read.
 * @param {{refs: Refs, root: HTMLElement, z: Float64Array, label: number|null, codes: Codes}} at
 */
function paintTypicality({ refs, root, z, label, codes }) {
  const { typicality, isInside } = showHonest(refs.honest, codes, z, label);
  root.dataset.typicality = typicality.toFixed(3);
  root.dataset.inside = String(isInside);
}

/** What is too slow for every frame of a drag has waited for its end. @param {View} view */
export function paintSlowParts(view) {
  const { refs, root, z, label, parts } = view;
  const { codes, choice, ends } = parts;
  if (!codes.isLive) paintTypicality({ refs, root, z, label, codes });
  if (!choice.isCheap) choice.paint(z);
  ends.begin(z, label);
  view.requestFrame();
}

/** Say where z has come to rest. @param {View} view */
export function announceZ({ refs, z, parts: { axes, space } }) {
  const words = announcement(axes.dims, z, refs.honest.textContent, space.decimals);
  refs.announce.textContent = words;
}

/** Axes, codes and names; the tiles' canvas in its place. @param {View} view */
export function paintGround(view) {
  const { refs, frame, parts, theme, shown, label } = view;
  const { codes, choice } = parts;
  const points = view.timeline.pointsFor(frame.plane?.points ?? codes);
  // Under a label its own codes count, and stand in front.
  const front = shown.chosen ?? (choice.isOffered ? label : null);
  const isOther = front === null ? null : (/** @type {number} */ i) => codes.label[i] !== front;
  view.plot.paintGround(theme, {
    points,
    mode: shown.drawn,
    isGrey: shown.isAlone ? null : isOther,
    isHidden: shown.isAlone ? isOther : null,
    opacity: shown.drawn === "both" && !frame.isLine ? shown.opacity / 100 : 1,
    // Names stand where the classes are in the end.
    hasNames: !shown.isPast,
  });
  refs.tiles.hidden = !shown.hasTiles;
  moveTiles(view);
  beginThumbnails(view);
}

/** @param {View} view */
function beginThumbnails(view) {
  const { refs, frame, parts, theme, shown } = view;
  const { thumbnails, codes } = parts;
  const context = prepare(refs.thumbs, frame);
  clip(context, frame);
  const isZoomedIn = shown.mode !== "tiles" && frame.zoom >= SEMANTIC_ZOOM;
  const hasThem = !shown.isTimed && (shown.mode === "pictures" || isZoomedIn);
  const { chosen } = shown;
  const isShown = (/** @type {number} */ i) => chosen === null || codes.label[i] === chosen;
  const points = frame.plane?.points ?? codes;
  thumbnails.begin(hasThem ? spotsOf(frame, points, isShown) : []);
  context.globalAlpha = shown.mode === "both" && !frame.isLine ? shown.opacity / 100 : 1;
  thumbnails.draw(context, theme);
}

/** Decode some of the thumbnails, and of the sliders' ends. @param {View} view */
export function workOnPictures(view) {
  const { refs, parts, theme } = view;
  const { thumbnails, ends } = parts;
  const context = /** @type {CanvasRenderingContext2D} */ (refs.thumbs.getContext("2d"));
  const isLeft = thumbnails.work(context, theme);
  view.root.dataset.thumbnails = isLeft ? "working" : String(thumbnails.spots.length);
  if (isLeft || ends.work()) view.requestFrame();
}

/** The selected code on a layer of its own. @param {View} view */
export function paintSelected({ plot, theme, selection }) {
  plot.paintOverlay(theme, { selected: selection.index });
}
