/**
 * A drawing as an image of a data set: what `prepare` and `as_seen` of vae/analysis/draw.py do, number
 * for number.
 */

/** @import { ImageShape } from "../lib/types" */

/**
 * @typedef {object} Placing
 * @property {number} box pixels of the drawing's longer side
 * @property {"mass"|"box"} centre what comes to the image's centre
 * @property {boolean} binary whether the run sees each pixel as black or white
 */

/** To the nearest whole number; halves to the even one. @param {number} value */
export function roundEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

/** Sums in another order differ in their last digits, which must not decide a rounding. */
const steady = (/** @type {number} */ value) => roundEven(value * 1e6) / 1e6;

/**
 * Shares of `size` pixels in each of `count` equal parts.
 * @param {number} size @param {number} count
 * @returns {{first: number, shares: number[]}[]} the first pixel of each part, and the shares
 */
function averaging(size, count) {
  const edge = (/** @type {number} */ i) => (i === count ? size : i * (size / count));
  return Array.from({ length: count }, (_, i) => {
    const [low, high] = [edge(i), edge(i + 1)];
    const first = Math.floor(low);
    const shares = [];
    for (let pixel = first; pixel < Math.min(size, high); pixel++) {
      const overlap = Math.min(high, pixel + 1) - Math.max(low, pixel);
      shares.push(Math.max(0, overlap) * (count / size));
    }
    return { first, shares };
  });
}

/**
 * Where along an axis a fitted drawing begins.
 * @param {number[]} profile its ink along the axis
 * @param {number} size of the image
 * @param {Placing["centre"]} centre
 */
function corner(profile, size, centre) {
  const { length } = profile;
  if (centre === "box") return Math.floor((size - length + 1) / 2);
  let [moment, ink] = [0, 0];
  for (let i = 0; i < length; i++) {
    moment += profile[i] * (i + 0.5);
    ink += profile[i];
  }
  const begin = Math.floor(Math.floor(size / 2) + 0.5 - steady(moment / ink) + 0.5);
  return Math.min(Math.max(begin, 0), size - length);
}

/**
 * Rows and columns that hold ink.
 * @param {Uint8Array} raster @param {number} side
 * @returns {{top: number, left: number, height: number, width: number}|null}
 */
function inkBox(raster, side) {
  let [top, left, bottom, right] = [side, side, -1, -1];
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at++) {
      if (!raster[at]) continue;
      top = Math.min(top, y);
      bottom = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/**
 * Fit a drawing into an image as the makers of a data set did.
 * @param {Uint8Array} raster side * side grey levels, 255 is ink
 * @param {number} side
 * @param {ImageShape} shape of the image; one channel
 * @param {Placing} placing
 * @returns {Uint8Array|null} grey levels of the image; null where nothing is drawn
 */
export function prepareDrawing(raster, side, [, H, W], { box, centre, binary }) {
  const ink = inkBox(raster, side);
  if (!ink) return null;
  const scale = box / Math.max(ink.height, ink.width);
  const height = Math.max(1, roundEven(ink.height * scale));
  const width = Math.max(1, roundEven(ink.width * scale));
  const across = averaging(ink.width, width);
  const small = averaging(ink.height, height).map(({ first, shares }) =>
    across.map((columns) => {
      let sum = 0;
      shares.forEach((share, i) => {
        const from = (ink.top + first + i) * side + ink.left + columns.first;
        let row = 0;
        for (let j = 0; j < columns.shares.length; j++) row += raster[from + j] * columns.shares[j];
        sum += share * row;
      });
      return steady(sum);
    }),
  );
  const sum = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0);
  const top = corner(small.map(sum), H, centre);
  const left = corner(
    across.map((_, x) => sum(small.map((row) => row[x]))),
    W,
    centre,
  );
  const image = new Uint8Array(H * W);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const level = Math.min(255, Math.max(0, roundEven(small[y][x])));
      image[(top + y) * W + left + x] = binary ? (level > 127 ? 255 : 0) : level;
    }
  }
  return image;
}
