/** What the visitor's browser keeps: who they are, and the teacher's key; never in an address. */

const TOKEN = "vae-person";
const KEY = "vae-teacher";
/** What a teacher's link ends with: browsers do not send this part of it. */
const HASH = "#teacher=";

/** @returns {Storage | null} */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null; // Some browsers forbid it to pages of strangers.
  }
}

/** The secret of an earlier visit; `offered` is kept where there is none. @param {string} offered */
export function keptToken(offered) {
  const kept = storage()?.getItem(TOKEN);
  if (kept) return kept;
  storage()?.setItem(TOKEN, offered);
  return offered;
}

/** The teacher's key: of the link, which is rid of it, or of an earlier visit. Empty for none. */
export function takeKey() {
  const { hash, pathname, search } = window.location;
  if (!hash.startsWith(HASH)) return storage()?.getItem(KEY) ?? "";
  const key = decodeURIComponent(hash.slice(HASH.length));
  storage()?.setItem(KEY, key);
  history.replaceState(history.state, "", pathname + search);
  return key;
}
