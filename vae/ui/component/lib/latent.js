/**
 * Drawing a map of latent codes: a ground layer once a view (axes, prior, codes, names) and an
 * overlay once a selection (its posterior).
 */

import { placeOf } from "./frame.js";
import { clip, drawNames, drawPoints, label, traceShape } from "./marks.js";
import { drawAxes, drawGrid, latentAxes, prepare } from "./plot.js";

/** @import { Codes, Frame, Theme } from "./types" */

/** @typedef {CanvasRenderingContext2D} Context */

/** Standard deviations of the prior that the map has room for. @param {Frame} frame */
const sigmas = ({ ranges }) => [1, 2, 3].filter((sigma) => sigma <= ranges[0][1]);

/**
 * The prior's standard deviations: circles, or pairs of lines with one dimension.
 * @param {Context} context @param {Frame} frame @param {string} colour
 */
function drawPrior(context, frame, colour) {
  context.save();
  context.setLineDash([4, 5]);
  context.lineWidth = 1.25;
  context.strokeStyle = colour;
  for (const sigma of sigmas(frame)) {
    context.beginPath();
    if (frame.isLine) {
      for (const side of [-sigma, sigma]) {
        context.moveTo(frame.x(side), 0);
        context.lineTo(frame.x(side), frame.height);
      }
    } else {
      const [x, y] = [frame.x(0), frame.y(0)];
      context.ellipse(x, y, frame.across(sigma), frame.up(sigma), 0, 0, 2 * Math.PI);
    }
    context.stroke();
  }
  context.restore();
}

/** @param {Context} context @param {Frame} frame @param {Theme} theme */
function drawPriorLabels(context, frame, theme) {
  context.font = `14px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const sigma of sigmas(frame)) {
    const diagonal = sigma * Math.SQRT1_2;
    const [x, y] = frame.isLine
      ? [Math.min(frame.x(sigma), frame.width - 14), frame.height - 12]
      : [frame.x(diagonal), frame.y(-diagonal)];
    label(context, `${sigma}σ`, x, y, theme, theme.muted);
  }
}

/**
 * Draw all that stays while z moves.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {Codes} codes @param {Theme} theme
 * @param {{mode: string, focus: number|null}} shown mode: codes, tiles or both; focus: the one
 *   class that is not grey
 */
export function drawGround(canvas, frame, codes, theme, { mode, focus }) {
  const context = prepare(canvas, frame);
  const onTiles = mode !== "codes" && !frame.isLine;
  const axes = latentAxes(frame);
  if (!onTiles) drawGrid(context, frame, theme, axes);
  if (codes.hasPrior) drawPrior(context, frame, onTiles ? "rgb(255 255 255 / 0.6)" : theme.faint);
  if (mode !== "tiles") {
    const isGrey = focus === null ? null : (/** @type {number} */ i) => codes.label[i] !== focus;
    drawPoints(context, frame, codes, theme, { isGrey, onTiles });
    drawNames(context, frame, codes, theme, focus);
  }
  if (codes.hasPrior) drawPriorLabels(context, frame, theme);
  drawAxes(context, frame, theme, axes);
}

/**
 * The posterior of a code at 1 and 2 sigma, at the map's own scale.
 * @param {Context} context @param {Frame} frame @param {Codes} codes @param {number} index
 * @param {Theme} theme
 */
function drawPosterior(context, frame, codes, index, theme) {
  const [mu, logvar] = [codes.at(index), codes.logvarOf(index)];
  const [dimX, dimY] = frame.dims;
  const x = frame.x(mu[dimX]);
  const width = frame.across(Math.exp(0.5 * logvar[dimX]));
  for (const times of [2, 1]) {
    context.beginPath();
    if (frame.isLine) {
      context.rect(x - times * width, 0, 2 * times * width, frame.height);
    } else {
      const height = frame.up(Math.exp(0.5 * logvar[dimY]));
      context.ellipse(x, frame.y(mu[dimY]), times * width, times * height, 0, 0, 2 * Math.PI);
    }
    context.globalAlpha = 0.3;
    context.fillStyle = theme.primary;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 3;
    context.strokeStyle = theme.background;
    context.stroke();
    context.lineWidth = 1.5;
    context.strokeStyle = theme.text;
    context.stroke();
  }
}

/**
 * Draw the selected code, with its posterior at 1 and 2 sigma where it has one, or nothing.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {Codes} codes @param {Theme} theme
 * @param {number|null} selected
 */
export function drawSelected(canvas, frame, codes, theme, selected) {
  const context = prepare(canvas, frame);
  if (selected === null) return;
  context.save();
  clip(context, frame);
  if (codes.logvar) drawPosterior(context, frame, codes, selected, theme);
  // A code that is a point has no ellipse that tells it from its neighbours: its mark does.
  const kind = codes.label[selected];
  traceShape(
    context,
    theme.classShape(kind),
    ...placeOf(frame, codes, selected),
    codes.logvar ? 4 : 7,
  );
  context.fillStyle = theme.classColour(kind);
  context.fill();
  context.lineWidth = codes.logvar ? 1.5 : 2.5;
  context.strokeStyle = theme.text;
  context.stroke();
  context.restore();
}
