/** One of the runs that are compared: its map, its cursor and its picture. */

import { Codes } from "../lib/codes.js";
import { Decoder } from "../decoder/model.js";
import { MapFrame } from "../lib/frame.js";
import { listenToMap } from "../lib/gestures.js";
import { placeMap, placeTiles } from "../map/layout.js";
import { drawGround, placeCursor } from "../lib/drawing.js";
import { Picture } from "../lib/picture.js";
import { Space } from "../lib/space.js";
import { Tiles } from "../lib/tiles.js";
import { showHonest, showReadout } from "../lib/words.js";

/** A line of codes needs less height than a plane. */
const LINE_SHARE = 0.6;

/** Find the parts of a copied pattern. */
function partsOf(...roots) {
  const parts = {};
  for (const root of roots) {
    for (const node of root.querySelectorAll("[data-part]")) parts[node.dataset.part] = node;
  }
  return parts;
}

/** A run's map and picture, made when the run has come. */
export class Panel {
  /**
   * @param {{header: object, arrays: object}} run
   * @param {string} about a few words on the run
   * @param {{figure: HTMLElement, section: HTMLElement}} patterns copied, not used up
   * @param {object} on press, release, and move(panel, dim, value)
   * @param {AbortSignal} signal
   */
  constructor({ header, arrays }, about, patterns, on, signal) {
    this.header = header;
    this.decoder = new Decoder(header, arrays);
    this.space = new Space(header);
    this.codes = new Codes(header, arrays);
    this.z = new Float64Array(header.latent_dim);
    this.figure = patterns.figure.cloneNode(true);
    this.section = patterns.section.cloneNode(true);
    const parts = partsOf(this.figure, this.section);
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
    listenToMap(parts.map, this.handlers(on), signal);
  }

  handlers(on) {
    const moveTo = (across, up) => {
      const [dimX, dimY] = this.dims;
      on.move(this, dimX, this.space.clamp(dimX, across));
      if (dimY !== undefined) on.move(this, dimY, this.space.clamp(dimY, up));
    };
    return {
      press: () => on.press(this),
      drag: (x, y) => moveTo(this.frame.valueAtX(x), this.frame.valueAtY(y)),
      click: () => {},
      release: () => on.release(),
      nudge: (dx, dy) => {
        const { space, z, dims } = this;
        const [across, up] = dims;
        on.nudge(this);
        moveTo(
          z[across] + space.step(across, dx),
          up === undefined ? 0 : z[up] + space.step(up, dy),
        );
      },
    };
  }

  /** Tell the decoder a label, if it knows it. */
  tell(label) {
    if (this.header.labels?.includes(label)) this.decoder.label = label;
  }

  /** The label that the decoder is told; null where it is told none. */
  get label() {
    return this.header.num_labels ? this.decoder.label : null;
  }

  describe(dims) {
    this.dims = dims;
    const names = dims.map((dim) => `z${dim + 1}`).join(" and ");
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
    this.frame = new MapFrame(side, tall, ranges, [...dims]);
    this.picture.fit(pictureSide);
    // There is no selection here, so no layer of its own for it.
    placeMap(
      { ...parts, overlay: parts.ground, hint: parts.readout, legend: parts.honest },
      this.frame,
    );
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

  drawMap(theme, mode, focus) {
    const { parts, frame } = this;
    const isLine = frame.dims.length < 2;
    // A line's tiles are a strip above it, for which there is no room here.
    const shown = isLine ? "codes" : mode;
    drawGround(parts.ground, frame, this.codes, theme, { mode: shown, focus });
    parts.tiles.hidden = shown === "codes";
    placeTiles(parts.tiles, frame);
    this.hasTiles = shown !== "codes";
    this.beginTiles();
  }

  beginTiles() {
    if (this.hasTiles) this.tiles.begin(this.frame, Float32Array.from(this.z));
  }

  /** Decode z and move the cursor there. */
  paint() {
    const { parts, frame, z, dims, space } = this;
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
