/** One slider for each latent dimension, those with most KL first. */

/** What an arrow key adds; Shift makes it ten times as much. */
const KEY_STEP = 0.01;

const ARROWS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 50, PageDown: -50 };

/** Dimensions by falling KL; equal ones, and the two of a plain map, by their number. */
export function dimsByKl(dims) {
  const all = dims.map((_, index) => index);
  return dims.length <= 2 ? all : all.sort((a, b) => dims[b].kl - dims[a].kl || a - b);
}

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** The list of sliders. */
export class Sliders {
  /**
   * @param {HTMLElement} list
   * @param {{latent_dim: number, z_range: number, dims: {kl: number, active: boolean}[]}} header
   * @param {{move: (dim: number, value: number) => void, release: () => void}} on
   */
  constructor(list, header, on) {
    this.on = on;
    this.inputs = [];
    this.outputs = [];
    this.shown = new Float32Array(header.latent_dim).fill(NaN);
    const most = Math.max(...header.dims.map((dim) => dim.kl), 1e-9);
    const rows = dimsByKl(header.dims).map((dim) => this.row(dim, header, most));
    list.replaceChildren(...rows);
    list.classList.toggle("long", header.latent_dim > 4);
  }

  row(dim, header, most) {
    const { kl, active } = header.dims[dim];
    const name = `z${dim + 1}`;
    const row = element("div", active ? "slider" : "slider collapsed");
    const bar = element("span", "kl-bar");
    bar.style.setProperty("--share", `${Math.max(0, (100 * kl) / most)}%`);
    const note = element("span", "kl", `KL ${kl.toFixed(2)}${active ? "" : " · collapsed"}`);
    note.title = "Mean KL of this dimension over the test codes, in nats";
    const output = element("output", "value");
    const head = element("div", "slider-head");
    head.append(element("span", "name", name), bar, note, output);
    const input = element("input", "range");
    Object.assign(input, { type: "range", min: -header.z_range, max: header.z_range });
    input.step = "0.001";
    input.value = "0";
    input.setAttribute("aria-label", name);
    input.dataset.testid = `latent-slider-${dim + 1}`;
    input.addEventListener("input", () => this.on.move(dim, Number(input.value)));
    input.addEventListener("change", () => this.on.release());
    input.addEventListener("keydown", (event) => {
      const steps = ARROWS[event.key];
      if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const change = steps * KEY_STEP * (event.shiftKey ? 10 : 1);
      const limit = Number(input.max);
      this.on.move(dim, Math.max(-limit, Math.min(limit, Number(input.value) + change)));
      this.on.release();
    });
    this.inputs[dim] = input;
    this.outputs[dim] = output;
    row.append(head, input);
    return row;
  }

  /** Show z; only what changed is touched. */
  show(z) {
    for (let dim = 0; dim < z.length; dim++) {
      if (this.shown[dim] === z[dim]) continue;
      this.shown[dim] = z[dim];
      const input = this.inputs[dim];
      // A code can lie beyond the map: its slider grows, or it would show another value than z.
      if (Math.abs(z[dim]) > Number(input.max)) {
        const limit = Math.ceil(Math.abs(z[dim]));
        input.min = -limit;
        input.max = limit;
      }
      const text = z[dim].toFixed(3);
      if (Number(input.value) !== Number(text)) input.value = text;
      input.style.setProperty("--share", `${50 + (50 * z[dim]) / Number(input.max)}%`);
      this.outputs[dim].textContent = text;
    }
  }
}
