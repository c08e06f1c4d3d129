/** What z decodes to at the two ends of each slider, painted when z rests. */

import { Picture } from "./picture.js";

/** @import { Decoder, Header, Space } from "./types" */

/** Milliseconds of decoding in one frame. */
const BUDGET_MS = 6;

/** Side of a picture, in CSS pixels. */
const SIDE = 28;

/** The pictures beside the sliders; only those in sight are decoded. */
export class SliderEnds {
  /**
   * @param {HTMLElement[]} rows by dimension, each with a canvas at either end
   * @param {Header} header @param {Decoder} decoder @param {Space} space
   */
  constructor(rows, header, decoder, space) {
    this.decoder = decoder;
    this.space = space;
    this.pictures = rows.map((row) =>
      [...row.querySelectorAll("canvas")].map((canvas) => {
        const picture = new Picture(canvas, header.image_shape);
        picture.fit(SIDE);
        return picture;
      }),
    );
    this.inSight = /** @type {Set<number>} */ (new Set());
    this.left = /** @type {number[]} */ ([]);
    this.z = new Float32Array(header.latent_dim);
    this.label = 0;
    this.out = new Float32Array(2 * decoder.pixels);
    this.onSight = () => {};
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const dim = rows.indexOf(/** @type {HTMLElement} */ (target));
        if (!isIntersecting) this.inSight.delete(dim);
        else if (!this.inSight.has(dim)) {
          this.inSight.add(dim);
          this.left.push(dim);
        }
      }
      this.onSight();
    });
    for (const row of rows) this.observer.observe(row);
  }

  /** Begin anew around z. @param {ArrayLike<number>} z @param {number|null} label */
  begin(z, label) {
    this.z = Float32Array.from(z);
    this.label = label ?? 0;
    this.left = [...this.inSight].sort((a, b) => a - b);
  }

  /** Decode some. @returns {boolean} whether some are left */
  work() {
    const began = performance.now();
    while (this.left.length && performance.now() - began < BUDGET_MS) {
      this.paint(/** @type {number} */ (this.left.shift()));
    }
    return this.left.length > 0;
  }

  /** @param {number} dim */
  paint(dim) {
    const { decoder, z, out, space } = this;
    const d = z.length;
    const codes = new Float32Array(2 * d);
    for (const [end, value] of space.rangeOf(dim).entries()) {
      codes.set(z, end * d);
      codes[end * d + dim] = value;
    }
    decoder.decodeBatch(codes, 2, out, [this.label, this.label]);
    for (const [end, picture] of this.pictures[dim].entries()) {
      picture.paintMean(out.subarray(end * decoder.pixels, (end + 1) * decoder.pixels));
    }
  }

  end() {
    this.observer.disconnect();
  }
}
