/** How typical the places of a window are: a grid that grows finer while there is time. */

/** @import { Codes, Frame } from "../lib/types" */

/** Cells across, from coarse to fine. */
export const LEVELS = [12, 24, 48];

/** Where so large a share of the test images lies in less dense places, there is no fog. */
const CLEAR = 0.25;

/** Of full fog: what is below it can still be made out. */
const DENSEST = 0.9;

/** How dense the fog is. @param {number} typicality @returns {number} its opacity */
export function fogAt(typicality) {
  return DENSEST * Math.max(0, 1 - typicality / CLEAR);
}

export class FogGrid {
  /**
   * @param {Codes} codes @param {Frame} frame
   * @param {Float32Array} rest z without its part in the plane
   * @param {number|null} label the class whose codes count
   */
  constructor(codes, frame, rest, label) {
    this.codes = codes;
    this.frame = frame;
    this.rest = rest;
    this.label = label;
    this.level = 0;
    this.next = 0;
    this.columns = this.rows = 0;
    this.opacity = new Float32Array(0);
    /** The size of the level that became whole last. */
    this.made = { columns: 1, rows: 1 };
    this.begin();
  }

  begin() {
    this.columns = LEVELS[this.level];
    this.rows = this.frame.isLine ? 1 : this.columns;
    this.opacity = new Float32Array(this.columns * this.rows);
    this.next = 0;
  }

  /**
   * Compute cells until the time is up or a level is whole.
   * @param {number} budget milliseconds @param {() => number} now
   * @returns {Float32Array|null} the opacities of a level that has become whole, row by row
   */
  work(budget, now = () => performance.now()) {
    if (this.isDone) return null;
    const { codes, frame, rest, label, columns, rows, opacity } = this;
    const { plane } = frame;
    if (!plane) return null;
    const end = now() + budget;
    const z = new Float32Array(rest.length);
    const place = [0, 0];
    while (this.next < opacity.length && now() < end) {
      const [column, row] = [this.next % columns, Math.floor(this.next / columns)];
      place[0] = frame.valueAtX(((column + 0.5) / columns) * frame.width);
      place[1] = frame.valueAtY(((row + 0.5) / rows) * frame.height);
      plane.fill(z, 0, rest, frame.isLine ? place.slice(0, 1) : place);
      opacity[this.next] = fogAt(codes.typicalityAt(z, label));
      this.next++;
    }
    if (this.next < opacity.length) return null;
    this.made = { columns, rows };
    this.level++;
    if (!this.isDone) this.begin();
    return opacity;
  }

  get isDone() {
    return this.level >= LEVELS.length;
  }
}
