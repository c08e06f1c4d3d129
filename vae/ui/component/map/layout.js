/** Sizes of map and pictures for a width of the root. */

import { Frame, GUTTER } from "../lib/frame.js";
import { stripHeight } from "../lib/tiles.js";

/** @import { Header, Space } from "../lib/types" */

/** Two columns from this width on, in CSS pixels. */
const WIDE = 720;

/** Sides of the map's plot. */
const MOST_MAP = 640;
const LEAST_MAP = 320;

/** What picture and controls need beside a wide map, gap included. */
const BESIDE_MAP = 348;

/** Sides of the pictures: beside the map, and above it. */
const LARGE_PICTURE = 300;
const SMALL_PICTURE = 140;
const PICTURE_OF_TWO = 112;

/** What stands above and below the map in a window, and must be seen together with it. */
const AROUND_WIDE = 190;
const AROUND_NARROW = 330;

/** Height of a class's row when the map is a line. */
const ROW = 34;

/**
 * @param {number} width of the root
 * @param {Header} header @param {Space} space
 * @param {{dims: number[], mode: string, hasOriginal: boolean}} shown
 * @returns {{isWide: boolean, frame: Frame, picture: number, original: number}}
 */
export function computeLayout(width, header, space, { dims, mode, hasOriginal }) {
  const isWide = width >= WIDE;
  const gutters = GUTTER.left + GUTTER.right;
  // A map taller than the window could not be seen whole.
  const around = isWide ? AROUND_WIDE : AROUND_NARROW;
  const tallest = Math.max(LEAST_MAP, globalThis.innerHeight - around);
  const room = isWide ? Math.max(LEAST_MAP, width - BESIDE_MAP - gutters) : width - gutters;
  const isLine = header.latent_dim < 2;
  const across = Math.floor(Math.min(room, MOST_MAP, isLine ? Infinity : tallest));
  let tall = across;
  let strip = 0;
  if (isLine) {
    if (mode !== "codes") strip = stripHeight(across, header.image_shape);
    const rows = mode === "tiles" ? 0 : Math.max(180, ROW * header.class_names.length);
    tall = Math.floor(Math.min(tallest, rows + strip + (rows ? 0 : 80)));
  }
  const ranges = dims.map((dim) => space.rangeOf(dim));
  const frame = new Frame(across, tall, ranges, dims);
  frame.strip = strip;
  const beside = width - across - gutters - 32;
  return {
    isWide,
    frame,
    picture: isWide ? LARGE_PICTURE : hasOriginal ? PICTURE_OF_TWO : SMALL_PICTURE,
    original: isWide
      ? Math.max(PICTURE_OF_TWO, Math.min(LARGE_PICTURE, beside - LARGE_PICTURE - 12))
      : PICTURE_OF_TWO,
  };
}
