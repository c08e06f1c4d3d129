/** Colours for a quantity: viridis, in a part that stands out from the ground. */

import { numeral } from "../lib/locale.js";
import { mix, parseColour } from "../lib/theme.js";

/** @import { Refs } from "../lib/types" */

/** Viridis (Smith, van der Walt and Firing, 2015) at ten equal steps: even to the eye. */
const VIRIDIS =
  "#440154 #482878 #3e4989 #31688e #26828e #1f9e89 #35b779 #6ece58 #b5de2b #fde725".split(" ");

const STEPS = 64;

/** The ends of the scale, from low to high: high is what differs most from the ground. */
const ON_DARK = [0.3, 1];
const ON_LIGHT = [0.78, 0];

/** @param {number} share of the whole scale */
function viridisAt(share) {
  const at = share * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(at));
  return mix(parseColour(VIRIDIS[below]), parseColour(VIRIDIS[below + 1]), at - below);
}

/** CSS colours from low to high. @param {{isDark: boolean}} theme */
export function scaleColours({ isDark }) {
  const [from, to] = isDark ? ON_DARK : ON_LIGHT;
  return Array.from({ length: STEPS }, (_, step) => {
    return `rgb(${viridisAt(from + (step / (STEPS - 1)) * (to - from)).join(" ")})`;
  });
}

/** A point's values on the scale. */
export class ScaledValues {
  /**
   * @param {{name: string, unit: string, low: number, high: number}} header
   * @param {Float32Array} values one for each test image; NaN where it is not known
   */
  constructor(header, values) {
    this.header = header;
    this.values = values;
  }

  /** The step of the scale, -1 where the value is not known. @param {number} index */
  stepOf(index) {
    const { low, high } = this.header;
    const value = this.values[index] ?? NaN;
    if (!Number.isFinite(value)) return -1;
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return Math.round(Math.max(0, Math.min(1, share)) * (STEPS - 1));
  }

  /** Show the scale itself. @param {Refs} refs @param {string[]} colours */
  show(refs, colours) {
    const { name, unit, low, high } = this.header;
    const text = (/** @type {number} */ value) =>
      numeral(unit === "nats" ? value.toFixed(1) : value.toPrecision(3));
    refs.scaleName.textContent = `${name}, ${unit}`;
    refs.scaleLow.textContent = `≤ ${text(low)}`;
    refs.scaleHigh.textContent = `≥ ${text(high)}`;
    refs.scaleBar.style.background = `linear-gradient(to right, ${colours.join(",")})`;
  }
}
