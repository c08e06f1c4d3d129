/** Images on small canvases of their own resolution. */

/** @import { ImageShape } from "./types" */

/** From so many CSS pixels for one of the image on, its pixels are shown as squares. */
const SHARP = 3;

/** One canvas that shows images of a fixed shape. */
export class Picture {
  /** @param {HTMLCanvasElement} canvas @param {ImageShape} shape */
  constructor(canvas, [channels, height, width]) {
    canvas.width = width;
    canvas.height = height;
    this.canvas = canvas;
    this.channels = channels;
    this.area = height * width;
    // Read back by tests and by "save image"; and far too small for the GPU to be of help.
    const options = { willReadFrequently: true };
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", options));
    this.image = new ImageData(width, height);
    this.image.data.fill(255);
  }

  /**
   * Let the canvas fill about `side` CSS pixels: a whole number of them for each of its own, or,
   * where each has less than three, all of them and smoothly.
   * @param {number} side
   */
  fit(side) {
    const exact = side / Math.max(this.canvas.width, this.canvas.height);
    const scale = exact >= SHARP ? Math.floor(exact) : exact;
    this.canvas.style.width = `${this.canvas.width * scale}px`;
    this.canvas.style.height = `${this.canvas.height * scale}px`;
    this.canvas.style.imageRendering = Number.isInteger(scale) ? "" : "auto";
  }

  /** @param {(pixel: number) => number} level grey level of pixel i of (C, H, W) */
  paint(level) {
    const { data } = this.image;
    const { area } = this;
    const grey = this.channels === 1;
    for (let p = 0, at = 0; p < area; p++, at += 4) {
      data[at] = level(p);
      data[at + 1] = grey ? data[at] : level(area + p);
      data[at + 2] = grey ? data[at] : level(2 * area + p);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** @param {Float32Array} mean means in [0, 1], (C, H, W) */
  paintMean(mean) {
    this.paint((i) => Math.round(255 * mean[i]));
  }

  /**
   * Draw Bernoulli pixels: white where the noise is below the mean.
   * @param {Float32Array} mean @param {Float32Array} noise
   */
  paintSample(mean, noise) {
    this.paint((i) => (noise[i] < mean[i] ? 255 : 0));
  }

  /**
   * Draw Gaussian pixels: standard normal noise times sigma around the means, cut to [0, 1].
   * @param {Float32Array} mean @param {Float32Array} noise @param {number} sigma
   */
  paintNoisy(mean, noise, sigma) {
    // The canvas itself cuts what is below black or above white.
    this.paint((i) => 255 * (mean[i] + sigma * noise[i]));
  }

  /** @param {Uint8Array} pixels (C, H, W) */
  paintPixels(pixels) {
    this.paint((i) => pixels[i]);
  }

  /** What is shown now. @returns {Uint8Array} (C, H, W) */
  pixels() {
    const { area, channels, image } = this;
    return Uint8Array.from({ length: channels * area }, (_, i) => {
      return image.data[4 * (i % area) + Math.floor(i / area)];
    });
  }
}

/** Write bytes as base64. @param {Uint8Array} bytes */
export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Read base64 as bytes. @param {string} text */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
