/**
 * What a pinned image shows on a view of the map: the terms of its bound, its true posterior on
 * the map, and the flow from the image to its reconstruction.
 */

import { FlowStrip } from "../flow/strip.js";
import { element } from "../lib/element.js";
import { prepare } from "../lib/layers.js";
import { gettext, N_ } from "../lib/locale.js";
import { fromBase64, toBase64 } from "../lib/picture.js";
import { freshSeed, normal, uniformSource } from "../lib/rng.js";
import { reconLoss } from "../network/losses.js";
import { Encoder } from "../network/model.js";
import { PosteriorClient } from "./client.js";
import { sigmaOf } from "./gaussian.js";
import { Inset } from "./inset.js";
import { ElboPanel } from "./panel.js";
import { drawEllipses, drawPosterior, regionBorders, sliceOf } from "./shading.js";

/** @import { View } from "../map/view.js" */
/** @import { Run } from "../lib/types" */
/** @import { PosteriorJob } from "./job.js" */

/**
 * @typedef {object} Pin an image whose q(z|x) is known
 * @property {string} name
 * @property {Uint8Array|null} pixels (C, H, W); null where they are not at hand
 * @property {ArrayLike<number>} mu its code
 * @property {ArrayLike<number>|null} logvar null where codes are points
 * @property {number} label its own
 * @property {Told|null} [told] what a link says of a picture
 */

/** @typedef {import("../map/shown.js").PinTold} Told */

/** Half the width of the grid at least: the prior has 1 in 16,000 of its mass beyond. */
const LEAST_REACH = 4;

/** A posterior that takes longer says how far it is. */
const LONG_MS = 700;

const OF_WHAT = N_(
  "“At this z” is a function of z: drag to change it. KL, averages and ELBO belong to q(z|x): they change with the image alone.",
);
const WHOLE = N_(
  "Shaded: regions that hold 50, 95 and 99.9% of p(z|x). Ellipses: q(z|x), 1 and 2 σ.",
);
const UNDER_OTHER = N_(
  "The decoder is told another label y than the image's own: shaded is p(z|x, y) under that label. q is the encoder's for the image's own label: any q gives a bound of log p(x|y), this one a loose one.",
);
const SLICE = N_(
  "Shaded: the slice of p(z|x) through μ along the two axes shown, and in the small map the same slice of q(z|x), 1 and 2 σ. A grid cannot integrate over all dimensions: log p(x) is bounded by 512 samples from q(z|x) (importance sampling).",
);

/** Not every browser says when it is idle. @param {() => void} work */
const whenIdle = (work) => (globalThis.requestIdleCallback ?? setTimeout)(work);
const cancelIdle = (/** @type {any} */ idle) =>
  (globalThis.cancelIdleCallback ?? clearTimeout)(idle);

