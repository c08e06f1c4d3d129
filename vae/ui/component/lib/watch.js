/**
 * Lets the part of a page that holds it be shown anew when the server says that something of
 * `data.topics` has changed. It shows nothing itself. A page out of sight waits until it is looked
 * at; without the server's word it asks every few seconds.
 */

/** @import { Mounted } from "./types" */

const AGAIN_MS = 3000;
/** Where Streamlit serves components, below whatever address a proxy gives the app. */
const SERVED = "/_stcore/";

/** @typedef {{ end: () => void, topics: string, component: Mounted }} Watch */
/** @type {WeakMap<ParentNode, Watch>} */
const watches = new WeakMap();

/** @param {string} module the address of a module of a component */
export function watchAddress(module) {
  const url = new URL(module);
  const base = url.pathname.slice(0, url.pathname.indexOf(SERVED));
  return `${url.protocol === "https:" ? "wss:" : "ws:"}//${url.host}${base}/vae-watch`;
}

/** @param {Mounted} component */
export default function watch(component) {
  const { parentElement, data } = component;
  const topics = JSON.stringify(data.topics);
  const there = watches.get(parentElement);
  if (there?.topics === topics) {
    there.component = component;
  } else {
    there?.end();
    /** @type {Watch} */
    const made = { end: () => {}, topics, component };
    made.end = follow(
      () => JSON.stringify(made.component.data),
      () => made.component.setTriggerValue("changed", Date.now()),
    );
    watches.set(parentElement, made);
  }
  return () => {
    watches.get(parentElement)?.end();
    watches.delete(parentElement);
  };
}

/**
 * @param {() => string} asked what is watched, and what the page shows of it
 * @param {() => void} tell
 * @returns {() => void} ends it
 */
function follow(asked, tell) {
  let isOver = false;
  let isNews = false;
  let timer = 0;
  /** @type {WebSocket | null} */
  let socket = null;

  const say = () => {
    isNews = document.hidden;
    if (!isNews) tell();
  };
  const seen = () => {
    if (isNews) say();
  };
  const open = () => {
    socket = new WebSocket(watchAddress(import.meta.url));
    socket.addEventListener("open", () => socket?.send(asked()));
    socket.addEventListener("message", say);
    socket.addEventListener("close", () => {
      if (isOver) return;
      timer = window.setTimeout(() => {
        say();
        open();
      }, AGAIN_MS);
    });
  };

  document.addEventListener("visibilitychange", seen);
  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
    socket?.close();
  };
}
