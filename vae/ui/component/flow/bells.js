/** q(z_j|x) as small bell curves over the prior's, with a tick at z. */

import { sigmaOf } from "../elbo/gaussian.js";

/** @import { Theme } from "../lib/types" */

const WIDTH = 76;
const ROW = 18;
/** Curves reach this far on both sides of 0. */
const REACH = 4;

/**
 * Draw one row for each of some dimensions. Each curve has the same height, whatever its width.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} mu @param {ArrayLike<number>} logvar
 * @param {ArrayLike<number>} z @param {number[]} dims @param {Theme} theme
 */
export function drawBells(canvas, mu, logvar, z, dims, theme) {
  const ratio = globalThis.devicePixelRatio || 1;
  const height = ROW * dims.length;
  if (canvas.width !== WIDTH * ratio || canvas.height !== height * ratio) {
    canvas.width = WIDTH * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${WIDTH}px`;
    canvas.style.height = `${height}px`;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, WIDTH, height);
  for (const [row, dim] of dims.entries()) {
    const base = ROW * (row + 1) - 2;
    const x = (/** @type {number} */ value) => ((value + REACH) / (2 * REACH)) * WIDTH;
    trace(context, base, 0, 1);
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    context.stroke();
    trace(context, base, mu[dim], sigmaOf(logvar[dim]));
    context.fillStyle = theme.primary;
    context.globalAlpha = 0.45;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = theme.primary;
    context.lineWidth = 1.5;
    context.stroke();
    const at = Math.max(1, Math.min(WIDTH - 1, x(z[dim])));
    context.fillStyle = theme.text;
    context.fillRect(at - 1, base - ROW + 4, 2, ROW - 4);
  }
}

/**
 * Trace a normal density, scaled to the row's height.
 * @param {CanvasRenderingContext2D} context @param {number} base @param {number} mu
 * @param {number} sigma
 */
function trace(context, base, mu, sigma) {
  // A curve thinner than a pixel would not be seen.
  const wide = Math.max(sigma, (1.2 * REACH) / WIDTH);
  context.beginPath();
  context.moveTo(0, base);
  for (let px = 0; px <= WIDTH; px++) {
    const value = (px / WIDTH) * 2 * REACH - REACH;
    context.lineTo(px, base - (ROW - 5) * Math.exp(-0.5 * ((value - mu) / wide) ** 2));
  }
  context.lineTo(WIDTH, base);
}
