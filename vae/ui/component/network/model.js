/** A run's decoder in plain JavaScript; vae/latent/export.py describes its operations. */

import { makeStep } from "./operations.js";

/** @import { Header, Step } from "../lib/types" */

/** Rows that travel through a decoder together in `decodeBatch`. */
export const BATCH = 8;

/** Runs the operations of a run's decoder. */
export class Decoder {
  /** @param {Header} header @param {Record<string, any>} arrays */
  constructor(header, arrays) {
    this.latentDim = header.latent_dim;
    this.numLabels = header.num_labels ?? 0;
    /** The label that is told where a call names none. */
    this.label = header.labels?.[0] ?? 0;
    this.steps = /** @type {Step[]} */ ([]);
    let size = this.latentDim + this.numLabels;
    let shape = [size];
    /** @type {Float32Array[]} the input, then what each step gives, for BATCH images */
    this.buffers = [new Float32Array(BATCH * size)];
    for (const op of header.ops) {
      if (op.op === "reshape") {
        shape = op.shape;
        continue;
      }
      const step = makeStep(op, arrays, size, shape, BATCH);
      ({ size, shape } = step);
      this.steps.push(step);
      this.buffers.push(new Float32Array(BATCH * size));
    }
    /** Numbers of an image: C * H * W. */
    this.pixels = size;
    const [before, last] = this.buffers.slice(-2);
    this.last = last;
    this.mean = last.subarray(0, size);
    /** What goes into the sigmoid; the same length as `mean`. */
    this.logits = before.subarray(0, size);
  }

  /** @param {number} images how many rows of the first buffer hold a code */
  runSteps(images) {
    for (let i = 0; i < this.steps.length; i++) {
      this.steps[i].run(this.buffers[i], this.buffers[i + 1], images);
    }
  }

  /**
   * Put a code, and the label one-hot behind it, into a row of the first buffer.
   * @param {number} row @param {ArrayLike<number>} codes @param {number} from @param {number} label
   */
  fillRow(row, codes, from, label) {
    const input = this.buffers[0];
    const at = row * (this.latentDim + this.numLabels);
    for (let i = 0; i < this.latentDim; i++) input[at + i] = codes[from + i];
    const oneHot = at + this.latentDim;
    for (let i = 0; i < this.numLabels; i++) input[oneHot + i] = i === label ? 1 : 0;
  }

  /**
   * Decode one code.
   * @param {ArrayLike<number>} z latentDim numbers
   * @param {number} [label] read by conditional decoders alone
   * @returns {Float32Array} means in [0, 1], (C, H, W); the same array at each call
   */
  decode(z, label = this.label) {
    this.fillRow(0, z, 0, label);
    this.runSteps(1);
    return this.mean;
  }

  /**
   * Decode many codes.
   * @param {ArrayLike<number>} codes (count, latentDim)
   * @param {number} count
   * @param {Float32Array} [out] (count, pixels)
   * @param {ArrayLike<number>|null} [labels] one a code; the decoder's own label if not given
   * @returns {Float32Array} `out`
   */
  decodeBatch(codes, count, out = new Float32Array(count * this.pixels), labels = null) {
    const d = this.latentDim;
    for (let start = 0; start < count; start += BATCH) {
      const images = Math.min(BATCH, count - start);
      for (let i = 0; i < images; i++) {
        this.fillRow(i, codes, (start + i) * d, labels ? labels[start + i] : this.label);
      }
      this.runSteps(images);
      out.set(this.last.subarray(0, images * this.pixels), start * this.pixels);
    }
    return out;
  }
}
