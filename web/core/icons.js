// Line drawings, decoration only: each is one path in a square of 16.

const svgSpace = "http://www.w3.org/2000/svg";

const shapes = {
  folder: "M1.5 4.5v8h13v-7H8L6.5 3.5h-5z",
  file: "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3",
  bucket: "M2 4.5c0 2.7 12 2.7 12 0s-12-2.7-12 0l1.5 8.5c.6 2 8.4 2 9 0L14 4.5",
  image: "M2.5 2.5h11v11h-11zM2.5 11l3.5-3.5 4 4 1.5-1.5 2 2M10.5 6.5a1 1 0 1 0 0-2 1 1 0 0 0 0 2",
  text: "M3.5 1.5h6l3 3v10h-9zM5.5 7.5h5M5.5 9.5h5M5.5 11.5h3",
  code: "M5 4.5 1.5 8 5 11.5M11 4.5 14.5 8 11 11.5",
  table: "M2 3.5h12v9H2zM2 6.5h12M2 9.5h12M6 3.5v9",
  media: "M4.5 3v10l8-5z",
  archive: "M2.5 2.5h11v3h-11zM3.5 5.5v8h9v-8M6.5 8h3",
  upload: "M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 10.5v3h11v-3",
  download: "M8 2.5v8M4.5 7 8 10.5 11.5 7M2.5 10.5v3h11v-3",
  folderAdd: "M13.5 7V5.5H8L6.5 3.5h-5v9h6M11.5 9v5M9 11.5h5",
  fileAdd: "M12.5 7V4.5l-3-3h-6v13h4M9.5 1.5v3h3M11.5 9v5M9 11.5h5",
  add: "M8 3v10M3 8h10",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.5 10.5l3.5 3.5",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  up: "M4 9.5 8 5.5l4 4",
  down: "M4 6.5l4 4 4-4",
  edit: "M10.5 3l2.5 2.5L5.5 13H3v-2.5zM9 4.5 11.5 7",
  remove: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  link: "M6.5 9.5l3-3M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9M9 11l-1.5 1.5a2.8 2.8 0 0 1-4-4L5 7",
  folderUp: "M1.5 4.5v8h13v-7H8L6.5 3.5h-5zM8 11V7.5M6.2 9 8 7.2 9.8 9",
  reload: "M13.5 8a5.5 5.5 0 1 1-1.7-4L13.5 5.7M13.5 2.5v3.2h-3.2",
  info: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M8 7.5v4M8 5h.01",
  history: "M8 4.5V8l2.5 2M2 8a6 6 0 1 0 2-4.5L2.5 5M2.5 2v3h3",
  theme: "M8 2.5a5.5 5.5 0 1 0 5.5 7A4.6 4.6 0 0 1 8 2.5",
  wide: "M6 3.5H2.5V7M2.5 3.5 6.5 7.5M10 12.5h3.5V9M13.5 12.5l-4-4",
  cut: "M4.5 13.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4M11.5 13.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4M5.7 9.8 11.5 2.5M10.3 9.8 4.5 2.5",
  clock: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12M8 4.5V8l2.5 1.5",
  open: "M9 2.5h4.5V7M13.5 2.5 8 8M7 3.5H2.5v10h10V9",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  tag: "M2.5 2.5H8l5.5 5.5-5.5 5.5L2.5 8zM5.5 5.5h.01",
  move: "M2.5 4.5v8h11v-6H8L6.5 4.5zM6 9.5h4M8.5 8 10 9.5 8.5 11",
};

/** Returns a drawing by its name. */
export function icon(name) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svgSpace, "path");
  path.setAttribute("d", shapes[name] ?? shapes.file);
  svg.append(path);
  return svg;
}
