/**
 * The view: a map of latent space, the image decoded at z, a slider for each dimension.
 *
 * Everything that moves z sets a flag; one animation frame later z is decoded and picture, map,
 * sliders and readouts change together. Python hears of z when it comes to rest.
 */

import { nearestCode } from "../lib/frame.js";
import { computeLayout, placeMap, placeTiles } from "./layout.js";
import { drawGround, drawOverlay, placeCursor } from "../lib/drawing.js";
import { Selection, fillLegend } from "./panels.js";
import { MEAN, fillControls, makeParts } from "./parts.js";
import { Outbox } from "../lib/outbox.js";
import { watchRun } from "../lib/store.js";
import { readTheme } from "../lib/theme.js";
import { listenToReader, partHandlers } from "./input.js";
import { Tour } from "./walk.js";
import { announcement, hint, mapLabel, showHonest, showReadout } from "../lib/words.js";

/** Keys and sliders are at rest after so many milliseconds. */
const REST_MS = 150;

/** One mounted view. */
export class View {
  /** @param {ParentNode} parentElement holds the component's HTML */
  constructor(parentElement) {
    /** @type {Object<string, any>} elements by their data-ref */
    this.refs = {};
    for (const node of parentElement.querySelectorAll("[data-ref]")) {
      this.refs[node.dataset.ref] = node;
    }
    this.root = this.refs.root;
    this.key = null;
    this.run = null;
    this.revision = null;
    this.z = new Float64Array(0);
    this.outbox = new Outbox();
    this.mode = "codes";
    this.focus = null;
    this.tour = new Tour(this.refs.walk);
    this.isPressed = false;
    this.isResting = false;
    this.zBeforePress = null;
    /** Where to return to when the selected code is let go: {z, label}. */
    this.before = null;
    this.restTimer = 0;
    this.frameRequest = 0;
    this.movedAt = -Infinity;
    this.dirty = { z: false, ground: false, overlay: false };
    this.selection = new Selection(this.refs);
    this.ending = new AbortController();
    this.resizing = new ResizeObserver(() => this.layOut());
    this.resizing.observe(this.root);
    listenToReader(this, this.ending.signal);
  }

  /** Called at first, and whenever Python's data or the theme change. */
  update({ data, setStateValue }) {
    this.outbox.send = setStateValue;
    this.data = data ?? {};
    const theme = readTheme(this.root);
    if (theme.signature !== this.theme?.signature) {
      this.theme = theme;
      if (this.run) this.redrawAll();
    }
    if (this.data.run !== this.key) {
      this.stopWatching?.();
      this.key = this.data.run;
      this.forgetRun();
      this.stopWatching = watchRun(this.key, (run) => this.takeRun(run));
    }
    this.takeData();
  }

  /** Take z when Python has set it anew, and the answer about a selected code. */
  takeData() {
    if (!this.run) return;
    const { data } = this;
    if (data.revision !== this.revision) {
      this.revision = data.revision;
      const asked = data.z?.length === this.z.length ? data.z : this.z;
      this.stopWalk(false);
      this.before = null;
      this.moveAll(asked);
      this.setLabel(data.label);
      this.outbox.knows("z", Array.from(this.z));
      this.outbox.knows("label", this.label);
      const index = data.selected?.index ?? null;
      if (index !== null && index < this.codes.count) {
        this.selection.choose(index, this.codes.className(index));
      } else {
        this.selection.clear();
      }
      this.outbox.knows("selected", this.selection.index);
      this.dirty.overlay = true;
    }
    this.selection.take(data.selected, this.original, (index) => this.logitsAt(index));
    this.layOut();
    this.invalidate("z");
  }

  forgetRun() {
    this.run = null;
    this.z = new Float64Array(0);
    this.revision = null;
    this.stopWalk(false);
    this.selection.clear();
    this.focus = null;
    this.root.dataset.ready = "false";
    this.refs.loading.hidden = false;
    this.refs.stage.hidden = true;
  }

