/** Names of classes: at the densest place, where the class is the majority, none upon another. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { classPlaces, overlaps, placeNames } from "../../vae/ui/component/lib/class_labels.js";
import { Frame } from "../../vae/ui/component/lib/frame.js";
import { Points } from "../../vae/ui/component/lib/points.js";
import { normal, uniformSource } from "../../vae/ui/component/lib/rng.js";

/** Clouds of 200 points: [x, y, spread, label]. */
function cloudsOf(clouds, d = 2) {
  const uniform = uniformSource(1);
  const values = [];
  const label = [];
  for (const [x, y, spread, kind] of clouds) {
    for (let i = 0; i < 200; i++) {
      const at = [x + spread * normal(uniform), y + spread * normal(uniform)];
      values.push(...at, ...new Array(d - 2).fill(5 * kind));
      label.push(kind);
    }
  }
  return new Points(["a", "b", "c"], d, Float32Array.from(values), Int32Array.from(label));
}

const near = (place, expected) =>
  assert.ok(Math.hypot(place[0] - expected[0], place[1] - expected[1]) < 0.3, `${place}`);

test("a class is named at its densest place, not at its mean", () => {
  const clouds = [
    [-2, 0, 0.2, 0],
    [2, 0, 0.2, 1],
    // Two of three of class 2 lie above; its mean lies between.
    [0, 2, 0.2, 2],
    [0.2, 2.1, 0.2, 2],
    [0, -2, 0.2, 2],
  ];
  const places = classPlaces(cloudsOf(clouds), [0, 1]);
  assert.deepEqual(places.map(({ label }) => label).sort(), [0, 1, 2]);
  assert.equal(places[0].label, 2);
  near(places[0].at, [0.1, 2.05]);
  near(places.find(({ label }) => label === 0).at, [-2, 0]);
});

test("a class that is not the majority at its densest place is left out", () => {
  const clouds = [
    [0, 0, 0.3, 0],
    [0, 0, 0.3, 0],
    [0, 0, 0.3, 1],
  ];
  assert.deepEqual(
    classPlaces(cloudsOf(clouds), [0, 1]).map(({ label }) => label),
    [0],
  );
});

test("shadows upon one another name nobody, although the codes lie apart", () => {
  const clouds = [
    [0, 0, 0.3, 0],
    [0, 0, 0.3, 1],
    [4, 4, 0.3, 2],
  ];
  assert.ok(classPlaces(cloudsOf(clouds, 3), [0, 1]).length <= 2);
  assert.ok(classPlaces(cloudsOf(clouds, 3), [0, 1]).some(({ label }) => label === 2));
});

test("a line has places too, and a class without points has none", () => {
  const points = new Points(
    ["a", "b"],
    1,
    Float32Array.of(0, 0.1, 0.05, 9),
    Int32Array.of(0, 0, 0, -1),
  );
  const places = classPlaces(points, [0]);
  assert.deepEqual(
    places.map(({ label }) => label),
    [0],
  );
  assert.equal(
    classPlaces(new Points([], 2, new Float32Array(0), new Int32Array(0)), [0, 1]).length,
    0,
  );
});

test("no name stands upon another or beyond an edge", () => {
  const points = cloudsOf([[0, 0, 1, 0]]);
  const frame = new Frame(200, 100, [
    [-1, 1],
    [-1, 1],
  ]);
  const place = (label, at) => ({ label, at, index: 0, weight: 1 });
  const measure = () => ({ half: 30, tall: 20 });
  const places = [
    place(0, [0, 0]),
    place(1, [0.05, 0]),
    place(2, [0.05, 0.05]),
    place(3, [0, 0.02]),
    place(4, [-1, -1]),
    place(5, [3, 0]),
  ];
  const placed = placeNames(places, frame, points, measure);
  assert.deepEqual(
    placed.map(({ label }) => label),
    [0, 1, 3, 4],
  );
  for (const [i, a] of placed.entries()) {
    assert.ok(a.x - a.half >= 0 && a.x + a.half <= 200 && a.y - 10 >= 0 && a.y + 10 <= 100);
    for (const b of placed.slice(i + 1)) assert.ok(!overlaps(a, b));
  }
  frame.zoomAt(0, 100, 8);
  assert.deepEqual(
    placeNames(places, frame, points, measure).map(({ label }) => label),
    [4],
  );
});
