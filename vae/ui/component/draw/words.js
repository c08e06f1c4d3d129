/** What the Draw view says of a run: what a code is decides which words are right. */

import { dimNames } from "../lib/dims.js";
import { gettext, N_ } from "../lib/locale.js";

/** @import { Header } from "../lib/types" */

const GRID = {
  intro: N_(
    "Draw with mouse, finger or pen. The model encodes what you draw as a grid of codebook entries, and decodes these again.",
  ),
  recon: N_("Decoded again from its codes"),
  place: "",
};
const POINT = {
  intro: N_(
    "Draw with mouse, finger or pen. The model encodes what you draw, marks its place among the test images on the map, and decodes that place again.",
  ),
  recon: N_("Decoded again from its code"),
  place: N_("Cross: its code, where the encoder puts the drawing."),
};
const CLOUD = {
  ...POINT,
  recon: N_("Decoded again from mu"),
  place: N_("Cross: mu, where the encoder puts the drawing."),
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
  const [a, b] = dimNames(dims);
  const { place } = drawWords(header);
  const parts = [reading ? gettext(place) : gettext("Each mark is the code of a test image.")];
  if (reading && hasPrior) {
    parts.push(gettext("Shaded: 1 and 2 sigma of q(z|x) in each direction, at true scale."));
  }
  if (reading) {
    parts.push(
      told
        ? gettext("Rings: the five nearest test codes of its class.")
        : gettext("Rings: the five nearest test codes."),
    );
  }
  if (!hasPrior) {
    parts.push(gettext("A code is a point here, and this space has no prior."));
    if (dims.length > 1) parts.push(gettext("Each axis has a scale of its own."));
  }
  if (told)
    parts.push(gettext("The model is told the class, so a place says how it is drawn, not what."));
  if (d > 2)
    parts.push(gettext("A shadow on {a} and {b}: the model has {d} dimensions.", { a, b, d }));
  return parts.join(" ");
}
