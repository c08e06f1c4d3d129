/** What a box of the codebook's strip unfolds to. */

import { LINES, layers, short } from "../flow/formulas.js";
import { gettext } from "../lib/locale.js";

/** @import { Line } from "../flow/formulas.js" */
/** @import { CodebookView } from "./view.js" */

/** Numbers of a vector that are written out. */
const MOST = 6;

/** @param {Float32Array} vector */
function written(vector) {
  const some = Array.from(vector.subarray(0, MOST), short).join(", ");
  return vector.length > MOST ? `(${some}, …)` : `(${some})`;
}

/** @param {string} name of the box @param {CodebookView} view @returns {Line[]} */
export function linesOf(name, view) {
  const { header, model, place, indices } = view;
  const { dim, entries } = model;
  const vector = view.features.subarray(place * dim, (place + 1) * dim);
  const distances = view.distances.subarray(place * entries, (place + 1) * entries);
  const own = view.own[place];
  const entry = model.vectors.subarray(own * dim, (own + 1) * dim);
  const state = { pixels: view.pixels, mean: view.mean, logits: view.logits, here: view.loss };
  if (name === "image") return LINES.image(header, view.asFlow(state));
  if (name === "picture") {
    const chosen = indices[place];
    return [
      [gettext("x̂ = decoder(the vectors of the grid's entries)"), layers(header.decoder)],
      [
        gettext("{entry}, at the chosen place", { entry: `e${chosen}` }),
        written(model.vectors.subarray(chosen * dim, (chosen + 1) * dim)),
      ],
      ...LINES.picture(header, view.asFlow(state)),
    ];
  }
  if (name === "features") {
    return [
      ["features = encoder(x)", layers(header.encoder)],
      [gettext("{entry}, at the chosen place", { entry: "v" }), written(vector)],
    ];
  }
  const [first, second] = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b]);
  if (name === "distances") {
    return [
      [
        "dₖ = ‖v − eₖ‖²",
        gettext("for each of {entries} entries of {dim} numbers", { entries, dim }),
      ],
      [gettext("d of entry {k}, the least", { k: first }), short(distances[first])],
      [gettext("d of entry {k}, the next", { k: second }), short(distances[second])],
    ];
  }
  return [
    [gettext("entry = argmin over k of dₖ"), gettext("entry {k}", { k: own })],
    [gettext("{entry}, which takes the place of v", { entry: `e${own}` }), written(entry)],
    [
      gettext("entries of this image"),
      gettext("{n} different ones on {places} places", {
        n: new Set(indices).size,
        places: indices.length,
      }),
    ],
  ];
}
