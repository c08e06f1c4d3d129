/** What a reconstruction costs, in the model's own measure. */

import { bernoulliLoss } from "./model.js";

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

/** Sum over pixels of the squared error of the means; pixels are 0 to 255. */
function squaredErrors(logits, pixels) {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += (sigmoid(logits[i]) - pixels[i] / 255) ** 2;
  return sum;
}

/** -log N(x; mean, sigma^2) of the pixels, in nats; a density, so it may be negative. */
export function gaussianLoss(logits, pixels, sigma) {
  const constant = Math.log(sigma) + 0.5 * Math.log(2 * Math.PI);
  return squaredErrors(logits, pixels) / (2 * sigma * sigma) + constant * logits.length;
}

/** Mean squared error a pixel. */
export function pixelError(logits, pixels) {
  return squaredErrors(logits, pixels) / logits.length;
}

const NATS = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} nats` : "–");
const ERROR = (value) => (Number.isFinite(value) ? value.toFixed(5) : "–");

/** Names of the losses in a header: {of, text, title}. */
const LOSSES = {
  bernoulli: {
    of: bernoulliLoss,
    text: NATS,
    title: "−log p(x|z); the binary cross-entropy where pixels are grey",
  },
  bce: { of: bernoulliLoss, text: NATS, title: "Binary cross-entropy, summed over the pixels" },
  mse: { of: pixelError, text: ERROR, title: "Mean squared error a pixel, of pixels in 0 to 1" },
};

/**
 * The reconstruction loss of a run.
 * @param {{loss?: string, pixel_sigma?: number|null}} header
 * @returns {{of: (logits: Float32Array, pixels: Uint8Array) => number,
 *   text: (value: number) => string, title: string}}
 */
export function reconLoss({ loss = "bernoulli", pixel_sigma: sigma }) {
  if (loss !== "gaussian") return LOSSES[loss] ?? LOSSES.bernoulli;
  return {
    of: (logits, pixels) => gaussianLoss(logits, pixels, sigma),
    text: NATS,
    title: `−log p(x|z) of Gaussian pixels with deviation ${sigma.toPrecision(3)}; a density, so it may be negative`,
  };
}
