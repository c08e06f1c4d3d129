/** A part of the page as a picture: its images, canvases, grounds and words, where they stand. */

const SCALE = 2;
const MARGIN = 8;
/** Pixels of the picture at most: browsers refuse canvases that are much larger. */
const MOST_PIXELS = 6e7;
/** What is there to be pressed; a button with a class is an entry of a legend. */
const LEFT_OUT = `button:not([data-class]), input, select, textarea, style, script, template, [data-untaken],
  [data-testid="stPopover"], [data-testid="stElementToolbar"]`;

/**
 * @typedef {{ left: number, top: number, right: number, bottom: number }} Box
 * @typedef {{ box: Box, paint: (context: CanvasRenderingContext2D) => void }} Piece
 */

/**
 * Paint an element as it is shown, also what it has scrolled out of sight.
 * @param {Element} root
 * @returns {HTMLCanvasElement | null} null where there is nothing to be seen
 */
export function paintBlock(root) {
  const pieces = [...piecesOf(root)];
  if (!pieces.length) return null;
  const boxes = pieces.map((piece) => piece.box);
  const left = Math.min(...boxes.map((box) => box.left)) - MARGIN;
  const top = Math.min(...boxes.map((box) => box.top)) - MARGIN;
  const width = Math.max(...boxes.map((box) => box.right)) + MARGIN - left;
  const height = Math.max(...boxes.map((box) => box.bottom)) + MARGIN - top;
  const scale = Math.min(SCALE, Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(scale, scale);
  context.fillStyle = groundOf(root);
  context.fillRect(0, 0, width, height);
  context.translate(-left, -top);
  for (const piece of pieces) piece.paint(context);
  return canvas;
}

/** @param {string} colour */
const isSeen = (colour) => !/^rgba\(.*, 0\)$|^transparent$/.test(colour);

/** The first ground that is not clear, from an element outwards. @param {Element | null} element */
function groundOf(element) {
  for (let each = element; each; each = each.parentElement) {
    const { backgroundColor } = getComputedStyle(each);
    if (isSeen(backgroundColor)) return backgroundColor;
  }
  return "#ffffff";
}

/** @param {Element} element @returns {Generator<Piece>} */
function* piecesOf(element) {
  const style = getComputedStyle(element);
  if (element.matches(LEFT_OUT) || isHidden(element, style)) return;
  const box = element.getBoundingClientRect();
  if (box.width && box.height) yield* ground(box, style);
  if (element instanceof HTMLImageElement || element instanceof HTMLCanvasElement) {
    if (box.width && box.height)
      yield { box, paint: (context) => image(context, element, box, style) };
    return;
  }
  for (const node of (element.shadowRoot ?? element).childNodes) {
    if (node instanceof Text) yield* words(node, style);
    else if (node instanceof Element) yield* piecesOf(node);
  }
}

/**
 * Also what is there for those who listen alone.
 * @param {Element} element @param {CSSStyleDeclaration} style
 */
function isHidden(element, style) {
  const isClipped = style.clipPath !== "none" || style.clip !== "auto";
  const isTiny = element.clientWidth < 2 && style.overflow === "hidden";
  return style.visibility === "hidden" || style.display === "none" || isClipped || isTiny;
}

/** @param {DOMRect} box @param {CSSStyleDeclaration} style @returns {Generator<Piece>} */
function* ground(box, style) {
  const { backgroundColor: colour } = style;
  const stops = style.backgroundImage.match(/rgba?\([^)]*\)/g);
  if (stops) {
    yield {
      box,
      paint(context) {
        const scale = context.createLinearGradient(box.left, 0, box.right, 0);
        for (const [place, stop] of stops.entries())
          scale.addColorStop(place / Math.max(1, stops.length - 1), stop);
        context.fillStyle = scale;
        context.fillRect(box.left, box.top, box.width, box.height);
      },
    };
  }
  const below = Number.parseFloat(style.borderBottomWidth);
  if (isSeen(colour) || (below && isSeen(style.borderBottomColor))) {
    const paint = (/** @type {CanvasRenderingContext2D} */ context) => {
      context.fillStyle = colour;
      context.fillRect(box.left, box.top, box.width, box.height);
      context.fillStyle = style.borderBottomColor;
      context.fillRect(box.left, box.bottom - below, box.width, below);
    };
    yield { box, paint };
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {HTMLImageElement|HTMLCanvasElement} source
 * @param {DOMRect} box @param {CSSStyleDeclaration} style
 */
function image(context, source, box, style) {
  context.imageSmoothingEnabled = style.imageRendering !== "pixelated";
  context.drawImage(source, box.left, box.top, box.width, box.height);
}

/** @param {Text} text @param {CSSStyleDeclaration} style @returns {Generator<Piece>} */
function* words(text, style) {
  const range = document.createRange();
  for (const found of text.data.matchAll(/\S+/g)) {
    range.setStart(text, found.index);
    range.setEnd(text, found.index + found[0].length);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    const paint = (/** @type {CanvasRenderingContext2D} */ context) => {
      context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      context.fillStyle = style.color;
      const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = context.measureText(
        found[0],
      );
      context.fillText(found[0], box.left, box.top + (box.height - up - down) / 2 + up);
    };
    yield { box, paint };
  }
}
