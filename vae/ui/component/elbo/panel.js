/** The terms of the bound in a table: at this z, at z = mu, and averaged over q(z|x). */

import { element, setText } from "../lib/element.js";
import { decimal, gettext, N_ } from "../lib/locale.js";
import { partsOf } from "../lib/view.js";
import { klFromPrior } from "./gaussian.js";

/** @import { Header, Loss, Refs } from "../lib/types" */
/** @import { PosteriorAverage } from "./average.js" */
/** @import { Pin } from "./insight.js" */

const table = () => `
<table data-part="table" data-testid="elbo-table">
  <thead>
    <tr>
      <td data-part="unit">nats</td>
      <th scope="col" class="moves">${gettext("at this z")}</th>
      <th scope="col" data-part="ownHead">${gettext("at z = μ")}</th>
      <th scope="col" class="of-q">${gettext("average over q(z|x)")}</th>
    </tr>
  </thead>
  <tbody>
    <tr>
      <th scope="row" data-part="lossName">−log p(x|z)</th>
      <td class="moves" data-part="lossHere" data-testid="loss-here"></td>
      <td data-part="lossAtMu" data-testid="loss-at-mu"></td>
      <td class="of-q" data-part="lossAverage" data-testid="loss-average"></td>
    </tr>
    <tr>
      <th scope="row">+ KL(q(z|x) ‖ p(z))</th>
      <td data-part="klHere"></td>
      <td data-part="klAtMu"></td>
      <td data-part="kl" data-testid="selection-kl"></td>
    </tr>
    <tr class="with-prior sum">
      <th scope="row">${gettext("= sum")}</th>
      <td class="moves" data-part="sumHere" data-testid="sum-here"></td>
      <td data-part="sumAtMu"></td>
      <td class="of-q"><span data-part="elbo" data-testid="negative-elbo"></span> = −ELBO</td>
    </tr>
    <tr class="with-prior" data-part="evidenceRow">
      <th scope="row" colspan="3" data-part="evidenceName"></th>
      <td class="of-q" data-part="evidence" data-testid="negative-evidence"></td>
    </tr>
    <tr class="with-prior sum" data-part="gapRow">
      <th scope="row" colspan="3" data-part="gapName"></th>
      <td class="of-q" data-part="gap" data-testid="elbo-gap"></td>
    </tr>
  </tbody>
</table>
<p class="note" data-part="caution" data-testid="elbo-caution" hidden></p>
<p class="note" data-part="objective" hidden></p>`;

const brief = () => `
<div class="moves"><dt data-part="briefName">−log p(x|z)</dt><dd data-part="briefHere"></dd></div>
<div class="with-prior"><dt>+ KL</dt><dd data-part="briefKl"></dd></div>
<div class="with-prior moves"><dt>${gettext("= sum")}</dt><dd data-part="briefSum"></dd></div>
<div class="with-prior spare"><dt>−ELBO</dt><dd data-part="briefElbo"></dd></div>
<div class="with-prior"><dt>${gettext("gap")}</dt><dd data-part="briefGap" data-testid="brief-gap"></dd></div>
<div class="spare"><dt data-part="briefOwn">${gettext("at z = μ")}</dt><dd data-part="briefAtMu"></dd></div>`;

const NO_PRIOR = N_(
  "A plain autoencoder has no prior and its codes are points, so there is no KL, no ELBO and no posterior p(z|x).",
);
const GREY = N_(
  "Grey pixels: −log p(x|z) is the binary cross-entropy here, no log-likelihood; the bound holds.",
);

/** A number of nats. @param {number} value */
export function nats(value) {
  if (!Number.isFinite(value)) return "–";
  return decimal(value, Math.abs(value) < 10 ? 2 : 1);
}

/** The table of a pinned image. */
export class ElboPanel {
  /** @param {Header} header @param {Loss} loss */
  constructor({ has_prior: hasPrior = true, loss: kind, beta = 1 }, loss) {
    this.hasPrior = hasPrior;
    this.isCrossEntropy = (kind ?? "bernoulli") === "bernoulli";
    this.loss = loss;
    this.beta = beta;
    this.node = element("div", { className: "elbo", innerHTML: table() });
    /** The numbers alone, to stand with the picture. */
    this.brief = element("dl", { className: "brief", innerHTML: brief() });
    this.parts = /** @type {Refs} */ ({
      ...partsOf(this.node, "part"),
      ...partsOf(this.brief, "part"),
    });
    for (const node of [this.node, this.brief]) node.classList.toggle("without-prior", !hasPrior);
    this.parts.lossName.title = gettext(loss.title);
    if (!hasPrior) {
      this.parts.lossName.textContent = gettext("Reconstruction loss");
      this.parts.briefName.textContent = gettext("loss");
      this.parts.ownHead.textContent = gettext("at its code");
      this.parts.briefOwn.textContent = gettext("at its code");
      this.parts.unit.textContent = kind === "mse" ? gettext("mean squared error") : "nats";
    }
    this.atMu = NaN;
    this.kl = NaN;
  }

