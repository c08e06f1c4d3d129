/** The tiles of a view: begun when z and window rest, stretched while the window moves. */

import { placeTiles } from "../lib/layers.js";

/** @import { Range } from "../lib/types" */
/** @import { View } from "./view.js" */

/** Tiles have a frame to themselves when nothing has moved for so many milliseconds. */
const STILL_MS = 100;

/** Begin the tiles of the window, unless they are there. @param {View} view */
export function beginTiles(view) {
  if (!view.shown.hasTiles || view.plot.isMoving) return;
  const { tiles } = view.parts;
  const before = tiles.frame;
  // The window may move on while they are decoded; they stay where they were begun.
  const frame = view.frame.copy();
  const old = before && before.ranges.join() !== frame.ranges.join() ? contentOf(view) : null;
  tiles.begin(frame, Float32Array.from(view.z));
  if (old && before) stretch(view, old, before.ranges);
  placeTiles(view.refs.tiles, view.frame);
  view.requestFrame();
}

/** @param {View} view */
function contentOf({ refs: { tiles } }) {
  const copy = new OffscreenCanvas(tiles.width, tiles.height);
  copy.getContext("2d")?.drawImage(tiles, 0, 0);
  return copy;
}

/**
 * Draw the old tiles where they belong in the new window, until new ones cover them.
 * @param {View} view @param {OffscreenCanvas} old @param {Range[]} ranges of the old ones
 */
function stretch({ refs: { tiles }, frame }, old, [[left, right], [bottom, top]]) {
  const context = tiles.getContext("2d");
  const [wide, tall] = [tiles.width / frame.width, tiles.height / frame.height];
  context.imageSmoothingEnabled = true;
  context.fillStyle = "#000";
  context.fillRect(0, 0, tiles.width, tiles.height);
  const [y, height] = frame.strip
    ? [0, tiles.height]
    : [frame.y(top) * tall, frame.up(top - bottom) * tall];
  context.drawImage(old, frame.x(left) * wide, y, frame.across(right - left) * wide, height);
}

/** Keep what there is in its place while the window moves. @param {View} view */
export function moveTiles({ refs, frame, parts: { tiles } }) {
  placeTiles(refs.tiles, frame, tiles.frame?.ranges);
}

/** Decode some. @param {View} view */
export function workOnTiles(view) {
  if (!view.shown.hasTiles) return;
  const { tiles } = view.parts;
  const isStill = performance.now() - view.movedAt >= STILL_MS;
  if (tiles.work(view.isPressed || view.tour.isOn || !isStill)) view.requestFrame();
  view.root.dataset.tiles = tiles.isDone && !view.plot.isMoving ? "done" : "working";
}
