/**
 * The view: a map of latent space, the image decoded at z, a slider for each dimension.
 *
 * Everything that moves z sets a flag; one animation frame later z is decoded and picture, map,
 * sliders and readouts change together. Python hears of z when it comes to rest.
 */

import { Codes } from "./codes.js";
import { listenToControls } from "./controls.js";
import { Decoder } from "./decoder.js";
import { nearestCode } from "./frame_of_map.js";
import { listenToMap } from "./gestures.js";
import { computeLayout, placeMap, placeTiles } from "./layout.js";
import { drawGround, drawOverlay, placeCursor } from "./map_drawing.js";
import { Selection, fillAxes, fillLegend } from "./panels.js";
import { Picture } from "./picture.js";
import { quantise, zText } from "./position.js";
import { freshSeed, normal, uniformSource } from "./rng.js";
import { Sliders, dimsByKl } from "./sliders.js";
import { watchRun } from "./store.js";
import { readTheme } from "./theme.js";
import { Tiles } from "./tiles.js";
import { Walk } from "./walk.js";
import { announcement, hint, mapLabel, showHonest, showReadout } from "./words.js";

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
    this.sentZ = "";
    this.sentSelected = null;
    this.mode = "codes";
    this.focus = null;
    this.walk = null;
    this.noise = null;
    this.isPressed = false;
    this.isResting = false;
    this.zBeforePress = null;
    this.zBeforeSelection = null;
    this.restTimer = 0;
    this.frameRequest = 0;
    this.movedAt = -Infinity;
    this.dirty = { z: false, ground: false, overlay: false };
    this.selection = new Selection(this.refs);
    this.ending = new AbortController();
    this.resizing = new ResizeObserver(() => this.layOut());
    this.resizing.observe(this.root);
    this.listen();
  }

  /** Called at first, and whenever Python's data or the theme change. */
  update({ data, setStateValue }) {
    this.setStateValue = setStateValue;
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
      this.moveAll(asked);
      this.sentZ = zText(this.z);
      const index = data.selected?.index ?? null;
      if (index !== null && index < this.codes.count) {
        this.selection.choose(index, this.codes.className(index));
      } else {
        this.selection.clear();
      }
      this.sentSelected = this.selection.index;
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
    const { header, arrays } = run;
    try {
      this.decoder = new Decoder(header, arrays);
    } catch (error) {
      this.refs.loading.textContent = error.message;
      return;
    }
    this.run = run;
    this.header = header;
    this.laidOut = "";
    this.codes = new Codes(header, arrays);
    // Newer weights of the same run leave z where the reader has it.
    if (this.z.length !== header.latent_dim) this.z = new Float64Array(header.latent_dim);
    this.dims = dimsByKl(header.dims).slice(0, 2);
    if (header.latent_dim === 2) this.dims = [0, 1];
    this.picture = new Picture(this.refs.picture, header.image_shape);
    this.original = new Picture(this.refs.original, header.image_shape);
    this.tiles = new Tiles(this.refs.tiles, this.decoder, header.image_shape);
    this.sliders = new Sliders(this.refs.sliders, header, {
      move: (dim, value) => {
        this.stopWalk(false);
        this.move(dim, value);
      },
      release: () => this.restSoon(),
    });
    fillAxes([this.refs.dimX, this.refs.dimY], header, this.dims);
    this.refs.axes.hidden = header.latent_dim <= 2;
    this.root.dataset.run = header.run;
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

  /* ---- input ------------------------------------------------------------------------------ */

  listen() {
    const { refs } = this;
    const { signal } = this.ending;
    listenToMap(
      refs.map,
      {
        press: () => {
          this.zBeforePress = Float64Array.from(this.z);
          this.isPressed = true;
        },
        drag: (x, y) => this.moveOnMap(this.frame.valueAtX(x), this.frame.valueAtY(y)),
        click: (x, y, reach) => this.click(x, y, reach),
        release: () => {
          this.isPressed = false;
          this.rest();
        },
        nudge: (dx, dy) => {
          const [across, up] = this.dims;
          this.moveOnMap(this.z[across] + dx, up === undefined ? 0 : this.z[up] + dy);
          this.restSoon();
        },
      },
      signal,
    );
    listenToControls(
      refs,
      {
        isWalking: () => this.walk !== null,
        stopWalk: () => this.stopWalk(true),
        walk: () => this.startWalk(),
        prior: () => {
          const uniform = uniformSource(freshSeed());
          this.jump(this.z.map(() => normal(uniform)));
        },
        origin: () => this.jump(this.z.map(() => 0)),
        deselect: () => this.deselect(),
        mode: (mode) => {
          this.mode = mode;
          this.layOut();
          this.invalidate("ground");
        },
        draw: (isSample) => this.drawNoise(isSample),
        axis: (axis, dim) => this.chooseAxis(axis, dim),
      },
      signal,
    );
  }

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
    const uniform = uniformSource(freshSeed());
    this.noise = isSample ? Float32Array.from({ length: this.decoder.pixels }, uniform) : null;
    this.refs.again.hidden = !isSample;
    this.refs.caption.textContent = isSample ? "Bernoulli sample" : "Decoded mean";
    this.invalidate("z");
  }

  click(x, y, reach) {
    if (this.mode === "tiles" || !this.codes.count) return;
    const found = nearestCode(this.frame, this.codes, x, y, reach, this.focus);
    if (found !== null) this.select(found);
  }

  select(index) {
    this.zBeforeSelection ??= this.zBeforePress;
    this.selection.choose(index, this.codes.className(index));
    this.moveAll(this.codes.muOf(index));
    // Known from an earlier click?
    this.selection.take(this.data.selected, this.original, (i) => this.logitsAt(i));
    this.sendSelected();
    this.layOut();
    this.invalidate("overlay");
  }

  /** Let the selected code go and return to where z was before. */
  deselect() {
    if (this.selection.index === null) return;
    this.selection.clear();
    if (this.zBeforeSelection) this.moveAll(this.zBeforeSelection);
    this.zBeforeSelection = null;
    this.sendSelected();
    this.rest();
    this.layOut();
    this.refs.map.focus({ preventScroll: true });
    this.invalidate("overlay");
  }

  logitsAt(index) {
    this.decoder.decode(Float64Array.from(this.codes.muOf(index), quantise));
    return this.decoder.logits;
  }

  startWalk() {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.walk = new Walk(this.codes, uniformSource(freshSeed()), isCalm);
    this.walkZ = Float32Array.from(this.z);
    this.showWalking();
    this.requestFrame();
  }

  stopWalk(isUsers) {
    if (!this.walk) return;
    this.walk = null;
    this.showWalking();
    if (isUsers) this.rest();
  }

  showWalking() {
    this.refs.walk.setAttribute("aria-pressed", String(this.walk !== null));
    this.refs.walk.textContent = this.walk ? "Stop walking" : "Walk";
  }

  /* ---- z ---------------------------------------------------------------------------------- */

  move(dim, value) {
    const rounded = quantise(value);
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
    const limit = this.header.z_range;
    const [dimX, dimY] = this.dims;
    this.move(dimX, Math.max(-limit, Math.min(limit, across)));
    if (dimY !== undefined) this.move(dimY, Math.max(-limit, Math.min(limit, up)));
  }

  restSoon() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  /** z has come to rest: tell Python once, if it is another one. */
  rest() {
    clearTimeout(this.restTimer);
    if (!this.run || this.isPressed) return;
    const text = zText(this.z);
    if (text !== this.sentZ) {
      this.sentZ = text;
      this.setStateValue("z", Array.from(this.z));
    }
    this.isResting = true;
    this.requestFrame();
  }

  sendSelected() {
    if (this.selection.index === this.sentSelected) return;
    this.sentSelected = this.selection.index;
    this.setStateValue("selected", this.sentSelected);
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
    if (this.walk) {
      if (this.walk.step(this.walkZ, now)) this.moveAll(this.walkZ);
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
    if (!this.isPressed && !this.walk) this.paintAtRest(dirty);
    this.workOnTiles();
    this.root.dataset.ready = "true";
  }

  /** Decode z and change all that shows it. */
  paintZ() {
    const mean = this.decoder.decode(this.z);
    if (this.noise) this.picture.paintSample(mean, this.noise);
    else this.picture.paintMean(mean);
    this.selection.showLoss(this.decoder.logits);
    this.sliders.show(this.z);
    placeCursor(this.refs.cursor, this.frame, this.z);
    this.root.dataset.z = zText(this.z);
    showReadout(this.refs.readout, this.dims, this.z);
    if (this.codes.isLive) showHonest(this.refs.honest, this.codes, this.z);
  }

  paintAtRest(dirty) {
    if (dirty.z && !this.codes.isLive) showHonest(this.refs.honest, this.codes, this.z);
    if (!this.isResting) return;
    this.isResting = false;
    const { announce, honest } = this.refs;
    announce.textContent = announcement(this.dims, this.z, honest.textContent);
    this.beginTiles();
  }

  beginTiles() {
    if (this.mode === "codes") return;
    this.tiles.begin(this.frame, Float32Array.from(this.z));
    this.requestFrame();
  }

  workOnTiles() {
    if (this.mode === "codes") return;
    const isBusy = this.isPressed || this.walk !== null || performance.now() - this.movedAt < 100;
    if (this.tiles.work(isBusy)) this.requestFrame();
    this.root.dataset.tiles = this.tiles.isDone ? "done" : "working";
  }

  /* ---- layout ----------------------------------------------------------------------------- */

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.run) return;
    const hasOriginal = this.selection.pixels !== null;
    const { dims, mode } = this;
    const layout = computeLayout(width, this.header, { dims, mode, hasOriginal });
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
