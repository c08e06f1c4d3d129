/** The path on a view of the map: where z goes is noted, drawn, and shown as a film strip. */

import { element } from "../lib/element.js";
import { prepare } from "../lib/layers.js";
import { gettext, N_ } from "../lib/locale.js";
import { clip } from "../lib/marks.js";
import { paintStrip, stripLayout } from "./strip.js";
import { Trail } from "./trail.js";

/** @import { View } from "../map/view.js" */

/** Places of a path in a link. */
const TOLD = 12;
const HINT = N_(
  "Drag across the map: the path becomes a film strip. Keys, sliders and Walk draw too.",
);
const WORDS = N_(
  "The path at equal distances. Save it below as a strip (PNG) or as an animation (GIF).",
);

export class PathTool {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.trail = new Trail();
    this.isOn = this.isDrawn = this.isToShow = false;
    /** What a link says of the path. @type {number[][]|null} */
    this.told = null;
    const { refs } = view;
    this.layer = element("canvas", { className: "layer", dataset: { testid: "path-layer" } });
    this.layer.setAttribute("aria-hidden", "true");
    refs.overlay.before(this.layer);
    this.strip = element("canvas", { className: "strip", dataset: { testid: "film-strip" } });
    this.strip.setAttribute("role", "img");
    this.words = element("p", { className: "soft" });
    refs.path.append(this.strip, this.words);
    view.listen(refs.pathToggle, "click", () => this.toggle());
    this.show();
  }

  begin() {
    // There is none yet, and Python need not run for that.
    this.view.outbox.knows("path", null);
    this.clear();
  }

  toggle() {
    this.isOn = !this.isOn;
    this.clear();
    if (this.isOn) this.note();
    this.view.tellDisplay();
  }

  /** Draw again what a link names. @param {number[][]|null} [places] */
  restore(places) {
    if (!places) return;
    this.isOn = true;
    this.trail.clear();
    for (const place of places) this.trail.add(place);
    this.told = places;
    this.tellFilm();
    // The page has yet to be laid out.
    this.isToShow = true;
    this.view.invalidate("overlay");
  }

  clear() {
    this.trail.clear();
    this.told = null;
    this.view.outbox.tell("path", null);
    this.show();
    this.view.invalidate("overlay");
  }

  /** A new path begins where a reader presses. */
  press() {
    if (!this.isOn) return;
    this.trail.clear();
  }

  /** z has moved. */
  note() {
    if (this.isOn) this.trail.add(this.view.z);
  }

  /** z has come to rest: show what lies on the way. */
  rest() {
    if (!this.isOn || this.trail.isEmpty) return;
    this.told = this.rounded(TOLD);
    this.tellFilm();
    this.view.tellDisplay();
    this.show();
  }

  tellFilm() {
    this.view.outbox.tell("path", this.rounded());
  }

  /** Places along the path as Python takes them. @param {number} [count] */
  rounded(count) {
    const { space } = this.view.parts;
    const places = this.trail.resampled(count);
    return places.map((z) => Array.from(z, (value) => space.quantise(value)));
  }

  show() {
    const { refs, parts, z } = this.view;
    this.isToShow = false;
    const places = this.isOn ? this.trail.resampled() : [];
    refs.pathToggle.setAttribute("aria-pressed", String(this.isOn));
    refs.path.hidden = !this.isOn;
    this.strip.hidden = !places.length;
    this.words.textContent = gettext(places.length ? WORDS : HINT);
    if (!places.length) return;
    const shape = parts.header.image_shape;
    const { columns } = stripLayout(places.length, refs.path.clientWidth);
    paintStrip(this.strip, parts.decoder, shape, places, columns);
    this.strip.setAttribute(
      "aria-label",
      gettext("{n} pictures along the path", { n: places.length }),
    );
    parts.decoder.decode(z);
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    if (dirty.has("z")) this.note();
    if (this.isToShow) this.show();
    // A canvas of the map's size is not cleared at every frame for nothing.
    if (!this.isOn && !this.isDrawn) return;
    if (!["z", "ground", "overlay"].some((part) => dirty.has(part))) return;
    const { view, layer, trail } = this;
    const { frame, theme } = view;
    const context = prepare(layer, frame);
    this.isDrawn = this.isOn && !trail.isEmpty;
    if (!this.isDrawn) return;
    clip(context, frame);
    context.beginPath();
    for (const place of trail.places) context.lineTo(...view.placeOf(place));
    context.lineJoin = "round";
    for (const [width, colour] of /** @type {[number, string][]} */ ([
      [5, theme.background],
      [2.5, theme.primary],
    ])) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  }
}
