// Downloads of more than one object, as a zip that the gateway packs while it is read. They are a job, so that a refusal is
// a line in the tray and never a page in place of this one.

import { absolute, Refused, inWords, request } from "../core/api.js";
import { h } from "../core/dom.js";
import { visible } from "../core/format.js";
import { t } from "../core/i18n.js";
import { nameOf, urlOf } from "../core/paths.js";

/** Lets the browser store a URL in a file, as a link does. */
export function save(url, name) {
  const link = h("a", { href: url, download: name || "download" });
  document.body.append(link);
  link.click();
  link.remove();
}

/** Reads an archive to its end and hands it to the browser; the browser keeps what is large on disk. */
async function fetchArchive(url, options, name, unit, { signal, progress }) {
  const response = await fetch(absolute(url), { ...options, signal }).catch((error) => {
    throw error.name === "AbortError" ? error : new Refused(0, t("noAnswer"));
  });
  if (!response.ok) {
    const said = await response.text().catch(() => "");
    throw new Refused(response.status, inWords(response.status, said.trim() || `HTTP ${response.status}`));
  }
  let loaded = 0;
  const counted = response.body.pipeThrough(
    new TransformStream({
      transform(bytes, controller) {
        loaded += bytes.length;
        progress(loaded);
        controller.enqueue(bytes);
      },
    }),
  );
  const address = URL.createObjectURL(await new Response(counted, { headers: { "Content-Type": "application/zip" } }).blob());
  unit.size = loaded;
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** One folder is streamed by the browser itself; it is only made sure of first that there is such an archive. */
const folder = (path) => ({
  label: `${visible(nameOf(path))}.zip`,
  run: async (unit, { signal }) => {
    await request(`${urlOf(path)}?zip`, { method: "HEAD", signal });
    save(`${urlOf(path)}?zip`, `${nameOf(path) || "buckets"}.zip`);
  },
});

/** The job that downloads entries: a bucket or folder by itself, several as one zip. */
export function archive(entries, listing) {
  const atRoot = listing.path === "/" && listing.isFolder;
  if (entries.length === 1 || atRoot) return { kind: "download", units: entries.map((entry) => folder(entry.path)) };
  const names = entries.map((entry) => entry.path.slice(listing.path.length));
  const name = `${nameOf(listing.path) || "objects"}.zip`;
  const options = { method: "POST", headers: { "Content-Type": "application/json", Accept: "text/plain" }, body: JSON.stringify(names) };
  return { kind: "download", units: [{ label: visible(name), run: (unit, context) => fetchArchive(`${urlOf(listing.path)}?zip`, options, name, unit, context) }] };
}
