/** Codes as small pictures of what they decode to: one for each cell of a plot that has codes. */

import { BATCH } from "../network/network.js";
import { placeOf } from "./frame.js";

/** @import { Decoder, Frame, ImageShape, Points, Theme } from "./types" */

/** @typedef {{index: number, x: number, y: number}} Spot */

/** Side of a picture, and of the cell that it has for itself, in CSS pixels. */
export const THUMBNAIL = 32;
const CELL = THUMBNAIL + 3;

/** From this zoom on points turn into pictures where there is room. */
export const SEMANTIC_ZOOM = 3;

/** Pictures that are kept. */
const KEPT = 1500;

/** Milliseconds of decoding in one frame. */
const BUDGET_MS = 6;

/**
 * Choose codes that have room: the first of each cell of the plot.
 * @param {Frame} frame @param {Points} points @param {(index: number) => boolean} isShown
 * @returns {Spot[]}
 */
export function spotsOf(frame, points, isShown) {
  const columns = Math.max(1, Math.floor(frame.width / CELL));
  const rows = Math.max(1, Math.floor((frame.height - frame.strip) / CELL));
  const taken = new Set();
  const spots = [];
  for (let index = 0; index < points.count; index++) {
    if (!isShown(index)) continue;
    const place = placeOf(frame, points, index);
    if (!frame.contains(place)) continue;
    const column = Math.min(columns - 1, Math.floor((place[0] / frame.width) * columns));
    const share = (place[1] - frame.strip) / (frame.height - frame.strip);
    const row = Math.min(rows - 1, Math.floor(share * rows));
    const cell = row * columns + column;
    if (row < 0 || taken.has(cell)) continue;
    taken.add(cell);
    // In the middle of its cell, so that no picture covers another.
    const x = ((column + 0.5) / columns) * frame.width;
    const y = frame.strip + ((row + 0.5) / rows) * (frame.height - frame.strip);
    spots.push({ index, x, y });
  }
  return spots;
}

/** The pictures of one run's codes, decoded when they are first shown. */
export class Thumbnails {
  /**
   * @param {Decoder} decoder @param {ImageShape} shape
   * @param {{at: (index: number) => ArrayLike<number>, label: ArrayLike<number>}} codes
   */
  constructor(decoder, [channels, height, width], codes) {
    this.decoder = decoder;
    this.codes = codes;
    this.isGrey = channels === 1;
    this.width = width;
    this.height = height;
    this.pictures = /** @type {Map<number, OffscreenCanvas>} */ (new Map());
    this.spots = /** @type {Spot[]} */ ([]);
    this.missing = /** @type {Spot[]} */ ([]);
    this.out = new Float32Array(BATCH * decoder.pixels);
  }

  /** @param {Spot[]} spots */
  begin(spots) {
    this.spots = spots;
    this.missing = spots.filter(({ index }) => !this.pictures.has(index));
    for (const index of this.pictures.keys()) {
      if (this.pictures.size <= KEPT) break;
      this.pictures.delete(index);
    }
  }

  /**
   * Decode some of those that are missing, and draw them.
   * @param {CanvasRenderingContext2D} context of a plot @param {Theme} theme
   * @returns {boolean} whether some are left
   */
  work(context, theme) {
    const began = performance.now();
    const d = this.decoder.latentDim;
    while (this.missing.length && performance.now() - began < BUDGET_MS) {
      const batch = this.missing.splice(0, BATCH);
      const z = new Float32Array(batch.length * d);
      for (const [i, { index }] of batch.entries()) z.set(this.codes.at(index), i * d);
      const labels = Int32Array.from(batch, ({ index }) => this.codes.label[index]);
      this.decoder.decodeBatch(z, batch.length, this.out, labels);
      for (const [i, spot] of batch.entries()) {
        this.pictures.set(spot.index, this.pictureAt(i));
        this.drawOne(context, theme, spot);
      }
    }
    return this.missing.length > 0;
  }

  /** @param {number} row of what was decoded */
  pictureAt(row) {
    const area = this.width * this.height;
    const from = row * this.decoder.pixels;
    const image = new ImageData(this.width, this.height);
    for (let p = 0; p < area; p++) {
      for (let channel = 0; channel < 3; channel++) {
        const at = from + p + (this.isGrey ? 0 : channel * area);
        image.data[4 * p + channel] = Math.round(255 * this.out[at]);
      }
      image.data[4 * p + 3] = 255;
    }
    const canvas = new OffscreenCanvas(this.width, this.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.putImageData(image, 0, 0);
    return canvas;
  }

  /** Draw those that are there. @param {CanvasRenderingContext2D} context @param {Theme} theme */
  draw(context, theme) {
    for (const spot of this.spots) this.drawOne(context, theme, spot);
  }

  /** @param {CanvasRenderingContext2D} context @param {Theme} theme @param {Spot} spot */
  drawOne(context, theme, { index, x, y }) {
    const picture = this.pictures.get(index);
    const half = THUMBNAIL / 2;
    context.fillStyle = theme.classColour(this.codes.label[index]);
    if (!picture) {
      // Until it is decoded, its place and its class.
      context.fillRect(x - half / 4, y - half / 4, half / 2, half / 2);
      return;
    }
    context.imageSmoothingEnabled = this.width > THUMBNAIL;
    context.fillRect(x - half - 1.5, y - half - 1.5, THUMBNAIL + 3, THUMBNAIL + 3);
    context.drawImage(picture, x - half, y - half, THUMBNAIL, THUMBNAIL);
  }
}

/**
 * The picture under a place of the plot.
 * @param {Spot[]} spots @param {ArrayLike<number>} place
 */
export function spotAt(spots, place) {
  const half = THUMBNAIL / 2 + 1.5;
  const found = spots.find(
    ({ x, y }) => Math.abs(x - place[0]) <= half && Math.abs(y - place[1]) <= half,
  );
  return found ? found.index : null;
}
