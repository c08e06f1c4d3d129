/**
 * Brings an element into sight where the page's columns stand one below the other: on a wide screen
 * it is in sight already. `data` is {selector, turn}; each turn scrolls once.
 */

/** @import { Mounted } from "./types" */

const STACKED = "(max-width: 640px)"; // where Streamlit puts columns below one another
const READERS = ["pointerdown", "wheel", "keydown"];
/** The page is still being put together around the element: it is held so long after it moved. */
const SETTLED_MS = 1000;
const LONGEST_MS = 30_000;
const scrolledTurns = new Set();

/** @param {Mounted} component */
export default function scrollTo({ data }) {
  if (scrolledTurns.has(data.turn) || !window.matchMedia(STACKED).matches) return;
  scrolledTurns.add(data.turn);
  hold(data.selector);
}

/**
 * Keep an element at the top until it has stood still, or the reader does something.
 * @param {string} selector
 */
function hold(selector) {
  const reader = new AbortController();
  for (const kind of READERS) {
    window.addEventListener(kind, () => reader.abort(), { capture: true, signal: reader.signal });
  }
  const end = performance.now() + LONGEST_MS;
  let stillUntil = end;
  let at = Number.NaN;
  const tick = () => {
    const now = performance.now();
    if (reader.signal.aborted || now > Math.min(end, stillUntil)) return reader.abort();
    const element = document.querySelector(selector);
    if (element) {
      element.scrollIntoView({ block: "start" });
      const top = Math.round(element.getBoundingClientRect().top);
      if (top !== at) stillUntil = now + SETTLED_MS;
      at = top;
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
