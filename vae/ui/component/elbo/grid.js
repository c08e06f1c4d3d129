/**
 * log p(x, z) on a grid of z, refined where p(z|x) has its mass: so that its integral is log p(x).
 *
 * The posterior of a good decoder is far narrower than the map: a fixed grid of 60 x 60 places
 * misses its peak by nats. So cells that hold mass are split, level by level, until that changes
 * their mass no more. The order of the first level is that of an interlaced picture: coarse at once,
 * then finer, and only where there may be mass.
 */

import { logSumExp } from "./gaussian.js";

/** Cells along each axis at first, with one axis and with two. */
const CELLS = [512, 60];
/** The first pass takes every fourth cell of an axis, the next ones those between. */
const STRIDE = 4;
/**
 * Cells between others are passed over where those are so many nats below the greatest and will
 * stay so, even if the density rises by as much again as it differs among them, times `STEEP`.
 */
const FAR = 25;
const STEEP = 1.5;
/** Parts along an axis that a cell is split into. */
const SPLIT = 2;
/** A cell is split if its density is within so many nats of the greatest, */
const WITHIN = FAR;
/** and if splitting the one before it changed its mass by such a share of all: by level. */
const CHANGE = [0, 2e-4, 2e-3];
/** Cells split at a time at most, and how often. */
const MOST_SPLIT = 640;
const ROUNDS = 8;

/** @typedef {{low: number[], high: number[]}} Window of one or two axes */

/** The cells of a grid and log p(x, z) in the middle of each. */
export class PosteriorGrid {
  /** @param {Window} window */
  constructor({ low, high }) {
    this.axes = low.length;
    this.low = low;
    /** Cells along an axis of the first level, and all of them. */
    this.cells = CELLS[this.axes - 1];
    this.whole = this.cells ** this.axes;
    /** Sizes of a cell along each axis, by level. @type {number[][]} */
    this.sizes = [low.map((value, axis) => (high[axis] - value) / this.cells)];
    const most = this.whole + ROUNDS * MOST_SPLIT * SPLIT ** this.axes;
    /** The middle of each cell, axis by axis. */
    this.places = low.map(() => new Float64Array(most));
    this.level = new Uint8Array(most);
    /** log p(x, z); of a cell that is not known yet, that of an impossible place. */
    this.values = new Float64Array(most).fill(-Infinity);
    /** Whether smaller cells have taken a cell's place. */
    /** The cell that a cell is a part of; of the first level, itself. */
    this.parent = new Int32Array(most);
    this.rounds = 0;
    this.isSplit = new Uint8Array(most);
    /** Cells across that a value stands for, until the next pass of the first level. */
    this.span = new Uint8Array(most).fill(1);
    /** The numbers of the first level's cells, row by row; -1: not asked for. */
    this.numbers = new Int32Array(this.whole).fill(-1);
    this.count = 0;
    /** Cells that somebody works on or has worked on, and those that are known. */
    this.handed = 0;
    this.done = 0;
    this.best = -Infinity;
    this.isComplete = false;
    this.stride = STRIDE;
    this.addPass();
  }

  /** Ask for the cells of the first level that are `stride` apart and may count. */
  addPass() {
    const { axes, cells, stride, numbers, low, sizes, places } = this;
    for (let row = 0; row < (axes > 1 ? cells : 1); row += stride) {
      for (let column = 0; column < cells; column += stride) {
        const at = row * cells + column;
        if (numbers[at] >= 0 || !this.mayCount(column, row)) continue;
        numbers[at] = this.count;
        this.span[this.count] = stride;
        for (const [axis, i] of [column, row].slice(0, axes).entries()) {
          places[axis][this.count] = low[axis] + (i + 0.5) * sizes[0][axis];
        }
        this.count++;
      }
    }
  }

  /**
   * Whether a cell may hold mass, by the cells of the last pass around it.
   * @param {number} column @param {number} row
   */
  mayCount(column, row) {
    const { axes, cells, numbers, values } = this;
    const apart = 2 * this.stride;
    if (apart > STRIDE) return true;
    const last = cells - 1 - ((cells - 1) % apart) - apart;
    const [left, top] = [column, row].map((i) => Math.min(i - (i % apart), last));
    let [most, least] = [-Infinity, Infinity];
    for (const r of axes > 1 ? [top, top + apart] : [0]) {
      for (const c of [left, left + apart]) {
        const known = numbers[r * cells + c];
        if (known < 0) continue;
        most = Math.max(most, values[known]);
        least = Math.min(least, values[known]);
      }
    }
    return most + STEEP * (most - least) > this.best - FAR;
  }

  /**
   * Take the values of some cells, in any order of calls.
   * @param {number} from the first of them @param {ArrayLike<number>} values
   */
  take(from, values) {
    this.values.set(values, from);
    this.done += values.length;
    for (let i = 0; i < values.length; i++) this.best = Math.max(this.best, values[i]);
    // Some passes add nothing.
    while (this.done === this.count && this.stride > 1) {
      this.stride /= 2;
      this.addPass();
    }
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

  /** Split the cells that hold the mass and are too large; return whether there is more to compute. */
  refine() {
    if (this.rounds++ === ROUNDS) return false;
    const { values, level, parent } = this;
    const total = this.logEvidence();
    const areas = this.sizes.map((_, deep) => this.logArea(deep));
    const share = (/** @type {number} */ i) => Math.exp(values[i] + areas[level[i]] - total);
    /** What splitting a cell has added to its share. */
    const change = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) {
      if (this.isSplit[i]) change[i] -= share(i);
      if (level[i]) change[parent[i]] += share(i);
    }
    const isRough = (/** @type {number} */ i) =>
      !level[i] || Math.abs(change[parent[i]]) > CHANGE[Math.min(level[i], CHANGE.length - 1)];
    const chosen = this.leaves()
      .filter((i) => values[i] > this.best - WITHIN && isRough(i))
      .sort((a, b) => values[b] + areas[level[b]] - values[a] - areas[level[a]])
      .slice(0, MOST_SPLIT);
    for (const cell of chosen) this.splitCell(cell);
    return chosen.length > 0;
  }

  /** @param {number} cell */
  splitCell(cell) {
    const { sizes, places } = this;
    const level = this.level[cell] + 1;
    this.isSplit[cell] = 1;
    sizes[level] ??= sizes[level - 1].map((size) => size / SPLIT);
    const rows = this.axes > 1 ? SPLIT : 1;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < SPLIT; column++) {
        const at = this.count++;
        this.level[at] = level;
        this.parent[at] = cell;
        places[0][at] = places[0][cell] + (column - (SPLIT - 1) / 2) * sizes[level][0];
        if (rows > 1) places[1][at] = places[1][cell] + (row - (SPLIT - 1) / 2) * sizes[level][1];
      }
    }
  }
}
