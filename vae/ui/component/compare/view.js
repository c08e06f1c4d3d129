/**
 * Several runs under one cursor: a drag on any map moves z in all of them, and every picture and
 * every cursor follows in the same animation frame. Python hears of it when it comes to rest.
 */

import { DimChoice } from "../lib/dims.js";
import { gettext } from "../lib/locale.js";
import { Outbox } from "../lib/outbox.js";
import { freshSeed, normal, uniformSource } from "../lib/rng.js";
import { Sliders } from "../lib/sliders.js";
import { watchRuns } from "../lib/store.js";
import { ComponentView } from "../lib/view.js";
import { announcement } from "../lib/words.js";
import { COLUMN_GAP, comparedLayout } from "./layout.js";
import { Lit } from "./lit.js";
import { fillLabels, Panel } from "./panel.js";
import { ownValue, scaleWords, sharedValue } from "./scale.js";

/** @import { Mounted, Run } from "../lib/types" */

/** With more than so many milliseconds for all sentences they wait until z rests. */
const WORDS_MS = 4;

/** One mounted comparison. */
export class CompareView extends ComponentView {
  /** @param {ParentNode} parent holds the component's HTML */
  constructor(parent) {
    super(parent);
    const { figurePattern, panelPattern } = this.refs;
    /** @param {HTMLTemplateElement} template @returns {any} */
    const patternIn = (template) => template.content.firstElementChild;
    this.patterns = { figure: patternIn(figurePattern), section: patternIn(panelPattern) };
    this.panels = /** @type {Panel[]} */ ([]);
    /** What all runs share: z, or z in standard deviations. */
    this.shared = new Float64Array(0);
    this.data = /** @type {any} */ ({ runs: [] });
    this.asked = "";
    this.revision = /** @type {string|null} */ (null);
    this.label = /** @type {number|null} */ (null);
    this.outbox = new Outbox();
    this.mode = "codes";
    /** The class that all maps show alone, and the one that they bring forward. */
    this.choice = { focus: /** @type {number|null} */ (null), hover: null };
    this.lit = new Lit(this.refs, this.choice);
    this.inDeviations = false;
    this.isPressed = false;
    /** The panel that moved z last. @type {Panel|null} */
    this.active = null;
    this.axes = /** @type {DimChoice|null} */ (null);
    this.sliders = /** @type {Sliders|null} */ (null);
    this.movedAt = -Infinity;
    this.laidOut = "";
    this.wordsMs = 0;
    this.turn = 0;
    this.leaving = new AbortController();
    this.stopWatching = () => {};
    this.listenToControls();
  }

  listenToControls() {
    const { refs } = this;
    this.listen(refs.scales, "change", ({ target }) => this.chooseScale(target.value === "codes"));
    this.listen(refs.modes, "change", (event) => {
      this.mode = event.target.value;
      this.invalidate("ground");
    });
    this.listen(refs.drags, "change", ({ target }) => {
      for (const { plot } of this.panels) plot.setLasso(target.value === "lasso");
    });
    this.listen(refs.clear, "click", () => this.letGo());
    this.listen(this.root, "keydown", ({ key }) => key === "Escape" && this.letGo());
    this.listen(refs.random, "click", () => this.draw());
    this.listen(refs.middle, "click", () => this.jump(new Float64Array(this.shared.length)));
    this.listen(refs.label, "change", () => {
      this.setLabel(Number(refs.label.value));
      this.rest();
    });
    for (const [axis, select] of [refs.dimX, refs.dimY].entries()) {
      this.listen(select, "change", () => this.chooseAxis(axis, Number(select.value)));
    }
  }

  /** Called at first, and at each change of data or theme. @param {Mounted} component */
  update({ data, setStateValue }) {
    this.outbox.send = setStateValue;
    this.data = data ?? { runs: [] };
    if (this.takeTheme()) this.redrawAll();
    const asked = JSON.stringify(this.data.runs);
    if (asked !== this.asked) {
      this.asked = asked;
      this.awaitRuns();
    } else {
      this.takeData();
    }
  }

  /** Wait until all the runs are here. */
  awaitRuns() {
    this.stopWatching();
    this.root.dataset.ready = "false";
    /** @type {string[]} */
    const keys = this.data.runs.map((/** @type {{run: string}} */ { run }) => run);
    this.stopWatching = watchRuns(keys, (runs) => this.takeRuns(runs));
  }

