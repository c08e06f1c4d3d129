/** Canvases of the codebook's view. */

/** @import { Theme } from "../lib/types" */

/**
 * Size a canvas in CSS pixels, cleared and ready.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 */
function begin(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  return context;
}

/** A colour for each entry; neighbours in number are far apart. @param {number} entry */
const entryColour = (entry, isDark = false) =>
  `hsl(${(entry * 137.508) % 360} 55% ${isDark ? 32 : 78}%)`;

/**
 * The feature maps as a mosaic, each from its least value (black) to its greatest (white).
 * @param {HTMLCanvasElement} canvas @param {Float32Array} features (rows, columns, dim)
 * @param {{rows: number, columns: number, dim: number, place: number, side: number}} of
 * @param {Theme} theme
 */
export function drawMaps(canvas, features, { rows, columns, dim, place, side }, theme) {
  const across = Math.ceil(Math.sqrt(dim));
  const cell = Math.max(1, Math.floor((side - across) / (across * columns)));
  const [width, height] = [cell * columns + 1, cell * rows + 1];
  const context = begin(canvas, across * width, Math.ceil(dim / across) * height);
  for (let c = 0; c < dim; c++) {
    let [low, high] = [Infinity, -Infinity];
    for (let p = 0; p < rows * columns; p++) {
      low = Math.min(low, features[p * dim + c]);
      high = Math.max(high, features[p * dim + c]);
    }
    const [left, top] = [(c % across) * width, Math.floor(c / across) * height];
    for (let p = 0; p < rows * columns; p++) {
      const level = Math.round((255 * (features[p * dim + c] - low)) / (high - low || 1));
      context.fillStyle = `rgb(${level} ${level} ${level})`;
      const [x, y] = [left + (p % columns) * cell, top + Math.floor(p / columns) * cell];
      context.fillRect(x, y, cell, cell);
      if (p !== place) continue;
      context.fillStyle = theme.primary;
      context.fillRect(x, y + cell - 2, cell, 2);
    }
  }
}

/**
 * A bar for each entry: its squared distance from the vector at a place.
 * @param {HTMLCanvasElement} canvas @param {Float32Array} distances (entries,)
 * @param {{nearest: number, chosen: number, width: number, height: number}} of
 * @param {Theme} theme
 */
export function drawBars(canvas, distances, { nearest, chosen, width, height }, theme) {
  const context = begin(canvas, width, height);
  const most = Math.max(...distances, 1e-9);
  const step = width / distances.length;
  for (const [entry, distance] of distances.entries()) {
    const tall = Math.max(1, (distance / most) * (height - 4));
    context.fillStyle = entry === nearest || entry === chosen ? theme.text : theme.grey;
    context.fillRect(entry * step, height - tall, Math.max(1, step - 0.5), tall);
  }
  // The nearest has the shortest bar: a mark above it tells where it is.
  for (const [entry, colour] of [
    [chosen, theme.text],
    [nearest, theme.primary],
  ]) {
    const x = (Number(entry) + 0.5) * step;
    const y = height - 8 - (distances[Number(entry)] / most) * (height - 4);
    context.beginPath();
    context.moveTo(x, Math.max(10, y) + 6);
    context.lineTo(x - 6, Math.max(10, y) - 5);
    context.lineTo(x + 6, Math.max(10, y) - 5);
    context.fillStyle = String(colour);
    context.fill();
  }
}

/**
 * The grid of entries, each place with its entry's colour and number.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} indices
 * @param {{rows: number, columns: number, place: number, side: number,
 *   own: ArrayLike<number>}} of `own`: what the encoder chose
 * @param {Theme} theme
 */
export function drawEntries(canvas, indices, { rows, columns, place, side, own }, theme) {
  const cell = Math.floor(side / Math.max(rows, columns));
  const context = begin(canvas, cell * columns, cell * rows);
  context.font = `${Math.min(14, cell / 2.3)}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let p = 0; p < rows * columns; p++) {
    const [x, y] = [(p % columns) * cell, Math.floor(p / columns) * cell];
    context.fillStyle = entryColour(indices[p], theme.isDark);
    context.fillRect(x, y, cell, cell);
    const isChanged = indices[p] !== own[p];
    context.fillStyle = theme.text;
    if (cell >= 18)
      context.fillText(`${indices[p]}${isChanged ? "*" : ""}`, x + cell / 2, y + cell / 2);
  }
  const [x, y] = [(place % columns) * cell, Math.floor(place / columns) * cell];
  context.lineWidth = 3;
  context.strokeStyle = theme.text;
  context.strokeRect(x + 1.5, y + 1.5, cell - 3, cell - 3);
}
