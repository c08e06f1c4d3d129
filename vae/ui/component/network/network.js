/** A network as a list of operations, which vae/latent/export/network.py describes. */

import { makeSteps } from "./operations.js";

/** @import { Step } from "../lib/types" */

/** Runs the operations of an encoder or a decoder. */
export class Network {
  /**
   * @param {Record<string, any>[]} ops @param {Record<string, any>} arrays
   * @param {number[]} shape of what comes in, without the batch
   * @param {number} most images that travel through together
   */
  constructor(ops, arrays, shape, most) {
    this.most = most;
    const made = makeSteps(ops, arrays, shape, most);
    this.steps = /** @type {Step[]} */ (made.steps);
    this.shape = made.shape;
    /** Numbers an image of what comes in, and of what comes out. */
    this.inSize = shape.reduce((product, size) => product * size, 1);
    this.size = made.size;
    /** The input, then what each step gives: rows of numbers, one an image. */
    this.buffers = [this.inSize, ...this.steps.map((step) => step.size)].map(
      (size) => new Float32Array(most * size),
    );
    this.input = this.buffers[0];
    this.output = this.buffers[this.steps.length];
    /** The label of each image, read where the network is told one. */
    this.labels = new Int32Array(most);
  }

  /** @param {number} images how many rows of `input` count */
  run(images) {
    const { steps, buffers, labels } = this;
    for (let i = 0; i < steps.length; i++) steps[i].run(buffers[i], buffers[i + 1], images, labels);
  }
}
