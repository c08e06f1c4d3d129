/** z as numbers that can be shown: what is shown is what is decoded. */

/** Round to three decimals, and never to -0. */
export function quantise(value) {
  return Math.round(value * 1000) / 1000 + 0;
}

/** Write z as "0.300,-1.200". */
export function zText(z) {
  return Array.from(z, (value) => value.toFixed(3)).join(",");
}
