/** A run's latent space: how far each dimension reaches, in which steps, and where z begins. */

import { quantise, zText } from "./position.js";
import { normal } from "./rng.js";

/** Parts of a dimension's reach that make its unit: a map of -3 to 3 has the unit 1. */
const UNITS_ACROSS = 6;

/** The greatest of 1, 2, 5, 10, … and of 0.5, 0.2, … that is not above a size. */
export function roundSize(size) {
  const power = 10 ** Math.floor(Math.log10(size) + 1e-9);
  const lead = size / power + 1e-9;
  return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

/** What the header says of the space; one without a prior reaches where its codes lie. */
export class Space {
  /** @param {object} header */
  constructor(header) {
    const d = header.latent_dim;
    const every = (value) => new Array(d).fill(value);
    this.hasPrior = header.has_prior ?? true;
    this.low = header.z_low ?? every(-header.z_range);
    this.high = header.z_high ?? every(header.z_range);
    this.centre = header.centre ?? every(0);
    this.decimals = header.decimals ?? 3;
    this.spread = header.dims.map((dim) => dim.spread ?? 1);
    this.units = this.low.map((low, dim) => roundSize((this.high[dim] - low) / UNITS_ACROSS));
  }

  /** Lowest and highest value of a dimension that map and sliders show. */
  rangeOf(dim) {
    return [this.low[dim], this.high[dim]];
  }

  clamp(dim, value) {
    return Math.max(this.low[dim], Math.min(this.high[dim], value));
  }

  quantise(value) {
    return quantise(value, this.decimals);
  }

  text(z) {
    return zText(z, this.decimals);
  }

  /** A value as a reader sees it while it moves. */
  short(value) {
    return value.toFixed(this.decimals - 1);
  }

  /** A step of `size` units along a dimension, never less than z's last decimal. */
  step(dim, size) {
    const least = 10 ** -this.decimals;
    return Math.sign(size) * Math.max(least, Math.abs(size) * this.units[dim]);
  }

  /** Draw a z: from the prior, or from a Gaussian as wide as the codes, which promises nothing. */
  draw(uniform) {
    return Float64Array.from(this.centre, (centre, dim) =>
      this.hasPrior ? normal(uniform) : centre + this.spread[dim] * normal(uniform),
    );
  }
}
