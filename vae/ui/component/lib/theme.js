/** Colours of the page's theme, and of the classes on it. */

/** Petroff (2021), ten colours that stay apart for colour-blind readers. */
const PETROFF = [
  "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
  "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
];

/** A mark on the map must differ from the ground by so much (WCAG 2.2, 1.4.11). */
const LEAST_CONTRAST = 3;

/** Shapes of marks: each ten classes take the next one. */
export const SHAPES = ["circle", "triangle", "square", "diamond", "cross"];

let probe = null;

/**
 * Read any CSS colour.
 * @param {string} text
 * @returns {number[]} red, green, blue, 0 to 255
 */
export function parseColour(text) {
  probe ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = "#808080";
  probe.fillStyle = text;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

/** WCAG contrast of two colours, 1 to 21. */
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const css = ([red, green, blue], alpha = 1) => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** Move a colour towards black or white until it stands out from the ground. */
function readable(colour, ground) {
  const target = luminance(ground) > 0.4 ? 0 : 255;
  let mixed = colour;
  for (let step = 1; step <= 20 && contrast(mixed, ground) < LEAST_CONTRAST; step++) {
    mixed = colour.map((value) => Math.round(value + ((target - value) * step) / 20));
  }
  return mixed;
}

/**
 * Read the theme that an element lives in.
 * @param {Element} element
 * @returns {object} CSS colours, `font`, `classColour(index)`, and a `signature` to compare
 */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const value = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
  const background = parseColour(value("background-color", "#ffffff"));
  const text = parseColour(value("text-color", "#31333f"));
  const primary = parseColour(value("primary-color", "#ff4b4b"));
  const colours = PETROFF.map((colour) => css(readable(parseColour(colour), background)));
  const unlabelled = css(text, 0.6);
  return {
    background: css(background),
    halo: css(background, 0.85),
    text: css(text),
    muted: css(text, 0.75),
    faint: css(text, 0.28),
    grid: css(text, 0.12),
    grey: css(text, 0.22),
    primary: css(primary),
    font: value("font", "sans-serif"),
    classColour: (index) => (index < 0 ? unlabelled : colours[index % colours.length]),
    classShape: (index) =>
      SHAPES[Math.max(0, Math.floor(index / colours.length)) % SHAPES.length],
    signature: [background, text, primary, value("font", "")].join("|"),
  };
}
