/** What maps say: labels, hints, readouts. */

import { dimNames } from "./dims.js";

/** @import { Codes, Header } from "./types" */

/** Label the map for those who hear it. @param {Header} header @param {number[]} dims */
export function mapLabel({ title }, dims) {
  const [across, up] = dimNames(dims);
  const axes = up ? `${across} across and ${up} up` : `${across} across`;
  return (
    `Map of latent space${title ? ` of ${title}` : ""}, ${axes}. Drag, or use the arrow keys, ` +
    "with Shift for larger steps, to move z and decode it. Click a code to select it, press " +
    "Escape to let it go."
  );
}

/** What stands below the map. @param {Header} header @param {number[]} dims */
export function hint({ latent_dim: d, has_prior: hasPrior = true, num_labels: told = 0 }, dims) {
  const drag = "Drag, or use the arrow keys (Shift: larger steps). Click a code to see its image.";
  const shadows =
    `A plane through ${d} dimensions: the cursor and the codes are seen as their shadows on ` +
    `${dimNames(dims).join(" and ")}; the sliders set the others.`;
  const parts = [d <= 2 ? drag : shadows];
  if (!hasPrior) {
    const scales = dims.length > 1 ? " Each axis has a scale of its own." : "";
    parts.push(
      "This space has no prior: its codes lie where training happened to put them, and places " +
        `between them need not decode to anything.${scales}`,
    );
  }
  if (told) parts.push("The decoder is told the class, so z holds what else there is to say.");
  return parts.join(" ");
}

/**
 * What the buttons do to z in a space with a prior, and in one without.
 * @param {boolean} hasPrior
 */
export function buttonWords(hasPrior) {
  if (hasPrior) {
    return {
      draw: "Sample the prior",
      drawTitle: "A z drawn from N(0, I)",
      middle: "Origin",
      middleTitle: "The middle of the prior",
    };
  }
  return {
    draw: "Random code",
    drawTitle:
      "A z from a Gaussian with the mean and deviation of the test codes in each dimension. No " +
      "prior: nothing promises that it decodes to an image",
    middle: "Mean code",
    middleTitle: "The mean of the test codes",
  };
}

/**
 * Show the numbers of the map's dimensions.
 * @param {HTMLElement} node @param {number[]} dims @param {ArrayLike<number>} z
 */
export function showReadout(node, dims, z, decimals = 3) {
  if (node.childElementCount !== dims.length) {
    node.replaceChildren(...dims.map(() => document.createElement("span")));
  }
  dimNames(dims).forEach((name, i) => {
    node.children[i].textContent = `${name} = ${z[dims[i]].toFixed(decimals)}`;
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
  const numbers = dimNames(dims).map((name, i) => `${name} ${z[dims[i]].toFixed(decimals - 1)}`);
  return `${numbers.join(", ")}. ${honest}`;
}
