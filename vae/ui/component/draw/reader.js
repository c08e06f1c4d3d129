/** What a run's networks make of a drawing, computed in the page. */

import { klFromPrior } from "../elbo/gaussian.js";
import { Codebook } from "../network/codebook.js";
import { reconLoss } from "../network/losses.js";
import { Decoder, Encoder } from "../network/model.js";

/** @import { Run } from "../lib/types" */

/**
 * @typedef {object} OwnReading
 * @property {Float32Array} recon means in [0, 1]
 * @property {number[]} mu
 * @property {number[]|null} logvar null where a code is a point
 */

/** Of a run whose codes are places. */
class PlaceReader {
  /** @param {Run} run */
  constructor({ header, arrays }) {
    this.encoder = new Encoder(header, arrays);
    this.decoder = new Decoder(header, arrays);
    this.lossOf = reconLoss(header).of;
    /** The labels that it may be told; none of them where it is told nothing. */
    this.labels = header.num_labels ? (header.labels ?? []) : [];
  }

  /**
   * @param {Float32Array} image in [0, 1] @param {Uint8Array} pixels the same, 0 to 255
   * @returns {OwnReading}
   */
  read(image, pixels) {
    const label = this.labels.length > 1 ? this.bestLabel(image, pixels) : this.labels[0];
    const { mu, logvar } = this.encoder.encode(image, label);
    const recon = this.decoder.decode(mu, label);
    return { recon, mu: Array.from(mu), logvar: logvar && Array.from(logvar) };
  }

  /**
   * The label with the greatest ELBO, its reconstruction term taken at mu: Python averages it.
   * @param {Float32Array} image @param {Uint8Array} pixels
   */
  bestLabel(image, pixels) {
    const { encoder, decoder, labels } = this;
    const costs = labels.map((label) => {
      const { mu, logvar } = encoder.encode(image, label);
      decoder.decode(mu, label);
      return this.lossOf(decoder.logits, pixels) + (logvar ? klFromPrior(mu, logvar) : 0);
    });
    return labels[costs.indexOf(Math.min(...costs))];
  }
}

/** Of a run whose codes are entries of a codebook. */
class CodebookReader {
  /** @param {Run<any>} run */
  constructor({ header, arrays }) {
    this.model = new Codebook(header, arrays);
  }

  /** @param {Float32Array} image in [0, 1] @returns {OwnReading} mu is the mean of its entries */
  read(image) {
    const { model } = this;
    const nearest = model.nearest(model.distances(model.features(image)));
    const mu = Array.from({ length: model.dim }, (_, c) => {
      let sum = 0;
      for (const index of nearest) sum += model.vectors[index * model.dim + c];
      return sum / nearest.length;
    });
    return { recon: model.decode(nearest), mu, logvar: null };
  }
}

/** @typedef {PlaceReader|CodebookReader} Reader */

/** @param {Run<any>} run @returns {Reader} */
export const makeReader = (run) =>
  "entries" in run.header ? new CodebookReader(run) : new PlaceReader(run);
