/**
 * What is computed of a pinned image: averages over q(z|x), and its true posterior on a grid.
 *
 * The work is handed out as codes whose reconstruction losses are wanted, some at a time, to
 * whoever has a decoder; the losses may come back in any order.
 */

import { gettext } from "../lib/locale.js";
import { BATCH } from "../network/network.js";
import { PosteriorAverage } from "./average.js";
import { logPrior } from "./gaussian.js";
import { PosteriorGrid } from "./grid.js";

/** @import { Decoder, Loss } from "../lib/types" */

/**
 * @typedef {object} Pinned a pinned image
 * @property {Uint8Array} pixels (C, H, W), 0 to 255
 * @property {number} label that the decoder is told
 * @property {ArrayLike<number>} mu of q(z|x)
 * @property {ArrayLike<number>} logvar
 * @property {number[][]} axes directions of the grid, orthonormal
 * @property {ArrayLike<number>} rest mu without its part along them
 * @property {number[]} low of the grid, along the axes
 * @property {number[]} high
 */

/**
 * @typedef {object} Chunk codes whose losses are wanted
 * @property {"average"|"grid"} of
 * @property {number} from the first of them
 * @property {Float32Array} codes (count, d)
 */

/** Codes in a chunk at most: as many as cost no more than fewer. */
const CHUNK = 5 * BATCH;

/** The work for one image. */
export class PosteriorJob {
  /** @param {Pinned} pinned */
  constructor(pinned) {
    this.pinned = pinned;
    this.d = pinned.mu.length;
    this.average = new PosteriorAverage(pinned.mu, pinned.logvar);
    this.grid = new PosteriorGrid(pinned);
  }

  get isComplete() {
    return this.average.isComplete && this.grid.isComplete;
  }

  /** How far it is, in words. */
  get progress() {
    const { grid, average } = this;
    return gettext("Computing p(z|x): {done} pictures decoded, of {count} needed so far.", {
      done: grid.done + average.done,
      count: grid.count + average.count,
    });
  }

  /** What to do next; null where that depends on what is being done. @returns {Chunk|null} */
  next() {
    const { average, grid, d } = this;
    const of = average.handed < average.count ? "average" : "grid";
    const part = of === "average" ? average : grid;
    const [from, count] = [part.handed, Math.min(CHUNK, part.count - part.handed)];
    if (!count) return null;
    part.handed += count;
    if (of === "grid") return { of, from, codes: this.codesOf(from, count) };
    return { of, from, codes: Float32Array.from(average.z.subarray(from * d, (from + count) * d)) };
  }

  /** The codes in the middle of cells. @param {number} from @param {number} count */
  codesOf(from, count) {
    const { grid, pinned, d } = this;
    const codes = new Float32Array(count * d);
    for (let i = 0; i < count; i++) {
      codes.set(pinned.rest, i * d);
      for (const [axis, direction] of pinned.axes.entries()) {
        const value = grid.places[axis][from + i];
        for (let j = 0; j < d; j++) codes[i * d + j] += value * direction[j];
      }
    }
    return codes;
  }

  /** @param {Chunk} chunk @param {Float64Array} losses of its codes */
  take({ of, from, codes }, losses) {
    const { d } = this;
    if (of === "average") this.average.take(from, losses);
    else
      this.grid.take(
        from,
        losses.map((loss, i) => logPrior(codes, i * d, d) - loss),
      );
  }
}

/**
 * Reconstruction losses of an image at some codes.
 * @param {Decoder} decoder @param {Loss["of"]} lossOf
 * @param {{pixels: Uint8Array, label: number}} image @param {Float32Array} codes
 */
export function lossesAt(decoder, lossOf, { pixels, label }, codes) {
  const count = codes.length / decoder.latentDim;
  decoder.label = label;
  const logits = decoder.logitsBatch(codes, count);
  return Float64Array.from({ length: count }, (_, i) =>
    lossOf(logits.subarray(i * decoder.pixels, (i + 1) * decoder.pixels), pixels),
  );
}
