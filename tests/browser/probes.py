"""What the reports run in the page, to see frames and times that only the page knows."""

# Frames are counted, and z is compared, in a message that the frame's callbacks post: it arrives
# once the frame has been laid out and painted. Only the events that were dispatched before those
# callbacks are counted as shown by the frame.
PROBE = """(map) => {
  const root = map.closest("[data-z]");
  const probe = { frames: [], changes: 0, latencies: [], answers: [] };
  let pending = [];
  let due = 0;
  let z = root.dataset.z;
  let running = true;
  const moved = (event) => pending.push(event.timeStamp);
  window.addEventListener("pointermove", moved, { capture: true });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    if (root.dataset.z === z) return;
    z = root.dataset.z;
    probe.changes += 1;
    probe.latencies.push(...pending.splice(0, due).map((then) => now - then));
  };
  const tick = (now) => {
    if (!running) return;
    probe.frames.push(now);
    due = pending.length;
    port2.postMessage(0);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.endProbe = () => {
    running = false;
    window.removeEventListener("pointermove", moved, { capture: true });
    return probe;
  };
}"""

# Between frames, and tasks that the browser calls long (from 50 ms), until `endWatch` is called.
WATCH = """() => {
  const watch = { frames: [], tasks: [] };
  let running = true;
  const tick = (now) => {
    if (!running) return;
    watch.frames.push(now);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  const observer = new PerformanceObserver((list) =>
    watch.tasks.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ type: "longtask" });
  window.endWatch = () => {
    running = false;
    observer.disconnect();
    const gaps = watch.frames.slice(1).map((now, i) => now - watch.frames[i]);
    return { gap: Math.max(0, ...gaps), task: Math.max(0, ...watch.tasks) };
  };
}"""

# From the release to the moment Python's element names the z that the component shows, and to the
# frame that has painted it.
ANSWER = """(map) => {
  const root = map.closest("[data-z]");
  const numbers = (text) => (text ?? "").split(",").map(Number);
  const agrees = () => {
    const answer = document.querySelector("[data-testid=python-answer]");
    if (!answer || !answer.dataset.z) return false;
    const [shown, said] = [numbers(root.dataset.z), numbers(answer.dataset.z)];
    return shown.length === said.length
      && shown.every((value, i) => Math.abs(value - said[i]) < 6e-4);
  };
  window.answered = new Promise((resolve) => {
    const released = (event) => {
      const began = event.timeStamp;
      const observer = new MutationObserver(() => {
        if (!agrees()) return;
        observer.disconnect();
        const inPage = performance.now() - began;
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve({ inPage, painted: performance.now() - began });
          port2.postMessage(0);
        });
      });
      observer.observe(document.body, {
        subtree: true, childList: true, attributes: true, attributeFilter: ["data-z"],
      });
    };
    window.addEventListener("pointerup", released, { capture: true, once: true });
  });
}"""

# The page's own decoder, and the same one without SIMD, in turns: 400 images, then one at a time.
DECODERS = """async (turns) => {
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const module = loaded.find((name) => name.includes("/network/model.js"));
  const { Decoder } = await import(module);
  const [{ header, arrays }] = globalThis.__latentExplorer.runs.values();
  const decoders = { simd: new Decoder(header, arrays), plain: new Decoder(header, arrays, true) };
  const count = 400;
  const z = Float32Array.from({ length: count * header.latent_dim }, (_, i) => 2 * Math.sin(i * i));
  const out = new Float32Array(count * decoders.simd.pixels);
  const took = (work) => {
    const began = performance.now();
    work();
    return performance.now() - began;
  };
  const found = { simd: { many: [], one: [] }, plain: { many: [], one: [] } };
  for (let turn = -3; turn < turns; turn++) {
    for (const [name, decoder] of Object.entries(decoders)) {
      const many = took(() => decoder.decodeBatch(z, count, out));
      const one = took(() => {
        for (let i = 0; i < 20; i++) decoder.decode(z.subarray(i * header.latent_dim));
      });
      if (turn < 0) continue; // not yet compiled to the end
      found[name].many.push(many);
      found[name].one.push(one / 20);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return found;
}"""
