/** Presses, drags, clicks, pinches and keys on a plot that stands in for an element. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { listenToPlot } from "../../vae/ui/component/lib/gestures.js";

class Plot extends EventTarget {
  getBoundingClientRect() {
    return { left: 10, top: 20 };
  }
  focus() {}
  setPointerCapture() {}
}

function record(extra = []) {
  const plot = new Plot();
  const done = [];
  const on = {};
  for (const name of ["press", "drag", "click", "release", "arrow", ...extra]) {
    on[name] = (...given) => {
      done.push([name, ...given]);
      return true;
    };
  }
  const ending = new AbortController();
  listenToPlot(plot, on, ending.signal);
  const send = (name, given = {}) => {
    const event = new Event(name, { cancelable: true });
    plot.dispatchEvent(Object.assign(event, { button: 0, pointerId: 1, ...given }));
    return event.defaultPrevented;
  };
  const at = (x, y, id = 1) => ({ clientX: 10 + x, clientY: 20 + y, pointerId: id });
  return { send, at, done, ending };
}

test("a press that stays is a click, then a release", () => {
  const { send, at, done } = record();
  send("pointerdown", { ...at(5, 6), shiftKey: true });
  send("pointermove", at(7, 7));
  send("pointerup", { ...at(7, 7), pointerType: "touch" });
  assert.deepEqual(done, [
    ["press", [5, 6], true],
    ["drag", [7, 7], [2, 1], false],
    ["click", [7, 7], 16],
    ["release", true],
  ]);
});

test("a drag is no click, even where it ends at its start", () => {
  const { send, at, done } = record();
  send("pointerdown", at(5, 5));
  send("pointermove", at(15, 5));
  send("pointermove", at(5, 5));
  send("pointerup", at(5, 5));
  assert.deepEqual(done.at(-2), ["drag", [5, 5], [-10, 0], true]);
  assert.deepEqual(done.at(-1), ["release", true]);
});

test("what the browser takes away is not done", () => {
  const { send, at, done } = record();
  send("pointerdown", at(5, 5));
  send("pointercancel", at(5, 5));
  assert.deepEqual(done.at(-1), ["release", false]);
});

test("a second finger pinches where a plot zooms, and is ignored elsewhere", () => {
  const plain = record();
  plain.send("pointerdown", plain.at(0, 0));
  plain.send("pointerdown", plain.at(9, 9, 2));
  assert.equal(plain.done.length, 1);

  const { send, at, done } = record(["pinch"]);
  send("pointerdown", at(0, 0));
  send("pointerdown", at(10, 0, 2));
  assert.deepEqual(done.at(-1), ["release", false]);
  send("pointermove", at(20, 0, 2));
  assert.deepEqual(done.at(-1), ["pinch", [10, 0], [5, 0], 2]);
  send("pointerup", at(20, 0, 2));
  send("pointermove", at(1, 1));
  assert.equal(done.length, 3);
});

test("arrows, other keys, and keys that the browser has its own use for", () => {
  const { send, done } = record(["key"]);
  assert.ok(send("keydown", { key: "ArrowUp", shiftKey: true }));
  assert.ok(send("keydown", { key: "+" }));
  assert.ok(!send("keydown", { key: "ArrowUp", ctrlKey: true }));
  assert.deepEqual(done, [
    ["arrow", [0, 1], true],
    ["key", "+"],
  ]);
});

test("nothing is heard after the end", () => {
  const { send, at, done, ending } = record();
  ending.abort();
  send("pointerdown", at(5, 5));
  assert.deepEqual(done, []);
});
