/** Fog over the map while a key or a button is held: where few or no images are encoded. */

import { element } from "../lib/element.js";
import { prepare } from "../lib/layers.js";
import { clip } from "../lib/marks.js";
import { FogGrid } from "./grid.js";

/** @import { View } from "../map/view.js" */

const KEY = "f";
/** Milliseconds of work in a frame. */
const SLICE_MS = 8;

/** @param {KeyboardEvent} event */
const isFogKey = ({ key, ctrlKey, metaKey }) => key.toLowerCase() === KEY && !ctrlKey && !metaKey;

/** Whether a key presses a button. @param {KeyboardEvent} event */
const isPress = ({ key }) => key === " " || key === "Enter";

export class Fog {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.grid = /** @type {FogGrid|null} */ (null);
    this.signature = "";
    this.picture = new OffscreenCanvas(1, 1);
    /** What holds it: a key on the map, or the button. @type {"key"|"button"|null} */
    this.holder = null;
    this.isDrawn = false;
    const { refs } = view;
    this.layer = element("canvas", { className: "layer", dataset: { testid: "fog-layer" } });
    this.layer.setAttribute("aria-hidden", "true");
    refs.names.before(this.layer);
    view.listen(refs.fog, "pointerdown", (/** @type {PointerEvent} */ event) => {
      refs.fog.setPointerCapture(event.pointerId);
      this.hold("button");
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      view.listen(refs.fog, name, () => this.letGo("button"));
    }
    view.listen(refs.map, "blur", () => this.letGo("key"));
    view.listen(refs.map, "keydown", (event) => isFogKey(event) && this.hold("key"));
    view.listen(refs.map, "keyup", (event) => isFogKey(event) && this.letGo("key"));
    view.listen(refs.fog, "keydown", (event) => isPress(event) && this.hold("button"));
    view.listen(refs.fog, "keyup", (event) => isPress(event) && this.letGo("button"));
  }

  get isHeld() {
    return this.holder !== null;
  }

  /** @param {"key"|"button"} holder */
  hold(holder) {
    if (this.holder || !this.view.isReady) return;
    this.holder = holder;
    this.show();
  }

  /** @param {"key"|"button"} holder */
  letGo(holder) {
    if (this.holder !== holder) return;
    this.holder = null;
    this.view.root.dataset.fog = "off";
    this.show();
  }

  show() {
    this.view.refs.fog.setAttribute("aria-pressed", String(this.isHeld));
    this.view.invalidate("overlay");
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    if (this.isHeld) this.work();
    else if (this.isDrawn && (dirty.has("overlay") || dirty.has("ground"))) this.draw();
  }

  work() {
    const { view } = this;
    const { frame, z, parts, label } = view;
    const { plane } = frame;
    if (!plane) return;
    const rest = plane.rest(z);
    const signature = [plane.key, frame.ranges, rest, label, parts.header.run].join("|");
    if (signature !== this.signature) {
      this.signature = signature;
      this.grid = new FogGrid(parts.codes, frame.copy(), rest, label);
    }
    const opacity = this.grid?.work(SLICE_MS);
    if (opacity) this.fill(opacity);
    this.draw();
    const isDone = this.grid?.isDone ?? true;
    view.root.dataset.fog = isDone ? "done" : "working";
    if (!isDone) view.requestFrame();
  }

  /** @param {Float32Array} opacity of the cells, row by row */
  fill(opacity) {
    const { columns, rows } = /** @type {FogGrid} */ (this.grid).made;
    const image = new ImageData(columns, rows);
    for (const [i, value] of opacity.entries()) {
      image.data.set([150, 158, 154, Math.round(255 * value)], 4 * i);
    }
    this.picture = new OffscreenCanvas(columns, rows);
    this.picture.getContext("2d")?.putImageData(image, 0, 0);
  }

  draw() {
    const { frame } = this.view;
    const context = prepare(this.layer, frame);
    this.isDrawn = this.isHeld;
    if (!this.isHeld) return;
    clip(context, frame);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.picture, 0, 0, frame.width, frame.height);
  }
}
