/** Saving what the page has made. */

/** Offer a file to the reader. @param {Blob} blob @param {string} name @returns {boolean} that it is */
export function download(blob, name) {
  const link = document.createElement("a");
  link.download = name;
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return true;
}
