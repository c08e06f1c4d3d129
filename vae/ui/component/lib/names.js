/** The names of the classes on a plot: a list in the page, none upon another or the cursor. */

import { overlaps, placeNames } from "./class_labels.js";

/** @import { ClassPlace } from "./class_labels.js" */
/** @import { Frame, Points } from "./types" */

/** The cursor's mark, as wide as it is tall, in CSS pixels. */
const CURSOR = 44;

/** @typedef {{x: number, y: number, half: number, tall: number, label: number}} Placed */

/** The list. */
export class NameLayer {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.items = /** @type {Map<number, HTMLElement>} */ (new Map());
    this.sizes = /** @type {Map<number, {half: number, tall: number}>} */ (new Map());
    this.placed = /** @type {Placed[]} */ ([]);
    this.frame = /** @type {Frame|null} */ (null);
    this.points = /** @type {Points|null} */ (null);
    this.shown = "";
  }

  /**
   * Place the names anew, for a window.
   * @param {Frame} frame @param {Points} points what the map shows
   * @param {(index: number) => string} textOf a point's whole z @param {number|null} focus the one
   *   class to name
   */
  place(frame, points, textOf, focus) {
    const all = points.classPlaces(frame.dims);
    const places = all.filter(({ label }) => focus === null || focus === label);
    this.frame = frame;
    this.fill(places, points, textOf);
    const placed = placeNames(places, frame, points, (label) => this.sizeOf(label));
    this.placed = placed;
    const inSight = new Set(placed.map(({ label }) => label));
    for (const [label, item] of this.items) item.hidden = !inSight.has(label);
    for (const at of placed) this.put(at, at.x, at.y);
  }

  /** @param {ClassPlace[]} places @param {Points} points @param {(index: number) => string} textOf */
  fill(places, points, textOf) {
    const indices = places.map(({ index }) => index).join();
    if (indices === this.shown && points === this.points) return;
    this.shown = indices;
    this.points = points;
    this.sizes.clear();
    this.items = new Map(
      places.map(({ label, index }) => {
        const item = document.createElement("li");
        item.textContent = points.nameOf(label);
        item.dataset.testid = "class-label";
        item.dataset.class = String(label);
        item.dataset.z = textOf(index);
        return [label, item];
      }),
    );
    this.list.replaceChildren(...this.items.values());
  }

  /** @param {number} label */
  sizeOf(label) {
    let size = this.sizes.get(label);
    if (!size) {
      const item = /** @type {HTMLElement} */ (this.items.get(label));
      item.hidden = false;
      size = { half: item.offsetWidth / 2, tall: item.offsetHeight };
      this.sizes.set(label, size);
    }
    return size;
  }

  /** @param {Placed} name @param {number} x @param {number} y its middle */
  put({ label, half, tall }, x, y) {
    const item = /** @type {HTMLElement} */ (this.items.get(label));
    const place = `translate(${x - half}px, ${y - tall / 2}px)`;
    if (item.style.transform !== place) item.style.transform = place;
    if (item.style.visibility) item.style.visibility = "";
  }

  /**
   * Make way for the cursor: the name under it moves above or below it, or is hidden.
   * @param {number} x @param {number} y
   */
  avoid(x, y) {
    const { frame, placed } = this;
    if (!frame || frame.isLine) return;
    const cursor = { x, y, half: CURSOR / 2, tall: CURSOR };
    for (const name of placed) {
      const free = overlaps(name, cursor) ? this.wayOut(name, cursor) : name;
      if (free) this.put(name, free.x, free.y);
      else this.items.get(name.label)?.style.setProperty("visibility", "hidden");
    }
  }

  /** @param {Placed} name @param {{x: number, y: number, half: number, tall: number}} cursor */
  wayOut(name, cursor) {
    const far = (cursor.tall + name.tall) / 2 + 5;
    const ways = [cursor.y - far, cursor.y + far];
    if (name.y > cursor.y) ways.reverse();
    const height = this.frame?.height ?? 0;
    /** @type {Placed[]} */
    const boxes = ways.map((y) => ({ ...name, y }));
    return boxes.find(
      (box) =>
        box.y - box.tall / 2 >= 0 &&
        box.y + box.tall / 2 <= height &&
        !this.placed.some((other) => other.label !== box.label && overlaps(box, other)),
    );
  }
}
