/** One slider for each latent dimension, those with most KL first. */

import { dimNote, dimsByKl, weightOf } from "./dims.js";
import { gettext, numeral } from "./locale.js";

/** @import { Dim, Header, Space } from "./types" */

/** What an arrow key adds; Shift makes it ten times as much. */
const KEY_STEP = 0.01;

/** So many sliders are shown before one asks for all: what comes below them stays in sight. */
const FIRST = 4;

/** Up to so many are all shown: a button would take the place of the last ones. */
const ALL = 6;

const LONGEST_NAME = 24;

/** @type {Record<string, number>} */
const ARROWS = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 50,
  PageDown: -50,
};

/** @param {string} tag @param {string} className */
function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** The list of sliders. */
export class Sliders {
  /**
   * @param {HTMLElement} list @param {Header} header @param {Space} space
   * @param {{move: (dim: number, value: number) => void, release: () => void,
   *   rename?: (dim: number, name: string) => void}} on with `rename` the reader can give names, and
   *   each slider has a canvas at either end
   */
  constructor(list, header, space, on) {
    this.on = on;
    this.space = space;
    this.inputs = /** @type {HTMLInputElement[]} */ ([]);
    this.outputs = /** @type {HTMLElement[]} */ ([]);
    this.nameNodes = /** @type {HTMLElement[]} */ ([]);
    this.rows = /** @type {HTMLElement[]} */ ([]);
    this.names = /** @type {Record<string, string>} */ ({});
    this.shown = new Float64Array(header.latent_dim).fill(NaN);
    const most = Math.max(...header.dims.map(weightOf), 1e-9);
    const rows = dimsByKl(header.dims).map((dim) => {
      this.rows[dim] = this.row(dim, header.dims[dim], most);
      return this.rows[dim];
    });
    list.replaceChildren(...rows);
    list.classList.toggle("long", header.latent_dim > 4);
    this.hideMost(list, rows);
  }

  /** Show the first ones, and a button for the others. @param {HTMLElement} list @param {HTMLElement[]} rows */
  hideMost(list, rows) {
    if (rows.length <= ALL) return;
    for (const row of rows.slice(FIRST)) row.hidden = true;
    const button = element("button", "all", gettext("Show all {n} sliders", { n: rows.length }));
    button.dataset.testid = "all-sliders";
    button.addEventListener("click", () => {
      for (const row of rows) row.hidden = false;
      button.remove();
      this.inputs[dimOf(rows[FIRST])].focus();
    });
    list.append(button);
  }

  /** @param {number} dim @param {Dim} info @param {number} most weight of all */
  row(dim, info, most) {
    const { space, on } = this;
    const name = `z${dim + 1}`;
    const row = element("div", info.active ? "slider" : "slider collapsed");
    row.dataset.dim = String(dim);
    const bar = element("span", "kl-bar");
    bar.style.setProperty("--share", `${Math.max(0, (100 * weightOf(info)) / most)}%`);
    const note = element("span", "kl soft", dimNote(info));
    note.title =
      info.kl === null
        ? gettext(
            "Standard deviation of the test codes in this dimension. A KL is not applicable: there is no prior",
          )
        : gettext("Mean KL of this dimension over the test codes, in nats");
    const output = element("output", "value");
    const head = element("div", "slider-head");
    const title = on.rename ? this.nameButton(dim) : element("span", "name", name);
    head.append(title, bar, note, output);
    const input = document.createElement("input");
    const [min, max] = space.rangeOf(dim);
    Object.assign(input, { className: "range", type: "range", min, max });
    input.step = String(10 ** -space.decimals);
    input.value = "0";
    input.setAttribute("aria-label", name);
    input.dataset.testid = `latent-slider-${dim + 1}`;
    input.addEventListener("input", () => this.on.move(dim, Number(input.value)));
    input.addEventListener("change", () => this.on.release());
    input.addEventListener("keydown", (event) => {
      const steps = ARROWS[event.key];
      if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const change = space.step(dim, steps * KEY_STEP * (event.shiftKey ? 10 : 1));
      const asked = Number(input.value) + change;
      this.on.move(dim, Math.max(Number(input.min), Math.min(Number(input.max), asked)));
      this.on.release();
    });
    this.inputs[dim] = input;
    this.outputs[dim] = output;
    this.nameNodes[dim] = title;
    const line = element("div", "slider-line");
    if (on.rename) line.append(endCanvas("low"), input, endCanvas("high"));
    else line.append(input);
    row.append(head, line);
    return row;
  }

  /** A name that becomes a field when it is pressed. @param {number} dim */
  nameButton(dim) {
    const button = element("button", "name", `z${dim + 1}`);
    button.title = gettext("Give this dimension a name");
    button.dataset.testid = `name-${dim + 1}`;
    button.addEventListener("click", () => {
      const field = document.createElement("input");
      Object.assign(field, { className: "name", maxLength: LONGEST_NAME });
      field.value = this.names[dim] ?? "";
      field.placeholder = `z${dim + 1}`;
      field.setAttribute("aria-label", gettext("Name of {z}", { z: `z${dim + 1}` }));
      let isDone = false;
      const finish = (/** @type {boolean} */ isKept) => {
        // Taking the field out blurs it, which would finish once more.
        if (isDone) return;
        isDone = true;
        field.replaceWith(button);
        if (isKept) this.on.rename?.(dim, field.value.trim());
      };
      field.addEventListener("blur", () => finish(true));
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.stopPropagation();
        finish(event.key === "Enter");
        button.focus();
      });
      button.replaceWith(field);
      field.select();
      field.focus();
    });
    return button;
  }

  /** Show the names that dimensions were given. @param {Record<string, string>} names by dimension */
  rename(names) {
    this.names = names;
    for (const [dim, node] of this.nameNodes.entries()) {
      const own = `z${dim + 1}`;
      node.textContent = names[dim] || own;
      this.inputs[dim].setAttribute("aria-label", names[dim] ? `${names[dim]} (${own})` : own);
    }
  }

  /** Show z; only what changed is touched. @param {ArrayLike<number>} z */
  show(z) {
    for (let dim = 0; dim < z.length; dim++) {
      if (this.shown[dim] === z[dim]) continue;
      this.shown[dim] = z[dim];
      const input = this.inputs[dim];
      // A code can lie beyond the map: its slider grows, or it would show another value than z.
      const unit = this.space.units[dim];
      if (z[dim] > Number(input.max)) input.max = String(Math.ceil(z[dim] / unit) * unit);
      if (z[dim] < Number(input.min)) input.min = String(Math.floor(z[dim] / unit) * unit);
      const text = z[dim].toFixed(this.space.decimals);
      if (Number(input.value) !== Number(text)) input.value = text;
      const [low, high] = [Number(input.min), Number(input.max)];
      input.style.setProperty("--share", `${(100 * (z[dim] - low)) / (high - low)}%`);
      this.outputs[dim].textContent = numeral(text);
    }
  }
}

/** @param {HTMLElement} row */
const dimOf = (row) => Number(row.dataset.dim);

/** @param {string} which */
function endCanvas(which) {
  const canvas = document.createElement("canvas");
  canvas.className = `end ${which}`;
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
