/** What is computed of a pinned image: averages over q(z|x), and its true posterior on a grid. */

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

/** Codes decoded at a time. */
const BATCH = 32;

/** The work for one image, in slices. */
export class PosteriorJob {
  /** @param {Decoder} decoder @param {Loss["of"]} lossOf @param {Pinned} pinned */
  constructor(decoder, lossOf, pinned) {
    this.decoder = decoder;
    this.lossOf = lossOf;
    this.pinned = pinned;
    this.average = new PosteriorAverage(pinned.mu, pinned.logvar);
    this.grid = new PosteriorGrid(pinned);
    this.codes = new Float32Array(BATCH * decoder.latentDim);
    this.logits = new Float32Array(BATCH * decoder.pixels);
    this.losses = new Float64Array(BATCH);
  }

  get isComplete() {
    return this.average.isComplete && this.grid.isComplete;
  }

  /** Work for about so many milliseconds. @param {number} ms @returns {boolean} whether all is done */
  work(ms) {
    const stop = performance.now() + ms;
    while (!this.isComplete && performance.now() < stop) {
      if (this.average.isComplete) this.workOnGrid();
      else this.workOnAverage();
    }
    return this.isComplete;
  }

  workOnAverage() {
    const { average, codes } = this;
    const { d } = average;
    const images = Math.min(BATCH, average.count - average.done);
    codes.set(average.z.subarray(average.done * d, (average.done + images) * d));
    average.take(this.lossesOf(images), images);
  }

  workOnGrid() {
    const { grid, codes, losses, pinned } = this;
    const d = this.decoder.latentDim;
    const images = Math.min(BATCH, grid.count - grid.done);
    for (let i = 0; i < images; i++) {
      codes.set(pinned.rest, i * d);
      for (const [axis, direction] of pinned.axes.entries()) {
        const value = grid.places[axis][grid.done + i];
        for (let j = 0; j < d; j++) codes[i * d + j] += value * direction[j];
      }
    }
    this.lossesOf(images);
    for (let i = 0; i < images; i++) losses[i] = logPrior(codes, i * d, d) - losses[i];
    grid.take(losses, images);
  }

  /** Reconstruction losses of the first codes. @param {number} images */
  lossesOf(images) {
    const { decoder, codes, logits, losses, pinned } = this;
    decoder.label = pinned.label;
    decoder.logitsBatch(codes, images, logits);
    for (let i = 0; i < images; i++) {
      const row = logits.subarray(i * decoder.pixels, (i + 1) * decoder.pixels);
      losses[i] = this.lossOf(row, pinned.pixels);
    }
    return losses;
  }
}
