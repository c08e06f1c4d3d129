/**
 * Drawing the map: a ground layer once a view (axes, prior, codes, names), an overlay once a
 * selection (posterior), and a cursor that moves.
 */

import { GUTTER, classRow, codePlace, ticks } from "./frame.js";

const TEXT = "14px";

/**
 * Size a canvas for the screen's pixels, clear it, and put the map's corner at (0, 0).
 * @returns {CanvasRenderingContext2D}
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
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.setTransform(ratio, 0, 0, ratio, GUTTER.left * ratio, GUTTER.top * ratio);
  return context;
}

export function label(context, text, x, y, theme, { colour = theme.text, align = "center" } = {}) {
  context.textAlign = align;
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = theme.halo;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/**
 * Trace a class's mark around (x, y).
 * @param {CanvasRenderingContext2D} context
 * @param {string} shape one of SHAPES
 * @param {number} r half its size
 */
export function traceShape(context, shape, x, y, r) {
  context.beginPath();
  if (shape === "circle") {
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else if (shape === "square") {
    context.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
  } else {
    const corners = {
      triangle: [[0, -1.15], [1.1, 0.85], [-1.1, 0.85]],
      diamond: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
      cross: [
        [-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4],
        [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4],
      ],
    }[shape];
    corners.forEach(([cx, cy], i) => context[i ? "lineTo" : "moveTo"](x + cx * r, y + cy * r));
    context.closePath();
  }
}

function drawGrid(context, frame, theme) {
  context.strokeStyle = theme.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (const tick of ticks(frame.rangeX)) {
    context.moveTo(frame.x(tick), 0);
    context.lineTo(frame.x(tick), frame.height);
  }
  for (const tick of frame.dims.length > 1 ? ticks(frame.rangeY) : []) {
    context.moveTo(0, frame.y(tick));
    context.lineTo(frame.width, frame.y(tick));
  }
  context.stroke();
  context.strokeStyle = theme.faint;
  context.strokeRect(0, 0, frame.width, frame.height);
}

/** Ticks of an axis that leave room for one another and for the map's corners. */
function ticksWithRoom(range, place, length) {
  // A number at the very edge would lean over it: leave room for its half.
  const margin = 1e-6 * length;
  const inside = ticks(range).filter((tick) => place(tick) >= -margin && place(tick) <= length + margin);
  const every = length / inside.length < 26 ? 2 : 1;
  // Of every other one those are kept that keep 0.
  const zero = Math.max(0, inside.indexOf(0));
  return inside.filter((_, i) => (i - zero) % every === 0);
}

function drawAxes(context, frame, theme) {
  context.font = `${TEXT} ${theme.font}`;
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.textBaseline = "top";
  const across = ticksWithRoom(frame.rangeX, (tick) => frame.x(tick), frame.width);
  const widest = Math.max(...across.map((tick) => context.measureText(tick).width));
  const every = widest + 6 > frame.width / across.length ? 2 : 1;
  across.forEach((tick, i) => {
    if (i % every === 0) context.fillText(tick, frame.x(tick), frame.height + 6);
  });
  context.font = `600 16px ${theme.font}`;
  context.fillText(`z${frame.dims[0] + 1}`, frame.width / 2, frame.height + 24);
  if (frame.dims.length < 2) return;
  context.font = `${TEXT} ${theme.font}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const middle = frame.height / 2;
  for (const tick of ticksWithRoom(frame.rangeY, (value) => frame.y(value), frame.height)) {
    // A long number beside the axis's name would be written over it.
    const isLong = context.measureText(tick).width > 15;
    if (isLong && Math.abs(frame.y(tick) - middle) < 18) continue;
    context.fillText(tick, -7, frame.y(tick));
  }
  context.save();
  context.font = `600 16px ${theme.font}`;
  context.textAlign = "center";
  context.translate(-31, middle);
  context.rotate(-Math.PI / 2);
  context.fillText(`z${frame.dims[1] + 1}`, 0, 0);
  context.restore();
}

/** The prior's standard deviations: circles, or pairs of lines with one dimension. */
function drawPrior(context, frame, theme, onTiles) {
  context.save();
  context.setLineDash([4, 5]);
  context.lineWidth = 1.25;
  context.strokeStyle = onTiles ? "rgb(255 255 255 / 0.6)" : theme.faint;
  for (const sigma of [1, 2, 3]) {
    if (sigma > frame.rangeX[1]) break;
    context.beginPath();
    if (frame.dims.length > 1) {
      context.ellipse(
        frame.x(0), frame.y(0), frame.across(sigma), frame.up(sigma), 0, 0, 2 * Math.PI,
      );
    } else {
      for (const side of [-sigma, sigma]) {
        context.moveTo(frame.x(side), 0);
        context.lineTo(frame.x(side), frame.height);
      }
    }
    context.stroke();
  }
  context.restore();
}

function drawPriorLabels(context, frame, theme) {
  context.font = `${TEXT} ${theme.font}`;
  context.textBaseline = "middle";
  for (const sigma of [1, 2, 3]) {
    if (sigma > frame.rangeX[1]) break;
    const diagonal = sigma * Math.SQRT1_2;
    const [x, y] =
      frame.dims.length > 1
        ? [frame.x(diagonal), frame.y(-diagonal)]
        : [Math.min(frame.x(sigma), frame.width - 14), frame.height - 12];
    label(context, `${sigma}σ`, x, y, theme, { colour: theme.muted });
  }
}

/** One small picture of each class's mark, so that 10,000 of them are 10,000 copies. */
export function markSprites(codes, theme, radius, onTiles) {
  const ratio = globalThis.devicePixelRatio || 1;
  const sprites = new Map();
  return (classIndex, grey) => {
    const key = grey ? "grey" : classIndex;
    if (!sprites.has(key)) {
      const side = Math.ceil(2 * (1.3 * radius + 1));
      const canvas = new OffscreenCanvas(side * ratio, side * ratio);
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      traceShape(context, theme.classShape(classIndex), side / 2, side / 2, radius);
      context.fillStyle = grey ? theme.grey : theme.classColour(classIndex);
      context.fill();
      if (onTiles && !grey) {
        context.strokeStyle = "rgb(255 255 255 / 0.75)";
        context.lineWidth = 0.75;
        context.stroke();
      }
      sprites.set(key, { canvas, side });
    }
    return sprites.get(key);
  };
}

function drawCodes(context, frame, codes, theme, { focus, onTiles }) {
  const large = codes.count > 3000 ? 2.2 : codes.count > 500 ? 3 : 4.5;
  const radius = frame.width < 450 ? 0.75 * large : large;
  const sprite = markSprites(codes, theme, radius, onTiles);
  context.save();
  context.beginPath();
  context.rect(0, 0, frame.width, frame.height);
  context.clip();
  context.globalAlpha = onTiles ? 0.6 : codes.count > 3000 ? 0.8 : 0.9;
  // With a class in focus the others go first and grey, so that it stands on top of them.
  const passes = focus === null ? [null] : [false, true];
  for (const chosen of passes) {
    for (let i = 0; i < codes.count; i++) {
      const inFocus = codes.label[i] === focus;
      if (chosen !== null && chosen !== inFocus) continue;
      const { canvas, side } = sprite(codes.label[i], chosen === false);
      const [x, y] = codePlace(frame, codes, i);
      context.drawImage(canvas, x - side / 2, y - side / 2, side, side);
    }
  }
  context.restore();
}

/** Move names apart that would be written over one another. */
function spread(names, frame) {
  for (let round = 0; round < 60; round++) {
    let isMoving = false;
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(i + 1)) {
        const overX = a.half + b.half + 4 - Math.abs(a.x - b.x);
        const overY = 20 - Math.abs(a.y - b.y);
        if (overX <= 0 || overY <= 0) continue;
        isMoving = true;
        const [axis, over] = overX < overY ? ["x", overX] : ["y", overY];
        const push = (a[axis] <= b[axis] ? -1 : 1) * (over / 2 + 0.1);
        a[axis] += push;
        b[axis] -= push;
      }
    }
    for (const name of names) {
      name.x = Math.max(name.half, Math.min(frame.width - name.half, name.x));
      name.y = Math.max(12, Math.min(frame.height - 12, name.y));
    }
    if (!isMoving) return;
  }
}

/** Class names at the median codes: colour is never the only sign. */
export function drawNames(context, frame, codes, theme, focus) {
  // Told the label, a model need not keep classes apart: all their names would be in the middle.
  if (codes.isConditional && frame.dims.length > 1) return;
  context.font = `700 18px ${theme.font}`;
  context.textBaseline = "middle";
  const [dimX, dimY] = frame.dims;
  const names = codes.medians().flatMap((code, index) => {
    if (!code || (focus !== null && focus !== index)) return [];
    const text = codes.names[index];
    const half = context.measureText(text).width / 2 + 2;
    const y = dimY === undefined ? classRow(frame, codes, index) : frame.y(code[dimY]);
    return [{ text, half, x: dimY === undefined ? half + 6 : frame.x(code[dimX]), y }];
  });
  if (dimY !== undefined) spread(names, frame);
  for (const { text, x, y } of names) label(context, text, x, y, theme);
}

/**
 * Draw all that stays while z moves.
 * @param {HTMLCanvasElement} canvas
 * @param {MapFrame} frame
 * @param {Codes} codes
 * @param {object} theme
 * @param {{mode: string, focus: number|null}} options mode: codes, tiles or both
 */
export function drawGround(canvas, frame, codes, theme, { mode, focus }) {
  const context = prepare(canvas, frame);
  const onTiles = mode !== "codes" && frame.dims.length > 1;
  if (!onTiles) drawGrid(context, frame, theme);
  if (codes.hasPrior) drawPrior(context, frame, theme, onTiles);
  if (mode !== "tiles") {
    drawCodes(context, frame, codes, theme, { focus, onTiles });
    drawNames(context, frame, codes, theme, focus);
  }
  if (codes.hasPrior) drawPriorLabels(context, frame, theme);
  drawAxes(context, frame, theme);
}

/** The posterior of a code at 1 and 2 sigma, at the map's own scale. */
function drawPosterior(context, frame, codes, index, theme) {
  const mu = codes.muOf(index);
  const logvar = codes.logvarOf(index);
  const [dimX, dimY] = frame.dims;
  const sigmaX = Math.exp(0.5 * logvar[dimX]);
  for (const sigmas of [2, 1]) {
    context.beginPath();
    if (dimY === undefined) {
      const half = frame.across(sigmas * sigmaX);
      context.rect(frame.x(mu[dimX]) - half, 0, 2 * half, frame.height);
    } else {
      const sigmaY = Math.exp(0.5 * logvar[dimY]);
      context.ellipse(
        frame.x(mu[dimX]), frame.y(mu[dimY]),
        frame.across(sigmas * sigmaX), frame.up(sigmas * sigmaY), 0, 0, 2 * Math.PI,
      );
    }
    context.globalAlpha = 0.3;
    context.fillStyle = theme.primary;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 3;
    context.strokeStyle = theme.background;
    context.stroke();
    context.lineWidth = 1.5;
    context.strokeStyle = theme.text;
    context.stroke();
  }
}

function drawMark(context, frame, codes, index, theme) {
  const [x, y] = codePlace(frame, codes, index);
  // A code that is a point has no ellipse that tells it from its neighbours: its mark does.
  traceShape(context, theme.classShape(codes.label[index]), x, y, codes.logvar ? 4 : 7);
  context.fillStyle = theme.classColour(codes.label[index]);
  context.fill();
  context.lineWidth = codes.logvar ? 1.5 : 2.5;
  context.strokeStyle = theme.text;
  context.stroke();
}

/**
 * Draw the selected code, with its posterior at 1 and 2 sigma where it has one, or nothing.
 * @param {HTMLCanvasElement} canvas
 * @param {MapFrame} frame
 * @param {Codes} codes
 * @param {object} theme
 * @param {number|null} selected
 */
export function drawOverlay(canvas, frame, codes, theme, selected) {
  const context = prepare(canvas, frame);
  if (selected === null) return;
  context.save();
  context.beginPath();
  context.rect(0, 0, frame.width, frame.height);
  context.clip();
  if (codes.logvar) drawPosterior(context, frame, codes, selected, theme);
  drawMark(context, frame, codes, selected, theme);
  context.restore();
}

/**
 * Put the cursor at z. It is an element that only shifts: a canvas of the map's size drawn at
 * every frame would cost a slow machine half of its frames.
 * @param {HTMLElement} cursor
 * @param {MapFrame} frame
 * @param {ArrayLike<number>} z all dimensions
 */
export function placeCursor(cursor, frame, z) {
  const [dimX, dimY] = frame.dims;
  const x = frame.x(z[dimX]);
  const y = dimY === undefined ? (frame.strip + frame.height) / 2 : frame.y(z[dimY]);
  cursor.style.transform = `translate(${x}px, ${y}px)`;
}
