/** Fog: how dense it is, and a grid that grows finer in slices of time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { FogGrid, fogAt, LEVELS } from "../../vae/ui/component/fog/grid.js";
import { Frame } from "../../vae/ui/component/lib/frame.js";

test("the fog is dense where no image is encoded, and clear where many are", () => {
  assert.equal(fogAt(0), 0.9);
  assert.equal(fogAt(0.25), 0);
  assert.equal(fogAt(1), 0);
  assert.ok(fogAt(0.01) > fogAt(0.1));
});

/** Codes around the origin of two dimensions, in a space of three. */
const codes = {
  typicalityAt: (z, label) => (label === 2 ? 0 : Math.max(0, 1 - Math.hypot(z[0], z[2]))),
};

function grid(label = null) {
  const ranges = [
    [-2, 2],
    [-2, 2],
  ];
  const frame = new Frame(200, 200, ranges, [0, 2]);
  frame.plane = {
    fill: (out, at, rest, [x, y]) => {
      out.set(rest, at);
      out[at] = x;
      out[at + 2] = y;
    },
  };
  return new FogGrid(codes, frame, new Float32Array([0, 5, 0]), label);
}

test("each level is whole before the next one begins", () => {
  const fog = grid();
  const sizes = [];
  while (!fog.isDone) {
    const made = fog.work(Infinity);
    if (made) sizes.push(made.length);
  }
  assert.deepEqual(
    sizes,
    LEVELS.map((side) => side * side),
  );
  assert.equal(fog.work(Infinity), null);
});

test("work ends with its time and goes on where it was", () => {
  const fog = grid();
  let clock = 0;
  const tick = () => clock++;
  assert.equal(fog.work(100, tick), null);
  assert.ok(fog.next > 0 && fog.next < LEVELS[0] ** 2);
  const first = fog.work(Infinity, tick);
  assert.equal(first.length, LEVELS[0] ** 2);
  const side = LEVELS[0];
  assert.ok(Math.abs(first[0] - 0.9) < 1e-6);
  assert.equal(first[(side / 2) * side + side / 2], 0);
  assert.ok(
    grid(2)
      .work(Infinity)
      .every((value) => Math.abs(value - 0.9) < 1e-6),
  );
});
