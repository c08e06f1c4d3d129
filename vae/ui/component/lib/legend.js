/** The legend of a plot. */

import { traceShape } from "./marks.js";

/** @import { Points, Theme } from "./types" */

/**
 * Fill it: one button a class, which shows that class alone.
 * @param {HTMLElement} legend @param {Points} points
 * @param {Theme} theme @param {number|null} focus @param {(focus: number|null) => void} choose
 */
export function fillLegend(legend, points, theme, focus, choose) {
  const ratio = globalThis.devicePixelRatio || 1;
  const present = new Set(points.label);
  const buttons = points.names.flatMap((name, index) => {
    if (!present.has(index)) return [];
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(focus === index));
    const mark = document.createElement("canvas");
    mark.width = mark.height = 18 * ratio;
    mark.style.width = mark.style.height = "18px";
    const context = /** @type {CanvasRenderingContext2D} */ (mark.getContext("2d"));
    context.scale(ratio, ratio);
    traceShape(context, theme.classShape(index), 9, 9, 6);
    context.fillStyle = theme.classColour(index);
    context.fill();
    button.append(mark, name);
    button.addEventListener("click", () => choose(focus === index ? null : index));
    return [button];
  });
  legend.replaceChildren(...buttons);
}
