/**
 * What stands beside the map of a drawing: its score among those of test images, its neighbours.
 */

import { decimal, gettext } from "../lib/locale.js";
import { fromBase64, Picture } from "../lib/picture.js";
import { reconLoss } from "../network/losses.js";

/** @import { Histogram, ImageShape, Reading, Refs } from "../lib/types" */

/** The mark may lie so far outside the histogram, in widths of it; then it stands at the edge. */
const MOST_OUTSIDE = 1;

const withMinus = (/** @type {string} */ text) => text.replace("-", "−");
const oneDecimal = (/** @type {number} */ value) => decimal(value, 1);
/** A term of a sum: a density's loss may be below 0. @param {number} value */
const asTerm = (value) => (value < 0 ? `(${oneDecimal(value)})` : oneDecimal(value));

/**
 * What the score of a drawing is called and how it is written: an ELBO, or without one the loss.
 * @param {Reading} reading from Python
 */
export function scoreOf({ elbo, recon_loss: recon, kl, loss }) {
  if (elbo !== null) {
    return {
      name: "ELBO",
      short: "ELBO",
      value: elbo,
      text: oneDecimal,
      line: gettext("ELBO {elbo} nats = − {recon} (reconstruction) − {kl} (KL)", {
        elbo: oneDecimal(elbo),
        recon: asTerm(recon),
        kl: asTerm(kl),
      }),
    };
  }
  const measure = reconLoss(loss);
  return {
    name: gettext("Reconstruction loss"),
    short: gettext("Loss"),
    value: recon,
    text: (/** @type {number} */ value) => withMinus(measure.text(value).replace(" nats", "")),
    line: gettext("Reconstruction loss {value} ({title})", {
      value: measure.text(recon),
      title: gettext(measure.title),
    }),
  };
}

/**
 * Place a histogram and a mark on one axis.
 * @param {Histogram} histogram @param {number} value
 * @returns {{left: number, right: number, mark: number, low: number, high: number}} shares of the
 *   axis: where the bars begin and end, where the mark stands; and the axis's ends
 */
export function placeMark({ low, high }, value) {
  const span = high - low || 1;
  const from = Math.min(low, Math.max(value, low - MOST_OUTSIDE * span));
  const to = Math.max(high, Math.min(value, high + MOST_OUTSIDE * span));
  const share = (/** @type {number} */ at) => (at - from) / (to - from || 1);
  const mark = Math.max(0, Math.min(1, share(value)));
  return { left: share(low), right: share(low + span), mark, low: from, high: to };
}

/**
 * Show the drawing's score, what it is read as, and how typical it is.
 * @param {Refs} refs
 * @param {Reading} reading from Python
 */
export function showScore(refs, reading) {
  const { typical, note, told, how } = reading;
  const score = scoreOf(reading);
  refs.told.textContent = told;
  refs.told.hidden = !told;
  refs.elbo.textContent = score.line;
  refs.elbo.title = how;
  refs.typical.textContent = typical?.words ?? note;
  refs.typical.classList.toggle("alone", typical !== null && typical.share < 0.01);
  refs.histogram.hidden = typical === null;
  if (typical === null) return;
  const place = placeMark(typical.histogram, score.value);
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
  refs.histogramName.textContent = gettext("{score} of test images, and yours (line)", {
    score: score.short,
  });
  refs.histogramLow.textContent = score.text(place.low);
  refs.histogramHigh.textContent = score.text(place.high);
  refs.histogram.setAttribute(
    "aria-label",
    `${gettext("{score} of test images from {low} to {high}; the drawing's is {value}.", {
      score: score.name,
      low: score.text(typical.histogram.low),
      high: score.text(typical.histogram.high),
      value: score.text(score.value),
    })} ${typical.words}`,
  );
}

/**
 * Show the nearest test images; without pictures where there are none.
 * @param {Refs} refs
 * @param {Reading} reading from Python
 * @param {ImageShape} shape of an image
 * @param {number} side of a picture, in CSS pixels
 */
export function showNearest(refs, { nearest, label: readAs }, shape, side) {
  const isDecoded = nearest.some((one) => one.picture && !one.original);
  const any = isDecoded ? gettext("Nearest test codes, decoded") : gettext("Nearest test images");
  const ofClass = isDecoded
    ? gettext("Nearest test codes, decoded, of the class it is read as")
    : gettext("Nearest test images, of the class it is read as");
  const title = readAs === null ? any : ofClass;
  refs.nearTitle.textContent = nearest.length
    ? title
    : gettext("No test image has the class that it is read as.");
  refs.nearest.replaceChildren(
    ...nearest.map(({ index, name, distance, picture }) => {
      const item = document.createElement("li");
      if (picture) {
        const canvas = document.createElement("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute(
          "aria-label",
          gettext("Test image {index}, class {name}", { index, name }),
        );
        const shown = new Picture(canvas, shape);
        shown.fit(side);
        shown.paintPixels(fromBase64(picture));
        item.append(canvas);
      }
      const label = document.createElement("strong");
      label.textContent = name;
      const away = document.createElement("span");
      away.className = "soft small";
      away.textContent = gettext("at {distance}", {
        distance: decimal(distance, distance < 0.1 ? 3 : 2),
      });
      if (!picture) label.textContent = gettext("Test image {index}: {name}", { index, name });
      item.title = gettext("Test image {index}, at distance {distance} in latent space", {
        index,
        distance: decimal(distance, 3),
      });
      item.append(label, away);
      return item;
    }),
  );
}
