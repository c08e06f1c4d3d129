/** What a box of the strip unfolds to: the formula, and the same with this image's numbers. */

import { epsOf, klFromPrior, klOf, logPrior, sigmaOf } from "../elbo/gaussian.js";
import { decimal, gettext, numeral } from "../lib/locale.js";

/** @import { Header } from "../lib/types" */
/** @import { Pin } from "../elbo/insight.js" */

/**
 * @typedef {object} FlowState what the strip shows at a moment
 * @property {Pin|null} pin
 * @property {ArrayLike<number>} z
 * @property {number[]} dims the dimensions on the map
 * @property {Float32Array} mean of each pixel, decoded from z
 * @property {Float32Array} logits
 * @property {number} here the pinned image's reconstruction loss at z
 */

/** Lines of a formula: what it says, and what it gives here. @typedef {[string, string]} Line */

/** Dimensions that are written out at most. */
const MOST_DIMS = 4;

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** The number of a dimension as an index, from 1. @param {number} dim */
export const sub = (dim) => String(dim + 1).replace(/\d/g, (digit) => SUBSCRIPTS[Number(digit)]);

/** About three significant digits, with a minus as typeset. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return numeral(value.toExponential(1)).replaceAll("-", "−");
  const digits = size >= 100 ? 1 : size >= 0.1 || size === 0 ? 2 : 4;
  return decimal(value, digits);
}

/** In brackets where it is negative. @param {number} value */
const factor = (value) => (value < 0 ? `(${short(value)})` : short(value));

/** The dimensions to write out: those on the map first. @param {FlowState} state */
function written({ dims, z }) {
  const others = Array.from(z, (_, dim) => dim).filter((dim) => !dims.includes(dim));
  return [...dims, ...others].slice(0, MOST_DIMS).sort((a, b) => a - b);
}

/** Sizes that an image goes through. @param {Record<string, any>[]} ops @param {number} size */
export function chain(ops, size) {
  const sizes = [size];
  for (const op of ops) {
    if (op.op === "linear") sizes.push(op.out);
    if (op.op === "conv2d" || op.op === "conv_transpose2d") sizes.push(op.out);
  }
  return sizes;
}

/** What a network consists of, layer by layer. @param {Record<string, any>[]} ops */
export function layers(ops) {
  const names = ops.flatMap((op) => {
    if (op.op === "linear") return [gettext("linear {sizes}", { sizes: `${op.in} → ${op.out}` })];
    if (op.op === "conv2d")
      return [gettext("convolution {sizes} maps", { sizes: `${op.in} → ${op.out}` })];
    if (op.op === "conv_transpose2d")
      return [gettext("transposed convolution {sizes} maps", { sizes: `${op.in} → ${op.out}` })];
    if (op.op === "label") return [gettext("the label, one-hot, added")];
    if (op.op === "residual") return [gettext("residual block")];
    return op.op === "reshape" ? [] : [op.op === "relu" ? "ReLU" : op.op];
  });
  return names.join(", ");
}

/** @param {Header} header @param {FlowState} state @returns {Line[]} */
function imageLines({ image_shape: [channels, height, width] }, { pin }) {
  const pixels = pin?.pixels;
  const shape =
    channels > 1
      ? gettext("{size} pixels, {n} channels", { size: `${height} × ${width}`, n: channels })
      : gettext("{size} pixels", { size: `${height} × ${width}` });
  if (!pixels) return [[gettext("x: numbers in [0, 1]"), shape]];
  const sum = pixels.reduce((total, pixel) => total + pixel, 0) / 255;
  const grey = pixels.filter((pixel) => pixel > 0 && pixel < 255).length;
  return [
    [
      "x = pixels / 255",
      gettext("{shape}; their sum is {sum}, {grey} are neither 0 nor 1", {
        shape,
        sum: short(sum),
        grey,
      }),
    ],
  ];
}

