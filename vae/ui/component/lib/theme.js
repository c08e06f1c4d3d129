/** Colours of the page's theme, and of the classes on it. */

/** @import { Theme } from "./types" */

/**
 * Ten colours of classes for each theme: vae/figures/palette.py has the same, and says of them what
 * a test computes.
 * @type {Record<"light"|"dark", string[]>}
 */
// biome-ignore format: five in a row
const CLASS_COLOURS = {
  light: [
    "#4992ff", "#6d1237", "#db376d", "#24a492", "#6d00db",
    "#6d6d00", "#806da4", "#00376d", "#5b3700", "#49a424",
  ],
  dark: [
    "#80c8ff", "#92495b", "#ff6da4", "#5bffed", "#a46dff",
    "#929224", "#005bb6", "#ffa480", "#924900", "#ffed00",
  ],
};

/** Shapes of marks: each ten classes take the next one. */
export const SHAPES = ["circle", "triangle", "square", "diamond", "cross"];

/** @type {OffscreenCanvasRenderingContext2D|undefined} */
let canvas;

/** Read any CSS colour. @param {string} text @returns {Colour} */
export function parseColour(text) {
  const options = { willReadFrequently: true };
  canvas ??= /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(1, 1).getContext("2d", options)
  );
  const probe = canvas;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = "#808080";
  probe.fillStyle = text;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** @param {Colour} colour */
function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** WCAG contrast of two colours, 1 to 21. @param {Colour} a @param {Colour} b */
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** @typedef {number[]} Colour red, green, blue, 0 to 255 */

/** @param {Colour} colour */
const css = ([red, green, blue], alpha = 1) => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** @param {Colour} from @param {Colour} to @param {number} share of `to` */
export function mix(from, to, share) {
  return from.map((value, i) => Math.round(value + share * (to[i] - value)));
}

/** Read the theme that an element lives in. @param {Element} element @returns {Theme} */
export function readTheme(element) {
  const style = getComputedStyle(element);
  /** @param {string} name @param {string} fallback */
  const value = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
  const background = parseColour(value("background-color", "#ffffff"));
  const text = parseColour(value("text-color", "#31333f"));
  const primary = parseColour(value("primary-color", "#ff4b4b"));
  const isDark = contrast(background, [255, 255, 255]) > contrast(background, [0, 0, 0]);
  const colours = CLASS_COLOURS[isDark ? "dark" : "light"];
  const unlabelled = css(text, 0.6);
  return {
    background: css(background),
    halo: css(background, 0.85),
    text: css(text),
    muted: css(text, 0.75),
    faint: css(text, 0.28),
    grid: css(text, 0.12),
    grey: css(text, 0.22),
    // Opaque, or many points upon one another would turn black.
    leftOut: css(mix(background, text, 0.25)),
    primary: css(primary),
    font: value("font", "sans-serif"),
    isDark,
    classColour: (index) => (index < 0 ? unlabelled : colours[index % colours.length]),
    classShape: (index) => SHAPES[Math.max(0, Math.floor(index / colours.length)) % SHAPES.length],
    signature: [background, text, primary, value("font", "")].join("|"),
  };
}
