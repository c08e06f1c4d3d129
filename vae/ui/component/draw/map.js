/** The map of a drawing: test codes, the drawing's posterior, its neighbours, a cursor at mu. */

import { Codes } from "../lib/codes.js";
import { GUTTER, MapFrame, codePlace } from "../lib/frame.js";
import { placeMap } from "../map/layout.js";
import { drawHint } from "./words.js";
import { drawGround, drawOverlay, placeCursor } from "../lib/drawing.js";
import { fillAxes, fillLegend } from "../map/panels.js";
import { dimsByKl } from "../lib/sliders.js";
import { Space } from "../lib/space.js";

/** Sides of the plot, in CSS pixels. */
const MOST_PLOT = 500;
const LEAST_PLOT = 260;

/** What stands around the plot in a window. */
const AROUND_PLOT = 250;

/** Room beyond a drawing that lies outside of the map, as a share of the map. */
const MARGIN_OUTSIDE = 0.05;

/** Height of a class's row where the map is a line. */
const LINE_ROW = 34;

/** The map, without gestures: Explore is for those. */
export class DrawMap {
  /** @param {Object<string, HTMLElement>} refs */
  constructor(refs) {
    this.refs = refs;
    this.header = null;
    this.reading = null;
    this.focus = null;
    this.laidOut = "";
  }

  /** Take a run that a carrier brought. */
  takeRun({ header, arrays }, theme) {
    this.header = header;
    this.theme = theme;
    this.codes = new Codes(header, arrays);
    this.space = new Space(header);
    this.dims = dimsByKl(header.dims).slice(0, 2);
    fillAxes([this.refs.dimX, this.refs.dimY], header, this.dims);
    this.refs.axes.hidden = header.latent_dim <= 2;
    this.focus = null;
    this.laidOut = "";
  }

  forgetRun() {
    this.header = null;
    this.reading = null;
  }

  chooseAxis(axis, dim) {
    // The same dimension twice makes no map: the two change places.
    if (dim === this.dims[1 - axis]) this.dims[1 - axis] = this.dims[axis];
    this.dims[axis] = dim;
    this.refs.dimX.value = String(this.dims[0]);
    this.refs.dimY.value = String(this.dims[1]);
    this.paint();
  }

  /** @param {object|null} reading from Python; null where nothing is drawn */
  take(reading) {
    this.reading = reading;
    if (!this.header) return;
    if (!reading) {
      this.paint();
      return;
    }
    const { header } = this;
    // The drawing as a set of one code: what draws a test image's posterior draws its own.
    this.own = new Codes(
      { ...header, class_names: [] },
      {
        mu: Float32Array.from(reading.mu),
        logvar: reading.logvar && Float32Array.from(reading.logvar),
        label: Int32Array.of(-1),
      },
    );
    this.paint();
  }

  /** What the map shows: as the run's own map, or more where the drawing lies outside. */
  range() {
    if (!this.space.hasPrior) return this.dims.map((dim) => this.rangeWithDrawing(dim));
    const least = this.header.z_range;
    if (!this.reading) return least;
    const reach = Math.max(...this.dims.map((dim) => Math.abs(this.reading.mu[dim])));
    return reach <= least ? least : Math.ceil(2.2 * reach) / 2;
  }

  /** Without a prior each dimension has ends of its own. */
  rangeWithDrawing(dim) {
    const [low, high] = this.space.rangeOf(dim);
    if (!this.reading) return [low, high];
    const margin = MARGIN_OUTSIDE * (high - low);
    const at = this.reading.mu[dim];
    return [at < low ? at - margin : low, at > high ? at + margin : high];
  }

  /** @param {number} room width for the plot and its axes */
  fit(room) {
    this.room = room;
    this.paint();
  }

  frameNow() {
    const { header, room, dims } = this;
    const across = Math.max(LEAST_PLOT, Math.min(MOST_PLOT, room - GUTTER.left - GUTTER.right));
    const tallest = Math.max(LEAST_PLOT, globalThis.innerHeight - AROUND_PLOT);
    const width = Math.floor(dims.length > 1 ? Math.min(across, tallest) : across);
    const rows = Math.max(180, LINE_ROW * header.class_names.length);
    const height = dims.length > 1 ? width : Math.min(tallest, rows);
    return new MapFrame(width, height, this.range(), [...dims]);
  }

  paint() {
    if (!this.header || !this.room) return;
    const frame = this.frameNow();
    const look = [frame, this.focus, globalThis.devicePixelRatio, this.theme.signature];
    const signature = JSON.stringify([...look, this.header.run]);
    const { refs, codes, theme } = this;
    if (signature !== this.laidOut) {
      this.laidOut = signature;
      placeMap(refs, frame);
      drawGround(refs.ground, frame, codes, theme, { mode: "codes", focus: this.focus });
      fillLegend(refs.legend, codes, theme, this.focus, (focus) => {
        this.focus = focus;
        this.paint();
      });
    }
    drawOverlay(refs.overlay, frame, this.own, theme, this.reading ? 0 : null);
    if (this.reading) this.ringNeighbours(frame);
    refs.cursor.hidden = !this.reading;
    if (this.reading) placeCursor(refs.cursor, frame, this.reading.mu);
    this.describe();
  }

  /** Rings around the nearest test codes, on the overlay's canvas as drawOverlay left it. */
  ringNeighbours(frame) {
    const context = this.refs.overlay.getContext("2d");
    for (const { index } of this.reading.nearest) {
      if (index >= this.codes.count) continue;
      const [x, y] = codePlace(frame, this.codes, index);
      if (x < 0 || y < 0 || x > frame.width || y > frame.height) continue;
      for (const [width, colour] of [[4, this.theme.background], [2, this.theme.text]]) {
        context.beginPath();
        context.arc(x, y, 6, 0, 2 * Math.PI);
        context.lineWidth = width;
        context.strokeStyle = colour;
        context.stroke();
      }
    }
  }

  describe() {
    const { dims, reading, refs, space } = this;
    const names = dims.map((dim) => `z${dim + 1}`).join(" and ");
    refs.hint.textContent = drawHint(this.header, dims, reading);
    const place = dims.map((dim) => `z${dim + 1} = ${reading && space.short(reading.mu[dim])}`).join(", ");
    const label = reading ? `The drawing lies at ${place}.` : "Nothing is drawn yet.";
    refs.map.setAttribute("aria-label", `Map of the test codes on ${names}. ${label}`);
  }
}
