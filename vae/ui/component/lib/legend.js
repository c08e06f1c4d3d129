/** The legend of a plot. */

import { traceShape } from "./marks.js";

/** @import { Points, Theme } from "./types" */

/**
 * Fill it: one button a class, which shows that class alone.
 * @param {HTMLElement} legend @param {Points} points
 * @param {Theme} theme @param {number|null} focus @param {(focus: number|null) => void} choose
 * @param {(label: number|null) => void} [hover] the pointer or the keyboard is on a class
 */
export function fillLegend(legend, points, theme, focus, choose, hover) {
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
    button.dataset.class = String(index);
    button.addEventListener("click", () => choose(focus === index ? null : index));
    if (hover) {
      button.addEventListener("pointerenter", () => hover(index));
      button.addEventListener("pointerleave", () => hover(null));
      button.addEventListener("focus", () => button.matches(":focus-visible") && hover(index));
      button.addEventListener("blur", () => hover(null));
    }
    return [button];
  });
  // A button that is pressed keeps the keyboard's place although it is made again.
  const root = /** @type {Document|ShadowRoot} */ (legend.getRootNode());
  const held = /** @type {HTMLElement|null} */ (root.activeElement);
  const focused = held && legend.contains(held) ? held.dataset.class : undefined;
  legend.replaceChildren(...buttons);
  if (focused !== undefined) buttons.find((one) => one.dataset.class === focused)?.focus();
}
