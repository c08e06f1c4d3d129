/** Colours for a quantity: viridis, in a part that stands out from the ground. */

import { contrast, parseColour } from "../lib/theme.js";

/** Viridis (Smith, van der Walt and Firing, 2015) at ten equal steps: even to the eye. */
const VIRIDIS = [
  "#440154", "#482878", "#3e4989", "#31688e", "#26828e",
  "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725",
];

export const SCALE_STEPS = 64;

/** The ends of the scale, from low to high: high is what differs most from the ground. */
const ON_DARK = [0.3, 1];
const ON_LIGHT = [0.78, 0];

function viridisAt(share) {
  const at = share * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(at));
  const [a, b] = [parseColour(VIRIDIS[below]), parseColour(VIRIDIS[below + 1])];
  return a.map((value, i) => Math.round(value + (at - below) * (b[i] - value)));
}

/**
 * @param {object} theme
 * @returns {string[]} CSS colours from low to high
 */
export function scaleColours(theme) {
  const ground = parseColour(theme.background);
  const isDark = contrast(ground, [255, 255, 255]) > contrast(ground, [0, 0, 0]);
  const [from, to] = isDark ? ON_DARK : ON_LIGHT;
  return Array.from({ length: SCALE_STEPS }, (_, step) => {
    const colour = viridisAt(from + (step / (SCALE_STEPS - 1)) * (to - from));
    return `rgb(${colour.join(" ")})`;
  });
}

/** A grey for points that are left out: opaque, or many upon one another would turn black. */
export function leftOutColour(theme) {
  const [text, ground] = [parseColour(theme.text), parseColour(theme.background)];
  return `rgb(${text.map((value, i) => Math.round(0.25 * value + 0.75 * ground[i])).join(" ")})`;
}

/** A point's values on the scale. */
export class ScaledValues {
  /**
   * @param {{name: string, low: number, high: number}} header
   * @param {Float32Array} values one for each test image; NaN where it is not known
   */
  constructor(header, values) {
    this.header = header;
    this.values = values;
  }

  /** The step of the scale, -1 where the value is not known. */
  stepOf(index) {
    const { low, high } = this.header;
    const value = this.values[index] ?? NaN;
    if (!Number.isFinite(value)) return -1;
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return Math.round(Math.max(0, Math.min(1, share)) * (SCALE_STEPS - 1));
  }
}
