/** The surroundings of q(z|x), magnified: the regions of p(z|x) under its ellipses. */

import { element } from "../lib/element.js";
import { gettext } from "../lib/locale.js";
import { closeFrame, drawEllipses, drawPosterior } from "./shading.js";

/** @import { Frame, Theme } from "../lib/types" */
/** @import { PosteriorGrid } from "./grid.js" */
/** @import { Slice } from "./shading.js" */

/** Side in CSS pixels. */
const SIDE = 124;

/** A small map of its own. */
export class Inset {
  constructor() {
    this.canvas = element("canvas", { role: "img", dataset: { testid: "posterior-inset" } });
    this.canvas.setAttribute(
      "aria-label",
      gettext(
        "Magnified: regions that hold 50, 95 and 99.9% of p(z|x), and the ellipses of q(z|x) at 1 and 2 sigma",
      ),
    );
    this.dot = element("span", { className: "inset-dot" });
    this.caption = element("figcaption", {});
    const clip = element("div", { className: "inset-map" }, this.canvas, this.dot);
    this.node = element("figure", { className: "inset", hidden: true }, clip, this.caption);
    this.frame = /** @type {Frame|null} */ (null);
  }

  /**
   * @param {PosteriorGrid|null} grid @param {number[]} borders of its regions
   * @param {Slice|null} slice of q(z|x) on the plane shown
   * @param {Theme} theme
   */
  draw(grid, borders, slice, theme) {
    this.node.hidden = !grid || !slice;
    this.frame = null;
    if (!grid || !slice) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const { canvas } = this;
    canvas.width = canvas.height = SIDE * ratio;
    canvas.style.width = canvas.style.height = `${SIDE}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.scale(ratio, ratio);
    this.frame = closeFrame(grid, borders[borders.length - 1], slice, SIDE);
    drawPosterior(context, this.frame, grid, borders);
    drawEllipses(context, this.frame, slice, theme);
    const [low, high] = this.frame.ranges[0];
    this.caption.textContent = gettext("{width} wide", {
      width: Number((high - low).toPrecision(2)),
    });
  }

  /** Put the dot where z is. @param {number[]} at its place on the plane */
  point(at) {
    const { frame } = this;
    if (!frame) return;
    const y = frame.isLine ? SIDE / 2 : frame.y(at[1]);
    this.dot.style.transform = `translate(${frame.x(at[0])}px, ${y}px)`;
  }
}
