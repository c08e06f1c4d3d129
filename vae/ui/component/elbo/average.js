/**
 * Averages over q(z|x): of the reconstruction loss, and of the weights of importance sampling.
 *
 * With one or two dimensions z takes the places of a fixed grid of eps, weighted by its normal
 * density: no random numbers, so no error from sampling. With more, draws in pairs eps and -eps.
 */

import { normal, uniformSource } from "../lib/rng.js";
import { klFromPrior, logPrior, logSumExp, sigmaOf } from "./gaussian.js";

/** The grid of eps reaches so far from 0, in steps of so much. */
const REACH = 4.5;
const STEP = 0.5;
/** Draws with more dimensions. */
const DRAWS = 512;
const SEED = 20;

/** @returns {{eps: Float64Array, weights: Float64Array}} (count, d), and weights that sum to 1 */
function gridOfEps(/** @type {number} */ d) {
  const line = Array.from({ length: (2 * REACH) / STEP + 1 }, (_, i) => i * STEP - REACH);
  const square = line.flatMap((a) => line.map((b) => [a, b]));
  const inside = square.filter(([a, b]) => a * a + b * b <= REACH ** 2);
  const places = d === 1 ? line.map((a) => [a]) : inside;
  const weights = places.map((eps) => Math.exp(-0.5 * eps.reduce((sum, e) => sum + e * e, 0)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    eps: Float64Array.from(places.flat()),
    weights: Float64Array.from(weights, (weight) => weight / total),
  };
}

/** @param {number} d */
function drawsOfEps(d) {
  const uniform = uniformSource(SEED);
  const eps = new Float64Array(DRAWS * d);
  for (let i = 0; i < DRAWS; i += 2) {
    for (let j = 0; j < d; j++) {
      eps[i * d + j] = normal(uniform);
      eps[(i + 1) * d + j] = -eps[i * d + j];
    }
  }
  return { eps, weights: new Float64Array(DRAWS).fill(1 / DRAWS) };
}

/** Reconstruction losses at places of q(z|x), and what follows from them. */
export class PosteriorAverage {
  /** @param {ArrayLike<number>} mu @param {ArrayLike<number>} logvar */
  constructor(mu, logvar) {
    this.d = mu.length;
    this.isExact = this.d <= 2;
    const { eps, weights } = this.isExact ? gridOfEps(this.d) : drawsOfEps(this.d);
    this.eps = eps;
    this.weights = weights;
    this.count = weights.length;
    this.kl = klFromPrior(mu, logvar);
    /** Half the sum of logvar: log q(z|x) is -half - eps^2 / 2 - d / 2 log 2 pi. */
    this.half = 0.5 * Array.from(logvar).reduce((sum, value) => sum + value, 0);
    /** The places, (count, d). */
    this.z = Float64Array.from(eps, (e, i) => mu[i % this.d] + sigmaOf(logvar[i % this.d]) * e);
    this.losses = new Float64Array(this.count);
    /** Places that somebody works on or has worked on, and those whose losses are known. */
    this.handed = 0;
    this.done = 0;
  }

  get isComplete() {
    return this.done === this.count;
  }

  /** Take some losses. @param {number} from @param {ArrayLike<number>} losses */
  take(from, losses) {
    this.losses.set(losses, from);
    this.done += losses.length;
  }

  /** E_q[-log p(x|z)] */
  get reconLoss() {
    return this.losses.reduce((sum, loss, i) => sum + this.weights[i] * loss, 0);
  }

  /** Standard error of it; 0 where nothing is drawn. */
  get error() {
    if (this.isExact) return 0;
    // The two of a pair are no independent draws: their means are.
    const pairs = this.count / 2;
    const mean = this.reconLoss;
    let squares = 0;
    for (let i = 0; i < pairs; i++) {
      squares += ((this.losses[2 * i] + this.losses[2 * i + 1]) / 2 - mean) ** 2;
    }
    return Math.sqrt(squares / (pairs - 1) / pairs);
  }

  get elbo() {
    return -this.reconLoss - this.kl;
  }

  /** Importance sampling's estimate of log p(x), a lower bound in expectation. */
  get importanceBound() {
    const { d, eps, z, losses } = this;
    const weights = losses.map((loss, i) => {
      const logQ = logPrior(eps, i * d, d) - this.half;
      return logPrior(z, i * d, d) - loss - logQ;
    });
    return logSumExp(weights) - Math.log(this.count);
  }
}
