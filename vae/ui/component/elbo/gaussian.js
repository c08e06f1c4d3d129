/** The Gaussians of the bound, in nats: q(z|x) = N(mu, diag(sigma^2)) and the prior N(0, I). */

const LOG_2PI = Math.log(2 * Math.PI);

/** @typedef {ArrayLike<number>} Vector */

/** sigma of one dimension. @param {number} logvar */
export const sigmaOf = (logvar) => Math.exp(0.5 * logvar);

/**
 * KL of N(mu, sigma^2) from N(0, 1) in one dimension.
 * @param {number} mu @param {number} logvar
 */
export const klOf = (mu, logvar) => 0.5 * (mu * mu + Math.exp(logvar) - 1 - logvar);

/** KL of q(z|x) from the prior. @param {Vector} mu @param {Vector} logvar */
export function klFromPrior(mu, logvar) {
  let sum = 0;
  for (let j = 0; j < mu.length; j++) sum += klOf(mu[j], logvar[j]);
  return sum;
}

/** log p(z) of the prior, z in `d` numbers from `from` on. @param {Vector} z */
export function logPrior(z, from = 0, d = z.length) {
  let squares = 0;
  for (let j = 0; j < d; j++) squares += z[from + j] ** 2;
  return -0.5 * (squares + d * LOG_2PI);
}

/**
 * The noise that leads from x to z: eps = (z - mu) / sigma.
 * @param {number} z @param {number} mu @param {number} logvar
 */
export const epsOf = (z, mu, logvar) => (z - mu) / sigmaOf(logvar);

/** log of the sum of exponentials. @param {Vector} values */
export function logSumExp(values) {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  if (most === -Infinity) return most;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - most);
  return most + Math.log(sum);
}
