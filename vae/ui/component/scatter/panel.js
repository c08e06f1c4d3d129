/** What is told beside the plot: of one point, and of those inside the lasso. */

import { count, gettext, ngettext } from "../lib/locale.js";
import { fromBase64, Picture } from "../lib/picture.js";
import { inNats, reconLoss } from "../network/losses.js";

/** @import { ImageShape, Refs, Theme } from "../lib/types" */

const GROUP_SIDE = 84;

/** @param {Picture} picture @param {HTMLElement} figure @param {string|null} pixels in base64 */
function paintOrHide(picture, figure, pixels) {
  figure.hidden = !pixels;
  if (pixels) picture.paintPixels(fromBase64(pixels));
}

/** The panel beside the plot. */
export class ScatterPanel {
  /**
   * @param {Refs} refs
   * @param {{image_shape: ImageShape, code: string}} header of the points
   */
  constructor(refs, { image_shape: shape, code }) {
    this.refs = refs;
    refs.decodedCaption.textContent = gettext("Decode of the mean {code}", { code });
    this.original = new Picture(refs.original, shape);
    this.recon = new Picture(refs.recon, shape);
    this.groupMean = new Picture(refs.groupMean, shape);
    this.groupDecoded = new Picture(refs.groupDecoded, shape);
    this.pickedText = "";
    this.groupText = "";
  }

  /** Let the pictures of the picked point fill about `side` CSS pixels. @param {number} side */
  fit(side) {
    this.original.fit(side);
    this.recon.fit(side);
    this.groupMean.fit(GROUP_SIDE);
    this.groupDecoded.fit(GROUP_SIDE);
  }

  /**
   * Show the picked point, at first without what only Python knows.
   * @param {number|null} index of the test image
   * @param {string} className
   * @param {any} answer Python's, about whichever point it has heard of last
   */
  showPicked(index, className, answer) {
    const { refs } = this;
    const known = answer && answer.index === index ? answer : null;
    // The same answer comes again with every rerun.
    const text = JSON.stringify([index, className, known]);
    if (text === this.pickedText) return;
    this.pickedText = text;
    refs.nothing.hidden = index !== null;
    refs.picked.hidden = index === null;
    refs.root.dataset.answered = known ? String(index) : "";
    if (index === null) return;
    refs.pickedTitle.textContent = gettext("Test image {index}, class {name}", {
      index,
      name: className,
    });
    refs.picked.classList.toggle("waiting", !known);
    const measure = reconLoss(known?.loss ?? {});
    refs.loss.textContent = measure.text(known?.recon_loss ?? NaN);
    refs.lossTerm.title = gettext(measure.title);
    const isPoint = known !== null && known.loss.likelihood === null;
    refs.kl.textContent = isPoint ? gettext("n/a") : inNats(known?.kl ?? NaN);
    refs.klTerm.title = isPoint
      ? gettext("Not applicable: without a prior there is no KL")
      : gettext("How far its code is from the prior");
    refs.note.textContent = known?.note ?? "";
    refs.note.hidden = !known?.note;
    if (!known) return;
    refs.open.hidden = known.href === null;
    if (known.href !== null) refs.open.href = known.href;
    paintOrHide(this.original, refs.originalFigure, known.original);
    paintOrHide(this.recon, refs.reconFigure, known.recon);
  }

  /**
   * Show the group inside the lasso, likewise.
   * @param {{mask: string, count: number}|null} group
   * @param {any} answer null where there is none
   * @param {(label: number) => string} nameOf @param {Theme} theme
   */
  showGroup(group, answer, nameOf, theme) {
    const { refs } = this;
    const known = group && answer && answer.mask === group.mask ? answer : null;
    const text = JSON.stringify([group, known, theme.signature]);
    if (text === this.groupText) return;
    this.groupText = text;
    refs.group.hidden = !group;
    refs.root.dataset.groupAnswered = known ? String(known.count) : "";
    if (!group) return;
    refs.groupTitle.textContent = ngettext(
      "{n} point selected",
      "{n} points selected",
      group.count,
      { n: count(group.count) },
    );
    refs.group.classList.toggle("waiting", !known);
    if (!known) return;
    const most = Math.max(...known.counts);
    refs.counts.replaceChildren(
      ...known.labels.map((/** @type {number} */ label, /** @type {number} */ i) => {
        const row = document.createElement("li");
        const name = document.createElement("span");
        name.textContent = nameOf(label);
        const bar = document.createElement("span");
        bar.className = "count-bar";
        bar.style.setProperty("--share", `${(100 * known.counts[i]) / most}%`);
        bar.style.setProperty("--colour", theme.classColour(label));
        const number = document.createElement("span");
        number.className = "count";
        number.textContent = count(known.counts[i]);
        row.append(name, bar, number);
        return row;
      }),
    );
    paintOrHide(this.groupMean, refs.groupMeanFigure, known.mean);
    paintOrHide(this.groupDecoded, refs.groupDecodedFigure, known.decoded);
    refs.groupNote.textContent = known.note;
    refs.groupNote.hidden = !known.note;
  }
}
