/** The pad: strokes by mouse, finger, pen and keyboard, with undo and redo. */

import { ARROWS } from "../lib/gestures.js";
import { countPlaces, drawStrokes, extendStroke, UNITS } from "./strokes.js";

/**
 * What an arrow key moves the pen by, a share of the pad's side; Shift makes it four times that.
 */
const KEY_MOVE = 1 / 28;

/** One canvas that is drawn on. */
export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} nib shows where the pen of the keyboard is
   * @param {{
   *   change: () => void, commit: () => void, full: () => void, most: number, signal: AbortSignal,
   * }} options `change` after each new place of the pen, `commit` at a stroke's end and whenever
   *   strokes go or come back
   */
  constructor(canvas, nib, options) {
    this.canvas = canvas;
    this.nib = nib;
    this.on = options;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.strokes = /** @type {number[][]} */ ([]);
    /** Drawings to go back to, and forward again; they share their strokes. @type {number[][][]} */
    this.past = [];
    this.future = /** @type {number[][][]} */ ([]);
    /** Width of the next stroke, a share of the side. */
    this.pen = 0.08;
    /** @type {number|null} the pointer that draws */
    this.held = null;
    this.keyPen = { x: 0.5, y: 0.5, isDown: false };
    this.isByKeys = false;
    this.frame = 0;
    const { signal } = options;
    canvas.addEventListener("pointerdown", (event) => this.press(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.release(event), { signal });
    canvas.addEventListener("pointercancel", (event) => this.release(event), { signal });
    canvas.addEventListener("keydown", (event) => this.key(event), { signal });
    canvas.addEventListener("blur", () => this.putKeyPenAway(), { signal });
  }

  get isDrawing() {
    return this.held !== null || this.keyPen.isDown;
  }

  /** @param {number} side CSS pixels */
  fit(side) {
    const pixels = Math.round(side * (globalThis.devicePixelRatio || 1));
    this.canvas.style.width = this.canvas.style.height = `${side}px`;
    if (this.canvas.width === pixels) return;
    this.canvas.width = this.canvas.height = pixels;
    this.paint();
  }

  paint() {
    this.frame = 0;
    drawStrokes(this.context, this.strokes);
    this.nib.hidden = !this.isByKeys;
    const { x, y, isDown } = this.keyPen;
    this.nib.style.left = `${100 * x}%`;
    this.nib.style.top = `${100 * y}%`;
    this.nib.classList.toggle("down", isDown);
  }

  paintSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  /**
   * Begin a stroke at shares of the side; returns false where the drawing holds no more.
   * @param {number} x @param {number} y
   */
  begin(x, y) {
    if (countPlaces(this.strokes) >= this.on.most) {
      this.on.full();
      return false;
    }
    const stroke = [Math.round(this.pen * UNITS)];
    extendStroke(stroke, x, y);
    this.past.push(this.strokes);
    this.future = [];
    this.strokes = [...this.strokes, stroke];
    this.changed();
    return true;
  }

  /** @param {number} x @param {number} y */
  extend(x, y) {
    const stroke = this.strokes.at(-1);
    if (!stroke || !extendStroke(stroke, x, y)) return;
    if (countPlaces(this.strokes) >= this.on.most) {
      this.held = null;
      this.keyPen.isDown = false;
      this.on.full();
      this.commit();
    }
  }

  changed() {
    this.paintSoon();
    this.on.change();
  }

  commit() {
    this.paintSoon();
    this.on.commit();
  }

  /* ---- pointer ---------------------------------------------------------------------------- */

  /** @param {PointerEvent} event @returns {[number, number]} shares of the side */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (this.held !== null || event.button !== 0) return;
    this.putKeyPenAway();
    if (!this.begin(...this.place(event))) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.held = event.pointerId;
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId !== this.held) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) {
      if (this.held !== null) this.extend(...this.place(each));
    }
    if (this.held !== null) this.changed();
  }

  /** @param {PointerEvent} event */
  release(event) {
    if (event.pointerId !== this.held) return;
    this.held = null;
    this.commit();
  }

  /* ---- keys ------------------------------------------------------------------------------- */

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    const { keyPen } = this;
    if (direction) {
      const step = KEY_MOVE * (event.shiftKey ? 4 : 1);
      keyPen.x = Math.max(0, Math.min(1, keyPen.x + step * direction[0]));
      keyPen.y = Math.max(0, Math.min(1, keyPen.y - step * direction[1]));
      if (keyPen.isDown) {
        this.extend(keyPen.x, keyPen.y);
        this.changed();
      }
    } else if (event.key === " " || event.key === "Enter") {
      if (event.repeat || this.held !== null) return;
      if (keyPen.isDown) this.liftKeyPen();
      else keyPen.isDown = this.begin(keyPen.x, keyPen.y);
    } else {
      return;
    }
    event.preventDefault();
    this.isByKeys = true;
    this.paintSoon();
  }

  putKeyPenAway() {
    this.isByKeys = false;
    this.liftKeyPen();
  }

  liftKeyPen() {
    this.paintSoon();
    if (!this.keyPen.isDown) return;
    this.keyPen.isDown = false;
    this.commit();
  }

  /* ---- undo ------------------------------------------------------------------------------- */

  undo() {
    this.go(this.past, this.future);
  }

  redo() {
    this.go(this.future, this.past);
  }

  /**
   * Take the last drawing of one side; what was there goes to the other.
   * @param {number[][][]} from @param {number[][][]} to
   */
  go(from, to) {
    const strokes = this.isDrawing ? undefined : from.pop();
    if (!strokes) return;
    to.push(this.strokes);
    this.strokes = strokes;
    this.commit();
  }

  clear() {
    if (this.isDrawing || !this.strokes.length) return;
    this.past.push(this.strokes);
    this.future = [];
    this.strokes = [];
    this.commit();
  }

  /**
   * Begin with a drawing of an earlier visit: its strokes can be undone one by one.
   * @param {number[][]} strokes
   */
  restore(strokes) {
    this.strokes = strokes.map((stroke) => [...stroke]);
    this.past = this.strokes.map((_, i) => this.strokes.slice(0, i));
    this.paintSoon();
  }

  end() {
    cancelAnimationFrame(this.frame);
  }
}
