/** Places on a plot, its zoom, its ticks, and what is near what. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  classRow,
  Frame,
  isInside,
  nearestPoint,
  neighbourTowards,
  placeOf,
  ticks,
} from "../../vae/ui/component/lib/frame.js";
import { Points } from "../../vae/ui/component/lib/points.js";

const plane = () =>
  new Frame(200, 100, [
    [-2, 2],
    [0, 10],
  ]);

test("x and y lead back to the values", () => {
  const frame = plane();
  assert.deepEqual([frame.x(-2), frame.x(2), frame.y(0), frame.y(10)], [0, 200, 100, 0]);
  for (const at of [
    [0, 0],
    [40, 70],
    [200, 100],
  ]) {
    const [across, up] = frame.valuesAt(at);
    assert.deepEqual([frame.x(across), frame.y(up)], at);
  }
  assert.equal(frame.across(1), 50);
  assert.equal(frame.up(1), 10);
});

test("what lies under the pointer stays there while one zooms", () => {
  const frame = plane();
  const before = frame.valuesAt([60, 30]);
  frame.zoomAt(60, 30, 4);
  assert.equal(frame.zoom, 4);
  assert.deepEqual(frame.valuesAt([60, 30]), before);
  assert.equal(frame.across(1), 200);
  const other = plane();
  other.follow(frame);
  assert.deepEqual(other.valuesAt([60, 30]), before);
});

test("a plot never shows what lies beyond the whole", () => {
  const frame = plane();
  frame.pan(50, 50);
  assert.deepEqual(frame.ranges, frame.home);
  frame.zoomAt(100, 50, 2);
  frame.pan(10_000, -10_000);
  assert.deepEqual(frame.ranges, [
    [-2, 0],
    [0, 5],
  ]);
  frame.zoomAt(0, 0, 1e-9);
  assert.equal(frame.zoom, 1);
  frame.zoomAt(0, 0, 1e9);
  assert.equal(frame.zoom, 60);
  frame.reset();
  assert.deepEqual(frame.ranges, frame.home);
});

test("ticks are round and few", () => {
  assert.deepEqual(ticks([-3, 3]), [-3, -2, -1, 0, 1, 2, 3]);
  assert.deepEqual(ticks([-12, 5]), [-12, -10, -8, -6, -4, -2, 0, 2, 4]);
  assert.deepEqual(ticks([0, 0.7]), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  for (let size = 0.001; size < 1e4; size *= 1.7) {
    const found = ticks([-size, size]);
    assert.ok(found.length >= 4 && found.length <= 11, `${size}: ${found.length}`);
  }
});

test("with one dimension each class has a row", () => {
  const frame = new Frame(100, 90, [[0, 1]], [0]);
  const points = new Points(["a", "b"], 1, Float32Array.of(0.5, 1), Int32Array.of(1, -1));
  assert.equal(classRow(frame, points, 0), 15);
  assert.equal(classRow(frame, points, -1), 75);
  assert.deepEqual(placeOf(frame, points, 0)[0], 50);
  assert.ok(Math.abs(placeOf(frame, points, 0)[1] - 45) <= 0.35 * 30);
});

const places = [0, 5, 2, 5, -2, 5, 0, 9, 0.1, 5.1];
const points = new Points(["a", "b"], 2, Float32Array.from(places), Int32Array.of(0, 0, 1, 1, 1));

test("the nearest point within reach, of one class or of all", () => {
  const frame = plane();
  assert.equal(nearestPoint(frame, points, [100, 50], 8, null), 0);
  assert.equal(nearestPoint(frame, points, [100, 50], 8, 1), 4);
  assert.equal(nearestPoint(frame, points, [150, 90], 8, null), null);
});

test("arrows lead to the neighbour in their direction", () => {
  const frame = plane();
  const to = (way, counts = () => true) => neighbourTowards(frame, points, 0, way, counts);
  assert.equal(to([1, 0]), 4);
  assert.equal(
    to([1, 0], (i) => i !== 4),
    1,
  );
  assert.equal(to([-1, 0]), 2);
  assert.equal(to([0, 1]), 3);
  assert.equal(to([0, -1]), 0);
});

test("inside of a polygon", () => {
  const polygon = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 2],
    [0, 10],
  ];
  assert.ok(isInside(polygon, [1, 4]));
  assert.ok(!isInside(polygon, [5, 5]));
  assert.ok(!isInside(polygon, [-1, 4]));
});

test("medians of classes, null where there are none", () => {
  const found = new Points(["a", "b", "c"], 2, points.values, points.label).medians();
  assert.deepEqual([...found[0]], [1, 5]);
  assert.equal(found[2], null);
  assert.equal(points.nameOf(-1), "no label");
  assert.deepEqual(points.membersOf(1), [2, 3, 4]);
});
