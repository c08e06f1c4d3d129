/** The map of a drawing: test codes, the drawing's posterior, its neighbours, a cursor at mu. */

import { Codes } from "../lib/codes.js";
import { DimChoice, dimNames } from "../lib/dims.js";
import { Frame, GUTTER, placeOf } from "../lib/frame.js";
import { drawGround, drawSelected } from "../lib/latent.js";
import { fillLegend } from "../lib/legend.js";
import { drawRing } from "../lib/marks.js";
import { placeCursor, placePlot } from "../lib/plot.js";
import { Space } from "../lib/space.js";
import { drawHint } from "./words.js";

/** @import { Range, Reading, Refs, Run, Theme } from "../lib/types" */

/** @typedef {Pick<Reading, "mu"|"logvar"|"nearest">} Place what the map shows of a drawing */

/** Sides of the plot, in CSS pixels. */
const MOST_PLOT = 500;
const LEAST_PLOT = 260;

/** What stands around the plot in a window. */
const AROUND_PLOT = 250;

/** Room beyond a drawing that lies outside of the map, as a share of the map. */
const MARGIN_OUTSIDE = 0.05;

/** Height of a class's row where the map is a line. */
const LINE_ROW = 34;

/** What a run brings to the map. @param {Run} run @param {Refs} refs */
function makeParts({ header, arrays }, refs) {
  return {
    header,
    codes: new Codes(header, arrays),
    space: new Space(header),
    axes: new DimChoice(refs, header),
  };
}

/** The map, without gestures: Explore is for those. */
export class DrawMap {
  /** @param {Refs} refs @param {Theme} theme */
  constructor(refs, theme) {
    this.refs = refs;
    this.theme = theme;
    this.parts = /** @type {ReturnType<typeof makeParts>|null} */ (null);
    this.reading = /** @type {Place|null} */ (null);
    /** The drawing as a set of one code. @type {Codes|null} */
    this.own = null;
    this.focus = /** @type {number|null} */ (null);
    this.room = 0;
    this.laidOut = "";
  }

  /** Take a run that a carrier brought. @param {Run} run */
  takeRun(run) {
    this.parts = makeParts(run, this.refs);
    this.focus = null;
    this.laidOut = "";
  }

  forgetRun() {
    this.parts = null;
    this.reading = null;
  }

  /** @param {number} axis @param {number} dim */
  chooseAxis(axis, dim) {
    this.parts?.axes.choose(axis, dim);
    this.paint();
  }

  /** @param {Place|null} reading null where nothing is drawn */
  take(reading) {
    this.reading = reading;
    if (reading && this.parts) {
      const { mu, logvar } = reading;
      // What draws a test image's posterior draws the drawing's own.
      this.own = new Codes(
        { ...this.parts.header, class_names: [] },
        {
          mu: Float32Array.from(mu),
          logvar: logvar && Float32Array.from(logvar),
          label: Int32Array.of(-1),
        },
      );
    }
    this.paint();
  }

  /**
   * What the map shows: as the run's own map, or more where the drawing lies outside.
   * @param {ReturnType<typeof makeParts>} parts @returns {Range[]}
   */
  ranges({ header, space, axes: { dims } }) {
    const mu = this.reading?.mu;
    if (!space.hasPrior) {
      return dims.map((dim) => {
        const [low, high] = space.rangeOf(dim);
        const margin = MARGIN_OUTSIDE * (high - low);
        const at = mu ? mu[dim] : low;
        return [at < low ? at - margin : low, at > high ? at + margin : high];
      });
    }
    const reach = mu ? Math.max(...dims.map((dim) => Math.abs(mu[dim]))) : 0;
    const half = reach <= header.z_range ? header.z_range : Math.ceil(2.2 * reach) / 2;
    return dims.map(() => [-half, half]);
  }

  /** @param {number} room width for the plot and its axes */
  fit(room) {
    this.room = room;
    this.paint();
  }

  /** @param {ReturnType<typeof makeParts>} parts */
  frameNow(parts) {
    const { dims } = parts.axes;
    const across = Math.max(
      LEAST_PLOT,
      Math.min(MOST_PLOT, this.room - GUTTER.left - GUTTER.right),
    );
    const tallest = Math.max(LEAST_PLOT, globalThis.innerHeight - AROUND_PLOT);
    const width = Math.floor(dims.length > 1 ? Math.min(across, tallest) : across);
    const rows = Math.max(180, LINE_ROW * parts.header.class_names.length);
    const height = dims.length > 1 ? width : Math.min(tallest, rows);
    return new Frame(width, height, this.ranges(parts), dims);
  }

  paint() {
    const { refs, theme, focus, reading, own, parts } = this;
    if (!parts || !this.room) return;
    const { header, codes, space, axes } = parts;
    const frame = this.frameNow(parts);
    const look = [frame, focus, globalThis.devicePixelRatio, theme.signature, header.run];
    const signature = JSON.stringify(look);
    if (signature !== this.laidOut) {
      this.laidOut = signature;
      placePlot(refs, frame);
      drawGround(refs.ground, frame, codes, theme, { mode: "codes", focus });
      fillLegend(refs.legend, codes, theme, focus, (chosen) => {
        this.focus = chosen;
        this.paint();
      });
    }
    drawSelected(refs.overlay, frame, own ?? codes, theme, reading ? 0 : null);
    refs.cursor.hidden = !reading;
    if (reading) {
      this.ringNeighbours(frame, codes, reading);
      placeCursor(refs.cursor, frame, reading.mu);
    }
    refs.hint.textContent = drawHint(header, axes.dims, reading);
    const names = dimNames(axes.dims);
    const places = axes.dims.map((dim, i) => `${names[i]} = ${space.short(reading?.mu[dim] ?? 0)}`);
    const label = reading ? `The drawing lies at ${places.join(", ")}.` : "Nothing is drawn yet.";
    refs.map.setAttribute(
      "aria-label",
      `Map of the test codes on ${names.join(" and ")}. ${label}`,
    );
  }

  /**
   * Rings around the nearest test codes, on the overlay's canvas as drawSelected left it.
   * @param {Frame} frame @param {Codes} codes @param {Place} reading
   */
  ringNeighbours(frame, codes, { nearest }) {
    const context = this.refs.overlay.getContext("2d");
    for (const { index } of nearest) {
      if (index >= codes.count) continue;
      const place = placeOf(frame, codes, index);
      if (frame.contains(place)) drawRing(context, place, this.theme, { radius: 6, width: 2 });
    }
  }
}
