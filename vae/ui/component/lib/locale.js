/** What views say, in the reader's language. Messages stand in English in the code. */

/** @typedef {Record<string, string | string[]>} Messages */
/** @typedef {Record<string, string | number>} Values */

const ENGLISH = "en";
let language = ENGLISH;
/** What stands before the decimals. */
let mark = ".";
let messages = /** @type {Messages} */ ({});
const loaded = new Map([[ENGLISH, messages]]);
/** Attributes of HTML that are read, or read aloud. */
const ATTRIBUTES = ["aria-label", "title", "alt", "placeholder"];

/** The language that is spoken, as `fr`. */
export const spoken = () => language;

/**
 * Speak a language from now on; at once where its messages are here.
 * @param {string} next @returns {Promise<void> | undefined} until they are
 */
export function speak(next) {
  const found = loaded.get(next);
  if (!found) {
    return import(`./messages/${next}.js`).then((module) => {
      setMessages(next, module.default);
    });
  }
  setMessages(next, found);
}

/** @param {string} next @param {Messages} found */
export function setMessages(next, found) {
  loaded.set(next, found);
  language = next;
  messages = found;
  mark = (1.5).toLocaleString(next)[1];
}

/** @param {string} message @param {Values} values */
function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

/** Mark a constant, to be translated where it is shown. @param {string} message */
export const N_ = (message) => message;

/** Return a message with its values filled in. @param {string} message @param {Values} [values] */
export function gettext(message, values = {}) {
  const found = messages[message];
  return fill((Array.isArray(found) ? found[0] : found) ?? message, values);
}

/**
 * Return the form of a message for `n` things.
 * @param {string} one @param {string} many @param {number} n @param {Values} [values]
 */
export function ngettext(one, many, n, values = {}) {
  const form = new Intl.PluralRules(language).select(n) === "one" ? 0 : 1;
  const found = messages[one];
  return fill((Array.isArray(found) ? found[form] : null) ?? [one, many][form], { n, ...values });
}

/** Write the text of a number, as `toFixed` returns it, as the language does. @param {string} text */
export const numeral = (text) => (mark === "." ? text : text.replace(".", mark));

/** Return a number as the language writes it. @param {number} value @param {number} places */
export const decimal = (value, places) => numeral(value.toFixed(places)).replace("-", "−");

/** Return a whole number with its thousands apart. @param {number} value */
export const count = (value) => value.toLocaleString(language);

/** Translate the texts of a view's HTML in place. @param {ParentNode} parent */
export function translate(parent) {
  if (language === ENGLISH) return;
  const walker = document.createTreeWalker(/** @type {Node} */ (parent), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = (node.nodeValue ?? "").replace(/\s+/g, " ").trim();
    if (text && !node.parentElement?.closest("style")) {
      node.nodeValue = (node.nodeValue ?? "").replace(/\S(?:[\s\S]*\S)?/, () => gettext(text));
    }
  }
  for (const pattern of parent.querySelectorAll("template")) translate(pattern.content);
  for (const name of ATTRIBUTES) {
    for (const element of parent.querySelectorAll(`[${name}]`)) {
      const text = element.getAttribute(name);
      if (text) element.setAttribute(name, gettext(text));
    }
  }
}
