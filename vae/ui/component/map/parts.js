/** What a view needs of one run, made when the run comes. */

import { Codes } from "../lib/codes.js";
import { DimChoice } from "../lib/dims.js";
import { SliderEnds } from "../lib/ends.js";
import { gettext, N_ } from "../lib/locale.js";
import { Picture } from "../lib/picture.js";
import { DimPlane, PcaPlane } from "../lib/plane.js";
import { Sliders } from "../lib/sliders.js";
import { Space } from "../lib/space.js";
import { Thumbnails } from "../lib/thumbnails.js";
import { Tiles } from "../lib/tiles.js";
import { buttonWords, hint, mapLabel } from "../lib/words.js";
import { Decoder } from "../network/model.js";
import { LabelChoice } from "./labels.js";
import { PixelNoise } from "./noise.js";

/** @import { Refs, Run } from "../lib/types" */

/** What stands under the picture of means. */
export const MEAN = N_("Decoded mean");

/** @typedef {ReturnType<typeof makeParts>} Parts */

/**
 * @param {Run} run @param {Refs} refs
 * @param {{move: (dim: number, value: number) => void, release: () => void,
 *   label: (label: number) => void, rename: (dim: number, name: string) => void}} on
 * @throws {Error} with a sentence, where the page does not know one of the decoder's operations
 */
export function makeParts({ header, arrays }, refs, on) {
  const decoder = new Decoder(header, arrays);
  const space = new Space(header);
  const codes = new Codes(header, arrays);
  const sliders = new Sliders(refs.sliders, header, space, on);
  const pca = arrays.pca ? new PcaPlane(arrays.pca, space, codes) : null;
  return {
    header,
    decoder,
    space,
    codes,
    pca,
    axes: new DimChoice(refs, header, pca !== null),
    thumbnails: new Thumbnails(decoder, header.image_shape, codes),
    ends: new SliderEnds(sliders.rows, header, decoder, space),
    picture: new Picture(refs.picture, header.image_shape),
    original: new Picture(refs.original, header.image_shape),
    tiles: new Tiles(refs.tiles, decoder, header.image_shape),
    sliders,
    noise: new PixelNoise(header),
    choice: new LabelChoice(refs, header, decoder, on.label),
  };
}

/**
 * Show of the controls those that mean something for the run, by their right names.
 * @param {Refs} refs @param {Parts} parts
 */
export function fillControls(refs, { space, noise }) {
  const words = buttonWords(space.hasPrior);
  refs.prior.textContent = words.draw;
  refs.prior.title = words.drawTitle;
  refs.origin.textContent = words.middle;
  refs.origin.title = words.middleTitle;
  refs.drawBar.hidden = noise.name === null;
  refs.sampleName.textContent = gettext(noise.name ?? "");
  // Another run begins with means, whatever the one before it showed.
  refs.mean.checked = true;
  refs.again.hidden = true;
  refs.caption.textContent = gettext(MEAN);
}

/** Say what the map shows. @param {Refs} refs @param {Parts} parts */
export function describe(refs, { header, axes }) {
  refs.map.setAttribute("aria-label", mapLabel(header, axes.axisNames));
  const words = hint(header, axes.axisNames);
  refs.hint.textContent = words.text;
  refs.hint.title = words.more;
}

/** The plane that the axes choose. @param {Parts} parts */
export function planeOf({ axes, space, codes, pca }) {
  return axes.isPca && pca ? pca : new DimPlane(axes.dims, space, codes);
}