/** Follows one view. */
export class Insight {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    const { refs } = view;
    this.layer = element("canvas", { className: "layer", dataset: { ref: "posterior" } });
    this.layer.setAttribute("aria-hidden", "true");
    refs.overlay.before(this.layer);
    this.words = element("p", { className: "soft", dataset: { testid: "posterior-words" } });
    this.inset = new Inset();
    this.pin = /** @type {Pin|null} */ (null);
    /** A picture of the page that was pinned. */
    this.picture = /** @type {Pin|null} */ (null);
    this.pictures = 0;
    /** What was last said of a pinned picture. @type {Told|null} */
    this.saidOfPin = null;
    this.posterior = /** @type {PosteriorJob|null} */ (null);
    /** @type {import("./shading.js").Slice|null} */
    this.slice = null;
    this.borders = /** @type {number[]} */ ([]);
    this.asked = "";
    this.isNews = false;
    this.idle = 0;
    this.client = new PosteriorClient(
      (posterior) => {
        this.posterior = posterior;
        this.isNews = true;
        view.requestFrame();
      },
      (sentence) => {
        this.words.textContent = sentence;
        view.root.dataset.posterior = "failed";
      },
    );
  }

  /** Take a run. @param {Run} run */
  begin(run) {
    const { view } = this;
    const { header } = run;
    this.run = run;
    this.encoder = /** @type {Encoder|null} */ (null);
    this.loss = reconLoss(header);
    this.panel = new ElboPanel(header, this.loss);
    this.strip = new FlowStrip(run, {
      resample: () => this.resample(),
      pin: () => this.pinPicture(),
      open: () => view.invalidate("z"),
    });
    const table = element("div", { className: "elbo-main" }, this.panel.node, this.inset.node);
    view.refs.elbo.replaceChildren(table, this.words);
    view.refs.flow.replaceChildren(this.strip.node);
    this.forget();
    if (header.has_prior && header.encoder) this.idle = whenIdle(() => this.warmUp());
  }

  /** Make ready what the first pinned image needs, while nothing else is to be done. */
  warmUp() {
    const { run } = this;
    if (!run) return;
    this.encoder ??= new Encoder(run.header, run.arrays);
    if (!this.client.workers.length) this.client.begin(run);
  }

  forget() {
    cancelIdle(this.idle);
    this.pin = null;
    this.posterior = null;
    this.asked = "";
    this.client.end();
    this.isNews = true;
  }

  /** The image that is pinned now. @returns {Pin|null} */
  current() {
    const { selection, parts } = this.view;
    const { index, pixels } = selection;
    if (selection.isPicture) return this.picture;
    if (index === null) return null;
    const { codes } = parts;
    return {
      name: gettext("test image {index}", { index }),
      pixels,
      mu: codes.at(index),
      logvar: codes.logvar ? codes.logvarOf(index) : null,
      label: codes.label[index],
    };
  }

  /** Pin the picture shown, mean or sample. */
  pinPicture() {
    const { view } = this;
    const { picture, noise } = view.parts;
    const pixels = picture.pixels();
    const told = noise.values
      ? { picture: toBase64(pixels) }
      : { z: Array.from(view.z), label: view.label };
    this.pinPixels(pixels, told, gettext("Pinned picture: the decoder’s own, no test image"));
    view.outbox.tell("selected", null);
    view.layOut();
  }

  /** Pin again what a link names. @param {Told|null} [told] */
  restore(told) {
    const { view } = this;
    if (told?.picture) {
      const pixels = fromBase64(told.picture);
      this.pinPixels(pixels, told, gettext("Pinned picture: not of the test set"));
    } else if (told?.z) {
      const mean = view.parts.decoder.decode(told.z, told.label ?? undefined);
      const pixels = Uint8Array.from(mean, (value) => Math.round(255 * value));
      this.pinPixels(pixels, told, gettext("Pinned picture: the decoder’s own, no test image"));
    }
  }

  /** What a link is to say of what is pinned; null of a code, which has a name of its own. */
  get told() {
    return this.view.selection.isPicture ? (this.picture?.told ?? null) : null;
  }

  /**
   * Encode a picture as any image.
   * @param {Uint8Array} pixels (C, H, W) @param {Told} told @param {string} title
   */
  pinPixels(pixels, told, title) {
    const { view, run } = this;
    if (!run) return;
    const { parts, selection } = view;
    const label = told.label ?? view.label;
    this.warmUp();
    if (!this.encoder) return;
    const image = Float32Array.from(pixels, (pixel) => pixel / 255);
    const { mu, logvar } = this.encoder.encode(image, label ?? 0);
    this.pictures++;
    this.picture = {
      name: gettext("picture {n}", { n: this.pictures }),
      pixels,
      mu: mu.slice(),
      logvar: logvar?.slice() ?? null,
      label: label ?? -1,
      told,
    };
    selection.pinPicture(pixels, parts.original, title);
    view.invalidate("z", "overlay");
  }

  /** Whether the decoder is told another label than the image's own. @param {Pin} pin */
  isUnderOther(pin) {
    return this.view.label !== null && this.view.label !== pin.label;
  }

  /** Paint after the view has. @param {Set<string>} dirty */
  paint(dirty) {
    const { view, panel, strip, loss } = this;
    if (!panel || !strip || !loss) return;
    if (!dirty.size && !this.isNews) return;
    const { decoder, axes } = view.parts;
    // Tiles, thumbnails and labels have had the decoder meanwhile.
    decoder.decode(view.z);
    const pin = this.current();
    const key = pin
      ? [pin.name, Boolean(pin.pixels), view.frame.plane?.key, view.label].join("|")
      : "";
    const isOther = key !== this.asked;
    const z = view.z;
    // Before the pinned image's own code is decoded, which takes the logits' place.
    const here = pin?.pixels ? loss.of(decoder.logits, pin.pixels) : NaN;
    strip.show({
      pin,
      z,
      dims: axes.dims,
      mean: decoder.mean,
      logits: decoder.logits,
      here,
      theme: view.theme,
    });
    if (isOther) this.repin(pin, key);
    if (pin) panel.showHere(here);
    this.placeBrief(pin);
    const isChanged = this.isNews || isOther;
    if (isChanged) this.showPosterior();
    const isGround = dirty.has("ground");
    if (isChanged || isGround || dirty.has("overlay")) this.drawLayer(isChanged || isGround);
    this.inset.point(this.onPlane(z));
    this.isNews = false;
  }

  /** The numbers stand below the original; on a narrow page, beside it. @param {Pin|null} pin */
  placeBrief(pin) {
    const { panel, view } = this;
    if (!panel) return;
    const { originalFigure, fingertip } = view.refs;
    panel.brief.hidden = !pin?.pixels;
    const place = view.root.classList.contains("wide") ? originalFigure : fingertip;
    if (panel.brief.parentElement === place) return;
    for (const other of [originalFigure, fingertip]) other.querySelector(".brief")?.remove();
    place.append(panel.brief);
  }

  /** @param {Pin|null} pin @param {string} key */
  repin(pin, key) {
    this.asked = key;
    this.pin = pin;
    this.posterior = null;
    this.slice = pin?.logvar ? sliceOf(pin.mu, pin.logvar, this.directions()) : null;
    this.client.cancel();
    this.view.root.dataset.posterior = "none";
    // A code has a name of its own in the address; only a picture's changes what is displayed.
    if (this.told !== this.saidOfPin) this.view.tellDisplay();
    this.saidOfPin = this.told;
    if (!pin || !this.panel) return;
    this.panel.begin(pin, this.lossAt(pin));
    if (pin.pixels && pin.logvar) this.ask(pin);
  }

  /** What the image costs at z = mu. @param {Pin} pin */
  lossAt(pin) {
    if (!pin.pixels || !this.loss) return NaN;
    const { decoder, space } = this.view.parts;
    const code = Float64Array.from(pin.mu, (value) => space.quantise(value));
    // Under its own label, whatever the decoder is told now.
    decoder.decode(code, pin.label);
    const loss = this.loss.of(decoder.logits, pin.pixels);
    decoder.decode(this.view.z);
    return loss;
  }

  /** @param {Pin} pin */
  ask({ pixels, mu, logvar }) {
    const { view, run } = this;
    if (!run || !pixels || !logvar) return;
    this.warmUp();
    const { plane } = view.frame;
    if (!plane) return;
    const axes = this.directions();
    const reach = Math.max(LEAST_REACH, run.header.z_range);
    const code = Float64Array.from(mu);
    view.root.dataset.posterior = "working";
    this.client.ask({
      pixels,
      label: view.label ?? 0,
      mu: code,
      logvar: Float64Array.from(logvar),
      axes,
      rest: plane.rest(code),
      low: plane.ranges.map(([low]) => Math.min(low, -reach)),
      high: plane.ranges.map(([, high]) => Math.max(high, reach)),
    });
  }

  /** The directions of the plane shown, as vectors of z. @returns {number[][]} */
  directions() {
    const { frame, z } = this.view;
    const { plane } = frame;
    if (!plane) return [];
    const none = new Float64Array(z.length);
    return plane.dims.map((_, axis) => {
      const out = new Float64Array(z.length);
      plane.fill(
        out,
        0,
        none,
        plane.dims.map((__, other) => (other === axis ? 1 : 0)),
      );
      return Array.from(out);
    });
  }

  /** Where z lies on the plane shown, axis by axis. @param {Float64Array} z */
  onPlane(z) {
    const { plane } = this.view.frame;
    const at = plane?.coordinates(z) ?? z;
    return (plane?.dims ?? []).map((dim) => at[dim]);
  }

  /** Numbers and words of the posterior as far as it is known. */
  showPosterior() {
    const { view, panel, posterior, pin } = this;
    if (!panel || !pin) return;
    const isSlice = this.view.z.length > 2;
    this.words.hidden = !pin.pixels || !pin.logvar;
    const isOther = this.isUnderOther(pin);
    const words = isOther ? UNDER_OTHER : isSlice ? SLICE : WHOLE;
    this.words.textContent = [this.progress(), gettext(OF_WHAT), gettext(words)]
      .filter(Boolean)
      .join(" ");
    if (!posterior) {
      panel.showAverage(null, null, pin.pixels ? "" : "none");
      return;
    }
    const { grid, isComplete } = posterior;
    const average = posterior.average.isComplete ? posterior.average : null;
    const exact = grid.isComplete ? grid.logEvidence() : null;
    const evidence = isSlice ? (average?.importanceBound ?? null) : exact;
    const kind = isSlice ? "bound" : "exact";
    panel.showAverage(average, evidence, kind);
    if (isComplete) view.root.dataset.posterior = isSlice ? "slice" : "done";
  }

  /** How far a posterior is that takes long; nothing of one that does not. */
  progress() {
    const { posterior, client } = this;
    if (!posterior || posterior.isComplete) return "";
    if (performance.now() - client.startedAt < LONG_MS) return "";
    return posterior.progress;
  }

  /** Draw on the map and, where more than the selection has changed, in the inset. @param {boolean} isChanged */
  drawLayer(isChanged) {
    const { view, pin, slice } = this;
    const { frame, theme } = view;
    const grid = pin?.logvar ? (this.posterior?.grid ?? null) : null;
    const context = prepare(this.layer, frame);
    // On a line the regions are as tall as the map: behind the points, or nothing else is seen.
    const above = frame.isLine ? view.refs.ground : view.refs.overlay;
    if (this.layer.nextElementSibling !== above) above.before(this.layer);
    if (isChanged && grid) this.borders = regionBorders(grid);
    if (isChanged) this.inset.draw(grid, this.borders, slice, theme);
    if (!grid) return;
    drawPosterior(context, frame, grid, this.borders);
    // The map itself marks a selected code.
    if (view.selection.isPicture && slice) drawEllipses(context, frame, slice, theme);
  }

  /** Draw another eps: z = mu + sigma eps, a draw from q(z|x). */
  resample() {
    const { pin, view } = this;
    if (!pin?.logvar) return;
    const { mu, logvar } = pin;
    const uniform = uniformSource(freshSeed());
    view.jump(Float64Array.from(mu, (value, j) => value + sigmaOf(logvar[j]) * normal(uniform)));
  }

  end() {
    cancelIdle(this.idle);
    this.client.end();
  }
}