  /** @param {Run[]} runs */
  takeRuns(runs) {
    this.leavePanels();
    this.leaving = new AbortController();
    const { refs } = this;
    const on = {
      choice: this.choice,
      changed: (/** @type {string} */ layer) => this.invalidate(layer),
      caught: (/** @type {Panel} */ panel, /** @type {number[]} */ rows) => {
        this.lit.take(panel, rows);
        this.invalidate("ground");
      },
      press: () => {
        this.isPressed = true;
      },
      release: () => {
        this.isPressed = false;
        this.rest();
      },
      nudge: () => this.restSoon(),
      /** @param {Panel} panel @param {number} dim @param {number} value */
      move: (panel, dim, value) => this.move(panel, dim, value),
    };
    try {
      this.panels = runs.map(
        (run, i) => new Panel(run, this.data.runs[i], this.patterns, on, this.leaving.signal),
      );
    } catch (error) {
      refs.loading.textContent = /** @type {Error} */ (error).message;
      return;
    }
    const [lead] = this.panels;
    const d = lead.z.length;
    refs.pictures.replaceChildren();
    refs.maps.replaceChildren(...this.panels.map((panel) => panel.section));
    refs.loading.hidden = true;
    refs.stage.hidden = false;
    if (this.shared.length !== d) this.shared = new Float64Array(d);
    this.revision = null;
    this.lit.clear();
    refs.move.checked = true;
    this.laidOut = "";
    this.axes = new DimChoice(refs, lead.header);
    refs.more.hidden = d <= 2;
    refs.moreWords.textContent = gettext(
      "All {d} dimensions, with the values and figures of {title}",
      {
        d,
        title: lead.header.title,
      },
    );
    this.sliders = new Sliders(refs.sliders, lead.header, lead.space, {
      move: (dim, value) => this.move(lead, dim, value),
      release: () => this.restSoon(),
    });
    const isMixed = this.panels.some(({ space }) => !space.hasPrior);
    refs.scales.hidden = !isMixed;
    fillLabels(refs, this.panels);
    this.describe();
    this.takeData();
  }

  /** Take z, scale and label when Python has set them anew. */
  takeData() {
    if (!this.panels.length) return;
    const { data } = this;
    if (data.revision !== this.revision) {
      this.revision = data.revision;
      const isMixed = this.panels.some(({ space }) => !space.hasPrior);
      this.setScale(isMixed && data.scale !== "z");
      const [lead] = this.panels;
      if (data.z?.length === this.shared.length) {
        this.share(lead, data.z);
      }
      const first = this.panels.find(({ label }) => label !== null);
      this.setLabel(data.label ?? first?.label ?? null);
      this.place();
      this.outbox.knows("z", this.leadZ);
      this.outbox.knows("scale", this.scale);
      this.outbox.knows("label", this.label);
      this.dirty.add("rest");
    }
    this.layOut();
    this.redrawAll();
  }

  /* ---- what a reader does ------------------------------------------------------------------ */

  get scale() {
    return this.inDeviations ? "codes" : "z";
  }

  get leadZ() {
    return Array.from(this.panels[0].z);
  }

  /** Take a run's own z as what all share. @param {Panel} panel @param {number[]} z */
  share({ space }, z) {
    z.forEach((value, dim) => {
      this.shared[dim] = sharedValue(space, dim, value, this.inDeviations);
    });
  }

  /** @param {boolean} inDeviations */
  setScale(inDeviations) {
    this.inDeviations = inDeviations;
    this.refs.scaleCodes.checked = inDeviations;
    this.refs.scaleZ.checked = !inDeviations;
    const spaces = this.panels.map(({ space }) => space);
    this.refs.words.textContent = scaleWords(inDeviations, spaces, this.shared.length);
  }

  /** Change what is shared; the first run stays where it is. @param {boolean} inDeviations */
  chooseScale(inDeviations) {
    const [lead] = this.panels;
    const z = this.leadZ;
    this.setScale(inDeviations);
    this.share(lead, z);
    this.place();
    this.rest();
  }

  /** @param {number} axis @param {number} dim */
  chooseAxis(axis, dim) {
    this.axes?.choose(axis, dim);
    this.describe();
    this.layOut();
    this.redrawAll();
  }

  /** Let the lit images go, and the class that is shown alone. */
  letGo() {
    if (this.lit.clear()) this.redrawAll();
  }

  describe() {
    for (const panel of this.panels) panel.describe(this.axes?.dims ?? []);
  }

  /** @param {number|null} label */
  setLabel(label) {
    this.label = label;
    if (label === null) return;
    this.refs.label.value = String(label);
    for (const panel of this.panels) panel.tell(label);
    this.redrawAll();
  }

  draw() {
    const uniform = uniformSource(freshSeed());
    this.jump(Float64Array.from(this.shared, () => normal(uniform)));
  }

  /** @param {ArrayLike<number>} shared */
  jump(shared) {
    this.shared.set(shared);
    this.place();
    this.rest();
  }

