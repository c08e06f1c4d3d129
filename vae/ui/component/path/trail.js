/** A path drawn across latent space: the places that the pointer passed, in order. */

/** Pictures of a path, evenly spaced along it. */
export const FRAMES = 24;

const MOST_PLACES = 4000;

export class Trail {
  constructor() {
    /** @type {Float64Array[]} */
    this.places = [];
  }

  get isEmpty() {
    return this.places.length < 2;
  }

  clear() {
    this.places = [];
  }

  /** @param {ArrayLike<number>} z */
  add(z) {
    const last = this.places.at(-1);
    if (last?.every((value, dim) => value === z[dim])) return;
    if (this.places.length < MOST_PLACES) this.places.push(Float64Array.from(z));
  }

  /**
   * Places along the path at equal distances, with both ends.
   * @param {number} count @returns {Float64Array[]} none for a path without length
   */
  resampled(count = FRAMES) {
    const { places } = this;
    if (this.isEmpty) return [];
    const reached = [0];
    for (let i = 1; i < places.length; i++) {
      const step = Math.hypot(...places[i].map((value, dim) => value - places[i - 1][dim]));
      reached.push(reached[i - 1] + step);
    }
    const length = reached[reached.length - 1];
    let leg = 1;
    return Array.from({ length: count }, (_, i) => {
      const wanted = (length * i) / (count - 1);
      while (leg < places.length - 1 && reached[leg] < wanted) leg++;
      const share = Math.min(1, (wanted - reached[leg - 1]) / (reached[leg] - reached[leg - 1]));
      const [from, to] = [places[leg - 1], places[leg]];
      return from.map((value, dim) => value + share * (to[dim] - value));
    });
  }
}
