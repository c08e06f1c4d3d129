/** What stands beside the map of a drawing: its ELBO among those of test images, its neighbours. */

import { Picture, fromBase64 } from "./picture.js";

/** The mark may lie so far outside the histogram, in widths of it; then it stands at the edge. */
const MOST_OUTSIDE = 1;

const oneDecimal = (value) => value.toFixed(1).replace("-", "−");

/**
 * Place a histogram and a mark on one axis.
 * @returns {{left: number, right: number, mark: number, low: number, high: number}} shares of the
 *   axis: where the bars begin and end, where the mark stands; and the axis's ends
 */
export function placeMark({ low, high }, value) {
  const span = high - low || 1;
  const from = Math.min(low, Math.max(value, low - MOST_OUTSIDE * span));
  const to = Math.max(high, Math.min(value, high + MOST_OUTSIDE * span));
  const share = (at) => (at - from) / (to - from || 1);
  const mark = Math.max(0, Math.min(1, share(value)));
  return { left: share(low), right: share(low + span), mark, low: from, high: to };
}

/**
 * Show the drawing's ELBO, and how typical it is.
 * @param {Object<string, HTMLElement>} refs
 * @param {object} reading from Python
 */
export function showScore(refs, { elbo, recon_loss: recon, kl, typical, note }) {
  refs.elbo.textContent =
    `ELBO ${oneDecimal(elbo)} nats = − ${oneDecimal(recon)} (reconstruction) ` +
    `− ${oneDecimal(kl)} (KL)`;
  refs.typical.textContent = typical?.words ?? note;
  refs.typical.classList.toggle("alone", typical !== null && typical.share < 0.01);
  refs.histogram.hidden = typical === null;
  if (typical === null) return;
  const place = placeMark(typical.histogram, elbo);
  const most = Math.max(...typical.histogram.counts);
  refs.bars.style.marginLeft = `${100 * place.left}%`;
  refs.bars.style.width = `${100 * (place.right - place.left)}%`;
  refs.bars.replaceChildren(
    ...typical.histogram.counts.map((count) => {
      const bar = document.createElement("i");
      // A single image among thousands is still to be seen.
      bar.style.height = count ? `max(1px, ${(100 * count) / most}%)` : "0";
      return bar;
    }),
  );
  refs.mark.style.left = `${100 * place.mark}%`;
  refs.histogramLow.textContent = oneDecimal(place.low);
  refs.histogramHigh.textContent = oneDecimal(place.high);
  refs.histogram.setAttribute(
    "aria-label",
    `ELBOs of test images from ${oneDecimal(typical.histogram.low)} to ` +
      `${oneDecimal(typical.histogram.high)} nats; the drawing's is ${oneDecimal(elbo)}. ` +
      typical.words,
  );
}

/**
 * Show the nearest test images.
 * @param {Object<string, HTMLElement>} refs
 * @param {object[]} nearest from Python
 * @param {number[]} shape of an image
 * @param {number} side of a picture, in CSS pixels
 */
export function showNearest(refs, nearest, shape, side) {
  refs.nearTitle.textContent = nearest.every((one) => one.original)
    ? "Nearest test images"
    : "Nearest test codes, decoded";
  refs.nearest.replaceChildren(
    ...nearest.map(({ index, name, distance, picture }) => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `Test image ${index}, class ${name}`);
      const shown = new Picture(canvas, shape);
      shown.fit(side);
      shown.paintPixels(fromBase64(picture));
      const label = document.createElement("strong");
      label.textContent = name;
      const away = document.createElement("span");
      away.textContent = `at ${distance.toFixed(distance < 0.1 ? 3 : 2)}`;
      item.title = `Test image ${index}, at distance ${distance.toFixed(3)} in latent space`;
      item.append(canvas, label, away);
      return item;
    }),
  );
}
