/** What a frame of the view paints. */

import { drawGround, drawSelected } from "../lib/latent.js";
import { placeCursor, placeTiles } from "../lib/plot.js";
import { announcement, showHonest, showReadout } from "../lib/words.js";

/** @import { Codes, Refs } from "../lib/types" */
/** @import { View } from "./view.js" */

/** Decode z and change all that shows it. @param {View} view */
export function paintZ({ refs, root, z, label, parts, frame }) {
  const { noise, picture, decoder, sliders, space, axes, codes, choice } = parts;
  noise.paint(picture, decoder.decode(z));
  sliders.show(z);
  placeCursor(refs.cursor, frame, z);
  root.dataset.z = space.text(z);
  showReadout(refs.readout, axes.dims, z, space.decimals);
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
export function paintSlowParts({ refs, root, z, label, parts: { codes, choice } }) {
  if (!codes.isLive) paintTypicality({ refs, root, z, label, codes });
  if (!choice.isCheap) choice.paint(z);
}

/** Say where z has come to rest. @param {View} view */
export function announceZ({ refs, z, parts: { axes, space } }) {
  const words = announcement(axes.dims, z, refs.honest.textContent, space.decimals);
  refs.announce.textContent = words;
}

/** Axes, codes and names; the tiles' canvas in its place. @param {View} view */
export function paintGround({ refs, frame, parts, theme, mode, focus }) {
  drawGround(refs.ground, frame, parts.codes, theme, { mode, focus });
  refs.tiles.hidden = mode === "codes";
  placeTiles(refs.tiles, frame);
}

/** The selected code on a layer of its own. @param {View} view */
export function paintSelected({ refs, frame, parts, theme, selection }) {
  drawSelected(refs.overlay, frame, parts.codes, theme, selection.index);
}