/** @param {Header} header @param {FlowState} state @returns {Line[]} */
function encoderLines(header, state) {
  const { pin } = state;
  if (!pin) return [];
  const rows = /** @type {Line[]} */ ([
    [pin.logvar ? "(μ, log σ²) = encoder(x)" : "code = encoder(x)", layers(header.encoder)],
  ]);
  for (const dim of written(state)) {
    const { mu, logvar } = pin;
    rows.push([
      logvar ? `μ${sub(dim)}, log σ${sub(dim)}²` : `code${sub(dim)}`,
      logvar ? `${short(mu[dim])}, ${short(logvar[dim])}` : short(mu[dim]),
    ]);
  }
  return rows;
}

/** @param {Header} _ @param {FlowState} state @returns {Line[]} */
function posteriorLines(_, state) {
  const { mu, logvar } = state.pin ?? {};
  if (!mu || !logvar) return [];
  const rows = /** @type {Line[]} */ ([]);
  for (const dim of written(state)) {
    const sigma = sigmaOf(logvar[dim]);
    const kl = klOf(mu[dim], logvar[dim]);
    rows.push([
      `σ${sub(dim)} = exp(½ log σ${sub(dim)}²)`,
      `exp(½ · ${factor(logvar[dim])}) = ${short(sigma)}`,
    ]);
    rows.push([
      `KL${sub(dim)} = ½ (μ² + σ² − 1 − log σ²)`,
      `½ (${short(mu[dim] ** 2)} + ${short(sigma ** 2)} − 1 − ${factor(logvar[dim])}) = ${short(kl)}`,
    ]);
  }
  rows.push(["KL(q(z|x) ‖ p(z)) = Σ KLⱼ", `${short(klFromPrior(mu, logvar))} nats`]);
  return rows;
}

/** @param {Header} _ @param {FlowState} state @returns {Line[]} */
function noiseLines(_, state) {
  const { mu, logvar } = state.pin ?? {};
  if (!mu || !logvar) return [];
  const rows = /** @type {Line[]} */ ([
    ["ε ~ N(0, I)", gettext("the die draws another; a drag of z sets ε")],
  ]);
  for (const dim of written(state)) {
    const z = state.z[dim];
    const [top, sigma] = [`${short(z)} − ${factor(mu[dim])}`, short(sigmaOf(logvar[dim]))];
    const eps = short(epsOf(z, mu[dim], logvar[dim]));
    rows.push([
      `ε${sub(dim)} = (z${sub(dim)} − μ${sub(dim)}) / σ${sub(dim)}`,
      `(${top}) / ${sigma} = ${eps}`,
    ]);
  }
  return rows;
}

/** @param {Header} header @param {FlowState} state @returns {Line[]} */
function codeLines({ has_prior: hasPrior = true }, state) {
  const { mu, logvar } = state.pin ?? {};
  const { z } = state;
  const rows = /** @type {Line[]} */ ([]);
  for (const dim of written(state)) {
    if (!mu || !logvar) {
      rows.push([`z${sub(dim)}`, short(z[dim])]);
      continue;
    }
    const [m, sigma] = [mu[dim], sigmaOf(logvar[dim])];
    const eps = epsOf(z[dim], m, logvar[dim]);
    rows.push([
      `z${sub(dim)} = μ${sub(dim)} + σ${sub(dim)} ε${sub(dim)}`,
      `${short(m)} + ${short(sigma)} · ${factor(eps)} = ${short(z[dim])}`,
    ]);
  }
  if (hasPrior) {
    const squares = Array.from(z).reduce((sum, value) => sum + value * value, 0);
    rows.push([
      `log p(z) = −½ (Σ zⱼ² + d log 2π)`,
      `−½ (${short(squares)} + ${short(z.length * Math.log(2 * Math.PI))}) = ${short(logPrior(z))} nats`,
    ]);
  }
  return rows;
}

