/** Drawing an embedding: axes, points and names on one layer; rings and the lasso on another. */

import { drawNames, label, markSprites, prepare } from "../lib/drawing.js";
import { roundTicks } from "./frame.js";
import { SCALE_STEPS, leftOutColour } from "./scale.js";

const TICKS = 6;

function drawScatterAxes(context, frame, theme, { axes, hasTicks, isLine }) {
  const { width, height } = frame;
  context.lineWidth = 1;
  context.font = `14px ${theme.font}`;
  context.fillStyle = theme.text;
  const rulers = [
    { show: hasTicks, ticks: roundTicks(frame.valueAtX(0), frame.valueAtX(width), TICKS) },
    { show: hasTicks && !isLine, ticks: roundTicks(frame.valueAtY(height), frame.valueAtY(0), TICKS) },
  ];
  rulers.forEach(({ show, ticks }, axis) => {
    if (!show) return;
    context.textAlign = axis ? "right" : "center";
    context.textBaseline = axis ? "middle" : "top";
    context.beginPath();
    for (const { value, text } of ticks) {
      const at = axis ? frame.y(value) : frame.x(value);
      context.strokeStyle = theme.grid;
      if (axis) {
        context.moveTo(0, at);
        context.lineTo(width, at);
        if (at > 8 && at < height - 8) context.fillText(text, -6, at);
      } else {
        context.moveTo(at, 0);
        context.lineTo(at, height);
        if (at > 12 && at < width - 12) context.fillText(text, at, height + 6);
      }
    }
    context.stroke();
  });
  context.strokeStyle = theme.faint;
  context.strokeRect(0, 0, width, height);
  context.font = `600 15px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillText(axes[0], width / 2, height + (hasTicks ? 24 : 8));
}

/** Half the size of a mark. */
export function markRadius(points, frame) {
  const large = points.count > 3000 ? 2.2 : points.count > 500 ? 3 : 4.5;
  return (frame.width < 450 ? 0.75 * large : large) * Math.min(2.5, frame.zoom ** 0.4);
}

/**
 * Draw axes, points and class names.
 * @param {HTMLCanvasElement} canvas
 * @param {ScatterFrame} frame
 * @param {Codes} points with two "latent" dimensions: their places
 * @param {object} theme
 * @param {{
 *   header: object, focus: number|null, isGrey: ((row: number) => boolean)|null,
 *   order: Int32Array, stepOf: ((row: number) => number)|null, scale: string[],
 * }} options stepOf: colour by a quantity instead of the class; order: which row comes first
 */
export function drawScatter(canvas, frame, points, theme, options) {
  const { header, focus, isGrey, order, stepOf, scale } = options;
  const context = prepare(canvas, frame);
  drawScatterAxes(context, frame, theme, {
    axes: header.axes,
    hasTicks: header.has_ticks,
    isLine: header.is_line,
  });
  const grey = leftOutColour(theme);
  const marks = stepOf
    ? {
        grey,
        classColour: (step) => (step < 0 ? grey : scale[Math.min(step, SCALE_STEPS - 1)]),
        classShape: () => "circle",
      }
    : { ...theme, grey };
  const sprite = markSprites(points, marks, markRadius(points, frame), false);
  context.save();
  context.beginPath();
  context.rect(0, 0, frame.width, frame.height);
  context.clip();
  context.globalAlpha = points.count > 3000 ? 0.8 : 0.9;
  // Grey ones first, so that the others stand on top of them.
  for (const wanted of isGrey ? [true, false] : [null]) {
    for (const row of order) {
      if (wanted !== null && isGrey(row) !== wanted) continue;
      const { canvas: mark, side } = sprite(stepOf ? stepOf(row) : points.label[row], wanted === true);
      const [across, up] = points.muOf(row);
      context.drawImage(mark, frame.x(across) - side / 2, frame.y(up) - side / 2, side, side);
    }
  }
  drawNames(context, frame, points, theme, focus);
  context.globalAlpha = 1;
  // Within the plot: beside it, it would run into the numbers.
  context.font = `600 15px ${theme.font}`;
  context.textBaseline = "top";
  label(context, header.axes[1], 8, 8, theme, { align: "left" });
  context.restore();
}

function drawRing(context, frame, points, row, theme, { radius, dash }) {
  const [across, up] = points.muOf(row);
  context.beginPath();
  context.arc(frame.x(across), frame.y(up), radius, 0, 2 * Math.PI);
  context.setLineDash([]);
  context.lineWidth = 5;
  context.strokeStyle = theme.background;
  context.stroke();
  context.setLineDash(dash);
  context.lineWidth = 2.5;
  context.strokeStyle = theme.text;
  context.stroke();
}

/**
 * Draw what changes with a pointer or a key: the ring around the picked point, the dashed one of
 * the keyboard, and the lasso.
 * @param {{picked: number|null, cursor: number|null, path: number[][]|null}} rows and places
 */
export function drawScatterOverlay(canvas, frame, points, theme, { picked, cursor, path }) {
  const context = prepare(canvas, frame);
  context.beginPath();
  context.rect(0, 0, frame.width, frame.height);
  context.clip();
  const radius = markRadius(points, frame) + 4;
  if (picked !== null) drawRing(context, frame, points, picked, theme, { radius, dash: [] });
  if (cursor !== null) {
    drawRing(context, frame, points, cursor, theme, { radius: radius + 5, dash: [4, 3] });
  }
  if (!path) return;
  context.beginPath();
  path.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
  context.closePath();
  context.globalAlpha = 0.15;
  context.fillStyle = theme.text;
  context.fill();
  context.globalAlpha = 1;
  context.setLineDash([6, 4]);
  context.lineWidth = 2;
  context.strokeStyle = theme.text;
  context.stroke();
}
