/**
 * Drawing points: a mark for each, in the shape and colour of its class; rings, rows' names, lassos.
 */

import { classRow, placeOf } from "./frame.js";

/** @import { Frame, Look, Place, Points, Theme } from "./types" */

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */

/**
 * Corners of polygons, x and y in turns, in halves of a mark's size.
 * @type {Record<string, number[]>}
 */
// biome-ignore format: a shape a line
const CORNERS = {
  triangle: [0, -1.15, 1.1, 0.85, -1.1, 0.85],
  diamond: [0, -1.25, 1.25, 0, 0, 1.25, -1.25, 0],
  square: [-0.88, -0.88, 0.88, -0.88, 0.88, 0.88, -0.88, 0.88],
  cross: [
    -0.4, -1.2, 0.4, -1.2, 0.4, -0.4, 1.2, -0.4, 1.2, 0.4, 0.4, 0.4,
    0.4, 1.2, -0.4, 1.2, -0.4, 0.4, -1.2, 0.4, -1.2, -0.4, -0.4, -0.4,
  ],
};

/**
 * Trace a class's mark around (x, y).
 * @param {Context} context @param {string} shape one of SHAPES
 * @param {number} x @param {number} y @param {number} r half its size
 */
export function traceShape(context, shape, x, y, r) {
  context.beginPath();
  if (shape === "circle") context.arc(x, y, r, 0, 2 * Math.PI);
  const corners = CORNERS[shape] ?? [];
  for (let i = 0; i < corners.length; i += 2) {
    context.lineTo(x + corners[i] * r, y + corners[i + 1] * r);
  }
  context.closePath();
}

/** Half the size of a mark. @param {Points} points @param {Frame} frame */
export function markRadius({ count }, { width, zoom }) {
  const large = count > 3000 ? 2.2 : count > 500 ? 3 : 4.5;
  return (width < 450 ? 0.75 * large : large) * Math.min(2.5, zoom ** 0.4);
}

/**
 * One small picture of each mark, so that 10,000 of them are 10,000 copies.
 * @param {Theme} theme @param {number} radius @param {Look} look
 */
function sprites(theme, radius, { grey = theme.grey, stepOf, scale = [], onTiles = false }) {
  const ratio = globalThis.devicePixelRatio || 1;
  const side = Math.ceil(2 * (1.3 * radius + 1));
  const made = /** @type {Map<number|string, OffscreenCanvas>} */ (new Map());
  /** @param {number} kind a class, or a step of the scale @param {boolean} isGrey */
  return (kind, isGrey) => {
    const key = isGrey ? "grey" : kind;
    let canvas = made.get(key);
    if (!canvas) {
      canvas = new OffscreenCanvas(side * ratio, side * ratio);
      const context = /** @type {Context} */ (canvas.getContext("2d"));
      context.scale(ratio, ratio);
      const shape = stepOf ? "circle" : theme.classShape(kind);
      traceShape(context, shape, side / 2, side / 2, radius);
      const colour = stepOf ? (scale[kind] ?? grey) : theme.classColour(kind);
      context.fillStyle = isGrey ? grey : colour;
      context.fill();
      if (onTiles && !isGrey) {
        context.strokeStyle = "rgb(255 255 255 / 0.75)";
        context.lineWidth = 0.75;
        context.stroke();
      }
      made.set(key, canvas);
    }
    return { canvas, side };
  };
}

/**
 * Draw the points within the plot.
 * @param {CanvasRenderingContext2D} context @param {Frame} frame @param {Points} points
 * @param {Theme} theme @param {Look} look
 */
export function drawPoints(context, frame, points, theme, look) {
  const { isGrey = null, isHidden = null, order, stepOf, opacity = 1 } = look;
  const sprite = sprites(theme, markRadius(points, frame), look);
  context.save();
  clip(context, frame);
  context.globalAlpha = opacity * (points.count > 3000 ? 0.8 : 0.9);
  // Grey ones first, so that the others stand on top of them.
  for (const wanted of isGrey ? [true, false] : [false]) {
    for (let i = 0; i < points.count; i++) {
      const index = order ? order[i] : i;
      if ((isGrey && isGrey(index) !== wanted) || isHidden?.(index)) continue;
      const { canvas, side } = sprite(stepOf ? stepOf(index) : points.label[index], wanted);
      const [x, y] = placeOf(frame, points, index);
      context.drawImage(canvas, x - side / 2, y - side / 2, side, side);
    }
  }
  context.restore();
}

/** Draw within the plot alone. @param {CanvasRenderingContext2D} context @param {Frame} frame */
export function clip(context, frame) {
  context.beginPath();
  context.rect(0, 0, frame.width, frame.height);
  context.clip();
}

/**
 * A ring on any ground.
 * @param {CanvasRenderingContext2D} context @param {Place} place
 * @param {Theme} theme @param {{radius: number, width?: number, dash?: number[]}} ring
 */
export function drawRing(context, [x, y], theme, { radius, width = 2.5, dash = [] }) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.setLineDash([]);
  context.lineWidth = 2 * width;
  context.strokeStyle = theme.background;
  context.stroke();
  context.setLineDash(dash);
  context.lineWidth = width;
  context.strokeStyle = theme.text;
  context.stroke();
}

/**
 * Write on any ground.
 * @param {CanvasRenderingContext2D} context @param {string} text
 * @param {number} x @param {number} y @param {Theme} theme
 */
export function label(context, text, x, y, theme, colour = theme.text) {
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = theme.halo;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/**
 * Names of the classes at their rows of a line: colour is never the only sign.
 * @param {CanvasRenderingContext2D} context @param {Frame} frame @param {Points} points
 * @param {Theme} theme @param {number|null} focus the one class to name
 */
export function drawRowNames(context, frame, points, theme, focus) {
  context.font = `700 18px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const kind of new Set(points.label)) {
    if (kind < 0 || (focus !== null && focus !== kind)) continue;
    label(context, points.names[kind], 8, classRow(frame, points, kind), theme);
  }
}

/**
 * Draw a lasso.
 * @param {CanvasRenderingContext2D} context @param {Place[]} path @param {Theme} theme
 */
export function drawLasso(context, path, theme) {
  context.beginPath();
  for (const [x, y] of path) context.lineTo(x, y);
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
