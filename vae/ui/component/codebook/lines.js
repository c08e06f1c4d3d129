/** What a box of the codebook's strip unfolds to. */

import { LINES, layers, short } from "../flow/formulas.js";

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
      ["x̂ = decoder(the vectors of the grid's entries)", layers(header.decoder)],
      [
        `e${chosen}, at the chosen place`,
        written(model.vectors.subarray(chosen * dim, (chosen + 1) * dim)),
      ],
      ...LINES.picture(header, view.asFlow(state)),
    ];
  }
  if (name === "features") {
    return [
      ["features = encoder(x)", layers(header.encoder)],
      ["v, at the chosen place", written(vector)],
    ];
  }
  const [first, second] = Array.from(distances.keys()).sort((a, b) => distances[a] - distances[b]);
  if (name === "distances") {
    return [
      ["dₖ = ‖v − eₖ‖²", `for each of ${entries} entries of ${dim} numbers`],
      [`d of entry ${first}, the least`, short(distances[first])],
      [`d of entry ${second}, the next`, short(distances[second])],
    ];
  }
  return [
    ["entry = argmin over k of dₖ", `entry ${own}`],
    [`e${own}, which takes the place of v`, written(entry)],
    [
      "entries of this image",
      `${new Set(indices).size} different ones on ${indices.length} places`,
    ],
  ];
}
