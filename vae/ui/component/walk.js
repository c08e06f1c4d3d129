/** A tour through latent space: from class to class, at an even pace. */

/** Units of z a second. */
const SPEED = 1.1;

/** A leg lasts at least so long, in milliseconds. */
const LEAST_LEG = 900;

/** With reduced motion the tour stands still so long at each of four places a leg. */
const STILL_MS = 1500;

/** Moves z from waypoint to waypoint. */
export class Walk {
  /**
   * @param {Codes} codes
   * @param {() => number} uniform
   * @param {boolean} isCalm whether the reader asked for reduced motion
   */
  constructor(codes, uniform, isCalm) {
    this.codes = codes;
    this.uniform = uniform;
    this.isCalm = isCalm;
    this.medians = codes.medians().filter((code) => code !== null);
    this.last = -1;
    this.to = null;
  }

  /** The next place to go to: a class's median, or any code where there are no classes. */
  nextStop() {
    const choices = this.medians.length > 1 ? this.medians.length : this.codes.count;
    if (!choices) return new Float32Array(this.codes.d);
    let index = Math.floor(this.uniform() * choices);
    if (index === this.last) index = (index + 1) % choices;
    this.last = index;
    return this.medians.length > 1 ? this.medians[index] : this.codes.muOf(index);
  }

  /**
   * Move z to where the tour is now.
   * @param {Float32Array} z changed in place
   * @param {number} now milliseconds
   * @returns {boolean} whether z changed
   */
  step(z, now) {
    if (!this.to || now - this.begun >= this.lasts) {
      if (this.to) z.set(this.to);
      this.from = Float32Array.from(z);
      this.to = this.nextStop();
      const length = Math.hypot(...this.to.map((value, dim) => value - this.from[dim]));
      this.lasts = this.isCalm ? 4 * STILL_MS : Math.max(LEAST_LEG, (1000 * length) / SPEED);
      this.begun = now;
      this.shownShare = -1;
    }
    let share = (now - this.begun) / this.lasts;
    share = this.isCalm ? Math.floor(4 * share) / 4 : share * share * (3 - 2 * share);
    if (share === this.shownShare) return false;
    this.shownShare = share;
    for (let dim = 0; dim < z.length; dim++) {
      z[dim] = this.from[dim] + share * (this.to[dim] - this.from[dim]);
    }
    return true;
  }
}
