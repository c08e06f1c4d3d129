/** The parts of the page beside the map: legend, choice of axes, selected code. */

import { reconLoss } from "../decoder/losses.js";
import { traceShape } from "../lib/drawing.js";
import { fromBase64 } from "../lib/picture.js";
import { dimNote, dimsByKl } from "../lib/sliders.js";

/**
 * Fill the legend: one button a class, which shows that class alone.
 * @param {HTMLElement} legend
 * @param {Codes} codes
 * @param {object} theme
 * @param {number|null} focus
 * @param {(focus: number|null) => void} choose
 */
export function fillLegend(legend, codes, theme, focus, choose) {
  const ratio = globalThis.devicePixelRatio || 1;
  const present = new Set(codes.label);
  const buttons = codes.names.flatMap((name, index) => {
    if (!present.has(index)) return [];
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(focus === index));
    const mark = document.createElement("canvas");
    mark.width = mark.height = 18 * ratio;
    mark.style.width = mark.style.height = "18px";
    const context = mark.getContext("2d");
    context.scale(ratio, ratio);
    traceShape(context, theme.classShape(index), 9, 9, 6);
    context.fillStyle = theme.classColour(index);
    context.fill();
    button.append(mark, name);
    button.addEventListener("click", () => choose(focus === index ? null : index));
    return [button];
  });
  legend.replaceChildren(...buttons);
}

/**
 * Fill the two choices of a dimension.
 * @param {HTMLSelectElement[]} selects across, up
 * @param {object} header
 * @param {number[]} chosen
 */
export function fillAxes(selects, header, chosen) {
  selects.forEach((select, axis) => {
    const options = dimsByKl(header.dims).map((dim) => {
      const text = `z${dim + 1} · ${dimNote(header.dims[dim])}`;
      return new Option(text, String(dim), false, dim === chosen[axis]);
    });
    select.replaceChildren(...options);
  });
}

const nats = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} nats` : "–");

/** The selected code: its original, its loss where z is now and at its own code. */
export class Selection {
  /** @param {Object<string, HTMLElement>} refs */
  constructor(refs) {
    this.refs = refs;
    this.loss = reconLoss({});
    this.hasPrior = true;
    this.clear();
  }

  /** Take how a run's model weighs a reconstruction. */
  begin(header) {
    this.loss = reconLoss(header);
    this.hasPrior = header.has_prior ?? true;
    this.refs.lossTerm.title = this.loss.title;
    this.refs.ownTerm.textContent = `at its own code${this.hasPrior ? " z = mu" : ""}`;
    this.refs.kl.title = this.hasPrior ? "" : "Not applicable: without a prior there is no KL";
  }

  clear() {
    /** @type {number|null} */
    this.index = null;
    /** @type {Uint8Array|null} */
    this.pixels = null;
    this.answer = null;
    this.atMu = NaN;
    this.shownLoss = "";
    this.refs.selection.hidden = true;
    this.refs.originalFigure.hidden = true;
  }

  /**
   * Begin to show a code, before Python has answered.
   * @param {number} index
   * @param {string} className
   */
  choose(index, className) {
    if (index === this.index) return;
    this.clear();
    this.index = index;
    this.refs.selection.hidden = false;
    this.refs.selectionTitle.textContent = `Test code ${index}, class ${className}`;
    this.refs.note.textContent = "";
    this.fill();
  }

  /**
   * Take Python's answer.
   * @param {object} answer {index, original, recon_loss, kl, note}
   * @param {Picture} picture where the original goes
   * @param {(index: number) => Float32Array} logitsAtMu decodes the code
   */
  take(answer, picture, logitsAtMu) {
    if (!answer || answer.index !== this.index) return;
    // The same answer comes again with every rerun.
    if (this.answer && JSON.stringify(answer) === JSON.stringify(this.answer)) return;
    this.answer = answer;
    this.pixels = answer.original ? fromBase64(answer.original) : null;
    if (this.pixels) {
      picture.paintPixels(this.pixels);
      this.atMu = this.loss.of(logitsAtMu(this.index), this.pixels);
    }
    this.refs.originalFigure.hidden = !this.pixels;
    this.fill();
  }

  fill() {
    const { refs, answer } = this;
    const atMu = Number.isFinite(this.atMu) ? this.atMu : (answer?.recon_loss ?? NaN);
    refs.lossAtMu.textContent = this.loss.text(atMu);
    refs.kl.textContent = this.hasPrior ? nats(answer?.kl ?? NaN) : "n/a";
    refs.note.textContent = answer?.note ?? "";
    refs.note.hidden = !refs.note.textContent;
    refs.lossRow.hidden = !this.pixels;
  }

  /** Show the loss of the original at the z that has just been decoded. */
  showLoss(logits) {
    if (!this.pixels) return;
    const text = this.loss.text(this.loss.of(logits, this.pixels));
    if (text === this.shownLoss) return;
    this.shownLoss = text;
    this.refs.lossHere.textContent = text;
    const own = this.loss.text(this.atMu).replace(" nats", "");
    this.refs.fingertip.textContent = `Loss ${text}, at ${this.hasPrior ? "mu" : "its code"} ${own}`;
  }
}
