/** A run's latent space: how far each dimension reaches, in which steps, and where z begins. */

import { numeral } from "./locale.js";
import { normal } from "./rng.js";

/** @import { Header, Place, Range } from "./types" */

/** Parts of a dimension's reach that make its unit: a map of -3 to 3 has the unit 1. */
const UNITS_ACROSS = 6;

/** Round to some decimals, and never to -0. @param {number} value */
export function quantise(value, decimals = 3) {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale + 0;
}

/** What arrow keys move z by, in units of a dimension; Shift for the larger step. */
const KEY_STEP = 0.05;
const LARGE_KEY_STEP = 0.5;

/**
 * The greatest of 1, 2, 5, 10, … and of 0.5, 0.2, … that is not above a size.
 * @param {number} size
 */
export function roundSize(size) {
  const power = 10 ** Math.floor(Math.log10(size) + 1e-9);
  const lead = size / power + 1e-9;
  return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

/** What the header says of the space; one without a prior reaches where its codes lie. */
export class Space {
  /** @param {Header} header */
  constructor(header) {
    const d = header.latent_dim;
    const every = (/** @type {number} */ value) =>
      /** @type {number[]} */ (new Array(d).fill(value));
    this.hasPrior = header.has_prior ?? true;
    this.low = header.z_low ?? every(-header.z_range);
    this.high = header.z_high ?? every(header.z_range);
    this.centre = header.centre ?? every(0);
    this.decimals = header.decimals ?? 3;
    this.spread = header.dims.map((dim) => dim.spread ?? 1);
    this.units = this.low.map((low, dim) => roundSize((this.high[dim] - low) / UNITS_ACROSS));
  }

  /**
   * Lowest and highest value of a dimension that map and sliders show.
   * @param {number} dim @returns {Range}
   */
  rangeOf(dim) {
    return [this.low[dim], this.high[dim]];
  }

  /** @param {number} dim @param {number} value */
  clamp(dim, value) {
    return Math.max(this.low[dim], Math.min(this.high[dim], value));
  }

  /** z as it is shown is what is decoded. @param {number} value */
  quantise(value) {
    return quantise(value, this.decimals);
  }

  /** Write z as "0.300,-1.200". @param {Float64Array} z */
  text(z) {
    return Array.from(z, (value) => value.toFixed(this.decimals)).join(",");
  }

  /** A value as a reader sees it while it moves. @param {number} value */
  short(value) {
    return numeral(value.toFixed(this.decimals - 1));
  }

  /**
   * A step of `size` units along a dimension, never less than z's last decimal.
   * @param {number} dim @param {number} size
   */
  step(dim, size) {
    const least = 10 ** -this.decimals;
    return Math.sign(size) * Math.max(least, Math.abs(size) * this.units[dim]);
  }

  /**
   * Where an arrow key leads on a map, across and up.
   * @param {ArrayLike<number>} z @param {number[]} dims @param {Place} way
   * @param {boolean} isLarge @returns {Place}
   */
  towards(z, [across, up], way, isLarge) {
    const size = isLarge ? LARGE_KEY_STEP : KEY_STEP;
    const x = z[across] + this.step(across, way[0] * size);
    return [x, up === undefined ? 0 : z[up] + this.step(up, way[1] * size)];
  }

  /**
   * Draw a z: from the prior, or from a Gaussian as wide as the codes, which promises nothing.
   * @param {() => number} uniform
   */
  draw(uniform) {
    return Float64Array.from(this.centre, (centre, dim) =>
      this.hasPrior ? normal(uniform) : centre + this.spread[dim] * normal(uniform),
    );
  }
}
