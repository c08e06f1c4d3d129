/** The plane (or line) of latent space that a map shows: two of its dimensions, or two directions. */

import { Points } from "./points.js";
import { roundSize } from "./space.js";

/** @import { Codes, Range, Space } from "./types" */

/** @typedef {Float64Array | Float32Array} Vector */

/** Some of the dimensions themselves. */
export class DimPlane {
  /** @param {number[]} dims one or two @param {Space} space @param {Codes} codes */
  constructor(dims, space, codes) {
    this.dims = dims;
    this.key = dims.join();
    /** What the map shows, with the coordinates at `dims`. @type {Points} */
    this.points = codes;
    this.ranges = dims.map((dim) => space.rangeOf(dim));
    this.units = dims.map((dim) => space.units[dim]);
    this.isPca = false;
  }

  /** z as coordinates, at `dims`. @param {Vector} z @returns {ArrayLike<number>} */
  coordinates(z) {
    return z;
  }

  /** z without its part in the plane. @param {Vector} z */
  rest(z) {
    return Float32Array.from(z, (value, dim) => (this.dims.includes(dim) ? 0 : value));
  }

  /**
   * Write the z at a place of the plane.
   * @param {Vector} out @param {number} at where z begins in it
   * @param {ArrayLike<number>} rest @param {ArrayLike<number>} values across and up
   */
  fill(out, at, rest, values) {
    for (let dim = 0; dim < rest.length; dim++) out[at + dim] = rest[dim];
    for (const [axis, dim] of this.dims.entries()) out[at + dim] = values[axis];
  }

  /** Variances and covariance of a code's posterior in the plane. @param {number} index */
  spreadOf(index) {
    return this.points.spreadOf(index, this.dims);
  }
}

/** The codes' coordinates along two directions. */
export class Projected extends Points {
  /** @param {Codes} codes @param {Float32Array} axes (2, d), orthonormal */
  constructor(codes, axes) {
    const { d, count } = codes;
    const values = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      for (const axis of [0, 1]) values[2 * i + axis] = along(axes, axis, d, codes.at(i));
    }
    super(codes.names, 2, values, codes.label);
    this.codes = codes;
    this.axes = axes;
    this.hasPrior = codes.hasPrior;
  }

  /** Other points along the same directions. @param {Points} points */
  like(points) {
    return new Projected(/** @type {Codes} */ (points), this.axes);
  }

  /** @param {number} index @returns {[number, number, number]|null} */
  spreadOf(index) {
    const { codes, axes } = this;
    if (!codes.logvar) return null;
    const logvar = codes.logvarOf(index);
    const sums = /** @type {[number, number, number]} */ ([0, 0, 0]);
    for (let k = 0; k < codes.d; k++) {
      const [u, v, variance] = [axes[k], axes[codes.d + k], Math.exp(logvar[k])];
      sums[0] += u * u * variance;
      sums[1] += v * v * variance;
      sums[2] += u * v * variance;
    }
    return sums;
  }
}

/** @param {Float32Array} axes @param {number} axis @param {number} d @param {ArrayLike<number>} z */
function along(axes, axis, d, z) {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += axes[axis * d + k] * z[k];
  return sum;
}

/** The first two principal components of the codes; the origin stays the origin. */
export class PcaPlane extends DimPlane {
  /** @param {Float32Array} axes (2, d), orthonormal @param {Space} space @param {Codes} codes */
  constructor(axes, space, codes) {
    super([0, 1], space, codes);
    this.axes = axes;
    this.d = codes.d;
    this.key = "pca";
    this.isPca = true;
    this.points = new Projected(codes, axes);
    this.ranges = rangesOf(this.points, space.hasPrior ? space.high[0] : 0);
    this.units = this.ranges.map(([low, high]) => roundSize((high - low) / 6));
  }

  /** @param {Vector} z */
  coordinates(z) {
    return [along(this.axes, 0, this.d, z), along(this.axes, 1, this.d, z)];
  }

  /** @param {Vector} z */
  rest(z) {
    const { axes, d } = this;
    const [x, y] = this.coordinates(z);
    return Float32Array.from(z, (value, k) => value - x * axes[k] - y * axes[d + k]);
  }

  /**
   * @param {Vector} out @param {number} at
   * @param {ArrayLike<number>} rest @param {ArrayLike<number>} values
   */
  fill(out, at, rest, values) {
    const { axes, d } = this;
    for (let k = 0; k < d; k++) {
      out[at + k] = rest[k] + values[0] * axes[k] + values[1] * axes[d + k];
    }
  }
}

/**
 * One scale for both axes, so that a distance is the same in every direction.
 * @param {Points} points @param {number} least half the side around the origin, or 0 for the points' own
 * @returns {Range[]}
 */
function rangesOf(points, least) {
  const ends = [0, 1].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < points.count; i++) {
      const value = points.values[2 * i + axis];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return points.count ? [low, high] : [-1, 1];
  });
  if (least) {
    const half = Math.max(least, Math.ceil(2 * Math.max(...ends.flat().map(Math.abs))) / 2);
    return [
      [-half, half],
      [-half, half],
    ];
  }
  const half = 0.55 * Math.max(...ends.map(([low, high]) => high - low)) || 1;
  return ends.map(([low, high]) => [(low + high) / 2 - half, (low + high) / 2 + half]);
}
