/** How typical a place is of the codes: densities, distances, and shares of quantiles. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CodeDensity, shareBelow } from "../../vae/ui/component/lib/density.js";

const near = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-6, `${value}`);
const quantiles = Array.from({ length: 101 }, (_, i) => -10 + 0.1 * i);

test("the density of a mixture of two Gaussians", () => {
  const logvar = Float32Array.of(0, 0, Math.log(4), 0);
  const mu = Float32Array.of(0, 0, 3, 0);
  const label = Int32Array.of(0, 1);
  const codes = new CodeDensity({ latent_dim: 2 }, mu, logvar, label);
  const at = (x, y) => {
    const one = Math.exp(-0.5 * (x * x + y * y)) / (2 * Math.PI);
    const two = Math.exp(-0.5 * ((x - 3) ** 2 / 4 + y * y)) / (4 * Math.PI);
    return Math.log((one + two) / 2);
  };
  near(codes.score([0.5, -1]), at(0.5, -1));
  near(codes.score([9, 9]), at(9, 9));
  near(codes.score([0, 0], 0), -Math.log(2 * Math.PI));
});

test("far away a density stays finite", () => {
  const codes = new CodeDensity(
    { latent_dim: 1 },
    Float32Array.of(0),
    Float32Array.of(-90),
    Int32Array.of(0),
  );
  assert.ok(Number.isFinite(codes.score([1e3])));
});

test("codes that are points are told by the nearest", () => {
  const header = { latent_dim: 2, density: { "": [-3, -1, -0.5] } };
  const codes = new CodeDensity(header, Float32Array.of(0, 0, 3, 4), null, Int32Array.of(0, 0));
  near(codes.score([0, 1]), -1);
  assert.equal(codes.at([0, 0.9]).isInside, true);
  assert.equal(codes.at([0, 1.1]).isInside, false);
});

test("inside is above the first percentile", () => {
  const one = Float32Array.of(0);
  const header = { latent_dim: 1, density: { "": quantiles, 4: [] } };
  const codes = new CodeDensity(header, one, one, Int32Array.of(4));
  assert.equal(codes.at([0]).typicality, shareBelow(quantiles, -0.5 * Math.log(2 * Math.PI)));
  assert.equal(codes.at([0]).isInside, true);
  assert.deepEqual(codes.at([9]), { score: codes.score([9]), typicality: 0, isInside: false });
  assert.equal(codes.at([0], 4).isInside, false);
});

test("shares between quantiles, at their ends and beyond", () => {
  near(shareBelow(quantiles, -9.95), 0.005);
  near(shareBelow(quantiles, -5), 0.5);
  assert.deepEqual(
    [-11, -10, 0, 1].map((value) => shareBelow(quantiles, value)),
    [0, 0, 1, 1],
  );
  assert.equal(shareBelow([1, 1, 1], 1), 0);
  assert.equal(shareBelow([1, 1, 1], 2), 1);
});
