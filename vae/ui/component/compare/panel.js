/** One of the runs that are compared: its map, its cursor and its picture. */

import { Codes } from "../lib/codes.js";
import { dimNames } from "../lib/dims.js";
import { Frame } from "../lib/frame.js";
import { placeTiles } from "../lib/layers.js";
import { gettext } from "../lib/locale.js";
import { Picture } from "../lib/picture.js";
import { DimPlane } from "../lib/plane.js";
import { Plot } from "../lib/plot.js";
import { Space } from "../lib/space.js";
import { Tiles } from "../lib/tiles.js";
import { partsOf } from "../lib/view.js";
import { showHonest, showReadout } from "../lib/words.js";
import { Decoder } from "../network/model.js";
import { imageNumbers } from "./lit.js";

/** @import { Lit } from "./lit.js" */
/** @import { Place, PlotHandlers, Refs, Run, Theme } from "../lib/types" */

/**
 * What a reader does to one of the maps; nudge comes before the move of an arrow key.
 * @typedef {Pick<PlotHandlers, "choice"|"changed"> & {press: () => void, release: () => void,
 *   nudge: () => void, move: (panel: Panel, dim: number, value: number) => void,
 *   caught: (panel: Panel, rows: number[]) => void}} PanelHandlers
 */

/** A line of codes needs less height than a plane. */
const LINE_SHARE = 0.6;

/** A run's map and picture, made when the run has come. */
export class Panel {
  /**
   * @param {Run} run
   * @param {{about: string, images: string}} named a few words on the run; its test images' name
   * @param {{figure: HTMLElement, section: HTMLElement}} patterns copied, not used up
   * @param {PanelHandlers} on @param {AbortSignal} signal
   */
  constructor({ header, arrays }, { about, images }, patterns, on, signal) {
    this.header = header;
    this.decoder = new Decoder(header, arrays);
    this.space = new Space(header);
    this.codes = new Codes(header, arrays);
    this.z = new Float64Array(header.latent_dim);
    this.images = images;
    this.numbers = imageNumbers(this.codes);
    this.dims = [0];
    this.hasTiles = false;
    this.figure = /** @type {HTMLElement} */ (patterns.figure.cloneNode(true));
    this.section = /** @type {HTMLElement} */ (patterns.section.cloneNode(true));
    const parts = { ...partsOf(this.figure, "ref"), ...partsOf(this.section, "ref") };
    this.parts = parts;
    parts.map.append(parts.off);
    // One legend and one hint serve all maps.
    for (const part of [parts.legend, parts.hint]) part.remove();
    this.picture = new Picture(parts.picture, header.image_shape);
    this.tiles = new Tiles(parts.tiles, this.decoder, header.image_shape);
    this.figure.dataset.run = header.title;
    this.section.dataset.run = header.title;
    parts.picture.setAttribute(
      "aria-label",
      gettext("Picture that {title} decodes", { title: header.title }),
    );
    parts.caption.textContent = header.title;
    const small = document.createElement("small");
    small.textContent = about;
    parts.name.replaceChildren(header.title, " ", small);
    this.plot = new Plot(parts, this.section, this.handlers(on), signal);
    this.plot.points = this.codes;
    this.plot.textOf = (index) => this.space.text(Float64Array.from(this.codes.at(index)));
  }

  /** @param {PanelHandlers} on @returns {PlotHandlers} */
  handlers(on) {
    const moveTo = (/** @type {Place} across and up */ values) => {
      for (const [axis, dim] of this.dims.entries()) {
        on.move(this, dim, this.space.clamp(dim, values[axis]));
      }
    };
    return {
      testid: "compare-map",
      choice: on.choice,
      changed: on.changed,
      press: (at) => {
        on.press();
        moveTo(this.frame.valuesAt(at));
      },
      drag: (at) => moveTo(this.frame.valuesAt(at)),
      release: on.release,
      arrow: (way, isLarge) => {
        on.nudge();
        moveTo(this.space.towards(this.z, this.dims, way, isLarge));
        this.plot.reveal(this.z);
      },
      caught: (rows) => on.caught(this, rows),
    };
  }

  get frame() {
    return this.plot.frame;
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
      gettext(
        "Map of {title}, {names}. Drag, or use the arrow keys, with Shift for larger steps: the cursors of all maps move along. Shift and drag, or the mode Lasso, selects test images in all maps; so does a class of the legend. Escape lets them go.",
        { title: this.header.title, names },
      ),
    );
  }

  /**
   * @param {number} side of the map's plot, in CSS pixels
   * @param {number} pictureSide
   */
  layOut(side, pictureSide) {
    const { dims } = this;
    const tall = dims.length < 2 ? Math.round(LINE_SHARE * side) : side;
    const plane = new DimPlane(dims, this.space, this.codes);
    const frame = new Frame(side, tall, plane.ranges, dims);
    frame.plane = plane;
    this.picture.fit(pictureSide);
    this.plot.setFrame(frame);
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

  /** @param {Theme} theme @param {string} mode @param {Lit} lit */
  drawMap(theme, mode, lit) {
    const { parts, frame, plot } = this;
    if (!frame) return;
    const over = mode === "tiles" ? "both" : mode;
    // A line's tiles are a strip above it, for which there is no room here.
    const shown = frame.isLine ? "codes" : plot.chosen !== null || lit.knows(this) ? over : mode;
    const isOut = (/** @type {number} */ row) => !plot.counts(row) || !lit.has(this, row);
    this.section.dataset.lit = lit.knows(this) ? String(lit.countIn(this)) : "";
    plot.paintGround(theme, { mode: shown, ...(lit.knows(this) && { isGrey: isOut }) });
    parts.tiles.hidden = shown === "codes";
    placeTiles(parts.tiles, frame, this.tiles.frame?.ranges);
    this.hasTiles = shown !== "codes";
    this.beginTiles();
  }

  beginTiles() {
    if (!this.hasTiles || !this.frame || this.plot.isMoving) return;
    this.tiles.begin(this.frame.copy(), Float32Array.from(this.z));
    placeTiles(this.parts.tiles, this.frame);
  }

  /** Decode z and move the cursor there. */
  paint() {
    const { parts, frame, z, dims, space } = this;
    if (!frame) return;
    this.picture.paintMean(this.decoder.decode(z));
    this.plot.paintCursor(z);
    showReadout(parts.readout, dims, z, space.decimals);
    this.section.dataset.z = space.text(z);
    const isOff = dims.some((dim) => space.clamp(dim, z[dim]) !== z[dim]);
    if (parts.off.hidden === isOff) parts.off.hidden = !isOff;
  }

  /** Say whether codes are near z. */
  saySurroundings() {
    const { honest } = this.parts;
    const { typicality, isInside } = showHonest(honest, this.codes, this.z, this.label);
    this.section.dataset.typicality = typicality.toFixed(3);
    this.section.dataset.inside = String(isInside);
  }
}

/** Offer the labels that any of the decoders is told. @param {Refs} refs @param {Panel[]} panels */
export function fillLabels(refs, panels) {
  const told = panels.filter(({ label }) => label !== null);
  const names = told.flatMap(({ header: { labels = [], class_names } }) =>
    labels.map(
      (label) => /** @type {const} */ ([label, gettext(class_names[label] ?? String(label))]),
    ),
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
