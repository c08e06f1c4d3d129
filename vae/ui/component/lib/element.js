/** Elements in one line each. */

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} properties of the element; `dataset` holds its data attributes
 * @param {(Node|string)[]} children
 * @returns {any}
 */
export function element(tag, { dataset = {}, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  Object.assign(node.dataset, dataset);
  node.append(...children);
  return node;
}

/** Change a text; an unchanged one costs no layout. @param {HTMLElement} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
