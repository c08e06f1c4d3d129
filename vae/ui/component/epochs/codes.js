/** The codes of a run's kept epochs: where each test image stood, at and between the epochs. */

import { Points } from "../lib/points.js";

/** Points that move: `values` hold the codes of `this.at`, a place between the kept epochs. */
export class EpochCodes extends Points {
  /**
   * @param {{epochs: number[], latent_dim: number}} header
   * @param {Record<string, any>} arrays history and label: vae/latent/epochs.py
   * @param {string[]} names of the classes
   */
  constructor(header, arrays, names) {
    const size = arrays.label.length * header.latent_dim;
    super(names, header.latent_dim, new Float32Array(size), arrays.label);
    this.epochs = header.epochs;
    this.history = /** @type {Float32Array} */ (arrays.history);
    this.place = Number.NaN;
    this.moveTo(this.last);
  }

  /** Index of the newest epoch. */
  get last() {
    return this.epochs.length - 1;
  }

  /** The epoch nearest to where the codes stand. */
  get epoch() {
    return this.epochs[Math.round(this.place)];
  }

  /** Index of the newest kept epoch up to this one, or of the first. @param {number} epoch */
  indexOf(epoch) {
    return Math.max(
      0,
      this.epochs.findLastIndex((kept) => kept <= epoch),
    );
  }

  /**
   * Put the codes between two kept epochs, on straight lines.
   * @param {number} place an index into `epochs`, with a fraction
   * @returns {boolean} whether they moved
   */
  moveTo(place) {
    const wanted = Math.max(0, Math.min(this.last, place));
    if (wanted === this.place) return false;
    this.place = wanted;
    const { values, history } = this;
    const before = Math.floor(wanted);
    const share = wanted - before;
    const from = before * values.length;
    const to = Math.min(this.last, before + 1) * values.length;
    for (let i = 0; i < values.length; i++) {
      values[i] = history[from + i] + share * (history[to + i] - history[from + i]);
    }
    this.medianPoints = null;
    return true;
  }
}
