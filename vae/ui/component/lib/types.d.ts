/** Shapes of what Python and the page hand to the components, and names of what they share. */

export type { Codebook } from "../network/codebook.js";
export type { Decoder, Encoder } from "../network/model.js";
export type { Codes } from "./codes.js";
export type { Frame } from "./frame.js";
export type { Picture } from "./picture.js";
export type { Points } from "./points.js";
export type { Space } from "./space.js";

export type Range = [low: number, high: number];
export type Place = [x: number, y: number];
export type ImageShape = [channels: number, height: number, width: number];
/** Elements of a component by their data-ref, or other parts by their data-part. */
export type Refs = Record<string, any>;

export interface Dim {
  kl: number | null;
  spread: number;
  active: boolean;
}

/** Header of a run's payload: vae/latent/export/run.py. */
export interface Header {
  run: string;
  title: string;
  latent_dim: number;
  image_shape: ImageShape;
  class_names: string[];
  dims: Dim[];
  encoder: Record<string, any>[];
  decoder: Record<string, any>[];
  z_range: number;
  z_low?: number[];
  z_high?: number[];
  centre?: number[];
  decimals?: number;
  has_prior?: boolean;
  num_labels?: number;
  labels?: number[];
  loss?: string;
  likelihood?: string | null;
  pixel_sigma?: number | null;
  /** Scores of the codes at 0, 1, ..., 100 %; "" for all, a label for those of its class. */
  density?: Record<string, number[]>;
  /** Weight of the KL in the objective. */
  beta?: number;
  /** Lines of the project by the boxes of the flow strip. */
  code?: Record<string, CodeLines[]>;
}

/** Header of a codebook's payload: vae/latent/export/codebook.py. */
export interface CodebookHeader {
  run: string;
  title: string;
  latent_dim: number;
  entries: number;
  image_shape: ImageShape;
  grid_shape: [rows: number, columns: number];
  encoder: Record<string, any>[];
  decoder: Record<string, any>[];
  loss?: string;
  likelihood?: string | null;
  pixel_sigma?: number | null;
  /** Lines of the project by the boxes of the flow strip. */
  code?: Record<string, CodeLines[]>;
}

/** Lines of the project's own source. */
export interface CodeLines {
  path: string;
  line: number;
  text: string;
}

export interface Run<H = Header> {
  header: H;
  arrays: Record<string, any>;
  bytes: Uint8Array;
}

export interface Theme {
  background: string;
  halo: string;
  text: string;
  muted: string;
  faint: string;
  grid: string;
  grey: string;
  leftOut: string;
  primary: string;
  font: string;
  isDark: boolean;
  classColour: (label: number) => string;
  classShape: (label: number) => string;
  signature: string;
}

/** What the page calls a component's default export with. */
export interface Mounted<D = any> {
  data: D;
  parentElement: ParentNode;
  setStateValue: (name: string, value: unknown) => void;
  setTriggerValue: (name: string, value: unknown) => void;
}

/** Python's answer about a selected test code: vae/analysis/explore.py. */
export interface SelectedAnswer {
  index: number;
  original: string | null;
  recon_loss: number;
  kl: number;
  note: string;
}

export interface Loss {
  of: (logits: Float32Array, pixels: Uint8Array) => number;
  text: (value: number) => string;
  title: string;
}

/** Python's reading of a drawing: vae/analysis/draw_reading.py. */
export interface Reading {
  image: string;
  recon: string;
  mu: number[];
  logvar: number[] | null;
  elbo: number | null;
  recon_loss: number;
  kl: number;
  loss: { loss?: string; pixel_sigma?: number | null };
  label: number | null;
  told: string;
  how: string;
  note: string;
  nearest: NearImage[];
  typical: { words: string; share: number; histogram: Histogram } | null;
}

export interface NearImage {
  index: number;
  name: string;
  distance: number;
  picture: string | null;
  original: boolean;
}

export interface Histogram {
  low: number;
  high: number;
  counts: number[];
}

/** What a plot answers to; places are CSS pixels from its upper left corner. */
export interface Gestures {
  reach?: { mouse: number; touch: number };
  press: (at: Place, isShift: boolean) => void;
  drag: (at: Place, by: Place, hasMoved: boolean) => void;
  /** Comes before its release. */
  click: (at: Place, reach: number) => void;
  /** Comes in place of the second click. */
  doublePress?: (at: Place) => void;
  /** Not done where the browser takes the pointer away. */
  release: (isDone: boolean) => void;
  /** [1, 0] is right, [0, 1] is up. */
  arrow: (way: Place, isLarge: boolean) => void;
  /** With two fingers. */
  pinch?: (at: Place, by: Place, factor: number) => void;
  /** False where the page should scroll. */
  wheel?: (at: Place, deltaY: number) => boolean;
  /** Whether the key was used. */
  key?: (key: string) => boolean;
}

/** What a plot's view does with it: lib/plot.js. */
export interface PlotHandlers extends Partial<Omit<Gestures, "press" | "drag" | "release">> {
  testid: string;
  /** The classes that several plots show alone, and bring forward. */
  choice?: { focus: number | null; hover: number | null };
  /** Layers to paint again: ground or overlay. */
  changed: (layer: string) => void;
  /** The window has come to rest. */
  windowRested?: () => void;
  /** Another class is shown alone, or none. */
  focused?: () => void;
  /** A drag moves what the view moves; without these it shifts the window. */
  press?: (at: Place) => void;
  drag?: (at: Place) => void;
  release?: () => void;
  /** Rows inside a lasso; without it there is none. */
  caught?: (rows: number[]) => void;
}

/** How marks look where they do not show classes alone. */
export interface Look {
  /** Which points are left out, and their colour. */
  isGrey?: ((index: number) => boolean) | null;
  /** Which points are not drawn at all. */
  isHidden?: ((index: number) => boolean) | null;
  /** Of all points, 0 to 1. */
  opacity?: number;
  grey?: string;
  /** Which comes first. */
  order?: Int32Array;
  /** Colour by a quantity: a step of a scale, or -1; and the colours of the steps. */
  stepOf?: (index: number) => number;
  scale?: string[];
  onTiles?: boolean;
}

/** What axes say: names of the two, or one; which of them have numbers. */
export interface Axes {
  names: string[];
  rulers: boolean[];
  /** The second name stands within the plot, since it may be long. */
  isInside?: boolean;
}

/** One operation of a network, made ready: it owns what it needs, so that a run makes no garbage. */
export interface Step {
  /** Of an image after it. */
  shape: number[];
  /** What the numbers after it are at least, where it can see to that. */
  floor?: number;
  run: (x: Float32Array, out: Float32Array, lanes: number, labels: Int32Array) => void;
}

/** A sum of products at each of P sites: network/plain.js. */
type Kernel = (
  x: number,
  weight: number,
  bias: number,
  out: number,
  taps: number,
  sites: number,
  P: number,
  T: number,
  C: number,
  N: number,
  floor: number,
) => void;

export interface Kernels {
  many: Kernel;
  one: Kernel;
  sigmoid: (x: number, out: number, count: number) => void;
}

/** Where components meet. */
export interface Store {
  runs: Map<string, Run<any>>;
  /** Carriers of each run on the page. */
  holders: Map<string, number>;
  listeners: Map<string, Set<(run: Run<any>) => void>>;
  /** The latest about a drawing. */
  answer: any;
  answerListeners: Set<(answer: any) => void>;
}
