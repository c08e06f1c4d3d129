/** Images that several maps light together. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { classWords, imageNumbers, Lit } from "../../vae/ui/component/compare/lit.js";
import { Points } from "../../vae/ui/component/lib/points.js";
import { publishRun, watchRuns } from "../../vae/ui/component/lib/store.js";

const points = (label) =>
  new Points(["a", "b", "c"], 1, new Float32Array(label.length), Int32Array.from(label));

test("an image has one number in a run of all classes and in one of some", () => {
  const all = imageNumbers(points([0, 1, 2, 1, 0]));
  const some = imageNumbers(points([1, 2, 1]));
  assert.deepEqual([...some], [all[1], all[2], all[3]]);
  assert.equal(new Set(all).size, 5);
});

test("what is lit is counted by class, and said of the runs that know it", () => {
  const panel = (title, images, label) => ({
    header: { title },
    images,
    codes: points(label),
    numbers: imageNumbers(points(label)),
  });
  const one = panel("one", "digits", [0, 1, 2, 1]);
  const two = panel("two", "digits", [1, 1]);
  const other = panel("other", "fashion", [1, 1]);
  const lit = new Lit({}, { focus: null, hover: null });
  lit.take(one, [1, 2, 3]);
  assert.deepEqual(
    [one, two].map((each) => lit.countIn(each)),
    [3, 2],
  );
  assert.deepEqual(
    [one, two, other].map((each) => lit.knows(each)),
    [true, true, false],
  );
  assert.equal(
    lit.words([one, two, other]),
    "3 test images selected in one: 2 of class b, 1 of class c. The same images are lit in the " +
      "other maps. Other test images: other.",
  );
  assert.ok(lit.clear());
  assert.equal(lit.words([one]), "");
  assert.ok(!lit.clear());
  assert.equal(classWords(points([0, 0, 1]), [0, 1, 2]), "2 of class a, 1 of class b");
});

test("several runs come together, in the order asked for, and again when one is replaced", () => {
  const run = (key, byte) => ({ header: { run: key }, arrays: {}, bytes: Uint8Array.of(byte) });
  const heard = [];
  const told = (runs) => heard.push(runs.map(({ bytes }) => bytes[0]));
  publishRun(run("two", 2));
  const stop = watchRuns(["one", "two"], told);
  assert.deepEqual(heard, []);
  publishRun(run("one", 1));
  publishRun(run("two", 3));
  assert.deepEqual(heard, [
    [1, 2],
    [1, 3],
  ]);
  stop();
  publishRun(run("one", 4));
  assert.equal(heard.length, 2);
});
