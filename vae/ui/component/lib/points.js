/** Points with classes: what a plot shows, of an embedding or of a run's latent codes. */

import { classPlaces } from "./class_labels.js";
import { gettext } from "./locale.js";

/** @import { ClassPlace } from "./class_labels.js" */

/** @param {number[]} values */
function median(values) {
  const sorted = Float32Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Points in `d` dimensions. */
export class Points {
  /**
   * @param {string[]} names of the classes
   * @param {number} d
   * @param {Float32Array} values (count, d)
   * @param {Int32Array} label the class of each, or -1
   */
  constructor(names, d, values, label) {
    this.names = names.map((name) => gettext(name));
    this.d = d;
    this.values = values;
    this.label = label;
    this.count = label.length;
    this.hasUnlabelled = label.some((one) => one < 0);
    /** Whether they lie around the origin of a prior. */
    this.hasPrior = false;
    this.placesByDims = /** @type {Map<string, ClassPlace[]>} */ (new Map());
    this.medianPoints = /** @type {(Float32Array|null)[]|null} */ (null);
  }

  /** All coordinates of a point. @param {number} index */
  at(index) {
    return this.values.subarray(index * this.d, (index + 1) * this.d);
  }

  /**
   * Variances across and up of what a point stands for, and their covariance; null for a point.
   * @param {number} _index @param {number[]} _dims
   * @returns {[number, number, number]|null}
   */
  spreadOf(_index, _dims) {
    return null;
  }

  /** @param {number} index */
  className(index) {
    return this.nameOf(this.label[index]);
  }

  /** @param {number} label */
  nameOf(label) {
    return label < 0 ? gettext("no label") : (this.names[label] ?? String(label));
  }

  /** Indices of the points with a label. @param {number} label */
  membersOf(label) {
    const members = [];
    for (let i = 0; i < this.count; i++) if (this.label[i] === label) members.push(i);
    return members;
  }

  /** Where each class lies densest on these dimensions, if it is the majority there. @param {number[]} dims */
  classPlaces(dims) {
    const key = dims.join();
    const known = this.placesByDims.get(key);
    if (known) return known;
    const found = classPlaces(this, dims);
    this.placesByDims.set(key, found);
    return found;
  }

  /** Median point of every class; null for one that does not occur. */
  medians() {
    if (this.medianPoints) return this.medianPoints;
    const members = /** @type {number[][]} */ (this.names.map(() => []));
    for (let i = 0; i < this.count; i++) members[this.label[i]]?.push(i);
    this.medianPoints = members.map((indices) => {
      if (!indices.length) return null;
      return Float32Array.from({ length: this.d }, (_, dim) =>
        median(indices.map((index) => this.values[index * this.d + dim])),
      );
    });
    return this.medianPoints;
  }
}
