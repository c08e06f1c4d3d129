/** The pinned image: of a selected code, where Python has its original, or a picture of the page. */

import { gettext } from "../lib/locale.js";
import { fromBase64 } from "../lib/picture.js";

/** @import { Picture, Refs, SelectedAnswer } from "../lib/types" */

/** What the page shows of it. */
export class Selection {
  /** @param {Refs} refs */
  constructor(refs) {
    this.refs = refs;
    /** The selected code; null where none is, or where a picture is pinned. */
    this.index = /** @type {number|null} */ (null);
    this.isPicture = false;
    this.pixels = /** @type {Uint8Array|null} */ (null);
    this.answer = /** @type {SelectedAnswer|null} */ (null);
    this.clear();
  }

  clear() {
    this.index = null;
    this.isPicture = false;
    this.pixels = null;
    this.answer = null;
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
    this.refs.selectionTitle.textContent = gettext("Test code {index}, class {name}", {
      index,
      name: className,
    });
    this.refs.note.textContent = "";
    this.fill();
  }

  /**
   * Take Python's answer.
   * @param {SelectedAnswer|null} answer
   * @param {Picture} picture where the original goes
   */
  take(answer, picture) {
    if (!answer || answer.index !== this.index) return;
    // The same answer comes again with every rerun.
    if (this.answer && JSON.stringify(answer) === JSON.stringify(this.answer)) return;
    this.answer = answer;
    this.pixels = answer.original ? fromBase64(answer.original) : null;
    if (this.pixels) picture.paintPixels(this.pixels);
    this.refs.originalFigure.hidden = !this.pixels;
    this.fill();
  }

  /**
   * Pin a picture that is no test image.
   * @param {Uint8Array} pixels (C, H, W) @param {Picture} picture where it goes
   * @param {string} title
   */
  pinPicture(pixels, picture, title) {
    this.clear();
    this.isPicture = true;
    this.pixels = pixels;
    picture.paintPixels(pixels);
    this.refs.selection.hidden = this.refs.originalFigure.hidden = false;
    this.refs.selectionTitle.textContent = title;
    this.fill();
  }

  fill() {
    this.refs.originalCaption.textContent = this.isPicture
      ? gettext("Pinned")
      : gettext("Original");
    this.refs.note.textContent = this.answer?.note ?? "";
    this.refs.note.hidden = !this.refs.note.textContent;
  }
}
