/** What a reconstruction costs, in the model's own measure. */

import { gettext, N_, numeral } from "../lib/locale.js";

/** @import { Loss } from "../lib/types" */

/** @typedef {Loss["of"]} LossOf */

const sigmoid = (/** @type {number} */ logit) => 1 / (1 + Math.exp(-logit));

/** 2 to this power is far from the end of float64. */
const TOGETHER = 512;

/**
 * -log p(x|z) of Bernoulli pixels, in nats; the binary cross-entropy where pixels are grey.
 * @param {Float32Array} logits
 * @param {Uint8Array} pixels 0 to 255
 * @returns {number}
 */
export function bernoulliLoss(logits, pixels) {
  let sum = 0;
  // Each pixel costs softplus(l) - x l = max(l, 0) - x l + log(1 + exp(-|l|)); the logarithms are
  // taken together, of products of so many numbers between 1 and 2.
  for (let begin = 0; begin < logits.length; begin += TOGETHER) {
    let product = 1;
    const end = Math.min(begin + TOGETHER, logits.length);
    for (let i = begin; i < end; i++) {
      const l = logits[i];
      sum += Math.max(l, 0) - (pixels[i] / 255) * l;
      product *= 1 + Math.exp(-Math.abs(l));
    }
    sum += Math.log(product);
  }
  return sum;
}

/** Sum over pixels of the squared error of the means; pixels are 0 to 255. @type {LossOf} */
const squaredErrors = (logits, pixels) => {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += (sigmoid(logits[i]) - pixels[i] / 255) ** 2;
  return sum;
};

/**
 * -log N(x; mean, sigma^2) of the pixels, in nats; a density, so it may be negative.
 * @param {Float32Array} logits @param {Uint8Array} pixels @param {number} sigma
 */
function gaussianLoss(logits, pixels, sigma) {
  const constant = Math.log(sigma) + 0.5 * Math.log(2 * Math.PI);
  return squaredErrors(logits, pixels) / (2 * sigma * sigma) + constant * logits.length;
}

/** Mean squared error per pixel. @type {LossOf} */
const pixelError = (logits, pixels) => squaredErrors(logits, pixels) / logits.length;

export const inNats = (/** @type {number} */ value) =>
  Number.isFinite(value) ? `${numeral(value.toFixed(1))} nats` : "–";
const asError = (/** @type {number} */ value) =>
  Number.isFinite(value) ? numeral(value.toFixed(5)) : "–";

/** Losses by their names in a header. @type {Record<string, Loss>} */
const LOSSES = {
  bernoulli: {
    of: bernoulliLoss,
    text: inNats,
    title: N_("−log p(x|z); the binary cross-entropy where pixels are grey"),
  },
  bce: {
    of: bernoulliLoss,
    text: inNats,
    title: N_("Binary cross-entropy, summed over the pixels"),
  },
  mse: {
    of: pixelError,
    text: asError,
    title: N_("Mean squared error per pixel, pixels in 0 to 1"),
  },
};

/**
 * The reconstruction loss of a run.
 * @param {{loss?: string, pixel_sigma?: number|null}} header @returns {Loss}
 */
export function reconLoss({ loss = "bernoulli", pixel_sigma: sigma }) {
  if (loss !== "gaussian" || !sigma) return LOSSES[loss] ?? LOSSES.bernoulli;
  return {
    of: (logits, pixels) => gaussianLoss(logits, pixels, sigma),
    text: inNats,
    title: gettext(
      "−log p(x|z) of Gaussian pixels with deviation {sigma}; a density, so it may be negative",
      { sigma: numeral(sigma.toPrecision(3)) },
    ),
  };
}
