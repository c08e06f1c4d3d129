/** The film strip of a path: what its places decode to, side by side. */

/** @import { Decoder, ImageShape } from "../lib/types" */

/** Pixels between neighbours, of the images' own. */
const GAP = 1;

/**
 * Columns and rows of a strip in `width` CSS pixels, each picture at least `least` of them wide.
 * @param {number} count @param {number} width @param {number} least
 */
export function stripLayout(count, width, least = 40) {
  const rows = Math.max(1, Math.ceil((count * least) / Math.max(least, width)));
  const columns = Math.ceil(count / rows);
  return { columns, rows: Math.ceil(count / columns) };
}

/**
 * Decode places and paint them, row by row.
 * @param {HTMLCanvasElement} canvas gets the strip's own resolution
 * @param {Decoder} decoder
 * @param {ImageShape} shape
 * @param {ArrayLike<number>[]} places
 * @param {number} columns
 */
export function paintStrip(canvas, decoder, [channels, height, width], places, columns) {
  const rows = Math.ceil(places.length / columns);
  canvas.width = columns * (width + GAP) - GAP;
  canvas.height = rows * (height + GAP) - GAP;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = new ImageData(width, height);
  image.data.fill(255);
  const area = height * width;
  for (const [place, z] of places.entries()) {
    const mean = decoder.decode(z);
    for (let p = 0, at = 0; p < area; p++, at += 4) {
      for (let c = 0; c < 3; c++) {
        image.data[at + c] = Math.round(255 * mean[(channels === 1 ? 0 : c) * area + p]);
      }
    }
    const [column, row] = [place % columns, Math.floor(place / columns)];
    context.putImageData(image, column * (width + GAP), row * (height + GAP));
  }
}
