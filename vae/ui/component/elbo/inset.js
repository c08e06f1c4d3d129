/** The surroundings of q(z|x), magnified: the regions of p(z|x) under its ellipses. */

import { element } from "../lib/element.js";
import { closeFrame, drawEllipses, drawPosterior } from "./shading.js";

/** @import { Theme } from "../lib/types" */
/** @import { PosteriorGrid } from "./grid.js" */
/** @import { Slice } from "./shading.js" */

/** Side in CSS pixels. */
const SIDE = 124;

/** A small map of its own. */
export class Inset {
  constructor() {
    this.canvas = element("canvas", { role: "img", dataset: { testid: "posterior-inset" } });
    this.caption = element("figcaption", {});
    this.node = element("figure", { className: "inset" }, this.canvas, this.caption);
  }

  /**
   * @param {PosteriorGrid|null} grid @param {Slice|null} slice of q(z|x) on the plane shown
   * @param {number[]} at the cursor's place on it
   * @param {Theme} theme
   */
  draw(grid, slice, at, theme) {
    this.node.hidden = !grid || !slice;
    if (!grid || !slice) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const { canvas } = this;
    canvas.width = canvas.height = SIDE * ratio;
    canvas.style.width = canvas.style.height = `${SIDE}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale(ratio, ratio);
    const frame = closeFrame(grid, slice, SIDE);
    drawPosterior(context, frame, grid);
    drawEllipses(context, frame, slice, theme);
    const x = frame.x(at[0]);
    const y = frame.isLine ? SIDE / 2 : frame.y(at[1]);
    context.beginPath();
    context.arc(x, y, 4, 0, 2 * Math.PI);
    context.fillStyle = theme.primary;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = theme.background;
    context.stroke();
    const width = frame.ranges[0][1] - frame.ranges[0][0];
    this.caption.textContent = `${Number(width.toPrecision(2))} wide`;
    canvas.setAttribute(
      "aria-label",
      "Magnified: regions that hold 50, 95 and 99.9% of p(z|x), and the ellipses of q(z|x) at 1 and 2 sigma",
    );
  }
}
