/** One of the runs that are compared: its map, its cursor and its picture. */

import { Codes } from "../lib/codes.js";
import { dimNames } from "../lib/dims.js";
import { Frame } from "../lib/frame.js";
import { listenToPlot } from "../lib/gestures.js";
import { drawGround } from "../lib/latent.js";
import { Picture } from "../lib/picture.js";
import { placeCursor, placePlot, placeTiles } from "../lib/plot.js";
import { Space } from "../lib/space.js";
import { Tiles } from "../lib/tiles.js";
import { partsOf } from "../lib/view.js";
import { showHonest, showReadout } from "../lib/words.js";
import { Decoder } from "../network/model.js";

/** @import { Gestures, Place, Refs, Run, Theme } from "../lib/types" */

/** @typedef {import("../lib/types").PanelHandlers<Panel>} PanelHandlers */

/** A line of codes needs less height than a plane. */
const LINE_SHARE = 0.6;

/** A run's map and picture, made when the run has come. */
export class Panel {
  /**
   * @param {Run} run
   * @param {string} about a few words on the run
   * @param {{figure: HTMLElement, section: HTMLElement}} patterns copied, not used up
   * @param {PanelHandlers} on @param {AbortSignal} signal
   */
  constructor({ header, arrays }, about, patterns, on, signal) {
    this.header = header;
    this.decoder = new Decoder(header, arrays);
    this.space = new Space(header);
    this.codes = new Codes(header, arrays);
    this.z = new Float64Array(header.latent_dim);
    this.dims = [0];
    this.frame = /** @type {Frame|null} */ (null);
    this.hasTiles = false;
    this.figure = /** @type {HTMLElement} */ (patterns.figure.cloneNode(true));
    this.section = /** @type {HTMLElement} */ (patterns.section.cloneNode(true));
    const parts = { ...partsOf(this.figure, "part"), ...partsOf(this.section, "part") };
    this.parts = parts;
    this.picture = new Picture(parts.picture, header.image_shape);
    this.tiles = new Tiles(parts.tiles, this.decoder, header.image_shape);
    this.figure.dataset.run = header.title;
    this.section.dataset.run = header.title;
    parts.picture.setAttribute("aria-label", `Picture that ${header.title} decodes`);
    parts.caption.textContent = header.title;
    const small = document.createElement("small");
    small.textContent = about;
    parts.name.replaceChildren(header.title, " ", small);
    listenToPlot(parts.map, this.gestures(on), signal);
  }

  /** @param {PanelHandlers} on @returns {Gestures} */
  gestures(on) {
    const moveTo = (/** @type {Place} across and up */ values) => {
      for (const [axis, dim] of this.dims.entries()) {
        on.move(this, dim, this.space.clamp(dim, values[axis]));
      }
    };
    return {
      press: (at) => {
        on.press();
        if (this.frame) moveTo(this.frame.valuesAt(at));
      },
      drag: (at) => this.frame && moveTo(this.frame.valuesAt(at)),
      click: () => {},
      release: on.release,
      arrow: (way, isLarge) => {
        on.nudge();
        moveTo(this.space.towards(this.z, this.dims, way, isLarge));
      },
    };
  }

  /** Tell the decoder a label, if it knows it. @param {number} label */
  tell(label) {
    if (this.header.labels?.includes(label)) this.decoder.label = label;
  }

  /** The label that the decoder is told; null where it is told none. */
  get label() {
    return this.header.num_labels ? this.decoder.label : null;
  }

  /** @param {number[]} dims on the map */
  describe(dims) {
    this.dims = dims;
    const names = dimNames(dims).join(" and ");
    this.parts.map.setAttribute(
      "aria-label",
      `Map of ${this.header.title}, ${names}. Drag, or use the arrow keys, with Shift for larger ` +
        "steps: the cursors of all maps move along.",
    );
  }

  /**
   * @param {number} side of the map's plot, in CSS pixels
   * @param {number} pictureSide
   */
  layOut(side, pictureSide) {
    const { parts, dims } = this;
    const tall = dims.length < 2 ? Math.round(LINE_SHARE * side) : side;
    const ranges = dims.map((dim) => this.space.rangeOf(dim));
    this.frame = new Frame(side, tall, ranges, dims);
    this.picture.fit(pictureSide);
    placePlot({ ...parts, hint: parts.readout, legend: parts.honest }, this.frame);
  }

  /**
   * Put the picture into a row of its own, or to the map where there is none.
   * @param {HTMLElement|null} row
   * @param {boolean} isBeside behind the map, or else in front of it
   */
  putPicture(row, isBeside) {
    if (row) row.append(this.figure);
    else if (isBeside) this.parts.body.append(this.figure);
    else this.parts.body.prepend(this.figure);
  }

  /** @param {Theme} theme @param {string} mode @param {number|null} focus */
  drawMap(theme, mode, focus) {
    const { parts, frame } = this;
    if (!frame) return;
    // A line's tiles are a strip above it, for which there is no room here.
    const shown = frame.isLine ? "codes" : mode;
    drawGround(parts.ground, frame, this.codes, theme, { mode: shown, focus });
    parts.tiles.hidden = shown === "codes";
    placeTiles(parts.tiles, frame);
    this.hasTiles = shown !== "codes";
    this.beginTiles();
  }

  beginTiles() {
    if (this.hasTiles && this.frame) this.tiles.begin(this.frame, Float32Array.from(this.z));
  }

  /** Decode z and move the cursor there. */
  paint() {
    const { parts, frame, z, dims, space } = this;
    if (!frame) return;
    this.picture.paintMean(this.decoder.decode(z));
    placeCursor(parts.cursor, frame, z);
    showReadout(parts.readout, dims, z, space.decimals);
    this.section.dataset.z = space.text(z);
    const isOff = dims.some((dim) => space.clamp(dim, z[dim]) !== z[dim]);
    if (parts.off.hidden === isOff) parts.off.hidden = !isOff;
  }

  /** Say whether codes are near z. */
  saySurroundings() {
    showHonest(this.parts.honest, this.codes, this.z, this.label);
  }
}

/** Offer the labels that any of the decoders is told. @param {Refs} refs @param {Panel[]} panels */
export function fillLabels(refs, panels) {
  const told = panels.filter(({ label }) => label !== null);
  const names = told.flatMap(({ header: { labels = [], class_names } }) =>
    labels.map((label) => /** @type {const} */ ([label, class_names[label] ?? String(label)])),
  );
  // Where two runs name a label differently, the first one's name stands.
  const options = new Map([...names].reverse());
  refs.told.hidden = !told.length;
  refs.label.replaceChildren(
    ...[...options]
      .sort(([a], [b]) => a - b)
      .map(([label, name]) => new Option(name, String(label))),
  );
}
