/** Saves what stands in a part of the page: a plot by Plotly's own camera, others as painted. */

import { download } from "../lib/download.js";
import { gettext } from "../lib/locale.js";
import { ComponentView } from "../lib/view.js";
import { paintBlock } from "./block.js";

/** @import { Mounted } from "../lib/types" */
/** @typedef {{ take: string, name: string, plot: boolean, table: boolean }} Taken `take`: key of the part */

export class TakeAwayView extends ComponentView {
  /** @param {ParentNode} parent */
  constructor(parent) {
    super(parent);
    /** @type {Taken | null} */
    this.data = null;
    this.listen(this.refs.png, "click", () => this.save("png"));
    this.listen(this.refs.csv, "click", () => this.save("csv"));
    this.listen(this.refs.svg, "click", () => this.save("svg"));
  }

  /** @param {Mounted<Taken>} component */
  update({ data }) {
    this.data = data;
    this.refs.svg.hidden = !data.plot;
    this.refs.csv.hidden = !data.table;
  }

  /** @param {"png"|"svg"|"csv"} format */
  async save(format) {
    const { take = "", name = "", plot = false } = this.data ?? {};
    // As Streamlit makes a class of a key.
    const part = document.querySelector(`.st-key-${take.replace(/[^\w-]/g, "-")}`);
    const file = `${name}.${format}`;
    const isSaved =
      part &&
      (format === "csv"
        ? download(new Blob([tableOf(part)], { type: "text/csv" }), file)
        : plot
          ? snap(part, format, name)
          : await keep(part, file));
    this.refs.said.textContent = isSaved ? "" : gettext("It is not to be seen: try again.");
  }
}

/**
 * Press Plotly's camera, which Streamlit's style hides.
 * @param {Element} part @param {string} format @param {string} filename
 */
function snap(part, format, filename) {
  const plot = /** @type {any} */ (part.querySelector(".js-plotly-plot"));
  const camera = plot?.querySelector(".modebar-btn");
  if (!camera) return false;
  const scale = format === "png" ? 2 : 1;
  plot._context.toImageButtonOptions = { format, filename, scale };
  camera.click();
  return true;
}

/** @param {Element} part @param {string} name */
async function keep(part, name) {
  const canvas = paintBlock(part);
  const blob = canvas && (await new Promise((resolve) => canvas.toBlob(resolve)));
  if (!blob) return false;
  return download(blob, name);
}

/** What stands in the tables of an element, as CSV. @param {Element} part */
export function tableOf(part) {
  const lines = [...part.querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => quoted(cell.textContent ?? "")).join(","),
  );
  return `${lines.join("\n")}\n`;
}

/** @param {string} text */
function quoted(text) {
  const plain = text.replace(/\s+/g, " ").trim();
  return /[",]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
