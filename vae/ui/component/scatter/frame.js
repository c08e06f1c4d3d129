/** From an embedding's places to the plot and back, with zoom. */

const MOST_ZOOM = 60;

/** Room around the outermost points, as a share of the whole. */
const MARGIN = 0.05;

/** Least and greatest of every second value from `start` on; 0 and 0 if there is none. */
function reachOf(values, start) {
  if (!values.length) return [0, 0];
  let [low, high] = [Infinity, -Infinity];
  for (let i = start; i < values.length; i += 2) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

/** A square plot of `side` CSS pixels. It stands in for a MapFrame where points are drawn. */
export class ScatterFrame {
  /**
   * @param {number} side
   * @param {Float32Array} xy places, x and y in turns
   * @param {boolean} isLine only across means something: each axis has its own scale
   */
  constructor(side, xy, isLine) {
    this.width = side;
    this.height = side;
    this.dims = [0, 1];
    const [left, right] = reachOf(xy, 0);
    const [low, high] = reachOf(xy, 1);
    this.home = [(left + right) / 2, (low + high) / 2];
    const halves = [(right - left) / 2, (high - low) / 2].map((half) => half * (1 + 2 * MARGIN));
    // One scale for both axes, so that a distance is the same in every direction.
    const widest = Math.max(...halves);
    this.half = (isLine ? halves : [widest, widest]).map((half) => half || 1);
    this.reset();
  }

  /** Show all points. */
  reset() {
    this.zoom = 1;
    this.centre = [...this.home];
  }

  x(value) {
    return this.width / 2 + (value - this.centre[0]) * this.perUnit(0);
  }

  y(value) {
    return this.height / 2 - (value - this.centre[1]) * this.perUnit(1);
  }

  valueAtX(x) {
    return this.centre[0] + (x - this.width / 2) / this.perUnit(0);
  }

  valueAtY(y) {
    return this.centre[1] - (y - this.height / 2) / this.perUnit(1);
  }

  perUnit(axis) {
    return (this.zoom * this.width) / (2 * this.half[axis]);
  }

  /** Zoom by a factor; what lies at (x, y) stays there. */
  zoomAt(x, y, factor) {
    const [across, up] = [this.valueAtX(x), this.valueAtY(y)];
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, this.zoom * factor));
    this.centre[0] += across - this.valueAtX(x);
    this.centre[1] += up - this.valueAtY(y);
    this.keepInside();
  }

  /** Shift by CSS pixels. */
  pan(dx, dy) {
    this.centre[0] -= dx / this.perUnit(0);
    this.centre[1] += dy / this.perUnit(1);
    this.keepInside();
  }

  keepInside() {
    for (const axis of [0, 1]) {
      const room = this.half[axis] * (1 - 1 / this.zoom);
      const off = this.centre[axis] - this.home[axis];
      this.centre[axis] = this.home[axis] + Math.max(-room, Math.min(room, off));
    }
  }

  /** Take the zoom of another frame of the same points. */
  follow({ zoom, centre }) {
    this.zoom = zoom;
    this.centre = [...centre];
  }
}

/** Round values between low and high, about `count` of them. */
export function roundTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((size) => size * power).find((size) => size >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: (value + 0).toFixed(digits).replace("-", "−") };
  });
}

/**
 * The point to which an arrow key leads: the nearest one in a quarter around its direction.
 * @param {number} from a row
 * @param {number[]} direction [1, 0] is right, [0, -1] is up on the screen
 * @param {(row: number) => boolean} counts
 * @returns {number} a row; `from` if there is none
 */
export function neighbourTowards(points, frame, from, [dx, dy], counts) {
  const [x, y] = [frame.x(points.muOf(from)[0]), frame.y(points.muOf(from)[1])];
  let best = Infinity;
  let found = from;
  for (let row = 0; row < points.count; row++) {
    if (row === from || !counts(row)) continue;
    const place = points.muOf(row);
    const [ox, oy] = [frame.x(place[0]) - x, frame.y(place[1]) - y];
    const along = ox * dx + oy * dy;
    const aside = Math.abs(ox * dy - oy * dx);
    // Half a pixel on at least: points upon one another would hold the cursor.
    if (along < 0.5 || aside > along) continue;
    const square = ox * ox + oy * oy;
    if (square < best) [best, found] = [square, row];
  }
  return found;
}

/** Whether (x, y) lies inside a polygon: an odd number of its sides is crossed to the right. */
export function isInside(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
