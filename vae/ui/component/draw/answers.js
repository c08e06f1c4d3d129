/**
 * Where the answer about a drawing and its view meet.
 *
 * The answer has a component of its own, so that a stroke brings a few kilobytes into the page and
 * not the view's script with them. It lives on globalThis since the two are separate scripts.
 */

const ANSWERS_NAME = "__latentExplorerAnswers";

function answers() {
  globalThis[ANSWERS_NAME] ??= { latest: null, listeners: new Set() };
  return globalThis[ANSWERS_NAME];
}

/** Offer Python's answer to the view, now or when it comes. */
export function publishAnswer(answer) {
  const held = answers();
  held.latest = answer;
  for (const listener of held.listeners) listener(answer);
}

/**
 * Hear of each answer: of the latest at once.
 * @param {(answer: object) => void} listener
 * @returns {() => void} ends the subscription
 */
export function watchAnswers(listener) {
  const held = answers();
  held.listeners.add(listener);
  if (held.latest) listener(held.latest);
  return () => held.listeners.delete(listener);
}
