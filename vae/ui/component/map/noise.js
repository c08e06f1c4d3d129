/** A draw of the pixels instead of their means; its noise stays while the picture morphs. */

import { N_ } from "../lib/locale.js";
import { freshSeed, normal, uniformSource } from "../lib/rng.js";

/** @import { Picture } from "../lib/types" */

/** @type {Record<string, string>} */
const NAMES = { bernoulli: N_("Bernoulli sample"), gaussian: N_("Gaussian sample") };

/** The noise of one picture, for decoders that give a distribution of the pixels. */
export class PixelNoise {
  /** @param {{likelihood?: string|null, pixel_sigma?: number|null}} header */
  constructor({ likelihood = "bernoulli", pixel_sigma: sigma }) {
    this.sigma = sigma ?? 1;
    this.isGaussian = likelihood === "gaussian";
    /** @type {string|null} null where there is nothing to draw from */
    this.name = NAMES[likelihood ?? ""] ?? null;
    this.values = /** @type {Float32Array|null} */ (null);
  }

  /** Resample for so many pixels, or return to the means with 0. @param {number} pixels */
  draw(pixels) {
    const uniform = uniformSource(freshSeed());
    const one = this.isGaussian ? () => normal(uniform) : uniform;
    this.values = pixels ? Float32Array.from({ length: pixels }, one) : null;
  }

  /**
   * Show the means, or the draw around them.
   * @param {Picture} picture @param {Float32Array} mean
   */
  paint(picture, mean) {
    if (!this.values) picture.paintMean(mean);
    else if (this.isGaussian) picture.paintNoisy(mean, this.values, this.sigma);
    else picture.paintSample(mean, this.values);
  }
}
