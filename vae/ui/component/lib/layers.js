/** A plot's layers: canvases with room for axes, the axes themselves, the cursor. */

import { GUTTER, ticks } from "./frame.js";
import { label } from "./marks.js";

/** @import { Axes, Frame, Range, Refs, Theme } from "./types" */

/**
 * Size a canvas for the screen's pixels, clear it, and put the plot's corner at (0, 0).
 * @param {HTMLCanvasElement} canvas @param {Frame} frame
 */
export function prepare(canvas, frame) {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = Math.round((frame.width + GUTTER.left + GUTTER.right) * ratio);
  const height = Math.round((frame.height + GUTTER.top + GUTTER.bottom) * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${width / ratio}px`;
    canvas.style.height = `${height / ratio}px`;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.reset();
  context.setTransform(ratio, 0, 0, ratio, GUTTER.left * ratio, GUTTER.top * ratio);
  return context;
}

/**
 * Size a plot, place its layers around it, and let nothing below be wider.
 * @param {Refs} refs @param {Frame} frame
 */
export function placePlot({ map, mapFrame, below }, frame) {
  const { top, right, bottom, left } = GUTTER;
  map.classList.toggle("line", frame.isLine);
  map.style.width = `${frame.width}px`;
  map.style.height = `${frame.height}px`;
  mapFrame.style.padding = `${top}px ${right}px ${bottom}px ${left}px`;
  for (const layer of map.querySelectorAll(".layer")) {
    Object.assign(layer.style, { left: `${-left}px`, top: `${-top}px` });
  }
  if (below) below.style.maxWidth = `${frame.width + left + right}px`;
}

/**
 * Place the tiles' canvas: over the plot, or as a strip above the rows of a line.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame
 * @param {Range[]} [ranges] what the tiles show, while the window is another one
 */
export function placeTiles(canvas, frame, ranges = frame.ranges) {
  const [[left, right], [bottom, top]] = ranges;
  const { strip } = frame;
  canvas.style.left = `${frame.x(left)}px`;
  canvas.style.width = `${frame.across(right - left)}px`;
  canvas.style.top = strip ? "0px" : `${frame.y(top)}px`;
  canvas.style.height = strip ? `${strip}px` : `${frame.up(top - bottom)}px`;
}

/** The axes of a map of latent dimensions. @param {Frame} frame @returns {Axes} */
export function latentAxes({ dims, names }) {
  return { names: names ?? dims.map((dim) => `z${dim + 1}`), rulers: dims.map(() => true) };
}

/**
 * @param {CanvasRenderingContext2D} context @param {Frame} frame @param {Theme} theme
 * @param {Axes} axes
 */
export function drawGrid(context, frame, theme, { rulers }) {
  context.strokeStyle = theme.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (const tick of rulers[0] ? ticks(frame.ranges[0]) : []) {
    context.moveTo(frame.x(tick), 0);
    context.lineTo(frame.x(tick), frame.height);
  }
  for (const tick of rulers[1] ? ticks(frame.ranges[1]) : []) {
    context.moveTo(0, frame.y(tick));
    context.lineTo(frame.width, frame.y(tick));
  }
  context.stroke();
  context.strokeStyle = theme.faint;
  context.strokeRect(0, 0, frame.width, frame.height);
}

/**
 * Ticks of an axis that leave room for one another and for the plot's corners.
 * @param {Range} range @param {(tick: number) => number} place @param {number} length
 */
function ticksWithRoom(range, place, length) {
  // A number at the very edge would lean over it: leave room for its half.
  const margin = 1e-6 * length;
  const inside = ticks(range).filter(
    (tick) => place(tick) >= -margin && place(tick) <= length + margin,
  );
  const every = length / inside.length < 26 ? 2 : 1;
  // Of every other one those are kept that keep 0.
  const zero = Math.max(0, inside.indexOf(0));
  return inside.filter((_, i) => (i - zero) % every === 0);
}

/** @param {number} tick */
const tickText = (tick) => String(tick).replace("-", "−");

/**
 * Write numbers and names around the plot.
 * @param {CanvasRenderingContext2D} context @param {Frame} frame @param {Theme} theme @param {Axes} axes
 */
export function drawAxes(context, frame, theme, { names, rulers, isInside = false }) {
  const middle = frame.height / 2;
  const ruler = `14px ${theme.font}`;
  const title = `600 16px ${theme.font}`;
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.font = ruler;
  if (rulers[0]) {
    const across = ticksWithRoom(frame.ranges[0], (tick) => frame.x(tick), frame.width);
    const widest = Math.max(...across.map((tick) => context.measureText(tickText(tick)).width));
    const every = widest + 6 > frame.width / across.length ? 2 : 1;
    across.forEach((tick, i) => {
      if (i % every === 0) context.fillText(tickText(tick), frame.x(tick), frame.height + 6);
    });
  }
  if (rulers[1]) {
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of ticksWithRoom(frame.ranges[1], (value) => frame.y(value), frame.height)) {
      // A long number beside the axis's name would be written over it.
      const isLong = !isInside && context.measureText(tickText(tick)).width > 15;
      if (isLong && Math.abs(frame.y(tick) - middle) < 18) continue;
      context.fillText(tickText(tick), -7, frame.y(tick));
    }
  }
  context.font = title;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillText(names[0], frame.width / 2, frame.height + (rulers[0] ? 24 : 8));
  if (names.length < 2) return;
  context.save();
  if (isInside) {
    context.textAlign = "left";
    label(context, names[1], 8, 8, theme);
  } else {
    context.textBaseline = "middle";
    context.translate(-31, middle);
    context.rotate(-Math.PI / 2);
    context.fillText(names[1], 0, 0);
  }
  context.restore();
}
