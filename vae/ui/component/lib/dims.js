/** Latent dimensions: their order, what each carries, and which of them a map shows. */

import { decimal, gettext, numeral } from "./locale.js";

/** @import { Dim, Header, Refs } from "./types" */

/**
 * What tells dimensions apart: their KL, or without a prior how far their codes spread.
 * @param {Dim} dim
 */
export const weightOf = ({ kl, spread }) => kl ?? spread;

/**
 * Dimensions by falling KL (or spread); equal ones, and the two of a plain map, by number.
 * @param {Dim[]} dims
 */
export function dimsByKl(dims) {
  const all = dims.map((_, index) => index);
  if (dims.length <= 2) return all;
  return all.sort((a, b) => weightOf(dims[b]) - weightOf(dims[a]) || a - b);
}

/** Say what a dimension carries. @param {Dim} dim */
export function dimNote({ kl, spread, active }) {
  if (kl !== null) {
    const value = decimal(kl, 2);
    return active ? `KL ${value}` : gettext("KL {value} · collapsed", { value });
  }
  const value = numeral(String(Number(spread.toPrecision(3))));
  return active
    ? gettext("spread {value}", { value })
    : gettext("spread {value} · unused", { value });
}

/** @param {number[]} dims */
export const dimNames = (dims) => dims.map((dim) => `z${dim + 1}`);

/** Stands in a choice of axes for the first two principal components of the codes. */
export const PCA = "pca";

/** The choice of the dimensions on a map: those with most KL at first. */
export class DimChoice {
  /**
   * @param {Refs} refs with axes, dimX and dimY
   * @param {Header} header
   * @param {boolean} hasPca whether the principal components can be chosen too
   */
  constructor({ axes, dimX, dimY }, header, hasPca = false) {
    this.selects = /** @type {HTMLSelectElement[]} */ ([dimX, dimY]);
    this.names = /** @type {Record<string, string>} */ ({});
    this.infos = header.dims;
    this.hasPca = hasPca;
    this.isPca = false;
    /** [across] or [across, up] */
    this.dims = dimsByKl(header.dims).slice(0, 2);
    this.usual = this.dims;
    axes.hidden = header.latent_dim <= 2;
    this.rename({});
  }

  /** Call dimensions by names that they were given. @param {Record<string, string>} names */
  rename(names) {
    this.names = names;
    for (const [axis, select] of this.selects.entries()) {
      const options = dimsByKl(this.infos).map((dim) => {
        const text = `${this.nameOf(dim)} · ${dimNote(this.infos[dim])}`;
        return new Option(text, String(dim));
      });
      if (this.hasPca) options.unshift(new Option(`PCA ${axis + 1}`, PCA));
      select.replaceChildren(...options);
    }
    this.show();
  }

  /** @param {number} dim */
  nameOf(dim) {
    return this.names[dim] || `z${dim + 1}`;
  }

  /** What the axes are called. */
  get axisNames() {
    return this.dims.map((dim, axis) => (this.isPca ? `PCA ${axis + 1}` : this.nameOf(dim)));
  }

  /** @param {number} axis 0 is across, 1 is up @param {number|typeof PCA} dim */
  choose(axis, dim) {
    const wasPca = this.isPca;
    this.isPca = dim === PCA;
    if (dim !== PCA) {
      const dims = [...this.dims];
      // The same dimension twice makes no map: the two change places.
      if (dim === dims[1 - axis]) dims[1 - axis] = wasPca ? this.other(dim) : dims[axis];
      dims[axis] = dim;
      this.dims = dims;
    }
    this.show();
  }

  /** The first dimension that is another one. @param {number} dim */
  other(dim) {
    return dimsByKl(this.infos).find((one) => one !== dim) ?? dim;
  }

  show() {
    for (const [axis, select] of this.selects.entries()) {
      select.value = this.isPca ? PCA : String(this.dims[axis] ?? this.dims[0]);
    }
  }
}
