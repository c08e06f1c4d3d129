/** The time machine on a view of the map: a bar over the plot, and the codes of its epoch. */

import { element } from "../lib/element.js";
import { gettext, N_ } from "../lib/locale.js";
import { Projected } from "../lib/plane.js";
import { deselect } from "../map/picking.js";
import { TimeMachine } from "./machine.js";

/** @import { Points, Run } from "../lib/types" */
/** @import { View } from "../map/view.js" */

const OLDER = N_("Codes of this epoch; the picture is decoded by the newest weights.");

export class Timeline {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    const { refs } = view;
    refs.epochsPlay = element("button", { type: "button", dataset: { testid: "epochs-play" } });
    refs.epochsSlider = element("input", {
      type: "range",
      min: "0",
      step: "any",
      className: "range",
      ariaLabel: gettext("Epoch"),
      dataset: { testid: "epochs-slider" },
    });
    refs.epochsText = element("span", { dataset: { testid: "epochs-text" } });
    refs.epochsBar = element(
      "div",
      {
        className: "epochs",
        title: gettext(OLDER),
        hidden: true,
        dataset: { testid: "epochs-bar" },
      },
      refs.epochsPlay,
      refs.epochsSlider,
      refs.epochsText,
    );
    this.machine = new TimeMachine(
      refs,
      {
        ask: () => view.outbox.tell("epochs", true),
        changed: () => this.changed(),
        rested: () => view.tellDisplay(),
      },
      view.ending.signal,
    );
  }

  /** @param {Run} run */
  begin({ header }) {
    this.machine.begin(header.title, header.class_names);
  }

  /** Take from Python whether epochs are kept, and which is to be seen. */
  take() {
    const { data, refs } = this.view;
    refs.epochsToggle.hidden = !data.epochs;
    this.machine.open(data.display?.epoch ?? null);
  }

  changed() {
    const { view, machine } = this;
    const { shown, codes } = machine;
    const isOn = shown !== null;
    // Not in the page where it means nothing: it is no slider of a dimension.
    if (!machine.isOn) view.refs.epochsBar.remove();
    else if (!view.refs.epochsBar.isConnected) view.refs.mapFrame.append(view.refs.epochsBar);
    // Where a selected code was then is another question; a pinned picture lies where it lies.
    if (isOn && !view.shown.isTimed && view.selection.index !== null) deselect(view);
    view.shown.isTimed = isOn;
    view.shown.isPast = isOn && codes !== null && codes.place < codes.last;
    view.shown.epoch = machine.epoch;
    view.root.dataset.epoch = String(machine.epoch ?? "");
    view.invalidate("ground");
  }

  /** What the map shows instead of its own points. @param {Points} points @returns {Points} */
  pointsFor(points) {
    const { shown } = this.machine;
    if (!shown) return points;
    shown.hasPrior = points.hasPrior;
    return points instanceof Projected ? points.like(shown) : shown;
  }

  /** @param {number} now */
  step(now) {
    if (!this.machine.isPlaying) return;
    this.machine.step(now);
    this.changed();
  }

  end() {
    this.machine.end();
  }
}
