/** A network as a list of operations, which vae/latent/export/network.py describes. */

import { Memory } from "./memory.js";
import { channelsAndArea, Steps, sizeOf } from "./operations.js";
import { LANES } from "./plain.js";

/** Images that cost together little more than one: so many, or a multiple, are asked for at best. */
export const BATCH = LANES;

/** Fewer images than this are computed one by one. */
const LEAST_MANY = 4;

/** Runs the operations of an encoder or a decoder. */
export class Network {
  /**
   * @param {Record<string, any>[]} ops @param {Record<string, any>} arrays
   * @param {number[]} shape of what comes in, without the batch
   * @param {boolean} [isPlain] do without SIMD
   */
  constructor(ops, arrays, shape, isPlain = false) {
    const memory = new Memory(isPlain);
    const from = memory.take(LANES * sizeOf(shape));
    this.steps = new Steps(ops, arrays, shape, memory);
    this.input = memory.floats(from, LANES * sizeOf(shape));
    this.shape = shape;
    this.outShape = this.steps.shape;
    /** Numbers an image of what comes out. */
    this.size = sizeOf(this.outShape);
    this.labels = new Int32Array(LANES);
  }

  /**
   * Run images through the network.
   * @param {ArrayLike<number>} x (count, ...shape)
   * @param {number} count
   * @param {Float32Array} out (count, ...outShape)
   * @param {number|ArrayLike<number>} [labels] of all or of each, where the network is told one
   * @param {number} [left] steps at the end to leave out; they must not change the shape
   */
  run(x, count, out, labels = 0, left = 0) {
    const steps = this.steps.steps.length - left;
    for (let start = 0; start < count; ) {
      const lanes = count - start < LEAST_MANY ? 1 : LANES;
      const images = Math.min(lanes, count - start);
      for (let i = 0; i < images; i++) {
        this.labels[i] = typeof labels === "number" ? labels : labels[start + i];
      }
      takeIn(x, start, images, this.input, lanes, this.shape);
      const made = this.steps.run(this.input, lanes, this.labels, steps);
      giveOut(made, lanes, out, start, images, this.outShape);
      start += images;
    }
  }
}

/**
 * Images, channel by channel, to (place, channel, lane).
 * @param {ArrayLike<number>} x @param {number} start its first image @param {number} images
 * @param {Float32Array} to @param {number} lanes @param {number[]} shape
 */
function takeIn(x, start, images, to, lanes, shape) {
  const [C, area] = channelsAndArea(shape);
  for (let i = 0; i < images; i++) {
    let from = (start + i) * C * area;
    for (let c = 0; c < C; c++) {
      for (let p = 0, at = c * lanes + i; p < area; p++, at += C * lanes) to[at] = x[from++];
    }
  }
}

/**
 * Back again.
 * @param {Float32Array} made @param {number} lanes
 * @param {Float32Array} out @param {number} start its first image @param {number} images
 * @param {number[]} shape
 */
function giveOut(made, lanes, out, start, images, shape) {
  const [C, area] = channelsAndArea(shape);
  for (let i = 0; i < images; i++) {
    let to = (start + i) * C * area;
    for (let c = 0; c < C; c++) {
      for (let p = 0, at = c * lanes + i; p < area; p++, at += C * lanes) out[to++] = made[at];
    }
  }
}
