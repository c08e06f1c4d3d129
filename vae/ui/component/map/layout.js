/** Sizes of map and pictures for a width of the root. */

import { Frame } from "../lib/frame.js";
import { gettext } from "../lib/locale.js";
import { ABOVE, AROUND_PLOT, FOOT, tallestPlot } from "../lib/room.js";
import { stripHeight } from "../lib/tiles.js";
import { rowSide } from "./labels.js";

/** @import { DimPlane } from "../lib/plane.js" */
/** @import { Header } from "../lib/types" */

/** Two columns from this width on, in CSS pixels. */
const WIDE = 720;

/** The longest side of the map's plot. */
const MOST_MAP = 900;

/** Of a wide root the map's frame takes at most this share, and leaves at least so much. */
const MAP_SHARE = 0.58;
const BESIDE_MAP = 330;
const GAP = 20;

/** On a phone: picture above the map, sliders below it. */
const SMALL_PICTURE = 140;
const PICTURE_OF_TWO = 112;
const SLIDER_ROW = { mouse: 61, finger: 72, narrow: 58 };
const MOST_SLIDERS = 2;

/** Words and buttons beside a large picture, or below it. */
const BESIDE_PICTURE = 210;
const LARGE_PICTURE = 400;
/** The original, and what it costs. */
const BESIDE_ORIGINAL = 164;
const BELOW_PICTURE = 198;
const CAPTION = 28;
/** The row of labels: its sentence, and what stands around a picture; or two rows of long names. */
const LABELS = { words: 30, around: 37, rows: 150 };
const LEAST_PICTURE = 196;

/** From this width on the sliders of a column stand in two. */
const TWO_SLIDERS = 632;

/** Height of a class's row when the map is a line. */
const ROW = 34;

/** The largest whole multiple of an image's side that fits. @param {number} room @param {number} side */
function wholeSide(room, side) {
  return room >= side ? Math.floor(room / side) * side : room;
}

/**
 * @param {number} width of the root
 * @param {Header} header @param {DimPlane} plane
 * @param {{mode: string, hasOriginal: boolean, hintLength?: number}} shown
 * @returns {{isWide: boolean, isStacked: boolean, frame: Frame, labels: number, picture: number,
 *   original: number}} labels: the width of their row
 */
export function computeLayout(width, header, plane, { mode, hasOriginal, hintLength = 0 }) {
  const isWide = width >= WIDE;
  const isLine = plane.ranges.length < 2;
  const room = isWide
    ? Math.min(MAP_SHARE * width, width - BESIDE_MAP - GAP) - AROUND_PLOT
    : width - AROUND_PLOT;
  const sliders = SLIDER_ROW.narrow * Math.min(header.latent_dim, MOST_SLIDERS);
  const below = sliders + labelsHeight(header, width, false);
  const others = isWide ? 0 : SMALL_PICTURE + 8 + below;
  const names = header.class_names.map((name) => gettext(name));
  const tallest = tallestPlot(room, names, { isWide, others, hintLength });
  const across = Math.floor(Math.min(room, MOST_MAP, isLine ? Infinity : tallest));
  let tall = across;
  let strip = 0;
  if (isLine) {
    if (mode === "tiles" || mode === "both") strip = stripHeight(across, header.image_shape);
    const rows = mode === "tiles" ? 0 : Math.max(180, ROW * header.class_names.length);
    tall = Math.floor(Math.min(tallest, rows + strip + (rows ? 0 : 80)));
  }
  const frame = new Frame(across, tall, plane.ranges, plane.dims);
  frame.strip = strip;
  frame.plane = plane;
  if (!isWide) {
    const side = hasOriginal ? PICTURE_OF_TWO : SMALL_PICTURE;
    const original = PICTURE_OF_TWO;
    return { isWide, isStacked: false, frame, labels: width, picture: side, original };
  }
  const beside = width - across - AROUND_PLOT - GAP;
  return { isWide, frame, labels: beside, ...pictureSizes(header, beside, hasOriginal) };
}

/**
 * Height of the row of labels that a conditional decoder is told; 0 where it would not fit a phone.
 * @param {Header} header @param {number} width @param {boolean} isWide
 */
function labelsHeight({ num_labels: told, labels = [], class_names: names }, width, isWide) {
  if (!told) return 0;
  const words = isWide ? LABELS.words : 0;
  const side = rowSide(
    labels.map((label) => gettext(names[label] ?? String(label))),
    width,
  );
  if (side === null) return isWide ? LABELS.rows : 0;
  return words + side + LABELS.around;
}

/**
 * Sizes of the pictures in a column of some width.
 * @param {Header} header @param {number} beside @param {boolean} hasOriginal
 */
function pictureSizes(header, beside, hasOriginal) {
  const {
    image_shape: [, rows, columns],
    latent_dim: d,
  } = header;
  const side = Math.max(rows, columns);
  const sliders = Math.ceil(Math.min(d, MOST_SLIDERS) / (beside > TWO_SLIDERS ? 2 : 1));
  const labels = labelsHeight(header, beside, true);
  const isCoarse = globalThis.matchMedia?.("(pointer: coarse)").matches;
  const row = isCoarse ? SLIDER_ROW.finger : SLIDER_ROW.mouse;
  const around = ABOVE.wide + CAPTION + labels + row * sliders + FOOT;
  const tallest = globalThis.innerHeight - around;
  const large = wholeSide(Math.min(beside - BESIDE_PICTURE, tallest), side);
  if (large >= LARGE_PICTURE) {
    const original = wholeSide(Math.min(BESIDE_PICTURE, beside - large - 16), side);
    return { isStacked: false, picture: large, original };
  }
  const most = Math.max(LEAST_PICTURE, tallest - BELOW_PICTURE);
  const room = hasOriginal ? Math.max(LEAST_PICTURE, beside - BESIDE_ORIGINAL) : beside;
  const picture = wholeSide(Math.min(room, most), side);
  const rest = Math.max(64, beside - picture - 16);
  return { isStacked: true, picture, original: wholeSide(Math.min(picture, rest), side) };
}
