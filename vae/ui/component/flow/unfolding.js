/** What a box of a strip unfolds to: formulas with the numbers of the moment, and lines of code. */

import { element, setText } from "../lib/element.js";
import { gettext } from "../lib/locale.js";

/** @import { CodeLines } from "../lib/types" */
/** @import { Line } from "./formulas.js" */

/** The panel below a strip, for one box at a time. */
export class Unfolding {
  /**
   * @param {Record<string, CodeLines[]>} sources by the boxes' names
   * @param {Map<string, HTMLElement>} buttons of the boxes
   * @param {() => void} onOpen the numbers are asked for
   */
  constructor(sources, buttons, onOpen) {
    this.sources = sources;
    this.buttons = buttons;
    this.onOpen = onOpen;
    /** The box that is open. @type {string|null} */
    this.open = null;
    this.lines = element("dl", {});
    this.code = element("div", { className: "flow-code" });
    this.node = element(
      "div",
      { className: "flow-panel", hidden: true, dataset: { testid: "flow-panel" } },
      this.lines,
      this.code,
    );
    for (const [name, button] of buttons) {
      button.title = gettext("Formula, numbers and code");
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => this.toggle(name));
    }
  }

  /** Fold by Escape within the strip: what is selected on the page stays. @param {HTMLElement} strip */
  listen(strip) {
    strip.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.open) return;
      event.stopPropagation();
      this.toggle(this.open);
    });
  }

  /** Unfold a box, or fold it. @param {string} name */
  toggle(name) {
    this.open = this.open === name ? null : name;
    for (const [other, button] of this.buttons) {
      button.setAttribute("aria-expanded", String(other === this.open));
    }
    this.node.hidden = !this.open;
    if (!this.open) return;
    const sources = this.sources[this.open] ?? [];
    this.code.replaceChildren(
      ...sources.map(({ path, line, text }) =>
        element(
          "figure",
          {},
          element("figcaption", {}, gettext("{path}, line {line}", { path, line })),
          element("pre", { tabIndex: 0 }, text),
        ),
      ),
    );
    this.onOpen();
  }

  /** Write formulas and numbers, as they are now. @param {Line[]} rows */
  fill(rows) {
    const { lines } = this;
    while (lines.childElementCount < rows.length) {
      lines.append(element("div", {}, element("dt", {}), element("dd", {})));
    }
    while (lines.childElementCount > rows.length) lines.lastChild.remove();
    for (const [i, [formula, numbers]] of rows.entries()) {
      const row = lines.children[i];
      setText(row.firstChild, formula);
      setText(row.lastChild, numbers);
    }
  }
}
