/** A run's latent space: steps and rounding, nearest codes, sizes of the page's parts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { comparedLayout } from "../../vae/ui/component/compare/layout.js";
import { ownValue, sharedValue } from "../../vae/ui/component/compare/scale.js";
import { Codes } from "../../vae/ui/component/lib/codes.js";
import { dimNote, dimsByKl } from "../../vae/ui/component/lib/dims.js";
import { Outbox } from "../../vae/ui/component/lib/outbox.js";
import { DimPlane } from "../../vae/ui/component/lib/plane.js";
import { normal, uniformSource } from "../../vae/ui/component/lib/rng.js";
import { legendRows } from "../../vae/ui/component/lib/room.js";
import { roundSize, Space } from "../../vae/ui/component/lib/space.js";
import { computeLayout } from "../../vae/ui/component/map/layout.js";

const dim = (kl, active = true) => ({ kl, spread: 1, active });
const prior = (d) => ({
  latent_dim: d,
  image_shape: [1, 28, 28],
  class_names: ["a", "b"],
  dims: Array.from({ length: d }, () => dim(1)),
  z_range: 3,
});
const noPrior = {
  ...prior(2),
  has_prior: false,
  dims: [
    { kl: null, spread: 20, active: true },
    { kl: null, spread: 5, active: true },
  ],
  z_low: [0, -10],
  z_high: [120, 10],
  centre: [60, 0],
  decimals: 1,
};

test("z is rounded as it is shown, and never -0", () => {
  const space = new Space(prior(2));
  assert.equal(space.quantise(0.12345), 0.123);
  assert.ok(Object.is(space.quantise(-0.0001), 0));
  assert.equal(space.text([0.3, -1.2]), "0.300,-1.200");
});

test("arrow keys step in units of each dimension", () => {
  assert.deepEqual(new Space(prior(2)).towards([0, 1], [0, 1], [1, 0], false), [0.05, 1]);
  assert.deepEqual(new Space(prior(2)).towards([0, 1], [1, 0], [0, -1], true), [1, -0.5]);
  assert.deepEqual(new Space(prior(1)).towards([0], [0], [-1, 0], true), [-0.5, 0]);
  assert.deepEqual(new Space(noPrior).towards([60, 0], [0, 1], [1, 0], false), [61, 0]);
  assert.deepEqual([0.7, 1, 4, 20, 99].map(roundSize), [0.5, 1, 2, 20, 50]);
});

test("a draw is from the prior, or as wide as the codes", () => {
  const uniform = uniformSource(3);
  const draws = Array.from({ length: 4000 }, () => new Space(noPrior).draw(uniform)[0]);
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
  assert.ok(Math.abs(mean - 60) < 1.5);
  assert.ok(Math.abs(Math.sqrt(variance) - 20) < 1);
});

test("random numbers repeat with their seed", () => {
  const [one, same, other] = [uniformSource(1), uniformSource(1), uniformSource(2)];
  const values = Array.from({ length: 1000 }, one);
  assert.deepEqual(values.slice(0, 5), Array.from({ length: 5 }, same));
  assert.notEqual(values[0], other());
  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.ok(Number.isFinite(normal(() => 0)));
});

test("nearest codes, and how typical a place is", () => {
  const mu = Float32Array.of(0, 0, 0.1, 0, 2, 2, -2, 2);
  const density = { "": [-9, -6, -2] };
  const codes = new Codes({ ...prior(2), density }, { mu, label: Int32Array.of(0, 1, 1, -1) });
  const { found, distance } = codes.survey([0.05, 0]);
  assert.equal(found, 4);
  assert.ok(Math.abs(distance - 0.05) < 1e-6);
  assert.equal(codes.survey([0, 0], 0).found, 3);
  assert.equal(codes.survey([0, 0], -1, 1).found, 2);
  const inside = codes.describe([0, 5]);
  assert.ok(inside.isInside);
  assert.match(
    inside.text,
    /^\d+% of test images lie in less dense places\. The 4 nearest codes: /,
  );
  const far = codes.describe([9, -9]);
  assert.ok(!far.isInside);
  assert.match(far.text, /^Outside the data: .* The nearest code is 12\.66 away \(b\)\.$/);
});

test("collapsed dimensions do not count as distance", () => {
  const header = { ...prior(3), dims: [dim(1), dim(0, false), dim(1)] };
  const mu = Float32Array.of(0, 0, 0, 0.3, 0, 0);
  const codes = new Codes(header, { mu, logvar: mu, label: Int32Array.of(0, 0) });
  assert.equal(codes.survey([0, 9, 0]).distance, 0);
});

test("dimensions stand by their KL, equal ones by number", () => {
  assert.deepEqual(dimsByKl([dim(0), dim(2), dim(1), dim(2)]), [1, 3, 2, 0]);
  assert.deepEqual(dimsByKl([dim(0), dim(2)]), [0, 1]);
  assert.equal(dimNote(dim(0.001, false)), "KL 0.00 · collapsed");
  assert.equal(dimNote({ kl: null, spread: 1234.5, active: true }), "spread 1230");
});

test("z shared as numbers, or in standard deviations", () => {
  const [own, bare] = [new Space(prior(2)), new Space(noPrior)];
  assert.equal(sharedValue(bare, 0, 80, true), 1);
  assert.equal(ownValue(bare, 0, 1, true), 80);
  assert.equal(ownValue(own, 0, 1, true), 1);
  assert.equal(ownValue(bare, 0, 1, false), 1);
});

test("Python is told only news", () => {
  const box = new Outbox();
  const sent = [];
  box.send = (name, value) => sent.push([name, value]);
  box.knows("z", [0]);
  box.tell("z", [0]);
  box.tell("z", [1]);
  box.tell("z", [1]);
  assert.deepEqual(sent, [["z", [1]]]);
});

/** The layout in a window, for a width of the root. */
function layoutAt(width, height, d = 2, header = prior(d), more = {}) {
  globalThis.innerHeight = height;
  const codes = new Codes(header, { mu: new Float32Array(0), label: new Int32Array(0) });
  const plane = new DimPlane(d > 1 ? [0, 1] : [0], new Space(header), codes);
  return computeLayout(width, header, plane, { mode: "tiles", hasOriginal: false, ...more });
}

