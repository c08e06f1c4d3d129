/** Codes by epoch: what was packed, places between epochs, playing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EpochCodes } from "../../vae/ui/component/epochs/codes.js";
import { TimeMachine } from "../../vae/ui/component/epochs/machine.js";
import { publishRun } from "../../vae/ui/component/lib/store.js";

/** Two images in two dimensions, after the epochs 1, 2 and 10. */
function history(epochs = [1, 2, 10]) {
  const steps = [
    [0, 0, 1, 1],
    [1, -2, 1, 0.5],
    [-2, 0, 0, 1],
    [1, 1, 1, 1],
  ];
  return {
    header: { run: "one/epochs", epochs, latent_dim: 2 },
    arrays: {
      history: Float32Array.from(steps.slice(0, epochs.length).flat()),
      label: Int32Array.from([0, 1]),
    },
    bytes: Uint8Array.from(epochs),
  };
}

test("codes stand at an epoch or on a straight line between two", () => {
  const { header, arrays } = history();
  const codes = new EpochCodes(header, arrays, ["a", "b"]);
  assert.deepEqual([...codes.values], [-2, 0, 0, 1]);
  assert.equal(codes.epoch, 10);
  assert.equal(codes.moveTo(0), true);
  assert.equal(codes.moveTo(0), false);
  assert.deepEqual([...codes.at(1)], [1, 1]);
  codes.moveTo(0.25);
  assert.deepEqual([...codes.values], [0.25, -0.5, 1, 0.875]);
  codes.moveTo(-5);
  assert.equal(codes.epoch, 1);
  assert.deepEqual(
    [1, 2, 9, 10, 99, 0].map((epoch) => codes.indexOf(epoch)),
    [0, 1, 1, 2, 2, 0],
  );
});

/** A time machine on elements that only remember, and what it said. */
function machine() {
  const element = () => {
    const node = new EventTarget();
    return Object.assign(node, {
      attributes: {},
      setAttribute(name, to) {
        this.attributes[name] = to;
      },
    });
  };
  const refs = Object.fromEntries(
    ["Toggle", "Play", "Slider", "Bar", "Text"].map((part) => [`epochs${part}`, element()]),
  );
  const said = [];
  const on = Object.fromEntries(
    ["ask", "changed", "rested"].map((what) => [what, () => said.push(what)]),
  );
  const made = new TimeMachine(refs, on, new AbortController().signal);
  made.begin("one", ["a", "b"]);
  return {
    made,
    refs,
    said,
    press: (part) => refs[`epochs${part}`].dispatchEvent(new Event("click")),
  };
}

test("what is not asked for is not sent; what comes plays from the first epoch on", () => {
  const { made, refs, said, press } = machine();
  assert.equal(refs.epochsBar.hidden, true);
  press("Toggle");
  assert.ok(said.includes("ask"));
  assert.equal(refs.epochsText.textContent, "Loading …");
  publishRun(history());
  assert.deepEqual([made.isPlaying, made.epoch], [true, 1]);
  made.step(1000);
  made.step(1350);
  assert.deepEqual([...made.shown.values], [0.5, -1, 1, 0.75]);
  assert.equal(made.step(9000), false);
  assert.deepEqual([made.isPlaying, made.epoch, refs.epochsPlay.textContent], [false, 10, "Play"]);
  assert.equal(refs.epochsText.textContent, "Epoch 10 of 10");
  press("Toggle");
  assert.deepEqual([made.shown, made.epoch], [null, null]);
  made.end();
});

test("an address's epoch stands still, though its codes came before it", () => {
  const { made } = machine();
  publishRun(history([1, 2, 10]));
  made.open(1);
  assert.deepEqual([made.isPlaying, made.epoch], [false, 1]);
  made.end();
});

test("an address's epoch stands still; newer epochs of a training glide on from the last", () => {
  const { made, refs } = machine();
  made.open(5);
  publishRun(history([1, 2, 11]));
  assert.deepEqual([made.isPlaying, made.epoch], [false, 2]);
  refs.epochsSlider.value = "2";
  refs.epochsSlider.dispatchEvent(new Event("input"));
  assert.equal(made.epoch, 11);
  publishRun(history([1, 2, 11, 12]));
  assert.deepEqual([made.isPlaying, made.epoch], [true, 11]);
  made.step(1);
  made.step(5000);
  assert.equal(made.epoch, 12);
  // Whoever looks at an older epoch stays there.
  made.drag();
  const key = (name) =>
    refs.epochsSlider.dispatchEvent(Object.assign(new Event("keydown"), { key: name }));
  key("Home");
  assert.equal(made.epoch, 1);
  key("ArrowRight");
  assert.equal(made.epoch, 2);
  key("End");
  assert.equal(made.epoch, 12);
  refs.epochsSlider.value = "1";
  refs.epochsSlider.dispatchEvent(new Event("input"));
  publishRun(history([1, 2, 11]));
  assert.equal(made.epoch, 2);
  made.end();
});