  takeRun(run) {
    let parts;
    try {
      parts = makeParts(run, this.refs, partHandlers(this));
    } catch (error) {
      this.refs.loading.textContent = error.message;
      return;
    }
    Object.assign(this, parts);
    this.run = run;
    this.laidOut = "";
    // Newer weights of the same run leave z where the reader has it.
    if (this.z.length !== this.header.latent_dim) this.z = Float64Array.from(this.space.centre);
    fillControls(this.refs, this);
    this.selection.begin(this.header);
    this.setLabel(this.label);
    this.root.dataset.run = this.header.run;
    this.refs.loading.hidden = true;
    this.refs.stage.hidden = false;
    this.describe();
    this.redrawAll();
    this.takeData();
  }

  describe() {
    this.refs.map.setAttribute("aria-label", mapLabel(this.header, this.dims));
    this.refs.hint.textContent = hint(this.header, this.dims);
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  chooseAxis(axis, dim) {
    const other = this.dims[1 - axis];
    // The same dimension twice makes no map: the two change places.
    if (dim === other) this.dims[1 - axis] = this.dims[axis];
    this.dims[axis] = dim;
    this.refs.dimX.value = String(this.dims[0]);
    this.refs.dimY.value = String(this.dims[1]);
    this.describe();
    this.layOut();
    this.redrawAll();
  }

  drawNoise(isSample) {
    this.noise.draw(isSample ? this.decoder.pixels : 0);
    this.refs.again.hidden = !isSample;
    this.refs.caption.textContent = isSample ? this.noise.name : MEAN;
    this.invalidate("z");
  }

  click(x, y, reach) {
    if (this.mode === "tiles" || !this.codes.count) return;
    const found = nearestCode(this.frame, this.codes, x, y, reach, this.focus);
    if (found !== null) this.select(found);
  }

  select(index) {
    this.before ??= { z: this.zBeforePress, label: this.label };
    this.selection.choose(index, this.codes.className(index));
    this.moveAll(this.codes.muOf(index));
    this.setLabel(this.codes.label[index]);
    // Known from an earlier click?
    this.selection.take(this.data.selected, this.original, (i) => this.logitsAt(i));
    this.outbox.tell("selected", index);
    this.layOut();
    this.invalidate("overlay");
  }

  /** Let the selected code go and return to where z was before. */
  deselect() {
    if (this.selection.index === null) return;
    this.selection.clear();
    if (this.before) {
      this.moveAll(this.before.z);
      this.setLabel(this.before.label);
    }
    this.before = null;
    this.outbox.tell("selected", null);
    this.rest();
    this.layOut();
    this.refs.map.focus({ preventScroll: true });
    this.invalidate("overlay");
  }

  logitsAt(index) {
    const { space, codes, decoder } = this;
    const code = Float64Array.from(codes.muOf(index), (value) => space.quantise(value));
    decoder.decode(code, codes.label[index]);
    return decoder.logits;
  }

  startWalk() {
    this.tour.start(this.codes, this.z, this.label);
    this.requestFrame();
  }

  stopWalk(isUsers) {
    if (this.tour.stop() && isUsers) this.rest();
  }

  /* ---- z ---------------------------------------------------------------------------------- */

  move(dim, value) {
    const rounded = this.space.quantise(value);
    if (this.z[dim] === rounded) return;
    this.z[dim] = rounded;
    this.invalidate("z");
  }

  moveAll(values) {
    for (let dim = 0; dim < this.z.length; dim++) this.move(dim, Number(values[dim]) || 0);
  }

  /** Move at once and tell Python. */
  jump(values) {
    this.moveAll(values);
    this.rest();
  }

  moveOnMap(across, up) {
    const [dimX, dimY] = this.dims;
    this.move(dimX, this.space.clamp(dimX, across));
    if (dimY !== undefined) this.move(dimY, this.space.clamp(dimY, up));
  }

  /** Tell the decoder a label; one that it does not know leaves it as it is. */
  setLabel(label) {
    const { choice, decoder } = this;
    if (choice.has(label)) decoder.label = label;
    /** The label that is told; null where the decoder is told none. */
    this.label = choice.isOffered ? decoder.label : null;
    this.root.dataset.label = String(this.label ?? "");
    choice.show(this.label);
    this.invalidate("z");
  }

  restSoon() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  /** z has come to rest: tell Python once, if it is another one. */
  rest() {
    clearTimeout(this.restTimer);
    if (!this.run || this.isPressed) return;
    this.outbox.tell("label", this.label);
    this.outbox.tell("z", Array.from(this.z));
    this.isResting = true;
    this.requestFrame();
  }

  /* ---- frames ----------------------------------------------------------------------------- */

  invalidate(part) {
    this.dirty[part] = true;
    if (part === "z") this.movedAt = performance.now();
    this.requestFrame();
  }

  redrawAll() {
    fillLegend(this.refs.legend, this.codes, this.theme, this.focus, (focus) => {
      this.focus = focus;
      this.redrawAll();
    });
    this.invalidate("ground");
    this.invalidate("z");
  }

  requestFrame() {
    if (!this.frameRequest) this.frameRequest = requestAnimationFrame((now) => this.paint(now));
  }

  paint(now) {
    this.frameRequest = 0;
    if (!this.run || !this.frame) return;
    if (this.tour.isOn) {
      if (this.tour.step(now)) this.moveAll(this.tour.z);
      this.requestFrame();
    }
    const { dirty } = this;
    this.dirty = { z: false, ground: false, overlay: false };
    if (dirty.z) this.paintZ();
    if (dirty.ground) {
      const { mode, focus } = this;
      drawGround(this.refs.ground, this.frame, this.codes, this.theme, { mode, focus });
      this.refs.tiles.hidden = mode === "codes";
      placeTiles(this.refs.tiles, this.frame);
      this.beginTiles();
    }
    if (dirty.ground || dirty.overlay) {
      drawOverlay(this.refs.overlay, this.frame, this.codes, this.theme, this.selection.index);
    }
    if (!this.isPressed && !this.tour.isOn) this.paintAtRest(dirty);
    this.workOnTiles();
    this.root.dataset.ready = "true";
  }

  /** Decode z and change all that shows it. */
  paintZ() {
    const { refs, decoder, dims, z, space } = this;
    this.noise.paint(this.picture, decoder.decode(z));
    this.selection.showLoss(decoder.logits);
    this.sliders.show(z);
    placeCursor(refs.cursor, this.frame, z);
    this.root.dataset.z = space.text(z);
    showReadout(refs.readout, dims, z, space.decimals);
    if (this.codes.isLive) showHonest(refs.honest, this.codes, z, this.label);
    if (this.choice.isCheap) this.choice.paint(z);
  }

  paintAtRest(dirty) {
    // What is too slow for every frame of a drag has waited for its end.
    if (dirty.z || this.isResting) {
      if (!this.codes.isLive) showHonest(this.refs.honest, this.codes, this.z, this.label);
      if (!this.choice.isCheap) this.choice.paint(this.z);
    }
    if (!this.isResting) return;
    this.isResting = false;
    const { announce, honest } = this.refs;
    const words = announcement(this.dims, this.z, honest.textContent, this.space.decimals);
    announce.textContent = words;
    this.beginTiles();
  }

  beginTiles() {
    if (this.mode === "codes") return;
    this.tiles.begin(this.frame, Float32Array.from(this.z));
    this.requestFrame();
  }

  workOnTiles() {
    if (this.mode === "codes") return;
    const isBusy = this.isPressed || this.tour.isOn || performance.now() - this.movedAt < 100;
    if (this.tiles.work(isBusy)) this.requestFrame();
    this.root.dataset.tiles = this.tiles.isDone ? "done" : "working";
  }

  /* ---- layout ----------------------------------------------------------------------------- */

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.run) return;
    const hasOriginal = this.selection.pixels !== null;
    const { dims, mode } = this;
    const layout = computeLayout(width, this.header, this.space, {
      dims,
      mode,
      hasOriginal,
    });
    this.root.classList.toggle("wide", layout.isWide);
    this.root.classList.toggle("narrow", !layout.isWide);
    this.root.classList.toggle("has-original", hasOriginal);
    this.picture.fit(layout.picture);
    this.original.fit(layout.original);
    const signature = JSON.stringify([layout.frame, globalThis.devicePixelRatio, this.key]);
    if (signature === this.laidOut) return;
    this.laidOut = signature;
    this.frame = layout.frame;
    placeMap(this.refs, this.frame);
    // In this very task, before the page paints: a resized map is never blank.
    this.dirty.ground = true;
    this.dirty.z = true;
    cancelAnimationFrame(this.frameRequest);
    this.paint(performance.now());
  }

  end() {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.restTimer);
    this.resizing.disconnect();
    this.ending.abort();
    this.stopWatching?.();
    this.run = null;
  }
}
