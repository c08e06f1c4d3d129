/** Shapes of what Python and the page hand to the components. */

export type Range = [low: number, high: number];
export type Place = [x: number, y: number];
export type ImageShape = [channels: number, height: number, width: number];
/** Elements of a component by their data-ref, or of a copied pattern by their data-part. */
export type Refs = Record<string, any>;

export interface Dim {
  kl: number | null;
  spread: number;
  active: boolean;
}

/** Header of a run's payload: vae/latent/export.py. */
export interface Header {
  run: string;
  title: string;
  latent_dim: number;
  image_shape: ImageShape;
  class_names: string[];
  dims: Dim[];
  ops: Record<string, any>[];
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
