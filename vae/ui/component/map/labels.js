/** The label that a conditional decoder is told: a row of classes, each with z under it. */

import { gettext } from "../lib/locale.js";
import { Picture } from "../lib/picture.js";

/** @import { Decoder, Header, Refs } from "../lib/types" */

/** Sides of a class's picture, and what stands around it in a row, in CSS pixels. */
const SIDE = 42;
const LEAST_SIDE = 24;
const AROUND = 11;

/** Names with no more letters need no more room than their picture. */
const SHORT = 2;

/**
 * The pictures' side where all classes stand in one row; null where their names need more room.
 * @param {string[]} names @param {number} width of the row
 */
export function rowSide(names, width) {
  if (names.some((name) => name.length > SHORT)) return null;
  const side = Math.min(SIDE, Math.floor(width / names.length) - AROUND);
  return side >= LEAST_SIDE ? side : null;
}

/** With more than so many milliseconds for all pictures they wait until z rests. */
const CHEAP_MS = 4;

/** One choice a class, as radio buttons: arrow keys move among them. */
export class LabelChoice {
  /**
   * @param {Refs} refs @param {Header} header
   * @param {Decoder} decoder @param {(label: number) => void} choose
   */
  constructor({ labelSide, labels }, header, decoder, choose) {
    this.decoder = decoder;
    this.labels = /** @type {number[]} */ (header.num_labels ? (header.labels ?? []) : []);
    this.out = new Float32Array(this.labels.length * decoder.pixels);
    this.spentMs = 0;
    this.pictures = /** @type {Picture[]} */ ([]);
    this.inputs = /** @type {HTMLInputElement[]} */ ([]);
    this.box = /** @type {HTMLElement} */ (labels);
    this.names = this.labels.map((label) => gettext(header.class_names[label] ?? String(label)));
    labelSide.hidden = !this.labels.length;
    labels.replaceChildren(
      ...this.labels.map((label, i) => {
        const name = this.names[i];
        const choice = document.createElement("label");
        const input = document.createElement("input");
        Object.assign(input, { type: "radio", name: "label", value: String(label) });
        input.dataset.testid = `label-${label}`;
        input.setAttribute("aria-label", name);
        input.addEventListener("change", () => choose(label));
        const canvas = document.createElement("canvas");
        canvas.setAttribute("aria-hidden", "true");
        const chip = document.createElement("span");
        const text = document.createElement("b");
        text.textContent = name;
        chip.append(canvas, text);
        choice.append(input, chip);
        const picture = new Picture(canvas, header.image_shape);
        this.pictures.push(picture);
        this.inputs.push(input);
        return choice;
      }),
    );
  }

  /** Let all classes stand in one row, if they can. @param {number} width of the row */
  fit(width) {
    const side = rowSide(this.names, width);
    this.box.classList.toggle("row", side !== null);
    for (const picture of this.pictures) picture.fit(side ?? SIDE);
  }

  /** Whether the decoder is told a label at all. */
  get isOffered() {
    return this.labels.length > 0;
  }

  /** Whether all pictures can follow z at every frame. */
  get isCheap() {
    return this.spentMs < CHEAP_MS;
  }

  /** @param {unknown} label @returns {label is number} */
  has(label) {
    return this.labels.some((one) => one === label);
  }

  /** Mark the label that is told. @param {number|null} label */
  show(label) {
    this.labels.forEach((other, i) => {
      this.inputs[i].checked = other === label;
    });
  }

  /** Show z under every label. @param {Float64Array} z */
  paint(z) {
    if (!this.isOffered) return;
    const { decoder, labels, out } = this;
    const began = performance.now();
    const codes = new Float32Array(labels.length * z.length);
    for (let i = 0; i < labels.length; i++) codes.set(z, i * z.length);
    decoder.decodeBatch(codes, labels.length, out, labels);
    this.pictures.forEach((picture, i) => {
      picture.paintMean(out.subarray(i * decoder.pixels, (i + 1) * decoder.pixels));
    });
    this.spentMs = 0.8 * this.spentMs + 0.2 * (performance.now() - began);
  }
}
