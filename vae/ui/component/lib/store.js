/**
 * Where components meet that bring and that show: the page's runs, by key, and the answer about a
 * drawing. Either side may come first, so a view subscribes and hears at once or later. The store
 * lives on globalThis since each component loads modules of its own.
 */

/** @import { Store } from "./types" */

/** @typedef {import("./types").Run<any>} Run */

const STORE_NAME = "__latentExplorer";

/** Runs that are kept although no carrier on the page holds them any more. */
const KEPT = 2;

/** @returns {Store} */
function store() {
  const place = /** @type {Record<string, any>} */ (globalThis);
  place[STORE_NAME] ??= {
    runs: new Map(),
    holders: new Map(),
    listeners: new Map(),
    answer: null,
    answerListeners: new Set(),
  };
  return place[STORE_NAME];
}

/** Let go of the oldest runs that nobody holds or watches. */
function evict() {
  const { runs, holders, listeners } = store();
  const idle = [...runs.keys()].filter((key) => !holders.get(key) && !listeners.get(key)?.size);
  for (const key of idle.slice(0, Math.max(0, idle.length - KEPT))) runs.delete(key);
}

/** Compare two payloads. @param {Uint8Array} a @param {Uint8Array} b */
function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Offer a run to every view that waits for it. @param {Run} run */
export function publishRun(run) {
  const { runs, listeners } = store();
  const key = run.header.run;
  const known = runs.get(key);
  const isKnown = known !== undefined && sameBytes(known.bytes, run.bytes);
  runs.delete(key); // so that it becomes the newest
  runs.set(key, isKnown ? known : run);
  evict();
  if (isKnown) return;
  for (const listener of listeners.get(key) ?? []) listener(run);
}

/**
 * Keep a run while a carrier with it is on the page; call with -1 when it leaves.
 * @param {string} key @param {number} change
 */
export function holdRun(key, change) {
  const { holders } = store();
  const count = (holders.get(key) ?? 0) + change;
  if (count > 0) holders.set(key, count);
  else holders.delete(key);
  evict();
}

/**
 * Hear of a run: at once if it is here, and again whenever it is published.
 * @param {string} key @param {(run: Run) => void} listener
 * @returns {() => void} ends the subscription
 */
export function watchRun(key, listener) {
  const { runs, listeners } = store();
  const listening = listeners.get(key) ?? new Set();
  listeners.set(key, listening.add(listener));
  const run = runs.get(key);
  if (run) listener(run);
  return () => {
    listening.delete(listener);
    if (!listening.size) listeners.delete(key);
    evict();
  };
}

/**
 * Hear of several runs, each of another key: once all are here, and again whenever one is published.
 * @param {string[]} keys @param {(runs: Run[]) => void} listener
 * @returns {() => void} ends the subscription
 */
export function watchRuns(keys, listener) {
  /** @type {Map<string, Run>} */
  const come = new Map();
  const stops = keys.map((key) =>
    watchRun(key, (run) => {
      come.set(key, run);
      const runs = keys.flatMap((each) => come.get(each) ?? []);
      if (runs.length === keys.length) listener(runs);
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/** Offer Python's answer about a drawing to the view. @param {any} answer */
export function publishAnswer(answer) {
  const held = store();
  held.answer = answer;
  for (const listener of held.answerListeners) listener(answer);
}

/**
 * Hear of each answer about a drawing: of the latest at once.
 * @param {(answer: any) => void} listener
 * @returns {() => void} ends the subscription
 */
export function watchAnswers(listener) {
  const { answer, answerListeners } = store();
  answerListeners.add(listener);
  if (answer) listener(answer);
  return () => answerListeners.delete(listener);
}
