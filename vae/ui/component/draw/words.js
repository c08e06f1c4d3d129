/** What the Draw view says of a run: what a code is decides which words are right. */

import { dimNames } from "../lib/dims.js";

/** @import { Header } from "../lib/types" */

const GRID = {
  intro:
    "Draw with mouse, finger or pen. The model encodes what you draw as a grid of codebook " +
    "entries, and decodes these again.",
  recon: "Decoded again from its codes",
  place: "code",
};
const POINT = {
  intro:
    "Draw with mouse, finger or pen. The model encodes what you draw, marks its place among the " +
    "test images on the map, and decodes that place again.",
  recon: "Decoded again from its code",
  place: "its code, where the encoder puts the drawing",
};
const CLOUD = {
  ...POINT,
  recon: "Decoded again from mu",
  place: "mu, where the encoder puts the drawing",
};

/** @param {{has_prior?: boolean}|null} header of the run; null where it has no map */
export function drawWords(header) {
  if (!header) return GRID;
  return (header.has_prior ?? true) ? CLOUD : POINT;
}

/**
 * What stands below the map.
 * @param {Header} header
 * @param {number[]} dims on the map
 * @param {object|null} reading null where nothing is drawn
 */
export function drawHint(header, dims, reading) {
  const { latent_dim: d, has_prior: hasPrior = true, num_labels: told = 0 } = header;
  const names = dimNames(dims).join(" and ");
  const place = `Cross: ${drawWords(header).place}.`;
  const parts = [reading ? place : "Each mark is the code of a test image."];
  if (reading && hasPrior) {
    parts.push("Shaded: 1 and 2 sigma of q(z|x) in each direction, at true scale.");
  }
  if (reading) parts.push(`Rings: the five nearest test codes${told ? " of its class" : ""}.`);
  if (!hasPrior) {
    const scales = dims.length > 1 ? " Each axis has a scale of its own." : "";
    parts.push(`A code is a point here, and this space has no prior.${scales}`);
  }
  if (told) parts.push("The model is told the class, so a place says how it is drawn, not what.");
  if (d > 2) parts.push(`A shadow on ${names}: the model has ${d} dimensions.`);
  return parts.join(" ");
}
