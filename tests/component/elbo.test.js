/** The bound and the true posterior where both are known: a linear decoder with Gaussian pixels. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PosteriorAverage } from "../../vae/ui/component/elbo/average.js";
import { klFromPrior, logPrior, logSumExp } from "../../vae/ui/component/elbo/gaussian.js";
import { PosteriorGrid } from "../../vae/ui/component/elbo/grid.js";
import { lossesAt, PosteriorJob } from "../../vae/ui/component/elbo/job.js";
import { regionBorders } from "../../vae/ui/component/elbo/shading.js";

/** x_j = z_j + noise of deviation s_j: the posterior is Gaussian in each dimension. */
function linear(s, x) {
  const d = s.length;
  const decoder = {
    latentDim: d,
    pixels: d,
    label: 0,
    logitsBatch: (codes) => codes,
  };
  const lossOf = (logits) =>
    s.reduce(
      (sum, sj, j) =>
        sum + 0.5 * ((logits[j] - x[j]) / sj) ** 2 + Math.log(sj * Math.sqrt(2 * Math.PI)),
      0,
    );
  const mu = s.map((sj, j) => x[j] / (1 + sj * sj));
  const logvar = s.map((sj) => Math.log((sj * sj) / (1 + sj * sj)));
  const evidence = s.reduce(
    (sum, sj, j) =>
      sum - 0.5 * (Math.log(2 * Math.PI * (1 + sj * sj)) + (x[j] * x[j]) / (1 + sj * sj)),
    0,
  );
  return { decoder, lossOf, mu, logvar, evidence };
}

/** All of a job's work, two chunks at a time, the later one first. @param {number[]} dims */
function jobOf({ decoder, lossOf, mu, logvar }, dims) {
  const pixels = new Uint8Array(decoder.pixels);
  const window = { low: dims.map(() => -4), high: dims.map(() => 4) };
  const axes = dims.map((dim) => mu.map((_, j) => (j === dim ? 1 : 0)));
  const rest = mu.map((value, j) => (dims.includes(j) ? 0 : value));
  const pinned = { pixels, label: 0, mu, logvar, axes, rest, ...window };
  const job = new PosteriorJob(pinned);
  while (!job.isComplete) {
    const chunks = [job.next(), job.next()].filter(Boolean);
    for (const chunk of chunks.reverse()) {
      job.take(chunk, lossesAt(decoder, lossOf, pinned, chunk.codes));
    }
  }
  return job;
}

for (const s of [[0.5], [0.01], [0.3, 0.4], [0.03, 0.02], [0.01, 0.5]]) {
  test(`log p(x) and the ELBO of a Gaussian posterior, deviations ${s}`, () => {
    const model = linear(
      s,
      s.map((_, j) => 0.7 - j),
    );
    const job = jobOf(
      model,
      s.map((_, j) => j),
    );
    assert.ok(Math.abs(job.grid.logEvidence() - model.evidence) < 0.01, job.grid.logEvidence());
    // q(z|x) is the posterior itself: no gap.
    assert.ok(Math.abs(job.average.elbo - model.evidence) < 0.01, job.average.elbo);
  });
}

test("the gap is the KL of q from the posterior", () => {
  const model = linear([0.3, 0.4], [1, -0.5]);
  const shifted = { ...model, mu: [model.mu[0] + 0.2, model.mu[1]] };
  const job = jobOf(shifted, [0, 1]);
  const expected = 0.2 ** 2 / (2 * Math.exp(model.logvar[0]));
  const gap = job.grid.logEvidence() - job.average.elbo;
  assert.ok(Math.abs(gap - expected) < 0.01, `${gap}, ${expected}`);
});

