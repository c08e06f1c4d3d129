/**
 * The path of an image through a vector-quantised model: features, distances to the entries of the
 * codebook, the nearest entry of each place, the picture. An entry can be replaced by any other.
 */

import { Unfolding } from "../flow/unfolding.js";
import { ARROWS } from "../lib/gestures.js";
import { decimal, gettext } from "../lib/locale.js";
import { Outbox } from "../lib/outbox.js";
import { fromBase64, Picture } from "../lib/picture.js";
import { watchRun } from "../lib/store.js";
import { ComponentView, NOT_YET } from "../lib/view.js";
import { Codebook } from "../network/codebook.js";
import { reconLoss } from "../network/losses.js";
import { drawBars, drawEntries, drawMaps } from "./drawing.js";
import { linesOf } from "./lines.js";

/** @import { FlowState } from "../flow/formulas.js" */
/** @import { CodebookHeader, Mounted, Run } from "../lib/types" */

const SIDE = 196;
const BARS_WIDTH = 260;
const BOXES = ["image", "features", "distances", "nearest", "picture"];

/** One mounted view. */
export class CodebookView extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    this.outbox = new Outbox();
    /** @type {any} the image: vae/analysis/codebook.py */
    this.image = null;
    this.shown = "";
    this.model = /** @type {Codebook} */ (NOT_YET);
    this.header = /** @type {CodebookHeader} */ (NOT_YET);
    this.pixels = new Uint8Array(0);
    const none = /** @type {Float32Array} */ (new Float32Array(0));
    this.features = this.distances = this.mean = this.logits = none;
    /** What the encoder chose for each place, and what is decoded. */
    this.own = this.indices = /** @type {Int32Array} */ (new Int32Array(0));
    this.place = 0;
    this.loss = NaN;
    this.key = "";
    this.stopWatching = () => {};
    this.listenToReader();
  }

  /** @param {Mounted} component */
  update({ data, setStateValue }) {
    this.outbox.send = setStateValue;
    this.image = data?.image ?? null;
    this.takeTheme();
    if (data?.run !== this.key) {
      this.stopWatching();
      this.key = data.run;
      this.model = NOT_YET;
      this.stopWatching = watchRun(data.run, (run) => this.takeRun(run));
    }
    this.takeImage();
  }

  /** @param {Run<any>} run */
  takeRun({ header, arrays }) {
    const { refs } = this;
    try {
      this.model = new Codebook(header, arrays);
    } catch (error) {
      refs.loading.textContent = /** @type {Error} */ (error).message;
      return;
    }
    this.header = header;
    this.measure = reconLoss(header);
    this.input = new Picture(refs.input, header.image_shape);
    this.output = new Picture(refs.output, header.image_shape);
    for (const picture of [this.input, this.output]) picture.fit(SIDE);
    const buttons = new Map(BOXES.map((name) => [name, refs[name]]));
    this.unfolding?.node.remove();
    this.unfolding = new Unfolding(header.code ?? {}, buttons, () => this.invalidate("all"));
    refs.strip.append(this.unfolding.node);
    this.unfolding.listen(refs.strip);
    refs.entry.max = String(header.entries - 1);
    const [rows, columns] = header.grid_shape;
    this.place = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
    refs.hint.textContent = gettext(
      "Choose a place of the grid, then another entry for it: click a bar, or type its number.",
    );
    refs.loading.hidden = true;
    refs.stage.hidden = false;
    this.shown = "";
    this.takeImage();
  }

  /** Send a new image through the encoder. */
  takeImage() {
    const { image, model, refs } = this;
    if (!model || !image) return;
    refs.number.max = String(image.count - 1);
    // Within a shadow root the document knows its host alone as what is focused.
    if (!refs.number.matches(":focus")) refs.number.value = String(image.index);
    this.outbox.knows("image", image.index);
    refs.note.textContent = image.note;
    refs.note.hidden = !image.note;
    const signature = JSON.stringify(image);
    if (signature !== this.shown) {
      this.shown = signature;
      this.pixels = image.original
        ? fromBase64(image.original)
        : Uint8Array.from(model.decode(image.entries), (mean) => Math.round(255 * mean));
      this.features = model.features(Float32Array.from(this.pixels, (pixel) => pixel / 255));
      this.distances = model.distances(this.features);
      this.own = model.nearest(this.distances).slice();
      this.indices = this.own.slice();
      this.input?.paintPixels(this.pixels);
    }
    this.invalidate("all");
  }

  listenToReader() {
    const { refs } = this;
    const ask = (/** @type {number} */ index) => {
      const last = (this.image?.count ?? 1) - 1;
      if (Number.isInteger(index)) this.outbox.tell("image", Math.max(0, Math.min(last, index)));
    };
    this.listen(refs.number, "change", () => ask(Number(refs.number.value)));
    this.listen(refs.next, "click", () => ask(this.image.index + 1));
    this.listen(refs.previous, "click", () => ask(this.image.index - 1));
    this.listen(refs.reset, "click", () => {
      this.indices = this.own.slice();
      this.invalidate("all");
    });
    this.listen(refs.entry, "change", () => this.replace(Number(refs.entry.value)));
    this.listen(refs.bars, "click", (/** @type {MouseEvent} */ event) => {
      const { width } = refs.bars.getBoundingClientRect();
      this.replace(Math.floor((event.offsetX / width) * this.header.entries));
    });
    this.listen(refs.grid, "click", (/** @type {MouseEvent} */ event) => {
      const { width, height } = refs.grid.getBoundingClientRect();
      const [rows, columns] = this.header.grid_shape;
      const row = Math.floor((event.offsetY / height) * rows);
      this.goTo(row, Math.floor((event.offsetX / width) * columns));
    });
    this.listen(refs.grid, "keydown", (/** @type {KeyboardEvent} */ event) => {
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault();
      const columns = this.header.grid_shape[1];
      this.goTo(Math.floor(this.place / columns) - way[1], (this.place % columns) + way[0]);
    });
  }

  /** @param {number} row @param {number} column */
  goTo(row, column) {
    const [rows, columns] = this.header.grid_shape;
    const clamp = (/** @type {number} */ value, /** @type {number} */ count) =>
      Math.max(0, Math.min(count - 1, value));
    this.place = clamp(row, rows) * columns + clamp(column, columns);
    this.invalidate("all");
  }

  /** Decode another entry at the chosen place. @param {number} entry */
  replace(entry) {
    if (!Number.isInteger(entry) || entry < 0 || entry >= this.header.entries) return;
    this.indices[this.place] = entry;
    this.invalidate("all");
  }

  get isReady() {
    return Boolean(this.model && this.image);
  }

  paint() {
    const { refs, model, header, theme, place } = this;
    const [rows, columns] = header.grid_shape;
    this.mean = model.decode(this.indices);
    this.logits = model.logits;
    this.output?.paintMean(this.mean);
    this.loss = this.measure?.of(this.logits, this.pixels) ?? NaN;
    const grid = { rows, columns, place, side: SIDE };
    drawMaps(refs.maps, this.features, { ...grid, dim: model.dim }, theme);
    const distances = this.distances.subarray(place * model.entries, (place + 1) * model.entries);
    const [nearest, chosen] = [this.own[place], this.indices[place]];
    drawBars(refs.bars, distances, { nearest, chosen, width: BARS_WIDTH, height: SIDE }, theme);
    drawEntries(refs.grid, this.indices, { ...grid, own: this.own }, theme);
    this.write(distances, nearest, chosen);
    const { unfolding } = this;
    if (unfolding?.open) unfolding.fill(linesOf(unfolding.open, this));
    this.root.dataset.ready = "true";
    this.root.dataset.entries = Array.from(this.indices).join(",");
  }

  /** @param {Float32Array} distances @param {number} nearest @param {number} chosen */
  write(distances, nearest, chosen) {
    const { refs, header, place } = this;
    const [rows, columns] = header.grid_shape;
    const at = gettext("row {row}, column {column}", {
      row: Math.floor(place / columns) + 1,
      column: (place % columns) + 1,
    });
    refs.mapsWords.textContent = gettext("{n} maps, {size}", {
      n: header.latent_dim,
      size: `${rows} × ${columns}`,
    });
    const values = {
      nearest,
      near: decimal(distances[nearest], 2),
      chosen,
      far: decimal(distances[chosen], 2),
    };
    refs.barsWords.textContent =
      chosen === nearest
        ? gettext("Nearest: entry {nearest}, at {near}", values)
        : gettext("Nearest: entry {nearest}, at {near}; chosen: {chosen}, at {far}", values);
    refs.bars.setAttribute(
      "aria-label",
      gettext("Squared distances of {at} to {n} entries; the nearest is {nearest}", {
        at,
        n: header.entries,
        nearest,
      }),
    );
    refs.placeWords.textContent = `${gettext("{at}: entry", { at })} `;
    if (!refs.entry.matches(":focus")) refs.entry.value = String(chosen);
    refs.lossWords.textContent = `${header.loss === "mse" ? gettext("error") : "−log p(x|z)"} ${this.measure?.text(this.loss)}`;
    refs.lossWords.title = gettext(this.measure?.title ?? "");
    refs.reset.hidden = this.indices.every((entry, p) => entry === this.own[p]);
    refs.announce.textContent = gettext("{at}, entry {chosen}", { at, chosen });
  }

  /** What the lines of a flow strip ask for. @param {Record<string, any>} state @returns {FlowState} */
  asFlow({ pixels, mean, logits, here }) {
    const pin = { name: "", pixels, mu: [], logvar: null, label: -1 };
    return { pin, z: [], dims: [], mean, logits, here };
  }

  end() {
    super.end();
    this.stopWatching();
  }
}
