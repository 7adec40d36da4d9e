// The page works without this file; it adds uploads by drag and drop, with progress.

const directory = document.body.querySelector("main")?.dataset.uploads;
const list = document.getElementById("transfers");

function row(name) {
  const item = document.createElement("li");
  const what = document.createElement("span");
  what.className = "what";
  what.textContent = name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name);
  const cancel = document.createElement("button");
  cancel.textContent = "Cancel";
  item.append(what, bar, cancel);
  list.append(item);
  return { item, bar, cancel };
}

function upload(file) {
  return new Promise((done) => {
    const { item, bar, cancel } = row(file.name);
    const request = new XMLHttpRequest();
    const finish = (text, style) => {
      bar.remove();
      cancel.remove();
      const note = document.createElement("span");
      note.className = style;
      note.textContent = text;
      item.append(note);
      done(style === "done");
    };
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    };
    request.onload = () =>
      request.status < 300
        ? finish("Uploaded", "done")
        : finish(request.responseText.trim().slice(0, 300) || `Failed (${request.status})`, "failed");
    request.onerror = () => finish("The connection was lost; nothing was stored.", "failed");
    request.onabort = () => finish("Cancelled; nothing was stored.", "failed");
    cancel.onclick = () => request.abort();
    request.open("PUT", directory + encodeURIComponent(file.name));
    request.setRequestHeader("Accept", "text/plain");
    if (file.type) request.setRequestHeader("Content-Type", file.type);
    request.send(file);
  });
}

async function uploadAll(files) {
  let stored = true;
  for (const file of files) stored = (await upload(file)) && stored;
  if (stored) location.reload();
}

if (directory && list) {
  let depth = 0;
  const mark = (on) => document.body.classList.toggle("dropping", on);
  addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth += 1;
    mark(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) mark(false);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    mark(false);
    uploadAll([...(event.dataTransfer?.files ?? [])]);
  });
  document.getElementById("upload")?.addEventListener("submit", (event) => {
    const input = event.target.querySelector("input[type=file]");
    if (!input?.files.length) return;
    event.preventDefault();
    uploadAll([...input.files]);
  });
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

for (const time of document.querySelectorAll("time")) {
  time.textContent = new Date(time.dateTime).toLocaleString();
}
