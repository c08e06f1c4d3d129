/**
 * A drawing as strokes: `[width, x, y, x, y, …]`, whole thousandths of the pad's side.
 * Small enough to travel and to be kept, and drawn again at any size.
 */

/** Thousandths. */
export const UNITS = 1000;

/** Places of the pen closer than this bring nothing, in thousandths. */
const LEAST_STEP = 4;

const places = (/** @type {number[]} */ stroke) => (stroke.length - 1) / 2;

/** How many places of the pen a drawing holds. @param {number[][]} strokes */
export function countPlaces(strokes) {
  return strokes.reduce((sum, stroke) => sum + places(stroke), 0);
}

/**
 * Add a place of the pen to a stroke.
 * @param {number[]} stroke changed in place
 * @param {number} x share of the pad's side; beyond the pad it is moved to its edge
 * @param {number} y
 * @returns {boolean} whether it was far enough from the last one
 */
export function extendStroke(stroke, x, y) {
  const [px, py] = [x, y].map((share) => Math.round(UNITS * Math.max(0, Math.min(1, share))));
  const n = stroke.length;
  if (n > 1 && Math.hypot(px - stroke[n - 2], py - stroke[n - 1]) < LEAST_STEP) return false;
  stroke.push(px, py);
  return true;
}

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */

/**
 * Draw one stroke: a dot, or a curve that passes smoothly by its places.
 * @param {Context} context @param {number[]} stroke @param {number} scale
 */
function drawStroke(context, stroke, scale) {
  /** @param {number} i @returns {[number, number]} */
  const at = (i) => [stroke[1 + 2 * i] * scale, stroke[2 + 2 * i] * scale];
  const count = places(stroke);
  context.beginPath();
  if (count === 1) {
    context.arc(...at(0), (stroke[0] * scale) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.lineWidth = stroke[0] * scale;
  context.moveTo(...at(0));
  for (let i = 1; i < count - 1; i++) {
    const [x, y] = at(i);
    const [nextX, nextY] = at(i + 1);
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(...at(count - 1));
  context.stroke();
}

/**
 * Draw all strokes white on black over a whole canvas.
 * @param {Context} context @param {number[][]} strokes
 */
export function drawStrokes(context, strokes) {
  const { width, height } = context.canvas;
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  context.fillStyle = context.strokeStyle = "#fff";
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) drawStroke(context, stroke, width / UNITS);
}

/** Draws rasters of a fixed size. */
export class Rasteriser {
  /** @param {number} side pixels */
  constructor(side) {
    const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (context);
    this.levels = new Uint8Array(side * side);
  }

  /**
   * @param {number[][]} strokes
   * @returns {Uint8Array} side * side grey levels, 255 is ink; the same array at each call
   */
  run(strokes) {
    drawStrokes(this.context, strokes);
    const { width, height } = this.context.canvas;
    const { data } = this.context.getImageData(0, 0, width, height);
    for (let i = 0; i < this.levels.length; i++) this.levels[i] = data[4 * i];
    return this.levels;
  }
}

/** Bytes in base64. @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
