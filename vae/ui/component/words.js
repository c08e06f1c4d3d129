/** What the view says: labels, hints, readouts. */

const names = (dims) => dims.map((dim) => `z${dim + 1}`);

/** Label the map for those who hear it. */
export function mapLabel({ title }, dims) {
  const [across, up] = names(dims);
  const axes = up ? `${across} across and ${up} up` : `${across} across`;
  return (
    `Map of latent space${title ? ` of ${title}` : ""}, ${axes}. Drag, or use the arrow keys, ` +
    "with Shift for larger steps, to move z and decode it. Click a code to select it, press " +
    "Escape to let it go."
  );
}

/** What stands below the map. */
export function hint({ latent_dim: d }, dims) {
  if (d <= 2) {
    return "Drag, or use the arrow keys (Shift: larger steps). Click a code to see its image.";
  }
  return (
    `A plane through ${d} dimensions: the cursor and the codes are seen as their shadows on ` +
    `${names(dims).join(" and ")}; the sliders set the others.`
  );
}

/** Show the numbers of the map's dimensions. */
export function showReadout(node, dims, z) {
  if (node.childElementCount !== dims.length) {
    node.replaceChildren(...dims.map(() => document.createElement("span")));
  }
  names(dims).forEach((name, i) => {
    node.children[i].textContent = `${name} = ${z[dims[i]].toFixed(3)}`;
  });
}

/** Say whether test codes are near. */
export function showHonest(node, codes, z) {
  const { text, alone } = codes.describe(z);
  if (node.textContent !== text) node.textContent = text;
  node.classList.toggle("alone", alone);
}

/** What is read aloud when z has come to rest. */
export function announcement(dims, z, honest) {
  const numbers = names(dims).map((name, i) => `${name} ${z[dims[i]].toFixed(2)}`);
  return `${numbers.join(", ")}. ${honest}`;
}
