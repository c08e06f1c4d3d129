/** The map of a drawing: test codes, the drawing's posterior, its neighbours, a cursor at mu. */

import { Codes } from "../lib/codes.js";
import { DimChoice, dimNames } from "../lib/dims.js";
import { Frame, GUTTER, placeOf } from "../lib/frame.js";
import { gettext } from "../lib/locale.js";
import { DimPlane } from "../lib/plane.js";
import { Plot } from "../lib/plot.js";
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

/** The map; a drag shifts it, since the pen moves z. */
export class DrawMap {
  /**
   * @param {Refs} refs @param {Theme} theme @param {(layer: string) => void} changed
   * @param {AbortSignal} signal
   */
  constructor(refs, theme, changed, signal) {
    this.refs = refs;
    this.theme = theme;
    this.plot = new Plot(refs, refs.outer, { testid: "draw-map", changed }, signal);
    this.parts = /** @type {ReturnType<typeof makeParts>|null} */ (null);
    this.reading = /** @type {Place|null} */ (null);
    /** The drawing as a set of one code. @type {Codes|null} */
    this.own = null;
    this.room = 0;
    this.laidOut = "";
  }

  /** Take a run that a carrier brought. @param {Run} run */
  takeRun(run) {
    const parts = makeParts(run, this.refs);
    this.parts = parts;
    this.plot.choice.focus = null;
    this.plot.textOf = (index) => parts.space.text(Float64Array.from(parts.codes.at(index)));
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
    const frame = new Frame(width, height, this.ranges(parts), dims);
    frame.plane = new DimPlane(dims, parts.space, parts.codes);
    return frame;
  }

  /** @param {boolean} isChanged whether more than the drawing's place has changed */
  paint(isChanged = false) {
    const { refs, theme, reading, own, parts, plot } = this;
    if (!parts || !this.room) return;
    const { header, codes, axes } = parts;
    const frame = this.frameNow(parts);
    const { width, height, home, dims } = frame;
    const look = [
      width,
      height,
      home,
      dims,
      globalThis.devicePixelRatio,
      theme.signature,
      header.run,
    ];
    const signature = JSON.stringify(look);
    const isOther = signature !== this.laidOut;
    if (isOther) {
      this.laidOut = signature;
      plot.setFrame(frame);
      plot.showLegend(theme);
    }
    if (isOther || isChanged) plot.paintGround(theme, { mode: "codes" });
    const rings = (reading?.nearest ?? [])
      .filter(({ index }) => index < codes.count)
      .map(({ index }) => ({ at: placeOf(plot.frame, codes, index), radius: 6, width: 2 }));
    plot.paintOverlay(theme, { points: own ?? codes, selected: reading ? 0 : null, rings });
    plot.paintCursor(reading?.mu ?? null);
    refs.hint.textContent = drawHint(header, axes.dims, reading);
    const names = dimNames(axes.dims);
    const places = axes.dims.map(
      (dim, i) => `${names[i]} = ${parts.space.short(reading?.mu[dim] ?? 0)}`,
    );
    const label = reading
      ? gettext("The drawing lies at {places}.", { places: places.join(", ") })
      : gettext("Nothing is drawn yet.");
    refs.map.setAttribute(
      "aria-label",
      `${gettext("Map of the test codes on {dims}.", { dims: names.join(", ") })} ${label} ${gettext("The arrow keys shift it, plus and minus zoom.")}`,
    );
  }
}
