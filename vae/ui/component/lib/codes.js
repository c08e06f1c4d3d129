/** Questions to a run's test codes: nearest codes, how near is near. */

import { Points } from "./points.js";
import { uniformSource } from "./rng.js";

/** @import { Dim, Header } from "./types" */

/** Nearest codes that the readout speaks of. */
const NEIGHBOURS = 10;

/** In one or two dimensions "near" means at most this far: a share of the codes' own spread. */
const NEAR = 0.25;

/** Distances of so many codes tell what is near in more dimensions. */
const PROBES = 100;

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
    this.isConditional = (header.num_labels ?? 0) > 0;
    this.digits = (header.decimals ?? 3) - 1;
    // A collapsed dimension is noise to the decoder: distance along it means nothing.
    const active = header.dims.flatMap((dim, index) => (dim.active ? [index] : []));
    this.distanceDims = this.d > 2 && active.length ? active : header.dims.map((_, i) => i);
    this.nearest = new Int32Array(NEIGHBOURS);
    this.nearestSquares = new Float64Array(NEIGHBOURS);
    this.spread = this.hasPrior ? 1 : this.typicalSpread(header.dims);
    this.near = NEAR * this.spread;
    this.radius = this.near;
    if (this.d > 2) this.radius = this.typicalGap();
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

  /** log sigma^2 of a code whose posterior is a Gaussian. @param {number} index */
  logvarOf(index) {
    return this.logvar?.subarray(index * this.d, (index + 1) * this.d) ?? new Float32Array(this.d);
  }

  /**
   * Find the nearest codes to z; their indices then stand in `this.nearest`, nearest first.
   * @param {ArrayLike<number>} z
   * @param {number} [except] an index to leave out
   * @param {number|null} [label] look among the codes of this class alone
   * @returns {{found: number, within: number, distance: number}} how many were found, how many
   *   codes lie within `this.radius`, and the distance of the nearest
   */
  survey(z, except = -1, label = null) {
    const { values, d, count, distanceDims, nearest, nearestSquares } = this;
    const square = this.radius ** 2;
    const dims = distanceDims.length;
    let found = 0;
    let within = 0;
    for (let i = 0, at = 0; i < count; i++, at += d) {
      if (i === except || (label !== null && this.label[i] !== label)) continue;
      let sum = 0;
      for (let k = 0; k < dims; k++) {
        const gap = values[at + distanceDims[k]] - z[distanceDims[k]];
        sum += gap * gap;
      }
      if (sum <= square) within++;
      if (found < NEIGHBOURS || sum < nearestSquares[found - 1]) {
        let place = found < NEIGHBOURS ? found++ : found - 1;
        for (; place > 0 && nearestSquares[place - 1] > sum; place--) {
          nearestSquares[place] = nearestSquares[place - 1];
          nearest[place] = nearest[place - 1];
        }
        nearestSquares[place] = sum;
        nearest[place] = i;
      }
    }
    return { found, within, distance: found ? Math.sqrt(nearestSquares[0]) : Infinity };
  }

  /** The distance to the nearest other code that 90 % of a sample of codes keep. */
  typicalGap() {
    if (this.count < 2) return this.near;
    const uniform = uniformSource(1);
    const gaps = Float64Array.from({ length: Math.min(PROBES, this.count) }, () => {
      const index = Math.floor(uniform() * this.count);
      // Told the label, the decoder knows each class alone.
      const label = this.isConditional ? this.label[index] : null;
      return this.survey(this.at(index), index, label).distance;
    }).sort();
    const gap = gaps[Math.floor(0.9 * (gaps.length - 1))];
    return Number.isFinite(gap) ? Math.max(this.near, gap) : this.near;
  }

  /**
   * Say in words whether test codes are near z.
   * @param {ArrayLike<number>} z
   * @param {number|null} [label] what the decoder is told: only codes of that class count
   * @returns {{text: string, alone: boolean}}
   */
  describe(z, label = null) {
    if (!this.count) return { text: "This run brought no test codes.", alone: false };
    const { found, within, distance } = this.survey(z, -1, label);
    const whose = label === null ? "" : ` of class ${this.nameOf(label)}`;
    if (!within) {
      const who = label === null && found ? ` (${this.className(this.nearest[0])})` : "";
      const far = found ? ` The nearest is ${distance.toFixed(this.digits)} away${who}.` : "";
      const text = `No test code${whose} near here: the decoder is guessing.${far}`;
      return { text, alone: true };
    }
    const nearby = within === 1 ? "1 test code" : `${within.toLocaleString("en")} test codes`;
    const text = `${nearby}${whose} within ${this.radius.toFixed(this.digits)}.`;
    return { text: label === null ? `${text} ${this.votes(found)}` : text, alone: false };
  }

  /** The classes of the nearest codes that the last survey found. @param {number} found */
  votes(found) {
    const votes = new Map();
    for (let i = 0; i < found; i++) {
      const name = this.className(this.nearest[i]);
      votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    const ranking = [...votes].sort((a, b) => b[1] - a[1]).slice(0, 3);
    const shares = ranking.map(([name, votesOf]) => `${votesOf} of class ${name}`).join(", ");
    return `The ${found} nearest: ${shares}.`;
  }
}
