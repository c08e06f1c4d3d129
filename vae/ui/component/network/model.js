/** A run's encoder and decoder; vae/latent/export/run.py describes what they are made of. */

import { Network } from "./network.js";

/** @import { Header } from "../lib/types" */

/** Codes that travel through a decoder together in `decodeBatch`. */
export const BATCH = 8;

/** From codes to images. */
export class Decoder {
  /** @param {Header} header @param {Record<string, any>} arrays */
  constructor(header, arrays) {
    this.latentDim = header.latent_dim;
    /** The label that is told where a call names none. */
    this.label = header.labels?.[0] ?? 0;
    // The sigmoid stands apart: what goes into it is asked for too.
    this.network = new Network(header.decoder.slice(0, -1), arrays, [this.latentDim], BATCH);
    /** Numbers of an image: C * H * W. */
    this.pixels = this.network.size;
    /** What goes into the sigmoid at the latest `decode`, and what comes out of it. */
    this.logits = this.network.output.subarray(0, this.pixels);
    this.mean = new Float32Array(this.pixels);
  }

  /**
   * Decode one code.
   * @param {ArrayLike<number>} z latentDim numbers
   * @param {number} [label] read by conditional decoders alone
   * @returns {Float32Array} means in [0, 1], (C, H, W); the same array at each call
   */
  decode(z, label = this.label) {
    const { network, logits, mean } = this;
    for (let i = 0; i < this.latentDim; i++) network.input[i] = z[i];
    network.labels[0] = label;
    network.run(1);
    for (let i = 0; i < mean.length; i++) mean[i] = sigmoid(logits[i]);
    return mean;
  }

  /**
   * Decode many codes.
   * @param {ArrayLike<number>} codes (count, latentDim)
   * @param {number} count
   * @param {Float32Array} [out] (count, pixels)
   * @param {ArrayLike<number>|null} [labels] one a code; the decoder's own label if not given
   * @returns {Float32Array} `out`, with means in [0, 1]
   */
  decodeBatch(codes, count, out = new Float32Array(count * this.pixels), labels = null) {
    this.logitsBatch(codes, count, out, labels);
    for (let i = 0; i < count * this.pixels; i++) out[i] = sigmoid(out[i]);
    return out;
  }

  /**
   * What goes into the sigmoid, for many codes: as `decodeBatch`.
   * @param {ArrayLike<number>} codes @param {number} count
   * @param {Float32Array} [out] @param {ArrayLike<number>|null} [labels]
   */
  logitsBatch(codes, count, out = new Float32Array(count * this.pixels), labels = null) {
    const { network, latentDim: d, pixels } = this;
    for (let start = 0; start < count; start += BATCH) {
      const images = Math.min(BATCH, count - start);
      for (let i = 0; i < images * d; i++) network.input[i] = codes[start * d + i];
      for (let i = 0; i < images; i++) network.labels[i] = labels ? labels[start + i] : this.label;
      network.run(images);
      out.set(network.output.subarray(0, images * pixels), start * pixels);
    }
    return out;
  }
}

/** From an image to its code, or to q(z|x). */
export class Encoder {
  /** @param {Header} header @param {Record<string, any>} arrays */
  constructor(header, arrays) {
    this.label = header.labels?.[0] ?? 0;
    this.network = new Network(header.encoder, arrays, header.image_shape, 1);
    const { output } = this.network;
    const d = header.latent_dim;
    this.mu = output.subarray(0, d);
    /** Null where a code is a point. */
    this.logvar = header.has_prior ? output.subarray(d, 2 * d) : null;
  }

  /**
   * Encode one image.
   * @param {ArrayLike<number>} image (C, H, W) in [0, 1]
   * @param {number} [label] read by conditional encoders alone
   * @returns {{mu: Float32Array, logvar: Float32Array|null}} latentDim numbers each; the same
   *   arrays at each call
   */
  encode(image, label = this.label) {
    this.network.input.set(image);
    this.network.labels[0] = label;
    this.network.run(1);
    return { mu: this.mu, logvar: this.logvar };
  }
}

const sigmoid = (/** @type {number} */ logit) => 1 / (1 + Math.exp(-logit));
