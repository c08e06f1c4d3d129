/** What Python is told: each state only when it is another one than it knows. */
export class Outbox {
  constructor() {
    /** What Python knows, as JSON, by the names of the states. */
    this.known = new Map();
    /** @type {(name: string, value: any) => void} the page's setStateValue */
    this.send = () => {};
  }

  /**
   * Note what Python knows of a state; return whether it is news.
   * @param {string} name @param {unknown} value
   */
  knows(name, value) {
    const text = JSON.stringify(value);
    const isNews = this.known.get(name) !== text;
    this.known.set(name, text);
    return isNews;
  }

  /** @param {string} name @param {unknown} value */
  tell(name, value) {
    if (this.knows(name, value)) this.send(name, value);
  }
}
