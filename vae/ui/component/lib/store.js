/**
 * Where carrier and view meet: the runs of this page, by key.
 *
 * Either may come first, so a view subscribes and hears of its run at once or later. The store
 * lives on globalThis since the two components are separate scripts.
 */

const STORE_NAME = "__latentExplorerRuns";

/** Runs that are kept although no carrier on the page holds them any more. */
const KEPT = 2;

function store() {
  globalThis[STORE_NAME] ??= { runs: new Map(), holders: new Map(), listeners: new Map() };
  return globalThis[STORE_NAME];
}

/** Let go of the oldest runs that nobody holds or watches. */
function evict() {
  const { runs, holders, listeners } = store();
  const idle = [...runs.keys()].filter((key) => !holders.get(key) && !listeners.get(key)?.size);
  for (const key of idle.slice(0, Math.max(0, idle.length - KEPT))) runs.delete(key);
}

/** Compare two payloads. */
function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Offer a run to every view that waits for it.
 * @param {{header: {run: string}, arrays: object, bytes: Uint8Array}} run
 */
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

/** Keep a run while a carrier with it is on the page; call with -1 when it leaves. */
export function holdRun(key, change) {
  const { holders } = store();
  const count = (holders.get(key) ?? 0) + change;
  if (count > 0) holders.set(key, count);
  else holders.delete(key);
  evict();
}

/**
 * Hear of a run: at once if it is here, and again whenever it is published.
 * @param {string} key
 * @param {(run: object) => void} listener
 * @returns {() => void} ends the subscription
 */
export function watchRun(key, listener) {
  const { runs, listeners } = store();
  if (!listeners.has(key)) listeners.set(key, new Set());
  listeners.get(key).add(listener);
  if (runs.has(key)) listener(runs.get(key));
  return () => {
    listeners.get(key)?.delete(listener);
    if (!listeners.get(key)?.size) listeners.delete(key);
    evict();
  };
}
