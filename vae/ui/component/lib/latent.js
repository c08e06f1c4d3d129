/**
 * Drawing a map of latent codes: a ground layer once a view (axes, prior, codes, names) and an
 * overlay once a selection (its posterior).
 */

import { placeOf } from "./frame.js";
import { drawAxes, drawGrid, latentAxes, prepare } from "./layers.js";
import { clip, drawPoints, drawRowNames, label, traceShape } from "./marks.js";

/** @import { Axes, Frame, Look, Points, Theme } from "./types" */

/** @typedef {CanvasRenderingContext2D} Context */

/**
 * @typedef {object} GroundLook
 * @property {string} mode codes, tiles, both or pictures
 * @property {number|null} [focus] the one class that is named
 * @property {Axes} [axes] where they are not those of latent dimensions
 */

/** Standard deviations of the prior that the map has room for. @param {Frame} frame */
const sigmas = ({ home }) => [1, 2, 3].filter((sigma) => sigma <= home[0][1]);

/**
 * The prior's standard deviations: circles, or pairs of lines with one dimension.
 * @param {Context} context @param {Frame} frame @param {string} colour
 */
function drawPrior(context, frame, colour) {
  context.save();
  clip(context, frame);
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
    if (frame.contains([x, y])) label(context, `${sigma}σ`, x, y, theme, theme.muted);
  }
}

/**
 * Draw all that stays while z moves.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {Points} codes @param {Theme} theme
 * @param {GroundLook & Look} shown
 */
export function drawGround(canvas, frame, codes, theme, shown) {
  const { mode, focus = null, axes = latentAxes(frame), ...look } = shown;
  const context = prepare(canvas, frame);
  const onTiles = mode !== "codes" && !frame.isLine;
  if (!onTiles) drawGrid(context, frame, theme, axes);
  if (codes.hasPrior) drawPrior(context, frame, onTiles ? "rgb(255 255 255 / 0.6)" : theme.faint);
  if (mode !== "tiles" && mode !== "pictures") {
    drawPoints(context, frame, codes, theme, { ...look, onTiles });
    if (frame.isLine) drawRowNames(context, frame, codes, theme, focus);
  }
  if (codes.hasPrior) drawPriorLabels(context, frame, theme);
  drawAxes(context, frame, theme, axes);
}

/**
 * Half axes and angle, on the screen, of one standard deviation of a Gaussian in the plane.
 * @param {Frame} frame @param {[number, number, number]} spread variances and covariance
 */
export function ellipseOf(frame, [across, up, both]) {
  const [sx, sy] = [frame.across(1), frame.up(1)];
  // Up is against the screen's own direction.
  const [xx, yy, xy] = [across * sx * sx, up * sy * sy, -both * sx * sy];
  const middle = (xx + yy) / 2;
  const off = Math.hypot((xx - yy) / 2, xy);
  const angle = off > 1e-12 * middle ? 0.5 * Math.atan2(2 * xy, xx - yy) : 0;
  return { long: Math.sqrt(middle + off), short: Math.sqrt(Math.max(0, middle - off)), angle };
}

/**
 * The posterior of a code at 1 and 2 sigma, at the map's own scale.
 * @param {Context} context @param {Frame} frame @param {Points} codes @param {number} index
 * @param {[number, number, number]} spread @param {Theme} theme
 */
function drawPosterior(context, frame, codes, index, spread, theme) {
  const mu = codes.at(index);
  const [dimX, dimY] = frame.dims;
  const x = frame.x(mu[dimX]);
  const { long, short, angle } = ellipseOf(frame, spread);
  const width = frame.across(Math.sqrt(spread[0]));
  for (const times of [2, 1]) {
    context.beginPath();
    if (frame.isLine) {
      context.rect(x - times * width, 0, 2 * times * width, frame.height);
    } else {
      const y = frame.y(mu[dimY]);
      context.ellipse(x, y, times * long, times * short, angle, 0, 2 * Math.PI);
    }
    // On a line it covers all rows of points.
    context.globalAlpha = frame.isLine ? 0.1 : 0.3;
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
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {Points} codes @param {Theme} theme
 * @param {number|null} selected
 * @returns the canvas's context, clipped to the plot
 */
export function drawSelected(canvas, frame, codes, theme, selected) {
  const context = prepare(canvas, frame);
  clip(context, frame);
  if (selected === null) return context;
  const spread = codes.spreadOf(selected, frame.dims);
  if (spread) drawPosterior(context, frame, codes, selected, spread, theme);
  // A code that is a point has no ellipse that tells it from its neighbours: its mark does.
  const kind = codes.label[selected];
  traceShape(context, theme.classShape(kind), ...placeOf(frame, codes, selected), spread ? 4 : 7);
  context.fillStyle = theme.classColour(kind);
  context.fill();
  context.lineWidth = spread ? 1.5 : 2.5;
  context.strokeStyle = theme.text;
  context.stroke();
  return context;
}