  /** How a loss is written. @param {number} value */
  text(value) {
    return this.hasPrior ? nats(value) : this.loss.text(value).replace(" nats", "");
  }

  /**
   * Begin with an image; what is averaged comes later.
   * @param {Pin} pin @param {number} atMu its loss at z = mu; NaN without its pixels
   */
  begin({ pixels, mu, logvar }, atMu) {
    const { parts } = this;
    this.atMu = atMu;
    this.kl = logvar ? klFromPrior(mu, logvar) : NaN;
    for (const name of ["kl", "klHere", "klAtMu", "briefKl"])
      setText(parts[name], this.hasPrior ? nats(this.kl) : "n/a");
    for (const name of ["lossAtMu", "briefAtMu"]) setText(parts[name], this.text(atMu));
    setText(parts.sumAtMu, nats(atMu + this.kl));
    parts.table.classList.toggle("without-image", !pixels);
    const isGrey = this.isCrossEntropy && pixels?.some((pixel) => pixel > 0 && pixel < 255);
    this.caution(gettext(!this.hasPrior ? NO_PRIOR : isGrey ? GREY : ""));
    this.showAverage(null, null, "");
  }

  /** @param {string} sentence */
  caution(sentence) {
    setText(this.parts.caution, sentence);
    this.parts.caution.hidden = !sentence;
  }

  /** Show what the image costs at this z. @param {number} value */
  showHere(value) {
    const { parts } = this;
    for (const name of ["lossHere", "briefHere"]) setText(parts[name], this.text(value));
    for (const name of ["sumHere", "briefSum"]) setText(parts[name], nats(value + this.kl));
  }

  /**
   * Show what is known of q(z|x) as a whole.
   * @param {PosteriorAverage|null} average
   * @param {number|null} logEvidence log p(x) from the grid, or its lower bound
   * @param {""|"exact"|"bound"|"none"} kind which of them; "" while it is computed
   */
  showAverage(average, logEvidence, kind) {
    const { parts } = this;
    const recon = average?.reconLoss ?? NaN;
    const spread = average?.error ? ` ± ${decimal(average.error, 1)}` : "";
    setText(parts.lossAverage, average ? nats(recon) + spread : "…");
    const elbo = average ? nats(recon + this.kl) + spread : "…";
    for (const name of ["elbo", "briefElbo"]) setText(parts[name], elbo);
    parts.objective.hidden = this.beta === 1 || !average;
    const { beta } = this;
    setText(
      parts.objective,
      gettext(
        "Trained with β = {beta}: its objective, −log p(x|z) + {beta} KL = {sum} nats on average, is not the negative ELBO.",
        { beta, sum: nats(recon + beta * this.kl) },
      ),
    );
    const isBound = kind === "bound";
    setText(
      parts.evidenceName,
      isBound ? gettext("−log p(x), at most") : gettext("−log p(x), integrated over the grid"),
    );
    setText(
      parts.gapName,
      isBound
        ? gettext("gap log p(x) − ELBO, at least")
        : gettext("gap log p(x) − ELBO = KL(q(z|x) ‖ p(z|x))"),
    );
    const evidence = logEvidence ?? NaN;
    setText(parts.evidence, logEvidence === null ? "…" : nats(-evidence));
    // A gap is never below 0: what sampling makes of one that is near 0 may be.
    const gap = Math.max(0, evidence + recon + this.kl);
    setText(parts.gap, logEvidence === null ? "…" : `${nats(gap)} nats`);
    const brief = logEvidence === null ? "…" : `${isBound ? "≥ " : ""}${nats(gap)}`;
    setText(parts.briefGap, kind === "none" ? "–" : brief);
    parts.evidenceRow.hidden = parts.gapRow.hidden = kind === "none";
  }
}
