/** What all views share: parts by their names, the page's theme, frames, rest. */

import { readTheme } from "./theme.js";

/** @import { Refs, Theme } from "./types" */

/** Keys and sliders are at rest after so many milliseconds. */
const REST_MS = 150;

/** What is not there before its data are. @type {any} */
export const NOT_YET = null;

/** One mounted view of a component. */
export class ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    this.refs = partsOf(parent, "ref");
    this.root = /** @type {HTMLElement} */ (this.refs.root);
    this.theme = /** @type {Theme} */ (readTheme(this.root));
    /** What the next frame paints anew. @type {Set<string>} */
    this.dirty = new Set();
    this.frameRequest = 0;
    this.restTimer = 0;
    this.ending = new AbortController();
    this.resizing = new ResizeObserver(() => this.layOut());
    this.resizing.observe(this.root);
  }

  /** @param {EventTarget} node @param {string} name @param {(event: any) => void} handler */
  listen(node, name, handler, capture = false) {
    node.addEventListener(name, handler, { signal: this.ending.signal, capture });
  }

  /** Take the page's theme; return whether it is another one. */
  takeTheme() {
    const before = this.theme.signature;
    this.theme = readTheme(this.root);
    return this.theme.signature !== before;
  }

  /** @param {Record<string, boolean>} classes of the root, and whether it has them */
  setClasses(classes) {
    for (const [name, isOn] of Object.entries(classes)) this.root.classList.toggle(name, isOn);
  }

  /** Whether there is something to paint. */
  get isReady() {
    return true;
  }

  /** @param {string[]} parts */
  invalidate(...parts) {
    for (const part of parts) this.dirty.add(part);
    this.requestFrame();
  }

  requestFrame() {
    this.frameRequest ||= requestAnimationFrame((now) => this.paintNow(now));
  }

  /** Paint in this very task: a resized plot is never blank. */
  paintNow(now = performance.now()) {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    if (!this.isReady) return;
    this.step(now);
    const { dirty } = this;
    this.dirty = new Set();
    this.paint(dirty);
  }

  /** Move what moves by itself. @param {number} _now milliseconds */
  step(_now) {}

  /** @param {Set<string>} _dirty */
  paint(_dirty) {}

  layOut() {}

  restSoon() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  rest() {}

  end() {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.restTimer);
    this.resizing.disconnect();
    this.ending.abort();
  }
}

/**
 * Find elements by the name in their data attribute.
 * @param {ParentNode} parent @param {"ref"|"part"} attribute @returns {Refs}
 */
export function partsOf(parent, attribute) {
  const parts = /** @type {Refs} */ ({});
  for (const node of parent.querySelectorAll(`[data-${attribute}]`)) {
    parts[/** @type {HTMLElement} */ (node).dataset[attribute] ?? ""] = node;
  }
  return parts;
}
