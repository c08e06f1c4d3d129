/**
 * Brings an element into sight where the page's columns stand one below the other: on a wide screen
 * it is in sight already. `data` is {selector, turn}; each turn scrolls once.
 */

/** @import { Mounted } from "./types" */

const STACKED = "(max-width: 640px)"; // where Streamlit puts columns below one another
const FRAMES = 30;
const scrolledTurns = new Set();

/** @param {Mounted} component */
export default function scrollTo({ data }) {
  if (scrolledTurns.has(data.turn) || !window.matchMedia(STACKED).matches) return;
  scrolledTurns.add(data.turn);
  let left = FRAMES;
  const tick = () => {
    const element = document.querySelector(data.selector);
    if (element) element.scrollIntoView({ block: "start" });
    // The page is still being put together around it: once more in each of the next frames.
    left -= 1;
    if (left > 0) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
