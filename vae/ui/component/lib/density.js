/**
 * Whether a place of latent space is near data, by the rule of vae/latent/density.py: the density
 * of the aggregated posterior or, where codes are points, the distance to the nearest code, against
 * the codes' own.
 */

/** @import { Header } from "./types" */

const LEAST_LOGVAR = -30;
const MOST_LOGVAR = 30;

/** The quantile below which a place counts as outside: 1 of 100. */
const BORDER = 1;

/** Densities below the greatest by exp(-40) do not count: twice the exponent. */
const NEGLIGIBLE = 80;

/** How near places are to the codes of a run. */
export class CodeDensity {
  /**
   * @param {Header} header @param {Float32Array} mu (n, d) @param {Float32Array|null} logvar
   * @param {Int32Array} label of each code
   */
  constructor({ latent_dim: d, density = {} }, mu, logvar, label) {
    this.d = d;
    this.mu = mu;
    this.label = label;
    this.count = label.length;
    this.quantiles = density;
    /** Of each code and dimension: 1 / sigma^2; of each code: what its density has without z. */
    this.precision = /** @type {Float64Array|null} */ (null);
    this.constant = new Float64Array(this.count);
    this.sums = new Float64Array(this.count);
    this.nearest = 0;
    if (!logvar) return;
    this.precision = new Float64Array(mu.length);
    for (let i = 0, at = 0; i < this.count; i++) {
      let sum = d * Math.log(2 * Math.PI);
      for (let k = 0; k < d; k++, at++) {
        const bounded = Math.max(LEAST_LOGVAR, Math.min(MOST_LOGVAR, logvar[at]));
        this.precision[at] = Math.exp(-bounded);
        sum += bounded;
      }
      this.constant[i] = sum;
    }
  }

  /**
   * log q(z) in nats or, where codes are points, minus the distance to the nearest.
   * @param {ArrayLike<number>} z
   * @param {number|null} [only] the class that counts
   */
  score(z, only = null) {
    const { precision, label, count, sums, nearest } = this;
    // The code that was nearest at the place before: most others need not be looked at to the end.
    const counts = only === null || label[nearest] === only;
    let least = counts && nearest < count ? this.sumAt(z, nearest, Infinity) : Infinity;
    let members = 0;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (only !== null && label[i] !== only) continue;
      members++;
      const sum = this.sumAt(z, i, least + (precision ? NEGLIGIBLE : 0));
      if (sum === Infinity) continue;
      sums[kept++] = sum;
      if (sum >= least) continue;
      least = sum;
      this.nearest = i;
    }
    if (!precision) return -Math.sqrt(least);
    let total = 0;
    for (let i = 0; i < kept; i++) total += Math.exp(0.5 * (least - sums[i]));
    return -0.5 * least + Math.log(total) - Math.log(members);
  }

  /**
   * Minus two log densities of a code's posterior at z or, where it is a point, the squared
   * distance; Infinity where it is more than `most`.
   * @param {ArrayLike<number>} z @param {number} index @param {number} most
   */
  sumAt(z, index, most) {
    const { d, mu, precision } = this;
    let sum = precision ? this.constant[index] : 0;
    for (let k = 0, at = index * d; k < d; k++, at++) {
      const gap = z[k] - mu[at];
      sum += precision ? gap * gap * precision[at] : gap * gap;
      if (sum > most) return Infinity;
    }
    return sum;
  }

  /**
   * Place z among the codes.
   * @param {ArrayLike<number>} z @param {number|null} [only] the class that counts
   * @returns {{score: number, typicality: number, isInside: boolean}} typicality: share of encoded
   *   test images' z that lie in less dense places
   */
  at(z, only = null) {
    const quantiles = this.quantiles[String(only ?? "")] ?? [];
    if (!quantiles.length) return { score: -Infinity, typicality: 0, isInside: false };
    const score = this.score(z, only);
    return {
      score,
      typicality: shareBelow(quantiles, score),
      isInside: score >= quantiles[BORDER],
    };
  }
}

/**
 * The share of a sample below a value, from its evenly spaced quantiles.
 * @param {number[]} quantiles ascending @param {number} value
 */
export function shareBelow(quantiles, value) {
  const steps = quantiles.length - 1;
  if (!(value > quantiles[0])) return 0;
  if (value >= quantiles[steps]) return 1;
  let low = 0;
  let high = steps;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (quantiles[middle] <= value) low = middle;
    else high = middle;
  }
  const part = (value - quantiles[low]) / (quantiles[high] - quantiles[low]);
  return (low + part) / steps;
}
