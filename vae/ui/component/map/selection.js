/** The selected code: its original, its loss where z is now and at its own code. */

import { fromBase64 } from "../lib/picture.js";
import { inNats, reconLoss } from "../network/losses.js";

/** @import { Header, Picture, Refs, SelectedAnswer } from "../lib/types" */

/** What the page shows of it. */
export class Selection {
  /** @param {Refs} refs */
  constructor(refs) {
    this.refs = refs;
    this.index = /** @type {number|null} */ (null);
    this.pixels = /** @type {Uint8Array|null} */ (null);
    this.answer = /** @type {SelectedAnswer|null} */ (null);
    this.atMu = NaN;
    this.shownLoss = "";
    this.loss = reconLoss({});
    this.hasPrior = true;
    this.clear();
  }

  /** Take how a run's model weighs a reconstruction. @param {Header} header */
  begin(header) {
    this.loss = reconLoss(header);
    this.hasPrior = header.has_prior ?? true;
    this.refs.lossTerm.title = this.loss.title;
    this.refs.ownTerm.textContent = `at its own code${this.hasPrior ? " z = mu" : ""}`;
    this.refs.kl.title = this.hasPrior ? "" : "Not applicable: without a prior there is no KL";
  }

  clear() {
    this.index = null;
    this.pixels = null;
    this.answer = null;
    this.atMu = NaN;
    this.shownLoss = "";
    this.refs.selection.hidden = true;
    this.refs.originalFigure.hidden = true;
  }

  /**
   * Begin to show a code, before Python has answered.
   * @param {number} index @param {string} className
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
   * @param {SelectedAnswer|null} answer
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
    refs.kl.textContent = this.hasPrior ? inNats(answer?.kl ?? NaN) : "n/a";
    refs.note.textContent = answer?.note ?? "";
    refs.note.hidden = !refs.note.textContent;
    refs.lossRow.hidden = !this.pixels;
  }

  /**
   * Show the loss of the original at the z that has just been decoded.
   * @param {Float32Array} logits
   */
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
