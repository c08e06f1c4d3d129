/** Files of what is seen: the map and the picture as PNG, the codes in view as CSV. */

import { download } from "../lib/download.js";
import { GUTTER, placeOf } from "../lib/frame.js";
import { label } from "../lib/marks.js";

/** @import { View } from "./view.js" */

/** Pixels of a file for each CSS pixel of the map, and of a picture for each of its own. */
const SCALE = 2;
const PICTURE_SIDE = 560;

/** @param {View} view @param {string} what */
function fileName({ parts: { header } }, what) {
  return `${header.title || "run"}-${what}`.replace(/[^\w.-]+/g, "-");
}

/** @param {number} width @param {number} height */
function sheet(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return {
    canvas,
    context: /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")),
  };
}

/** Draw the map as it is seen, axes and names included. @param {View} view */
export function mapSheet(view) {
  const { frame, refs, theme, parts } = view;
  const { left, top, right, bottom } = GUTTER;
  const [width, height] = [frame.width + left + right, frame.height + top + bottom];
  const { canvas, context } = sheet(SCALE * width, SCALE * height);
  context.scale(SCALE, SCALE);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  if (view.shown.hasTiles) {
    context.imageSmoothingEnabled = false;
    context.drawImage(refs.tiles, left, top, frame.width, frame.strip || frame.height);
    context.imageSmoothingEnabled = true;
  }
  // In the order in which they lie: points, thumbnails, posterior, path, marks.
  for (const layer of refs.map.querySelectorAll("canvas.layer")) {
    context.drawImage(layer, 0, 0, width, height);
  }
  context.translate(left, top);
  context.font = `700 17px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  if (!frame.isLine) {
    for (const name of view.plot.names.placed) {
      label(context, parts.codes.nameOf(name.label), name.x, name.y, theme);
    }
  }
  const [x, y] = view.cursorPlace();
  for (const [colour, wide] of /** @type {[string, number][]} */ ([
    ["#fff", 5],
    ["#111", 2],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    context.arc(x, y, 11, 0, 2 * Math.PI);
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(x + 11 * dx, y + 11 * dy);
      context.lineTo(x + 20 * dx, y + 20 * dy);
    }
    context.stroke();
  }
  return canvas;
}

/** @param {View} view */
export function saveMap(view) {
  mapSheet(view).toBlob((blob) => blob && download(blob, fileName(view, "map.png")));
}

/** Save the picture, a whole number of pixels for each of its own. @param {View} view */
export function savePicture(view) {
  const { picture } = view.refs;
  const scale = Math.max(1, Math.floor(PICTURE_SIDE / Math.max(picture.width, picture.height)));
  const { canvas, context } = sheet(scale * picture.width, scale * picture.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const z = Array.from(view.z.slice(0, 4), (value) => value.toFixed(2)).join("_");
  canvas.toBlob((blob) => blob && download(blob, fileName(view, `z_${z}.png`)));
}

/** The codes in view, a line each. @param {View} view */
export function codesCsv({ frame, parts: { codes, header }, shown }) {
  const points = frame.plane?.points ?? codes;
  const quoted = (/** @type {string} */ text) =>
    /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const dims = header.dims.map((_, dim) => quoted(shown.names[dim] || `z${dim + 1}`));
  const lines = [["index", "label", "class", ...dims].join()];
  for (let i = 0; i < codes.count; i++) {
    if (shown.focus !== null && codes.label[i] !== shown.focus) continue;
    if (!frame.contains(placeOf(frame, points, i))) continue;
    lines.push([i, codes.label[i], quoted(codes.className(i)), ...codes.at(i)].join());
  }
  return `${lines.join("\n")}\n`;
}

/** @param {View} view */
export function saveCodes(view) {
  const blob = new Blob([codesCsv(view)], { type: "text/csv" });
  download(blob, fileName(view, "codes.csv"));
}

/** @param {View} view */
export function listenToSaves(view) {
  const { refs } = view;
  view.listen(refs.saveMap, "click", () => saveMap(view));
  view.listen(refs.savePicture, "click", () => savePicture(view));
  view.listen(refs.saveCodes, "click", () => saveCodes(view));
}
