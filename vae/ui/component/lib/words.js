/** What maps say: labels, hints, readouts. */

import { dimNames } from "./dims.js";
import { gettext, numeral } from "./locale.js";

/** @import { Codes, Header } from "./types" */

/** Label the map for those who hear it. @param {Header} header @param {string[]} names of the axes */
export function mapLabel({ title }, [across, up]) {
  const values = { title: title ?? "", across, up };
  const place = up
    ? gettext("Map of latent space, {title}: {across} across and {up} up.", values)
    : gettext("Map of latent space, {title}: {across} across.", values);
  return `${place} ${gettext("Drag, or use the arrow keys, with Shift for larger steps, to move z and decode it. Plus and minus zoom, 0 shows the whole. Click a code to select it, press Escape to let it go.")}`;
}

/**
 * What stands below the map, and more of it for those who point at it.
 * @param {Header} header @param {string[]} names of the axes
 * @returns {{text: string, more: string}}
 */
export function hint({ latent_dim: d, has_prior: hasPrior = true, num_labels: told = 0 }, names) {
  const isTouch = globalThis.matchMedia?.("(pointer: coarse)").matches;
  const parts = [
    isTouch
      ? gettext("Drag to decode. Two fingers zoom and pan.")
      : gettext("Drag to decode. Wheel zooms, Shift-drag pans."),
  ];
  const more = [
    gettext(
      "Arrow keys move z (Shift: larger steps); + and − zoom, 0 shows the whole. Click near a code to see its image.",
    ),
  ];
  if (hasPrior) {
    more.push(
      d > 1
        ? gettext("Dashed circles: 1, 2 and 3 standard deviations of the prior.")
        : gettext("Dashed lines: 1, 2 and 3 standard deviations of the prior."),
    );
  }
  if (d > 2) {
    parts.push(gettext("The plane of {a} and {b} through z.", { a: names[0], b: names[1] }));
    more.push(
      gettext("Cursor and codes are projected from {d} dimensions; the sliders set the others.", {
        d,
      }),
    );
  }
  if (!hasPrior) {
    parts.push(gettext("There is no prior: nothing shapes the space between codes."));
    more.push(
      gettext(
        "Codes lie where training put them, and places between need not decode. Each axis has its own scale.",
      ),
    );
  }
  if (told)
    more.push(gettext("The decoder gets the label too, so z holds what else there is to say."));
  return { text: parts.join(" "), more: more.join(" ") };
}

/**
 * What the buttons do to z in a space with a prior, and in one without.
 * @param {boolean} hasPrior
 */
export function buttonWords(hasPrior) {
  if (hasPrior) {
    return {
      draw: gettext("Sample the prior"),
      drawTitle: gettext("A z drawn from N(0, I)"),
      middle: gettext("Origin"),
      middleTitle: gettext("The middle of the prior"),
    };
  }
  return {
    draw: gettext("Random code"),
    drawTitle: gettext(
      "A z from a Gaussian with the mean and deviation of the test codes in each dimension. No prior: nothing promises that it decodes to an image",
    ),
    middle: gettext("Mean code"),
    middleTitle: gettext("The mean of the test codes"),
  };
}

/**
 * Show the numbers of the map's dimensions.
 * @param {HTMLElement} node @param {number[]} dims @param {ArrayLike<number>} z
 * @param {{nameOf: (dim: number) => string}|null} names that dimensions were given
 */
export function showReadout(node, dims, z, decimals = 3, names = null) {
  if (node.childElementCount !== dims.length) {
    node.replaceChildren(...dims.map(() => document.createElement("span")));
  }
  dimNames(dims).forEach((name, i) => {
    node.children[i].textContent =
      `${names?.nameOf(dims[i]) ?? name} = ${numeral(z[dims[i]].toFixed(decimals))}`;
  });
}

/**
 * Say how typical z is of the test images; under a label, of those of that class.
 * @param {HTMLElement} node @param {Codes} codes @param {ArrayLike<number>} z
 * @param {number|null} label
 */
export function showHonest(node, codes, z, label = null) {
  const place = codes.describe(z, label);
  if (node.textContent !== place.text) node.textContent = place.text;
  node.classList.toggle("alone", !place.isInside);
  return place;
}

/**
 * What is read aloud when z has come to rest.
 * @param {number[]} dims @param {ArrayLike<number>} z @param {string} honest
 */
export function announcement(dims, z, honest, decimals = 3) {
  const numbers = dimNames(dims).map(
    (name, i) => `${name} ${numeral(z[dims[i]].toFixed(decimals - 1))}`,
  );
  return `${numbers.join(", ")}. ${honest}`;
}