test("more dimensions: samples bound log p(x), exactly where q is the posterior", () => {
  const model = linear([0.3, 0.4, 0.5], [1, -0.5, 0.2]);
  const job = jobOf(model, [0, 1]);
  assert.ok(Math.abs(job.average.importanceBound - model.evidence) < 1e-6);
  assert.ok(Math.abs(job.average.elbo - model.evidence) < 4 * job.average.error + 0.02);
  assert.ok(job.average.error > 0 && job.average.error < 0.1);
});

test("the grid begins coarse, over the whole window, and looks at all 60 x 60 cells that may count", () => {
  const first = new PosteriorGrid({ low: [-3, -3], high: [3, 3] });
  assert.equal(first.count, 225);
  assert.equal(first.span[0], 4);
  const places = first.places[0].subarray(0, 225);
  assert.ok(Math.min(...places) < -2.9 && Math.max(...places) > 2.5);

  const lookedAt = (s) => jobOf(linear(s, [0.7, -0.3]), [0, 1]).grid.numbers.filter((i) => i >= 0);
  // All but the prior says that they may count: none is passed over, none asked for twice.
  assert.equal(new Set(lookedAt([9, 9])).size, 3600);
  const few = lookedAt([0.05, 0.05]);
  assert.ok(few.length < 1000, few.length);
});

test("cells that are passed over hold nothing, in a posterior of two parts far from one another", () => {
  // x = |z1| + noise: one part at 2, one at -2.
  const model = linear([0.05, 0.3], [2, 0.4]);
  const both = { ...model, decoder: { ...model.decoder, logitsBatch: (z) => z.map(Math.abs) } };
  const { grid } = jobOf(both, [0, 1]);
  const mass = (sign) =>
    logSumExp(
      grid
        .leaves()
        .filter((i) => sign * grid.places[0][i] > 0)
        .map((i) => grid.values[i] + grid.logArea(grid.level[i])),
    );
  assert.ok(Math.abs(mass(1) - mass(-1)) < 0.001, `${mass(1)}, ${mass(-1)}`);
  const over = grid.numbers.filter((i) => i < 0).length;
  assert.ok(over > 1000, `${over}`);
});

test("a job says how far it is", () => {
  const model = linear([0.3, 0.4], [1, -0.5]);
  const [axes, rest] = [
    [
      [1, 0],
      [0, 1],
    ],
    [0, 0],
  ];
  const job = new PosteriorJob({ ...model, axes, rest, low: [-4, -4], high: [4, 4] });
  const chunk = job.next();
  const count = chunk.codes.length / 2;
  job.take(chunk, new Float64Array(count));
  const needed = job.average.count + 225;
  assert.equal(
    job.progress,
    `Computing p(z|x): ${count} pictures decoded, of ${needed} needed so far.`,
  );
});

test("regions of highest density hold the shares that they are named for", () => {
  const model = linear([0.3, 0.3], [0.37, -0.21]);
  const job = jobOf(model, [0, 1]);
  const borders = regionBorders(job.grid);
  assert.ok(borders[0] > borders[1] && borders[1] > borders[2]);
  const total = job.grid.logEvidence();
  const share = logSumExp(
    job.grid
      .leaves()
      .filter((i) => job.grid.values[i] >= borders[0])
      .map((i) => job.grid.values[i] + job.grid.logArea(job.grid.level[i])),
  );
  assert.ok(Math.abs(Math.exp(share - total) - 0.5) < 0.02);
});

test("KL and the prior's density", () => {
  assert.equal(klFromPrior([0, 0], [0, 0]), 0);
  assert.ok(
    Math.abs(klFromPrior([1], [Math.log(0.25)]) - 0.5 * (1 + 0.25 - 1 + Math.log(4))) < 1e-12,
  );
  assert.ok(Math.abs(logPrior([1, 2]) + 0.5 * (5 + 2 * Math.log(2 * Math.PI))) < 1e-12);
  const average = new PosteriorAverage([0.5], [0]);
  assert.ok(Math.abs(average.weights.reduce((sum, w) => sum + w, 0) - 1) < 1e-12);
});
