/**
 * log p(x, z) on a grid of z, refined where p(z|x) has its mass: so that its integral is log p(x).
 *
 * The posterior of a good decoder is far narrower than the map: a fixed grid of 60 x 60 places
 * misses its peak by nats. So cells near the peak are split, level by level, until enough of them
 * share the mass. The order of the first level is that of an interlaced picture: coarse at once,
 * then finer.
 */

import { logSumExp } from "./gaussian.js";

/** Cells along each axis at first, with one axis and with two. */
const CELLS = [512, 60];
/** Cells along an axis that a cell is split into. */
const SPLIT = [16, 4];
/** A cell is split if its density is within so many nats of the greatest. */
const WITHIN = 15;
/** Cells split at each level at most, and levels beyond the first. */
const MOST_SPLIT = 160;
const LEVELS = 4;
/** Split until the mass is shared by so many cells: 1 / sum of squared shares. */
const ENOUGH = 60;
/** And until its deviation is so many cells along each axis. */
const LEAST_SPREAD = 0.7;
/** The first pass of an interlaced order takes every fourth cell. */
const STRIDE = 4;

/** @typedef {{low: number[], high: number[]}} Window of one or two axes */

/** The cells of a grid and log p(x, z) in the middle of each. */
export class PosteriorGrid {
  /** @param {Window} window */
  constructor({ low, high }) {
    this.axes = low.length;
    const cells = CELLS[this.axes - 1];
    this.split = SPLIT[this.axes - 1];
    /** Sizes of a cell along each axis, by level. @type {number[][]} */
    this.sizes = [low.map((value, axis) => (high[axis] - value) / cells)];
    const most = cells ** this.axes + LEVELS * MOST_SPLIT * this.split ** this.axes;
    /** The middle of each cell, axis by axis. */
    this.places = low.map(() => new Float64Array(most));
    this.level = new Uint8Array(most);
    /** log p(x, z); of a cell that is not known yet, that of an impossible place. */
    this.values = new Float64Array(most).fill(-Infinity);
    /** Whether smaller cells have taken a cell's place. */
    this.isSplit = new Uint8Array(most);
    /** Cells across that a value stands for, until the next pass of the first level. */
    this.span = new Uint8Array(most).fill(1);
    this.count = 0;
    /** Cells that somebody works on or has worked on, and those that are known. */
    this.handed = 0;
    this.done = 0;
    this.isComplete = false;
    this.addFirstLevel(low, cells);
  }

  /** @param {number[]} low @param {number} cells */
  addFirstLevel(low, cells) {
    const [width, height] = this.sizes[0];
    const rows = this.axes > 1 ? cells : 1;
    for (let stride = STRIDE; stride >= 1; stride /= 2) {
      const isSeen = (/** @type {number} */ i) => stride < STRIDE && i % (2 * stride) === 0;
      for (let row = 0; row < rows; row += stride) {
        for (let column = 0; column < cells; column += stride) {
          if (isSeen(column) && isSeen(row)) continue;
          this.span[this.count] = stride;
          this.places[0][this.count] = low[0] + (column + 0.5) * width;
          if (this.axes > 1) this.places[1][this.count] = low[1] + (row + 0.5) * height;
          this.count++;
        }
      }
    }
  }

  /**
   * Take the values of some cells, in any order of calls.
   * @param {number} from the first of them @param {ArrayLike<number>} values
   */
  take(from, values) {
    this.values.set(values, from);
    this.done += values.length;
    if (this.done < this.count) return;
    this.span.fill(1);
    if (!this.refine()) this.isComplete = true;
  }

  /** Cells that no smaller ones have replaced, and are known. */
  leaves() {
    const found = [];
    for (let i = 0; i < this.handed; i++) {
      if (!this.isSplit[i] && this.values[i] > -Infinity) found.push(i);
    }
    return found;
  }

  /** log of a cell's area at a level. @param {number} level */
  logArea(level) {
    return this.sizes[level].reduce((sum, size) => sum + Math.log(size), 0);
  }

  /** log p(x): the integral of p(x, z) over the window. */
  logEvidence() {
    const areas = this.sizes.map((_, level) => this.logArea(level));
    return logSumExp(this.leaves().map((i) => this.values[i] + areas[this.level[i]]));
  }

  /** Split the cells that hold the mass; return whether there is more to compute. */
  refine() {
    const deepest = this.sizes.length - 1;
    if (deepest >= LEVELS) return false;
    const total = this.logEvidence();
    const areas = this.sizes.map((_, level) => this.logArea(level));
    const leaves = this.leaves();
    const shares = leaves.map((i) => Math.exp(this.values[i] + areas[this.level[i]] - total));
    if (this.isFine(leaves, shares)) return false;
    const most = leaves.reduce((best, i) => Math.max(best, this.values[i]), -Infinity);
    const chosen = leaves
      .filter((i) => this.level[i] === deepest && this.values[i] > most - WITHIN)
      .sort((a, b) => this.values[b] - this.values[a])
      .slice(0, MOST_SPLIT);
    this.sizes.push(this.sizes[deepest].map((size) => size / this.split));
    for (const cell of chosen) this.splitCell(cell, deepest + 1);
    return chosen.length > 0;
  }

  /**
   * Whether the cells are small enough for their sum to be the integral: along each axis too, as
   * a posterior may be a line.
   * @param {number[]} leaves @param {number[]} shares
   */
  isFine(leaves, shares) {
    if (1 / shares.reduce((sum, share) => sum + share * share, 0) < ENOUGH) return false;
    const size = this.sizes[this.sizes.length - 1];
    return this.places.every((places, axis) => {
      const mean = leaves.reduce((sum, i, k) => sum + shares[k] * places[i], 0);
      const square = leaves.reduce((sum, i, k) => sum + shares[k] * (places[i] - mean) ** 2, 0);
      return Math.sqrt(square) >= LEAST_SPREAD * size[axis];
    });
  }

  /** @param {number} cell @param {number} level of its parts */
  splitCell(cell, level) {
    const { split, sizes, places } = this;
    this.isSplit[cell] = 1;
    const rows = this.axes > 1 ? split : 1;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < split; column++) {
        const at = this.count++;
        this.level[at] = level;
        places[0][at] = places[0][cell] + (column - (split - 1) / 2) * sizes[level][0];
        if (rows > 1) places[1][at] = places[1][cell] + (row - (split - 1) / 2) * sizes[level][1];
      }
    }
  }
}
