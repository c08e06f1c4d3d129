/** Latent dimensions: their order, what each carries, and which of them a map shows. */

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
  if (kl !== null) return `KL ${kl.toFixed(2)}${active ? "" : " · collapsed"}`;
  return `spread ${Number(spread.toPrecision(3))}${active ? "" : " · unused"}`;
}

/** @param {number[]} dims */
export const dimNames = (dims) => dims.map((dim) => `z${dim + 1}`);

/** The choice of the dimensions on a map: those with most KL at first. */
export class DimChoice {
  /**
   * @param {Refs} refs with axes, dimX and dimY
   * @param {Header} header
   */
  constructor({ axes, dimX, dimY }, header) {
    this.selects = [dimX, dimY];
    /** [across] or [across, up] */
    this.dims = dimsByKl(header.dims).slice(0, 2);
    axes.hidden = header.latent_dim <= 2;
    for (const [axis, select] of this.selects.entries()) {
      const options = dimsByKl(header.dims).map((dim) => {
        const text = `z${dim + 1} · ${dimNote(header.dims[dim])}`;
        return new Option(text, String(dim), false, dim === this.dims[axis]);
      });
      select.replaceChildren(...options);
    }
  }

  /** @param {number} axis 0 is across, 1 is up @param {number} dim */
  choose(axis, dim) {
    const dims = [...this.dims];
    // The same dimension twice makes no map: the two change places.
    if (dim === dims[1 - axis]) dims[1 - axis] = dims[axis];
    dims[axis] = dim;
    this.dims = dims;
    dims.forEach((one, i) => {
      this.selects[i].value = String(one);
    });
  }
}
