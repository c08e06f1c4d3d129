/** z as numbers that can be shown: what is shown is what is decoded. */

/** Round to some decimals, and never to -0. */
export function quantise(value, decimals = 3) {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale + 0;
}

/** Write z as "0.300,-1.200". */
export function zText(z, decimals = 3) {
  return Array.from(z, (value) => value.toFixed(decimals)).join(",");
}
