/** A run's encoder and decoder; vae/latent/export/run.py describes what they are made of. */

import { Network } from "./network.js";
import { noteTime } from "./timing.js";

/** @import { Header } from "../lib/types" */

/** A decoder ends in one sigmoid; what goes into it is asked for too. */
export const SIGMOID = 1;

/** From codes to images. */
export class Decoder {
  /**
   * @param {Header} header @param {Record<string, any>} arrays
   * @param {boolean} [isPlain] do without SIMD
   */
  constructor(header, arrays, isPlain = false) {
    this.latentDim = header.latent_dim;
    /** The label that is told where a call names none. */
    this.label = header.labels?.[0] ?? 0;
    this.network = new Network(header.decoder, arrays, [this.latentDim], isPlain);
    /** Numbers of an image: C * H * W. */
    this.pixels = this.network.size;
    /** What goes into the sigmoid at the latest `decode`, and what comes out of it. */
    this.logits = new Float32Array(this.pixels);
    this.mean = new Float32Array(this.pixels);
  }

  /**
   * Decode one code.
   * @param {ArrayLike<number>} z latentDim numbers
   * @param {number} [label] read by conditional decoders alone
   * @returns {Float32Array} means in [0, 1], (C, H, W); the same array at each call
   */
  decode(z, label = this.label) {
    const start = performance.now();
    const { network, logits, mean } = this;
    network.run(z, 1, logits, label, SIGMOID);
    for (let i = 0; i < mean.length; i++) mean[i] = sigmoid(logits[i]);
    noteTime("vae:decode", start, { images: 1 });
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
    const start = performance.now();
    this.network.run(codes, count, out, labels ?? this.label);
    noteTime("vae:decode", start, { images: count });
    return out;
  }

  /**
   * What goes into the sigmoid, for many codes: as `decodeBatch`.
   * @param {ArrayLike<number>} codes @param {number} count
   * @param {Float32Array} [out] @param {ArrayLike<number>|null} [labels]
   */
  logitsBatch(codes, count, out = new Float32Array(count * this.pixels), labels = null) {
    const start = performance.now();
    this.network.run(codes, count, out, labels ?? this.label, SIGMOID);
    noteTime("vae:decode", start, { images: count });
    return out;
  }
}

/** From an image to its code, or to q(z|x). */
export class Encoder {
  /** @param {Header} header @param {Record<string, any>} arrays */
  constructor(header, arrays) {
    this.label = header.labels?.[0] ?? 0;
    this.network = new Network(header.encoder, arrays, header.image_shape);
    this.made = new Float32Array(this.network.size);
    const d = header.latent_dim;
    this.mu = this.made.subarray(0, d);
    /** Null where a code is a point. */
    this.logvar = header.has_prior ? this.made.subarray(d, 2 * d) : null;
  }

  /**
   * Encode one image.
   * @param {ArrayLike<number>} image (C, H, W) in [0, 1]
   * @param {number} [label] read by conditional encoders alone
   * @returns {{mu: Float32Array, logvar: Float32Array|null}} latentDim numbers each; the same
   *   arrays at each call
   */
  encode(image, label = this.label) {
    const start = performance.now();
    this.network.run(image, 1, this.made, label);
    noteTime("vae:encode", start, { images: 1 });
    return { mu: this.mu, logvar: this.logvar };
  }
}

export const sigmoid = (/** @type {number} */ logit) => 1 / (1 + Math.exp(-logit));
