/** An image as a grid of codebook entries; vae/latent/export/codebook.py has the payload. */

import { SIGMOID, sigmoid } from "./model.js";
import { Network } from "./network.js";

/** @import { CodebookHeader } from "../lib/types" */

/** The steps of a vector-quantised model; each gives the same array at each call. */
export class Codebook {
  /** @param {CodebookHeader} header @param {Record<string, any>} arrays */
  constructor(header, arrays) {
    this.dim = header.latent_dim;
    this.entries = header.entries;
    /** Vectors of an image's grid: rows * columns. */
    this.places = header.grid_shape[0] * header.grid_shape[1];
    /** (entries, dim) */
    this.vectors = /** @type {Float32Array} */ (arrays.codebook);
    this.encoder = new Network(header.encoder, arrays, header.image_shape);
    const grid = [this.dim, ...header.grid_shape];
    this.decoder = new Network(header.decoder, arrays, grid);
    this.made = {
      grid: new Float32Array(this.places * this.dim),
      features: new Float32Array(this.places * this.dim),
      distances: new Float32Array(this.places * this.entries),
      nearest: new Int32Array(this.places),
      mean: new Float32Array(this.decoder.size),
    };
    /** What went into the sigmoid at the latest `decode`. */
    this.logits = new Float32Array(this.decoder.size);
  }

  /**
   * The encoder's vectors of an image.
   * @param {ArrayLike<number>} image (C, H, W) in [0, 1]
   * @returns {Float32Array} (rows, columns, dim)
   */
  features(image) {
    const { encoder, places, dim } = this;
    const { features, grid } = this.made;
    encoder.run(image, 1, grid);
    for (let p = 0; p < places; p++) {
      for (let c = 0; c < dim; c++) features[p * dim + c] = grid[c * places + p];
    }
    return features;
  }

  /**
   * Squared distances of each vector to each entry.
   * @param {Float32Array} features (rows, columns, dim)
   * @returns {Float32Array} (rows, columns, entries)
   */
  distances(features) {
    const { places, dim, entries, vectors } = this;
    const { distances } = this.made;
    for (let p = 0; p < places; p++) {
      for (let k = 0; k < entries; k++) {
        let sum = 0;
        for (let c = 0; c < dim; c++) sum += (features[p * dim + c] - vectors[k * dim + c]) ** 2;
        distances[p * entries + k] = sum;
      }
    }
    return distances;
  }

  /**
   * The entry nearest to each vector; the first of those that are equally near.
   * @param {Float32Array} distances (rows, columns, entries)
   * @returns {Int32Array} (rows, columns)
   */
  nearest(distances) {
    const { places, entries } = this;
    const { nearest } = this.made;
    for (let p = 0; p < places; p++) {
      let best = 0;
      for (let k = 1; k < entries; k++) {
        if (distances[p * entries + k] < distances[p * entries + best]) best = k;
      }
      nearest[p] = best;
    }
    return nearest;
  }

  /**
   * The picture of a grid of entries.
   * @param {ArrayLike<number>} indices (rows, columns)
   * @returns {Float32Array} means in [0, 1], (C, H, W)
   */
  decode(indices) {
    const { decoder, places, dim, vectors } = this;
    const { grid, mean } = this.made;
    for (let p = 0; p < places; p++) {
      for (let c = 0; c < dim; c++) grid[c * places + p] = vectors[indices[p] * dim + c];
    }
    decoder.run(grid, 1, this.logits, 0, SIGMOID);
    for (let i = 0; i < mean.length; i++) mean[i] = sigmoid(this.logits[i]);
    return mean;
  }
}
