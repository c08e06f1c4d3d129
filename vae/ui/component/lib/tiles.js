/**
 * The manifold as tiles: images decoded at a grid of places on the map, a few at a time.
 *
 * The canvas has the tiles' own resolution; the page scales it. A slice of work stops when its
 * time is up, so that a dragged frame never waits for tiles.
 */

import { BATCH } from "../network/network.js";
import { noteTime } from "../network/timing.js";

/** @import { Decoder, Frame, ImageShape } from "./types" */

/** Milliseconds of decoding in one frame: with nothing else to do, and while z moves. */
const IDLE_MS = 9;
const BUSY_MS = 3;

/** A tile covers at least so many CSS pixels. */
const LEAST_TILE = 28;

/** And so many where the map is a line, with room for larger ones. */
const LEAST_STRIP_TILE = 56;

/** Of an image's own pixels a tile shows at least this share across. */
const LEAST_SHARE = 0.75;

/**
 * How many tiles stand in a row of the map.
 * @param {number} width @param {boolean} isLine @param {number} imageWidth
 */
function tilesAcross(width, isLine, imageWidth) {
  // A large picture shrunk to a small tile would cost time and show nothing.
  const least = Math.max(isLine ? LEAST_STRIP_TILE : LEAST_TILE, LEAST_SHARE * imageWidth);
  return Math.max(5, Math.min(24, Math.floor(width / least)));
}

/**
 * Height of the one row of tiles above a line of `width` CSS pixels.
 * @param {number} width @param {ImageShape} shape
 */
export function stripHeight(width, [, imageHeight, imageWidth]) {
  return ((width / tilesAcross(width, true, imageWidth)) * imageHeight) / imageWidth;
}

/** Grid places from the middle outwards. @param {number} columns @param {number} rows */
function fromTheMiddle(columns, rows) {
  const places = /** @type {number[][]} */ ([]);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) places.push([column, row]);
  }
  const far = (/** @type {number[]} */ [column, row]) =>
    Math.hypot(column - (columns - 1) / 2, row - (rows - 1) / 2);
  return places.sort((a, b) => far(a) - far(b));
}

/**
 * A few large tiles that cover the map, no more than one batch: [column, row, tiles across].
 * @param {number} columns @param {number} rows
 */
function coarse(columns, rows) {
  const span = Math.ceil(columns / (rows > 1 ? Math.floor(Math.sqrt(BATCH)) : BATCH));
  const places = [];
  for (let row = 0; row < rows; row += span) {
    for (let column = 0; column < columns; column += span) places.push([column, row, span]);
  }
  return places;
}

/** Decodes the tiles of one view of the map. */
export class Tiles {
  /** @param {HTMLCanvasElement} canvas @param {Decoder} decoder @param {ImageShape} imageShape */
  constructor(canvas, decoder, [channels, height, width]) {
    this.canvas = canvas;
    this.decoder = decoder;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.codes = new Float32Array(BATCH * decoder.latentDim);
    this.out = new Float32Array(BATCH * decoder.pixels);
    this.image = new ImageData(width, height);
    this.image.data.fill(255);
    /** One image, to be drawn larger. */
    this.large = new OffscreenCanvas(width, height);
    this.batchMs = 1;
    this.began = 0;
    this.places = /** @type {number[][]} */ ([]);
    this.next = 0;
    this.signature = "";
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.frame = /** @type {Frame|null} */ (null);
    this.base = new Float32Array(0);
    this.columns = this.rows = 0;
  }

  get isDone() {
    return this.next >= this.places.length;
  }

  /**
   * Begin a new set of tiles unless it is the one already there.
   * @param {Frame} frame
   * @param {Float32Array} base the z whose other dimensions all tiles share
   */
  begin(frame, base) {
    const { isLine, ranges } = frame;
    const columns = tilesAcross(frame.width, isLine, this.width);
    const rows = isLine ? 1 : columns;
    const others =
      frame.plane?.rest(base) ?? base.map((value, dim) => (frame.dims.includes(dim) ? 0 : value));
    const { label } = this.decoder;
    const signature = [
      columns,
      rows,
      ranges,
      frame.plane?.key ?? frame.dims,
      others.join(),
      label,
    ].join("|");
    if (signature === this.signature) return;
    const isFirst = !this.signature;
    this.signature = signature;
    this.frame = frame;
    this.base = others;
    this.columns = columns;
    this.rows = rows;
    const [width, height] = [columns * this.width, rows * this.height];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    // The old tiles stay until the new ones cover them: no flash of an empty map. At first there
    // are none.
    this.places = [...(isFirst ? coarse(columns, rows) : []), ...fromTheMiddle(columns, rows)];
    this.next = 0;
    this.began = performance.now();
  }

  /**
   * Decode some tiles.
   * @param {boolean} isBusy whether z is being moved
   * @returns {boolean} whether tiles are left
   */
  work(isBusy) {
    const budget = isBusy ? BUSY_MS : IDLE_MS;
    const start = performance.now();
    // A batch that alone would cost a frame waits until nothing moves.
    if (isBusy && this.batchMs > BUSY_MS) return !this.isDone;
    while (!this.isDone && performance.now() - start + this.batchMs <= budget + 1) {
      const before = performance.now();
      this.decodeBatch();
      this.batchMs = Math.min(0.7 * this.batchMs + 0.3 * (performance.now() - before), IDLE_MS);
    }
    return !this.isDone;
  }

  decodeBatch() {
    const { decoder, codes, columns, rows, frame } = this;
    if (!frame) return;
    const d = decoder.latentDim;
    const batch = this.places.slice(this.next, this.next + BATCH);
    this.next += batch.length;
    batch.forEach(([column, row, span = 1], i) => {
      const [x, y] = [column, row].map((at, axis) => {
        const count = axis ? rows : columns;
        return (at + Math.min(span, count - at) / 2) / count;
      });
      const values = frame.valuesAt([x * frame.width, y * frame.height]);
      if (frame.plane) {
        frame.plane.fill(codes, i * d, this.base, values);
        return;
      }
      codes.set(this.base, i * d);
      for (const [axis, dim] of frame.dims.entries()) codes[i * d + dim] = values[axis];
    });
    decoder.decodeBatch(codes, batch.length, this.out);
    for (const [i, place] of batch.entries()) this.paint(place, i * decoder.pixels);
    if (this.isDone) noteTime("vae:tiles", this.began, { tiles: this.places.length });
  }

  /** @param {number[]} place @param {number} from */
  paint([column, row, span = 1], from) {
    const { data } = this.image;
    const area = this.width * this.height;
    const grey = this.channels === 1;
    for (let p = 0, at = 0; p < area; p++, at += 4) {
      data[at] = Math.round(255 * this.out[from + p]);
      data[at + 1] = grey ? data[at] : Math.round(255 * this.out[from + area + p]);
      data[at + 2] = grey ? data[at] : Math.round(255 * this.out[from + 2 * area + p]);
    }
    const [left, top] = [column * this.width, row * this.height];
    if (span === 1) {
      this.context.putImageData(this.image, left, top);
      return;
    }
    this.large.getContext("2d")?.putImageData(this.image, 0, 0);
    this.context.drawImage(this.large, left, top, span * this.width, span * this.height);
  }
}
