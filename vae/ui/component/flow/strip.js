/**
 * The flow strip: image, encoder, q(z|x), eps, z, decoder, picture in a row, with the numbers of
 * the moment. A box unfolds to its formula with these numbers, and to the lines that compute it.
 */

import { epsOf } from "../elbo/gaussian.js";
import { element, setText } from "../lib/element.js";
import { decimal, gettext } from "../lib/locale.js";
import { Picture } from "../lib/picture.js";
import { drawBells } from "./bells.js";
import { chain, LINES, short } from "./formulas.js";
import { Unfolding } from "./unfolding.js";

/** @import { Run, Theme } from "../lib/types" */
/** @import { FlowState } from "./formulas.js" */

/** Side of the small pictures in CSS pixels. */
const THUMB = 46;
/** Dimensions whose numbers stand in a box. */
const SHOWN = 2;

/** Names and titles of the boxes; whether one needs a pinned image, or one with a q(z|x). */
const BOXES = [
  { name: "image", title: "x", needs: "pin" },
  { name: "encoder", title: "encoder", needs: "pin" },
  { name: "posterior", title: "μ, σ", needs: "posterior" },
  { name: "noise", title: "ε", needs: "posterior" },
  { name: "code", title: "z", needs: "" },
  { name: "decoder", title: "decoder", needs: "" },
  { name: "picture", title: "x̂", needs: "" },
];

/** Two decimals: a box is narrow. @param {number} value */
const brief = (value) => decimal(value, Math.abs(value) < 100 ? 2 : 0);

/** One strip, made for a run. */
export class FlowStrip {
  /** @param {Run} run @param {{resample: () => void, pin: () => void, open: () => void}} on */
  constructor({ header }, on) {
    this.header = header;
    this.shownPixels = /** @type {Uint8Array|null} */ (null);
    this.boxes = new Map(BOXES.map((box) => [box.name, this.makeBox(box)]));
    this.die = element(
      "button",
      { type: "button", className: "flow-die", dataset: { testid: "resample-eps" } },
      "⚄",
    );
    this.die.title = gettext("Resample ε: another z from q(z|x)");
    this.die.setAttribute("aria-label", gettext("Resample eps: another z from q(z|x)"));
    this.die.addEventListener("click", on.resample);
    this.box("noise").item.append(this.die);
    this.pinIt = element(
      "button",
      { type: "button", className: "flow-pin", dataset: { testid: "pin-picture" } },
      gettext("Pin this picture"),
    );
    this.pinIt.title = gettext(
      "Take the picture shown, mean or sample, as an image x: it goes through the encoder",
    );
    this.pinIt.addEventListener("click", on.pin);
    this.input = this.picture("image");
    this.output = this.picture("picture");
    this.bells = element("canvas", {});
    this.box("posterior").show.append(this.bells);
    this.describeNetworks();
    this.list = element("ol", { className: "flow-boxes" });
    this.pinItem = element("li", {}, this.pinIt);
    this.list.append(this.pinItem, ...Array.from(this.boxes.values(), ({ item }) => item));
    const buttons = new Map(Array.from(this.boxes, ([name, { button }]) => [name, button]));
    this.unfolding = new Unfolding(header.code ?? {}, buttons, on.open);
    this.node = element(
      "div",
      { className: "flow", dataset: { testid: "flow-strip" } },
      this.list,
      this.unfolding.node,
    );
    this.unfolding.listen(this.node);
  }

  /** @param {{name: string, title: string, needs: string}} box */
  makeBox({ name, title, needs }) {
    const show = element("span", { className: "flow-show" });
    const number = element("span", { className: "flow-number" });
    const button = element(
      "button",
      { type: "button", className: "flow-box", dataset: { testid: `flow-${name}` } },
      element("span", { className: "flow-title" }, title),
      show,
      number,
    );
    return { item: element("li", {}, button), button, show, number, needs };
  }

  /** @param {string} name */
  box(name) {
    return /** @type {ReturnType<FlowStrip["makeBox"]>} */ (this.boxes.get(name));
  }

  /** A small picture in a box. @param {string} name */
  picture(name) {
    const canvas = element("canvas", {});
    const picture = new Picture(canvas, this.header.image_shape);
    picture.fit(THUMB);
    this.box(name).show.append(canvas);
    return picture;
  }

  describeNetworks() {
    const { encoder, decoder, image_shape: shape, latent_dim: d } = this.header;
    const pixels = shape[0] * shape[1] * shape[2];
    const show = (/** @type {string} */ name, /** @type {number[]} */ sizes) => {
      const { number } = this.box(name);
      number.classList.add("flow-sizes");
      setText(number, sizes.join("→\u200b"));
    };
    show("encoder", chain(encoder, pixels));
    show("decoder", chain(decoder, d));
  }

  /** @param {FlowState & {theme: Theme}} state */
  show(state) {
    const { pin, z, mean, here, theme } = state;
    const dims = state.dims.slice(0, SHOWN);
    const posterior = pin?.logvar ? { mu: pin.mu, logvar: pin.logvar } : null;
    for (const { item, needs } of this.boxes.values()) {
      item.hidden = (needs === "pin" && !pin) || (needs === "posterior" && !posterior);
    }
    this.showImage(pin?.pixels ?? null, Boolean(pin));
    const rows = (/** @type {(dim: number) => string} */ text) => dims.map(text).join("\n");
    if (posterior) {
      const { mu, logvar } = posterior;
      drawBells(this.bells, mu, logvar, z, dims, theme);
      setText(
        this.box("posterior").number,
        rows((dim) => `${brief(mu[dim])}, ${brief(Math.exp(0.5 * logvar[dim]))}`),
      );
      setText(
        this.box("noise").number,
        rows((dim) => brief(epsOf(z[dim], mu[dim], logvar[dim]))),
      );
    }
    setText(
      this.box("code").number,
      rows((dim) => `${brief(z[dim])}`),
    );
    this.output.paintMean(mean);
    setText(this.box("picture").number, Number.isFinite(here) ? short(here) : "");
    const { unfolding } = this;
    if (unfolding.open && this.box(unfolding.open).item.hidden) unfolding.toggle(unfolding.open);
    if (unfolding.open) unfolding.fill(LINES[unfolding.open](this.header, state));
  }

  /** @param {Uint8Array|null} pixels @param {boolean} isPinned */
  showImage(pixels, isPinned) {
    const { show, number } = this.box("image");
    if (pixels && pixels !== this.shownPixels) this.input.paintPixels(pixels);
    this.shownPixels = pixels;
    this.pinItem.hidden = Boolean(pixels);
    show.hidden = !pixels;
    setText(number, isPinned && !pixels ? gettext("not here") : "");
  }
}
