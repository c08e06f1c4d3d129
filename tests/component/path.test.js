/** Paths across latent space: even steps, and how the strip is laid out. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { stripLayout } from "../../vae/ui/component/path/strip.js";
import { Trail } from "../../vae/ui/component/path/trail.js";

test("pictures of a path stand at equal distances along it, with both ends", () => {
  const trail = new Trail();
  // Slowly along the first side, in one leap along the second.
  for (const x of [0, 0.1, 0.1, 0.2, 1, 3]) trail.add([x, 0]);
  trail.add([3, 4]);
  assert.equal(trail.places.length, 6);
  const places = trail.resampled(8).map((z) => Array.from(z, (value) => Number(value.toFixed(9))));
  assert.deepEqual(places, [
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [3, 1],
    [3, 2],
    [3, 3],
    [3, 4],
  ]);
});

test("a path without length has no pictures", () => {
  const trail = new Trail();
  assert.deepEqual(trail.resampled(), []);
  trail.add([1, 2, 3]);
  trail.add([1, 2, 3]);
  assert.equal(trail.isEmpty, true);
  trail.add([1, 2, 4]);
  assert.equal(trail.resampled(24).length, 24);
  assert.deepEqual([...trail.resampled(24)[23]], [1, 2, 4]);
  trail.clear();
  assert.equal(trail.isEmpty, true);
});

test("a strip takes as many rows as its pictures need", () => {
  assert.deepEqual(stripLayout(24, 1000), { columns: 24, rows: 1 });
  assert.deepEqual(stripLayout(24, 500), { columns: 12, rows: 2 });
  assert.deepEqual(stripLayout(24, 350), { columns: 8, rows: 3 });
  assert.deepEqual(stripLayout(24, 10), { columns: 1, rows: 24 });
});