  /**
   * A run's own value of a dimension has been asked for: all the others follow.
   * @param {Panel} panel @param {number} dim @param {number} value
   */
  move(panel, dim, value) {
    const asked = sharedValue(panel.space, dim, value, this.inDeviations);
    if (asked === this.shared[dim]) return;
    this.shared[dim] = asked;
    this.active = panel;
    this.place();
  }

  /** Put every run at what is shared, in its own numbers, as they are rounded for it. */
  place() {
    for (const { space, z } of this.panels) {
      for (let dim = 0; dim < z.length; dim++) {
        z[dim] = space.quantise(ownValue(space, dim, this.shared[dim], this.inDeviations));
      }
    }
    this.movedAt = performance.now();
    this.invalidate("z");
  }

  /** z has come to rest: tell Python, if it is news. */
  rest() {
    clearTimeout(this.restTimer);
    if (!this.panels.length || this.isPressed) return;
    this.outbox.tell("scale", this.scale);
    this.outbox.tell("label", this.label);
    this.outbox.tell("z", this.leadZ);
    this.invalidate("rest");
  }

  /* ---- frames ------------------------------------------------------------------------------ */

  redrawAll() {
    if (!this.panels.length) return;
    // One legend serves all maps, so it needs the same classes on all of them.
    const classes = new Set(this.panels.map(({ codes }) => codes.names.join("\n")));
    this.refs.legend.hidden = classes.size > 1;
    this.panels[0].plot.showLegend(this.theme, this.refs.legend);
    this.invalidate("ground", "z");
  }

  get isReady() {
    return this.panels.length > 0 && this.laidOut !== "";
  }

  /** @param {Set<string>} dirty */
  paint(dirty) {
    const { panels } = this;
    if (dirty.has("z")) {
      for (const panel of panels) panel.paint();
      if (this.shared.length > 2) this.sliders?.show(panels[0].z);
    }
    for (const { plot } of panels) plot.paintOverlay(this.theme);
    if (dirty.has("ground")) {
      this.lit.show(panels);
      for (const panel of panels) panel.drawMap(this.theme, this.mode, this.lit);
    }
    // What is too slow for every frame of a drag waits for its end.
    const isRest = dirty.has("rest");
    if (isRest || (dirty.has("z") && this.wordsMs < WORDS_MS)) this.saySurroundings();
    if (isRest) this.comeToRest();
    this.workOnTiles();
    this.root.dataset.ready = "true";
  }

  saySurroundings() {
    const began = performance.now();
    for (const panel of this.panels) panel.saySurroundings();
    this.wordsMs = 0.8 * this.wordsMs + 0.2 * (performance.now() - began);
  }

  comeToRest() {
    const { panels } = this;
    const panel = panels.find((one) => one === this.active) ?? panels[0];
    const { z, dims, space, parts } = panel;
    const words = announcement(dims, z, parts.honest.textContent, space.decimals);
    this.refs.announce.textContent = `${panel.header.title}: ${words}`;
    for (const each of panels) each.beginTiles();
  }

  /** A few tiles of one map, of another one at the next frame. */
  workOnTiles() {
    const waiting = this.panels.filter(({ hasTiles, tiles }) => hasTiles && !tiles.isDone);
    if (waiting.length) {
      const isBusy = this.isPressed || performance.now() - this.movedAt < 100;
      waiting[this.turn++ % waiting.length].tiles.work(isBusy);
      this.requestFrame();
    }
    this.root.dataset.tiles = waiting.length ? "working" : "done";
  }

  /* ---- layout ------------------------------------------------------------------------------ */

  layOut() {
    const width = this.root.clientWidth;
    const count = this.panels.length;
    if (!width || !count) return;
    const { columns, isStacked, isBeside, side, picture } = comparedLayout(width, count);
    const sizes = [columns, side, picture, globalThis.devicePixelRatio];
    const signature = JSON.stringify([sizes, this.axes?.dims, this.asked]);
    if (signature === this.laidOut) return;
    this.laidOut = signature;
    this.root.classList.toggle("above", !isStacked && !isBeside);
    for (const panel of this.panels)
      panel.putPicture(isStacked ? this.refs.pictures : null, isBeside);
    this.root.classList.toggle("stacked", isStacked);
    const { pictures, maps } = this.refs;
    pictures.hidden = !isStacked;
    pictures.style.setProperty("--columns", String(count));
    maps.style.setProperty("--columns", String(columns));
    maps.style.setProperty("--gap", `${COLUMN_GAP}px`);
    for (const panel of this.panels) panel.layOut(side, picture);
    this.dirty.add("ground").add("z");
    this.paintNow();
  }

  leavePanels() {
    this.leaving.abort();
    for (const { plot } of this.panels) plot.end();
  }

  end() {
    super.end();
    this.leavePanels();
    this.stopWatching();
    this.panels = [];
  }
}
