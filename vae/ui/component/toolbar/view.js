/** What every page offers: its link, larger type for a projector, the other language. */

import { gettext } from "../lib/locale.js";
import { ComponentView } from "../lib/view.js";

/** @import { Mounted } from "../lib/types" */
import { keptToken, takeKey } from "./secrets.js";

/**
 * @typedef {object} Shown
 * @property {boolean} projector
 * @property {Record<string, string>} languages
 * @property {string} spoken
 * @property {string} person the visitor's secret, as the session has it
 * @property {boolean} teaches
 */

const SAID_MS = 2500;
/** Of the document: what the page's own style makes of it. */
const CLASS = "projector";

export class ToolbarView extends ComponentView {
  /** @param {ParentNode} parent */
  constructor(parent) {
    super(parent);
    /** @type {Mounted<Shown> | null} */
    this.component = null;
    this.saidTimer = 0;
    this.told = false;
    this.listen(this.refs.copy, "click", () => this.copy());
    this.listen(this.refs.projector, "click", () => this.project(!this.isProjecting));
    this.listen(this.refs.language, "click", () => this.send("language", this.next()));
    this.listen(document, "keydown", (event) => {
      if (event.key === "Escape" && this.isProjecting && !event.defaultPrevented)
        this.project(false);
    });
  }

  get isProjecting() {
    return document.documentElement.classList.contains(CLASS);
  }

  /** @param {Mounted<Shown>} component */
  update(component) {
    this.component = component;
    document.documentElement.lang = component.data.spoken;
    this.mark(component.data.projector);
    this.tell(component.data);
    const { language } = this.refs;
    language.textContent = this.next().toUpperCase();
    language.lang = this.next();
    language.title = component.data.languages[this.next()];
  }

  /** Tell the session what this browser has kept of its visitor. @param {Shown} data */
  tell(data) {
    if (this.told || !data.person) return;
    this.told = true;
    const token = keptToken(data.person);
    if (token !== data.person) this.send("person", token);
    const key = takeKey();
    if (key && !data.teaches) this.send("teacher", key);
  }

  /** The language that a press changes to. */
  next() {
    const { languages = {}, spoken = "en" } = this.component?.data ?? {};
    const codes = Object.keys(languages);
    return codes[(codes.indexOf(spoken) + 1) % codes.length] ?? spoken;
  }

  /** @param {string} name @param {unknown} value */
  send(name, value) {
    this.component?.setStateValue(name, value);
  }

  /** @param {boolean} isOn */
  mark(isOn) {
    const changes = isOn !== this.isProjecting;
    document.documentElement.classList.toggle(CLASS, isOn);
    this.refs.projector.setAttribute("aria-pressed", String(isOn));
    // Maps lay themselves out anew when the window does.
    if (changes) requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
  }

  /** @param {boolean} isOn */
  project(isOn) {
    this.mark(isOn);
    this.send("projector", isOn);
  }

  async copy() {
    const link = location.href;
    this.say((await copied(link)) ? gettext("Link copied") : link);
  }

  /** @param {string} text */
  say(text) {
    this.refs.said.textContent = text;
    clearTimeout(this.saidTimer);
    this.saidTimer = window.setTimeout(() => {
      this.refs.said.textContent = "";
    }, SAID_MS);
  }

  end() {
    clearTimeout(this.saidTimer);
    super.end();
  }
}

/** Whether a text has come into the clipboard. @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only pages of https and of this machine have a clipboard: others select and copy.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}
