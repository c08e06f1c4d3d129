import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decimal,
  gettext,
  ngettext,
  setMessages,
  speak,
  spoken,
} from "../../vae/ui/component/lib/locale.js";

test("messages are said in the language, in the form for their number", () => {
  assert.equal(gettext("Drag {what}", { what: "z" }), "Drag z");
  setMessages("fr", {
    "Drag {what}": "Faites glisser {what}",
    "{n} code": ["{n} code", "{n} codes"],
  });
  assert.equal(spoken(), "fr");
  assert.equal(gettext("Drag {what}", { what: "z" }), "Faites glisser z");
  assert.equal(gettext("Unknown"), "Unknown");
  const say = (/** @type {number} */ n) => ngettext("{n} code", "{n} codes", n);
  assert.deepEqual([0, 1, 2].map(say), ["0 code", "1 code", "2 codes"]);
  assert.equal(decimal(-1.5, 2), "−1,50");
  speak("en");
  assert.deepEqual([0, 1].map(say), ["0 codes", "1 code"]);
  assert.equal(decimal(1.5, 1), "1.5");
});
