/**
 * What several latent spaces share when one cursor moves through all of them: z itself, or z counted
 * in standard deviations. A prior N(0, I) has the deviation 1 around 0; without a prior the codes
 * have a mean and a deviation of their own in each dimension.
 */

import { gettext } from "../lib/locale.js";

/** @import { Space } from "../lib/types" */

/**
 * The deviation of a dimension; one whose codes are all equal cannot be moved along.
 * @param {Space} space @param {number} dim
 */
const deviation = (space, dim) => (space.hasPrior ? 1 : space.spread[dim]);

/** The middle of a dimension. @param {Space} space @param {number} dim */
const middle = (space, dim) => (space.hasPrior ? 0 : space.centre[dim]);

/**
 * From what is shared to a space's own z.
 * @param {Space} space @param {number} dim @param {number} shared @param {boolean} inDeviations
 */
export function ownValue(space, dim, shared, inDeviations) {
  return inDeviations ? middle(space, dim) + deviation(space, dim) * shared : shared;
}

/**
 * From a space's own z to what is shared.
 * @param {Space} space @param {number} dim @param {number} own @param {boolean} inDeviations
 */
export function sharedValue(space, dim, own, inDeviations) {
  if (!inDeviations) return own;
  const unit = deviation(space, dim);
  return unit > 0 ? (own - middle(space, dim)) / unit : 0;
}

/**
 * Say what the runs share.
 * @param {boolean} inDeviations @param {Space[]} spaces @param {number} d
 */
export function scaleWords(inDeviations, spaces, d) {
  const differ = spaces.some((space) => !space.hasPrior);
  const sentences = [
    !differ
      ? gettext("Drag on any map: all runs decode the same z. They have the same prior, N(0, I).")
      : inDeviations
        ? gettext(
            "Drag on any map: all cursors stand at the same number of standard deviations from the middle, of the prior where there is one, of the run's own codes where there is none.",
          )
        : gettext(
            "Drag on any map: all runs decode the very same numbers z, although a space without a prior has a scale of its own. So they may lie far off where a run's codes are.",
          ),
  ];
  if (d > 2) {
    sentences.push(
      gettext(
        "All maps show the same two dimensions, but dimensions of different runs have nothing to do with one another: z1 of one is not z1 of the other.",
      ),
    );
  }
  return sentences.join(" ");
}