test("the map fits the width, and the window's height", () => {
  assert.ok(!layoutAt(360, 844).isWide);
  assert.ok(layoutAt(360, 844).frame.width + 54 <= 360);
  const wide = layoutAt(1355, 900);
  assert.ok(wide.isWide);
  assert.equal(wide.frame.width, wide.frame.height);
  assert.ok(wide.frame.height < 900 - 200);
  assert.ok(layoutAt(1355, 900, 2, prior(2), { mode: "both" }).frame.height === wide.frame.height);
});

test("the picture is at least 400 pixels on a laptop, and whole ones", () => {
  for (const side of [8, 28, 32]) {
    const header = { ...prior(2), image_shape: [1, side, side] };
    const { picture } = layoutAt(1355, 900, 2, header);
    assert.ok(picture >= 400 && picture % side === 0, `${side}: ${picture}`);
    assert.equal(layoutAt(940, 768, 2, header).picture % side, 0);
  }
});

test("long names of classes take rows of the legend, and the map is lower for it", () => {
  const long = { ...prior(2), class_names: new Array(10).fill("Ankle boot") };
  assert.equal(legendRows(["0", "1", "2"], 200), 1);
  assert.equal(legendRows(new Array(10).fill("Ankle boot"), 600), 3);
  assert.ok(layoutAt(1355, 900, 2, long).frame.height < layoutAt(1355, 900).frame.height);
});

test("compared maps stand beside one another while there is room", () => {
  assert.deepEqual(comparedLayout(1400, 2).columns, 2);
  assert.ok(comparedLayout(1400, 2).isBeside);
  assert.ok(comparedLayout(380, 3).isStacked);
});