/** @param {Header} header @param {FlowState} state @returns {Line[]} */
function decoderLines(header, { mean, logits, pin }) {
  let at = 0;
  // The pixel that costs most; without an image the one that is least sure.
  let most = -Infinity;
  for (let i = 0; i < mean.length; i++) {
    const cost = pin?.pixels ? Math.abs(mean[i] - pin.pixels[i] / 255) : -Math.abs(logits[i]);
    if (cost > most) [most, at] = [cost, i];
  }
  return [
    ["logits = decoder(z)", layers(header.decoder.slice(0, -1))],
    [
      gettext("mean = 1 / (1 + exp(−logit)) of each pixel"),
      `${pin?.pixels ? gettext("largest error") : gettext("least certain")}, ${placeOf(at, header)}: 1 / (1 + exp(${short(-logits[at])})) = ${short(mean[at])}`,
    ],
  ];
}

/** @param {number} at @param {Header} header */
function placeOf(at, { image_shape: [channels, height, width] }) {
  const place = at % (height * width);
  const values = {
    row: Math.floor(place / width) + 1,
    column: (place % width) + 1,
    channel: Math.floor(at / (height * width)) + 1,
  };
  return channels > 1
    ? gettext("row {row}, column {column}, channel {channel}", values)
    : gettext("row {row}, column {column}", values);
}

/** @param {Header} header @param {FlowState} state @returns {Line[]} */
function pictureLines(
  { loss = "bernoulli", pixel_sigma: sigma, has_prior: hasPrior = true },
  state,
) {
  const { mean, logits, pin, here } = state;
  const pixels = pin?.pixels;
  if (!pixels)
    return [
      [
        gettext("x̂ = mean of each pixel"),
        gettext("their sum is {sum}", { sum: short(mean.reduce((a, b) => a + b, 0)) }),
      ],
    ];
  const unit = loss === "mse" ? "" : " nats";
  const rows = /** @type {Line[]} */ ([]);
  if (loss === "mse" || loss === "gaussian") {
    const squares = mean.reduce((sum, value, i) => sum + (value - pixels[i] / 255) ** 2, 0);
    const count = mean.length;
    rows.push(
      loss === "mse"
        ? [
            gettext("mean squared error = Σ (x − x̂)² / n"),
            `${short(squares)} / ${count} = ${numeral(here.toFixed(5))}`,
          ]
        : [
            "−log p(x|z) = Σ (x − x̂)² / 2σ² + n log(σ √2π)",
            `${short(squares)} / ${short(2 * (sigma ?? 1) ** 2)} + ${count} · ${factor(Math.log((sigma ?? 1) * Math.sqrt(2 * Math.PI)))} = ${short(here)}${unit}`,
          ],
    );
  } else {
    // Without overflow: −log p = softplus(−logit), −log(1 − p) = softplus(logit).
    const soft = (/** @type {number} */ l) => Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
    const lit = logits.reduce((sum, l, i) => sum + (pixels[i] / 255) * soft(-l), 0);
    const dark = logits.reduce((sum, l, i) => sum + (1 - pixels[i] / 255) * soft(l), 0);
    const name = loss === "bce" ? gettext("cross-entropy") : "−log p(x|z)";
    rows.push([
      `${name} = −Σ x log x̂ − Σ (1 − x) log(1 − x̂)`,
      `${short(lit)} + ${short(dark)} = ${short(here)}${unit}`,
    ]);
  }
  if (hasPrior && pin.logvar) {
    const kl = klFromPrior(pin.mu, pin.logvar);
    rows.push([
      gettext("one-sample −ELBO = −log p(x|z) + KL, z from q(z|x)"),
      `${short(here)} + ${short(kl)} = ${short(here + kl)} nats`,
    ]);
  }
  return rows;
}

/** Lines by the names of the boxes. @type {Record<string, (header: any, state: FlowState) => Line[]>} */
export const LINES = {
  image: imageLines,
  encoder: encoderLines,
  posterior: posteriorLines,
  noise: noiseLines,
  code: codeLines,
  decoder: decoderLines,
  picture: pictureLines,
};
