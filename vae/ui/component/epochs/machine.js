/** The time machine: a slider and Play over a run's kept epochs; the codes glide between them. */

import { gettext } from "../lib/locale.js";
import { watchRun } from "../lib/store.js";
import { EpochCodes } from "./codes.js";

/** @import { Refs } from "../lib/types" */

/** Milliseconds from one kept epoch to the next while it plays. */
const GLIDE_MS = 700;
/** How many kept epochs a key goes on. @type {Record<string, number>} */
const KEYS = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -5,
  PageUp: 5,
  Home: -Infinity,
  End: Infinity,
};

/**
 * @typedef {{
 *   ask: () => void,
 *   changed: () => void,
 *   rested: () => void,
 * }} Listener ask: the codes by epoch are wanted; changed: codes have moved, or there are others;
 *   rested: the place is worth telling
 */

export class TimeMachine {
  /** @param {Refs} refs @param {Listener} on @param {AbortSignal} signal */
  constructor(refs, on, signal) {
    this.refs = refs;
    this.on = on;
    /** @type {EpochCodes|null} */
    this.codes = null;
    /** @type {string[]} */
    this.names = [];
    this.isOn = false;
    this.isPlaying = false;
    /** The epoch to begin at, from an address. @type {number|null} */
    this.wanted = null;
    this.steppedAt = 0;
    this.stopWatching = () => {};
    refs.epochsToggle.addEventListener("click", () => this.toggle(), { signal });
    refs.epochsPlay.addEventListener("click", () => this.play(!this.isPlaying), { signal });
    refs.epochsSlider.addEventListener("input", () => this.drag(), { signal });
    refs.epochsSlider.addEventListener("change", () => on.rested(), { signal });
    refs.epochsSlider.addEventListener(
      "keydown",
      (/** @type {KeyboardEvent} */ event) => this.key(event),
      { signal },
    );
  }

  /**
   * Be about a run from now on.
   * @param {string} name @param {string[]} names of its classes
   */
  begin(name, names) {
    this.end();
    this.names = names;
    this.stopWatching = watchRun(`${name}/epochs`, (run) => this.take(run));
    this.show();
  }

  end() {
    this.stopWatching();
    this.codes = null;
    this.isPlaying = false;
  }

  /** The codes to show in place of the run's own; null at the end of training or when shut. */
  get shown() {
    return this.isOn ? this.codes : null;
  }

  /** The epoch that is shown; null for the run as it is. */
  get epoch() {
    return this.isOn && this.codes ? this.codes.epoch : null;
  }

  /** @param {import("../lib/types").Run<any>} run */
  take({ header, arrays }) {
    const before = this.codes;
    const wasLast = before === null || before.place === before.last;
    const codes = new EpochCodes(header, arrays, this.names);
    if (before && !wasLast) codes.moveTo(codes.indexOf(before.epoch));
    // A running training: from where the newest codes stood they glide on to those that came.
    else if (before && before.last < codes.last) codes.moveTo(before.last);
    this.codes = codes;
    if (this.wanted !== null) codes.moveTo(codes.indexOf(this.wanted));
    else if (before === null && this.isOn) codes.moveTo(0);
    const isToPlay =
      this.wanted === null && (before === null || (wasLast && before.last < codes.last));
    this.wanted = null;
    if (this.isOn) this.play(isToPlay);
    this.show();
    this.on.changed();
  }

  /** @param {number|null} epoch from an address; null where it names none */
  open(epoch) {
    if (epoch === null) return;
    this.isOn = true;
    if (this.codes) this.codes.moveTo(this.codes.indexOf(epoch));
    else {
      this.wanted = epoch;
      this.on.ask();
    }
    this.show();
    this.on.changed();
  }

  toggle() {
    this.isOn = !this.isOn;
    if (!this.isOn) this.isPlaying = false;
    else if (this.codes === null) this.on.ask();
    else this.play(true);
    this.show();
    this.on.changed();
    this.on.rested();
  }

  /** @param {boolean} isPlaying */
  play(isPlaying) {
    const { codes } = this;
    if (!codes) return;
    if (isPlaying && codes.place >= codes.last) codes.moveTo(0);
    this.isPlaying = isPlaying && codes.last > 0;
    this.steppedAt = 0;
    this.show();
    this.on.changed();
    if (!isPlaying) this.on.rested();
  }

  drag() {
    this.isPlaying = false;
    if (this.codes?.moveTo(Number(this.refs.epochsSlider.value))) this.on.changed();
    this.show();
  }

  /** Keys go from epoch to epoch; a pointer goes between them as well. @param {KeyboardEvent} event */
  key(event) {
    const { codes } = this;
    const way = KEYS[event.key];
    if (!codes || way === undefined) return;
    event.preventDefault();
    this.isPlaying = false;
    if (codes.moveTo(Math.round(codes.place) + way)) this.on.changed();
    this.show();
    this.on.rested();
  }

  /** Glide on. @param {number} now milliseconds @returns {boolean} whether more is to come */
  step(now) {
    const { codes } = this;
    if (!this.isPlaying || !codes) return false;
    const isCalm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
    const passed = this.steppedAt ? now - this.steppedAt : 0;
    const share = passed / GLIDE_MS;
    if (isCalm && this.steppedAt && share < 1) return true;
    this.steppedAt = now;
    codes.moveTo(isCalm ? Math.floor(codes.place + share + 1e-9) : codes.place + share);
    if (codes.place >= codes.last) {
      this.isPlaying = false;
      this.on.rested();
    }
    this.show();
    return this.isPlaying;
  }

  show() {
    const { refs, codes, isOn, isPlaying } = this;
    refs.epochsToggle.setAttribute("aria-pressed", String(isOn));
    refs.epochsBar.hidden = !isOn;
    refs.epochsPlay.textContent = isPlaying ? gettext("Pause") : gettext("Play");
    refs.epochsPlay.disabled = !codes || codes.last === 0;
    refs.epochsSlider.disabled = !codes;
    refs.epochsSlider.max = String(codes?.last ?? 0);
    refs.epochsSlider.value = String(codes?.place ?? 0);
    const text = codes
      ? gettext("Epoch {n} of {all}", { n: codes.epoch, all: codes.epochs[codes.last] })
      : gettext("Loading …");
    refs.epochsText.textContent = text;
    refs.epochsSlider.setAttribute("aria-valuetext", text);
  }
}
