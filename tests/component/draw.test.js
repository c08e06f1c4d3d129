/** Strokes as they travel, and where a drawing's score stands among others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { placeMark, scoreOf } from "../../vae/ui/component/draw/panels.js";
import { countPlaces, extendStroke } from "../../vae/ui/component/draw/strokes.js";
import { drawHint } from "../../vae/ui/component/draw/words.js";

test("places of the pen are whole thousandths on the pad, some way apart", () => {
  const stroke = [80];
  assert.ok(extendStroke(stroke, 0.5, 0.25));
  assert.ok(!extendStroke(stroke, 0.501, 0.251));
  assert.ok(extendStroke(stroke, 1.5, -1));
  assert.deepEqual(stroke, [80, 500, 250, 1000, 0]);
  assert.equal(countPlaces([stroke, [80, 1, 1]]), 3);
});

test("a score outside of the others is shown at the edge", () => {
  const inside = placeMark({ low: 0, high: 10 }, 5);
  assert.deepEqual([inside.left, inside.right, inside.mark], [0, 1, 0.5]);
  const below = placeMark({ low: 0, high: 10 }, -10);
  assert.deepEqual([below.left, below.mark], [0.5, 0]);
  assert.equal(placeMark({ low: 0, high: 10 }, -1000).low, -10);
});

test("a score is an ELBO, or a loss where there is none", () => {
  const score = scoreOf({ elbo: -12.34, recon_loss: 10, kl: 2.34, loss: {} });
  assert.equal(score.line, "ELBO −12.3 nats = − 10.0 (reconstruction) − 2.3 (KL)");
  const plain = scoreOf({ elbo: null, recon_loss: 0.5, kl: 0, loss: { loss: "mse" } });
  assert.equal(plain.text(plain.value), "0.50000");
});

test("the hint says what lies on the map", () => {
  const header = { latent_dim: 20, num_labels: 10 };
  assert.match(drawHint(header, [1, 4], { mu: [] }), /its class.*shadow on z2 and z5/);
  assert.match(drawHint({ latent_dim: 2 }, [0, 1], null), /^Each mark/);
});
