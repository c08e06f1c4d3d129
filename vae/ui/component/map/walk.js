/** A tour through latent space: from class to class, at an even pace. */

import { gettext } from "../lib/locale.js";
import { freshSeed, uniformSource } from "../lib/rng.js";

/** @import { Codes } from "../lib/types" */

/** Spreads of the codes a second. */
const SPEED = 1.1;

/** A leg lasts at least so long, in milliseconds. */
const LEAST_LEG = 900;

/** With reduced motion the tour stands still so long at each of four places a leg. */
const STILL_MS = 1500;

/** Moves z from waypoint to waypoint. */
export class Walk {
  /**
   * @param {Codes} codes @param {() => number} uniform
   * @param {boolean} isCalm whether the reader asked for reduced motion
   * @param {number|null} [label] what the decoder is told: the tour keeps to codes of that class
   */
  constructor(codes, uniform, isCalm, label = null) {
    this.codes = codes;
    this.uniform = uniform;
    this.isCalm = isCalm;
    this.stops = this.stopsOf(label);
    this.last = -1;
    this.to = /** @type {Float32Array|null} */ (null);
    this.from = new Float32Array(0);
    this.lasts = this.begun = this.shownShare = 0;
  }

  /**
   * Where to go: the classes' medians, or any code where there are none or all are one.
   * @param {number|null} label
   */
  stopsOf(label) {
    const { codes } = this;
    const medians = label === null ? codes.medians().filter((code) => code !== null) : [];
    if (medians.length > 1) return medians;
    const members = label === null ? [] : codes.membersOf(label);
    const indices = members.length ? members : Array.from({ length: codes.count }, (_, i) => i);
    return indices.map((index) => codes.at(index));
  }

  nextStop() {
    const choices = this.stops.length;
    if (!choices) return new Float32Array(this.codes.d);
    let index = Math.floor(this.uniform() * choices);
    if (index === this.last) index = (index + 1) % choices;
    this.last = index;
    return this.stops[index];
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
      const to = this.nextStop();
      this.to = to;
      const length = Math.hypot(...to.map((value, dim) => value - this.from[dim]));
      this.lasts = this.isCalm
        ? 4 * STILL_MS
        : Math.max(LEAST_LEG, (1000 * length) / (SPEED * this.codes.spread));
      this.begun = now;
      this.shownShare = -1;
    }
    let share = (now - this.begun) / this.lasts;
    share = this.isCalm ? Math.floor(4 * share) / 4 : share * share * (3 - 2 * share);
    if (share === this.shownShare) return false;
    this.shownShare = share;
    const { from, to } = this;
    for (let dim = 0; dim < z.length; dim++) z[dim] = from[dim] + share * (to[dim] - from[dim]);
    return true;
  }
}

/** The tour of a view, if it is under way, and the button that shows it. */
export class Tour {
  /** @param {HTMLButtonElement} button */
  constructor(button) {
    this.button = button;
    this.walk = /** @type {Walk|null} */ (null);
    /** Where it is, finer than what is decoded. */
    this.z = new Float32Array(0);
  }

  get isOn() {
    return this.walk !== null;
  }

  /** @param {Codes} codes @param {ArrayLike<number>} z @param {number|null} label */
  start(codes, z, label) {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.walk = new Walk(codes, uniformSource(freshSeed()), isCalm, label);
    this.z = Float32Array.from(z);
    this.show();
  }

  /** @returns {boolean} whether there was one */
  stop() {
    if (!this.walk) return false;
    this.walk = null;
    this.show();
    return true;
  }

  /** @param {number} now @returns {boolean} whether z has moved */
  step(now) {
    return this.walk?.step(this.z, now) ?? false;
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.textContent = this.isOn ? gettext("Stop walking") : gettext("Walk");
  }
}
