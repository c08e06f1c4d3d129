/** Test images that are lit in every map: those that a lasso caught in one of them. */

import { gettext, ngettext } from "../lib/locale.js";

/** @import { Points, Refs } from "../lib/types" */
/** @import { Panel } from "./panel.js" */

/** Classes that the words count. */
const COUNTED = 4;

/** More than the classes of any run. */
const LABELS = 1 << 16;

/**
 * Number the test images by class and place in it: so the same image has the same number in a run
 * of all classes and in one of some.
 * @param {Points} points
 */
export function imageNumbers({ label }) {
  const seen = /** @type {Map<number, number>} */ (new Map());
  return Float64Array.from(label, (one) => {
    const rank = seen.get(one) ?? 0;
    seen.set(one, rank + 1);
    return rank * LABELS + one + 1;
  });
}

/** Say of which classes some points are. @param {Points} points @param {number[]} rows */
export function classWords(points, rows) {
  const counts = /** @type {Map<string, number>} */ (new Map());
  for (const row of rows) {
    const name = points.className(row);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const ranking = [...counts].sort((a, b) => b[1] - a[1]);
  const words = ranking
    .slice(0, COUNTED)
    .map(([name, n]) => gettext("{n} of class {name}", { n, name }));
  const n = ranking.slice(COUNTED).reduce((sum, [, count]) => sum + count, 0);
  return [...words, ...(n ? [gettext("{n} of others", { n })] : [])].join(", ");
}

/** What is lit, and its words: the images of a lasso, or of the class that the legend shows alone. */
export class Lit {
  /**
   * @param {Refs} refs @param {{focus: number|null, hover: number|null}} choice of all maps
   */
  constructor(refs, choice) {
    this.refs = refs;
    this.choice = choice;
    /** Where the lasso was drawn, and what it caught. @type {Panel|null} */
    this.panel = null;
    this.rows = /** @type {number[]} */ ([]);
    this.numbers = new Set();
  }

  /** @param {Panel|null} panel @param {number[]} rows inside its lasso */
  take(panel, rows = []) {
    this.panel = rows.length ? panel : null;
    this.rows = rows;
    this.numbers = new Set(rows.map((row) => panel?.numbers[row]));
  }

  /** Let all go; return whether anything was lit. */
  clear() {
    const wasLit = this.panel !== null || this.choice.focus !== null;
    this.take(null);
    this.choice.focus = null;
    return wasLit;
  }

  /** Whether a lasso says of each of a run's images whether it is lit. @param {Panel} panel */
  knows(panel) {
    return this.panel?.images === panel.images;
  }

  /** @param {Panel} panel @param {number} row */
  has(panel, row) {
    return this.numbers.has(panel.numbers[row]);
  }

  /** Rows of a run that a lasso lights. @param {Panel} panel */
  countIn(panel) {
    return panel.numbers.reduce((sum, number) => sum + Number(this.numbers.has(number)), 0);
  }

  /** @param {Panel[]} panels */
  words(panels) {
    const { panel, rows, choice } = this;
    if (!panel) {
      const { codes } = panels[0];
      if (choice.focus === null) return "";
      const classes = classWords(codes, codes.membersOf(choice.focus));
      return gettext("Lit in all maps: {classes}.", { classes });
    }
    const others = panels.filter((one) => !this.knows(one)).map((one) => one.header.title);
    const title = panel.header.title;
    const sentences = [
      ngettext(
        "{n} test image selected in {title}: {classes}.",
        "{n} test images selected in {title}: {classes}.",
        rows.length,
        {
          title,
          classes: classWords(panel.codes, rows),
        },
      ),
    ];
    if (others.length < panels.length - 1) {
      sentences.push(gettext("The same images are lit in the other maps."));
    }
    if (others.length) {
      sentences.push(gettext("Other test images: {runs}.", { runs: others.join(", ") }));
    }
    return sentences.join(" ");
  }

  /** @param {Panel[]} panels */
  show(panels) {
    const { refs } = this;
    const words = this.words(panels);
    refs.lit.hidden = !words;
    if (refs.litWords.textContent !== words) refs.litWords.textContent = words;
  }
}
