/** Questions to a run's test codes: nearest codes, and how typical a place is of them. */

import { CodeDensity } from "./density.js";
import { decimal, gettext } from "./locale.js";
import { Points } from "./points.js";

/** @import { Dim, Header } from "./types" */

/** Nearest codes that the readout speaks of. */
const NEIGHBOURS = 10;

/** Test codes of one run. */
export class Codes extends Points {
  /**
   * @param {Header} header
   * @param {Record<string, any>} arrays mu, label and, unless codes are points, logvar
   */
  constructor(header, arrays) {
    super(header.class_names, header.latent_dim, arrays.mu, arrays.label);
    this.logvar = /** @type {Float32Array|null} */ (arrays.logvar ?? null);
    this.hasPrior = header.has_prior ?? true;
    this.digits = (header.decimals ?? 3) - 1;
    // A collapsed dimension is noise to the decoder: distance along it means nothing.
    const active = header.dims.flatMap((dim, index) => (dim.active ? [index] : []));
    this.distanceDims = this.d > 2 && active.length ? active : header.dims.map((_, i) => i);
    this.nearest = new Int32Array(NEIGHBOURS);
    this.nearestSquares = new Float64Array(NEIGHBOURS);
    this.spread = this.hasPrior ? 1 : this.typicalSpread(header.dims);
    this.density = new CodeDensity(header, this.values, this.logvar, this.label);
  }

  /**
   * How far codes spread, over the dimensions that count: a prior's own unit is 1.
   * @param {Dim[]} dims
   */
  typicalSpread(dims) {
    const squares = this.distanceDims.map((dim) => (dims[dim].spread ?? 1) ** 2);
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length) || 1;
  }

  /** Cheap enough to ask at every frame? */
  get isLive() {
    return this.count * this.distanceDims.length <= 500_000;
  }

  /**
   * Share of the encoded test images' z that lie in less dense places than z.
   * @param {ArrayLike<number>} z @param {number|null} label the class whose codes count
   */
  typicalityAt(z, label) {
    return this.density.at(z, label).typicality;
  }

  /** log sigma^2 of a code whose posterior is a Gaussian. @param {number} index */
  logvarOf(index) {
    return this.logvar?.subarray(index * this.d, (index + 1) * this.d) ?? new Float32Array(this.d);
  }

  /** @param {number} index @param {number[]} dims @returns {[number, number, number]|null} */
  spreadOf(index, [across, up = across]) {
    if (!this.logvar) return null;
    const logvar = this.logvarOf(index);
    return [Math.exp(logvar[across]), Math.exp(logvar[up]), 0];
  }

  /**
   * Find the nearest codes to z; their indices then stand in `this.nearest`, nearest first.
   * @param {ArrayLike<number>} z
   * @param {number} [except] an index to leave out
   * @param {number|null} [label] look among the codes of this class alone
   * @returns {{found: number, distance: number}} how many, and the distance of the nearest
   */
  survey(z, except = -1, label = null) {
    const { values, d, count, distanceDims, nearest, nearestSquares } = this;
    const dims = distanceDims.length;
    let found = 0;
    for (let i = 0, at = 0; i < count; i++, at += d) {
      if (i === except || (label !== null && this.label[i] !== label)) continue;
      const most = found < NEIGHBOURS ? Infinity : nearestSquares[found - 1];
      let sum = 0;
      for (let k = 0; k < dims && sum < most; k++) {
        const gap = values[at + distanceDims[k]] - z[distanceDims[k]];
        sum += gap * gap;
      }
      if (sum < most) {
        let place = found < NEIGHBOURS ? found++ : found - 1;
        for (; place > 0 && nearestSquares[place - 1] > sum; place--) {
          nearestSquares[place] = nearestSquares[place - 1];
          nearest[place] = nearest[place - 1];
        }
        nearestSquares[place] = sum;
        nearest[place] = i;
      }
    }
    return { found, distance: found ? Math.sqrt(nearestSquares[0]) : Infinity };
  }

  /**
   * Say in words how typical z is of the encoded test images.
   * @param {ArrayLike<number>} z
   * @param {number|null} [label] what the decoder is told: only codes of that class count
   * @returns {{text: string, isInside: boolean, typicality: number}}
   */
  describe(z, label = null) {
    const { typicality, isInside } = this.density.at(z, label);
    const place = { isInside, typicality };
    if (!this.count) return { ...place, text: gettext("This run brought no test codes.") };
    const { found, distance } = this.survey(z, -1, label);
    const name = label === null ? "" : this.nameOf(label);
    if (!found) {
      const text =
        label === null
          ? gettext("There are no test images: the picture is a guess.")
          : gettext("There are no test images of class {name}: the picture is a guess.", { name });
      return { ...place, text };
    }
    if (!isInside) {
      const d = decimal(distance, this.digits);
      const values = { d, name, who: this.className(this.nearest[0]) };
      const text =
        label === null
          ? gettext(
              "Outside the data: 99% of test images lie in denser places. The nearest code is {d} away ({who}).",
              values,
            )
          : gettext(
              "Outside the data: 99% of test images of class {name} lie in denser places. The nearest code is {d} away.",
              values,
            );
      return { ...place, text };
    }
    const values = { share: Math.round(100 * typicality), name };
    const text =
      label === null
        ? `${gettext("{share}% of test images lie in less dense places.", values)} ${this.votes(found)}`
        : gettext("{share}% of test images of class {name} lie in less dense places.", values);
    return { ...place, text };
  }

  /** The classes of the nearest codes that the last survey found. @param {number} found */
  votes(found) {
    const votes = new Map();
    for (let i = 0; i < found; i++) {
      const name = this.className(this.nearest[i]);
      votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    const ranking = [...votes].sort((a, b) => b[1] - a[1]).slice(0, 3);
    const shares = ranking
      .map(([name, n]) => gettext("{n} of class {name}", { n, name }))
      .join(", ");
    return gettext("The {found} nearest codes: {shares}.", { found, shares });
  }
}
