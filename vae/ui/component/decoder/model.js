/**
 * A run's payload and its decoder, in plain JavaScript. The payload's format and the operations are
 * described in vae/latent/export.py.
 */

import { makeStep } from "./operations.js";

const ARRAY_TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/**
 * Read a payload.
 * @param {Uint8Array} bytes
 * @returns {{header: object, arrays: Object<string, Float32Array|Int32Array|Uint8Array>}}
 */
export function unpack(bytes) {
  // Typed arrays must begin at a multiple of their element's size; a message's bytes need not.
  const data = bytes.byteOffset % 4 ? bytes.slice() : bytes;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  const start = data.byteOffset + 4 + length + ((4 - (length % 4)) % 4);
  const arrays = {};
  for (const [name, info] of Object.entries(header.arrays)) {
    const count = info.shape.reduce((product, size) => product * size, 1);
    arrays[name] = new ARRAY_TYPES[info.dtype](data.buffer, start + info.offset, count);
  }
  return { header, arrays };
}

/** Rows that travel through a decoder together in `decodeBatch`. */
export const BATCH = 8;

/** Runs the operations of a run's decoder. */
export class Decoder {
  /**
   * @param {object} header with `latent_dim`, `image_shape`, `ops` and, where the decoder is told
   *   a label, `num_labels`
   * @param {Object<string, Float32Array>} arrays
   */
  constructor(header, arrays) {
    this.latentDim = header.latent_dim;
    this.numLabels = header.num_labels ?? 0;
    /** The label that is told where a call names none. */
    this.label = header.labels?.[0] ?? 0;
    this.steps = [];
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
    this.mean = this.buffers.at(-1).subarray(0, size);
    /** What goes into the sigmoid; the same length as `mean`. */
    this.logits = this.buffers.at(-2).subarray(0, size);
  }

  /** @param {number} images how many rows of the first buffer hold a code */
  runSteps(images) {
    for (let i = 0; i < this.steps.length; i++) {
      this.steps[i].run(this.buffers[i], this.buffers[i + 1], images);
    }
  }

  /** Put a code, and the label one-hot behind it, into a row of the first buffer. */
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
   * @param {ArrayLike<number>} [labels] one a code; the decoder's own label if not given
   * @returns {Float32Array} `out`
   */
  decodeBatch(codes, count, out = new Float32Array(count * this.pixels), labels = null) {
    const d = this.latentDim;
    const last = this.buffers.at(-1);
    for (let start = 0; start < count; start += BATCH) {
      const images = Math.min(BATCH, count - start);
      for (let i = 0; i < images; i++) {
        this.fillRow(i, codes, (start + i) * d, labels ? labels[start + i] : this.label);
      }
      this.runSteps(images);
      out.set(last.subarray(0, images * this.pixels), start * this.pixels);
    }
    return out;
  }
}

/**
 * -log p(x|z) of Bernoulli pixels, in nats; the binary cross-entropy where pixels are grey.
 * @param {Float32Array} logits
 * @param {Uint8Array} pixels 0 to 255
 * @returns {number}
 */
export function bernoulliLoss(logits, pixels) {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const l = logits[i];
    // softplus(l) without overflow.
    sum += Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l))) - (pixels[i] / 255) * l;
  }
  return sum;
}
