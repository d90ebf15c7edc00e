"use strict";
// The table that folds, the panel beside it, and the figure above, which light each other up.
// Names come as text and go onto the page as text; the markup of the working is written by cnncalc alone.

const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const rows = data.rows.map((values, index) => {
  const row = { index, parent: null };
  data.columns.forEach((column, at) => { row[column] = values[at]; });
  row.label ||= row.name.split(".").at(-1);
  return row;
});

const table = document.getElementById("layers");
const body = table.querySelector("tbody");
const panel = document.getElementById("panel");
const find = document.getElementById("find");
const figure = document.getElementById("figure");
const drawn = figure ? [...figure.querySelectorAll("[data-layer]")] : [];
const isNarrow = () => matchMedia("(max-width: 999px)").matches;
const isVeryNarrow = matchMedia("(max-width: 619px)");

let chosen = null;
let sought = "";
const opened = new Set();

// ---- text

const fill = (message, values) => message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const whole = (number) => number.toLocaleString("en-US");

/** A number in three digits: 25.6 M. */
function brief(number) {
  if (number < 1e4) return whole(number);
  const rounded = Number(number.toPrecision(3));
  const power = Math.min(Math.floor(Math.log10(rounded) / 3), 5);
  return `${(rounded / 1000 ** power).toPrecision(3)} ${" kMGTP"[power]}`;
}

const told = (number) => (isVeryNarrow.matches ? brief(number) : whole(number));

// what HTML makes of <svg> knows the namespace of drawings
const drawing = document.createRange().createContextualFragment("<svg></svg>").firstChild;

function element(tag, attributes = {}, ...children) {
  const made = tag.startsWith("svg:")
    ? document.createElementNS(drawing.namespaceURI, tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// ---- the table

{
  const above = [];
  for (const row of rows) {
    above.length = row.level;
    row.parent = above[row.level - 1] ?? null;
    above[row.level] = row;
  }
}
const largest = {
  params: Math.max(1, ...rows.filter((row) => !row.level).map((row) => row.params)),
  macs: Math.max(1, ...rows.filter((row) => !row.level).map((row) => row.macs)),
};

function makeRow(row) {
  const name = element("td", { role: "gridcell", class: "name" });
  if (row.group) name.append(element("span", { class: "twist", "aria-hidden": "true" }, "▸"));
  else name.append(element("span", { class: "family", style: `background: var(--${row.family})` }));
  name.append(row.label);
  if (row.times > 1) name.append(element("span", { class: "times" }, `× ${row.times}`));
  if (row.path) name.append(element("span", { class: "path" }, row.path));
  if (row.does && row.does !== row.label.replace(/_?\d+$/, "").replaceAll("_", " ")) name.append(element("span", { class: "does" }, row.does));
  const shape = element("td", { role: "gridcell", class: "shape" });
  row.output.split("×").forEach((size, at) => shape.append(...(at ? ["×", element("wbr")] : []), size));
  const made = element("tr", {
    role: "row", tabindex: "-1", "aria-level": row.level + 1, "aria-selected": "false", style: `--level: ${row.level}`,
  });
  if (row.group) {
    made.classList.add("group");
    made.setAttribute("aria-expanded", "false");
  }
  const sees = element("td", { role: "gridcell", class: row.params || row.macs ? "number sees" : "number sees zero" }, row.sees);
  made.append(name, shape, numberCell(row, "params", "dense"), numberCell(row, "macs", "conv"), sees);
  return made;
}

function numberCell(row, quantity, color) {
  const number = row[quantity];
  const made = element("td", { role: "gridcell", class: number ? "number bar" : "number zero" });
  if (number) {
    const part = Math.min(number / largest[quantity], 1).toFixed(3);
    made.append(element("i", { style: `width: calc((100% - 12px) * ${part}); background: var(--${color})` }));
  }
  made.append(element("span", { "data-of": quantity }));
  return made;
}

rows.forEach((row) => { row.made = makeRow(row); });
body.append(...rows.map((row) => row.made));

function tellNumbers() {
  for (const row of rows) {
    for (const cell of row.made.querySelectorAll("[data-of]")) cell.textContent = told(row[cell.dataset.of]);
  }
  for (const cell of table.querySelectorAll("tfoot [data-number]")) cell.textContent = told(data.totals[cell.dataset.number]);
}

/** Hides the rows below folded groups; where a name is sought, all but the rows that have it and what they stand in. */
function fold() {
  const shown = new Set();
  for (const row of rows) {
    const visible = sought ? isFound(row) : !row.parent || (shown.has(row.parent) && opened.has(row.parent));
    if (visible) for (let each = row; each && !shown.has(each); each = each.parent) shown.add(each);
  }
  for (const row of rows) {
    row.made.hidden = !shown.has(row);
    if (row.group) row.made.setAttribute("aria-expanded", String(sought ? hasShownRow(row, shown) : opened.has(row)));
  }
}

const isFound = (row) => `${row.name} ${row.does} ${row.times > 1 ? row.label : ""}`.toLowerCase().includes(sought);
const hasShownRow = (group, shown) => shown.has(rows[group.index + 1]) && rows[group.index + 1].parent === group;

function open(row, wanted = !opened.has(row)) {
  if (!row.group) return;
  if (wanted) opened.add(row);
  else opened.delete(row);
  fold();
}

// ---- what is chosen

/** Chooses a row: the row, its part of the figure and the panel show it, and the address names it. */
function choose(row, { focus = true, sheet = false, address = true, scroll = true } = {}) {
  for (let each = row.parent; each; each = each.parent) opened.add(each);
  if (sought && !isFound(row)) seek("");
  fold();
  if (chosen) {
    chosen.made.setAttribute("aria-selected", "false");
    chosen.made.tabIndex = -1;
  }
  chosen = row;
  row.made.setAttribute("aria-selected", "true");
  row.made.tabIndex = 0;
  light(row, "chosen");
  // a sheet that is not seen has no widths that say which equations are scrolled
  if (sheet) panel.classList.add("open");
  fillPanel(row);
  if (focus) row.made.focus({ preventScroll: true });
  if (scroll) row.made.scrollIntoView({ block: "nearest" });
  if (address) remember(row);
}

function remember(row) {
  try {
    history.replaceState(null, "", `#${encodeURIComponent(row.name)}`);
  } catch {
    // a page inside another has no address of its own
  }
}

/** The row of a layer or a group by its name; of one that stands in no row of its own, the nearest around it. */
function rowNamed(name) {
  const exact = rows.find((row) => row.name === name) ?? rows.find((row) => row.name.toLowerCase() === name.toLowerCase());
  if (exact) return exact;
  const around = rows.filter((row) => name.startsWith(`${row.name}.`));
  return around.at(-1) ?? rows.find((row) => row.name.startsWith(`${name}.`)) ?? null;
}

const isWithin = (inner, outer) => inner === outer || inner.startsWith(`${outer}.`);

/** Marks the parts of the figure that show a row, or else the smallest that hold it. */
function light(row, mark) {
  const names = row === null ? [] : row.name.split("–");
  const isShown = (name) => names.some((own) => isWithin(name, own));
  const around = drawn.map((part) => part.dataset.layer).filter((name) => names.some((own) => isWithin(own, name)));
  const nearest = Math.max(0, ...around.map((name) => name.length));
  const holds = (name) => around.includes(name) && name.length === nearest;
  const isAny = drawn.some((part) => isShown(part.dataset.layer));
  for (const part of drawn) {
    const name = part.dataset.layer;
    part.classList.toggle(mark, isAny ? isShown(name) : holds(name));
  }
}

// ---- the panel

const firstPieces = [];
for (const piece of data.pieces) firstPieces[piece.split(" ", 1)[0]] ??= piece.split(" ");

/** The text of a piece, its numbers put back into its pattern; those left out are the first piece's. */
function unpacked(number) {
  const numbers = data.pieces[number].split(" ");
  const firsts = firstPieces[numbers[0]];
  return data.patterns[numbers[0]].split("~").map((text, at) => (at ? (numbers[at] || firsts[at]) + text : text)).join("");
}

function fillPanel(row) {
  const close = element("button", { type: "button", id: "close", "aria-label": words.close }, "×");
  close.addEventListener("click", closeSheet);
  const heading = element("h2", {}, row.times > 1 ? `${row.label} × ${row.times}` : row.name);
  const does = [row.does, row.input ? `${row.input} → ${row.output}` : row.output].filter(Boolean).join(": ");
  panel.replaceChildren(close, heading, element("p", { class: "soft" }, does));
  if (row.times > 1) panel.append(element("p", { class: "soft" }, row.name));
  panel.append(shares(row));
  for (const piece of row.working) {
    const part = element("div");
    part.innerHTML = unpacked(piece);
    panel.append(part);
  }
  for (const line of panel.querySelectorAll(".equation")) {
    // a side that is wider than the panel is scrolled, by keyboard too
    if (line.scrollWidth > line.clientWidth) line.tabIndex = 0;
  }
  if (row.graph !== null) panel.append(graphOf(row));
  if (row.field !== null) panel.append(fieldPart(JSON.parse(unpacked(row.field))));
  panel.scrollTop = 0;
}

/** The graph of a block; a click on a layer goes to the layer. */
function graphOf(row) {
  const part = element("div", { class: "graph", tabindex: "0", role: "group", "aria-label": fill(words.unit, { name: row.label }) });
  part.innerHTML = unpacked(row.graph);
  part.firstElementChild.setAttribute("aria-label", fill(words.unit, { name: row.label }));
  part.addEventListener("click", (event) => {
    const layer = partOf(event) && rowNamed(partOf(event).dataset.layer);
    if (layer) choose(layer, { focus: !isNarrow() });
  });
  return part;
}

function shares(row) {
  const list = element("dl", { class: "shares" });
  for (const quantity of ["params", "macs"]) {
    const total = data.totals[quantity];
    const part = (100 * row[quantity]) / total;
    const percent = total ? ` · ${part > 0 && part < 0.05 ? "<0.1" : part.toFixed(1)} %` : "";
    list.append(element("dt", {}, words[`share.${quantity}`]), element("dd", {}, whole(row[quantity]) + percent));
  }
  return list;
}

/** The first and the last pixel that an output sees along an axis; null where it sees none. */
function seen(axis, output) {
  const turn = output % axis.spans.length;
  const ahead = Math.floor(((output - turn) * axis.jump[0]) / axis.jump[1]);
  return axis.spans[turn] && axis.spans[turn].map((end) => end + ahead);
}

/** The receptive field: the pixels that an output sees, on the input, and a slider along each axis. */
function fieldPart(axes) {
  const part = element("section", { class: "field", "aria-label": words.field });
  const at = axes.map((axis) => Math.floor((axis.outputs - 1) / 2));
  const seenPixels = element("p", { role: "status" });
  const rank = axes.length;
  const axisWord = (axis) => words[`axis.${axis + 3 - rank}`];
  const heading = element("h3", {}, words.field);
  if (axes.every((axis) => axis.pixels)) {
    heading.append(element("b", {}, fill(words.of_input, { size: axes.map((axis) => axis.pixels).join("×") })));
  }
  part.append(heading);
  const picture = fieldPicture(axes.slice(-2));
  if (picture) part.append(picture.made);
  axes.forEach((axis, number) => {
    if (axis.outputs < 2) return;
    const slider = element("input", { type: "range", min: 0, max: axis.outputs - 1, value: at[number] });
    slider.addEventListener("input", () => {
      at[number] = Number(slider.value);
      move();
    });
    part.append(element("label", {}, axisWord(number), slider));
  });
  part.append(seenPixels);
  function move() {
    const spans = axes.map((axis, number) => seen(axis, at[number]));
    const parts = spans.map((span, number) =>
      span ? fill(words.sees, { axis: axisWord(number), first: span[0], last: span[1] }) : words.sees_nothing);
    const isBeyond = spans.some((span, number) => span && axes[number].pixels && (span[0] < 0 || span[1] >= axes[number].pixels));
    seenPixels.textContent = fill(words.position, { position: at.join(", "), seen: parts.join(", ") }) + (isBeyond ? ` ${words.beyond}` : "")
      + (axes.some((axis) => axis.others) ? ` ${words.uneven}` : "");
    picture?.move(spans.slice(-2));
  }
  move();
  return part;
}

/** The input as a rectangle, and on it what is seen; null where the size of the input is not known. */
function fieldPicture(axes) {
  if (!axes.every((axis) => axis.pixels)) return null;
  const [height, width] = axes.length === 1 ? [1, axes[0].pixels] : axes.map((axis) => axis.pixels);
  const scale = 220 / Math.max(height, width);
  const margin = 26;
  // a signal is drawn as a strip that can be seen
  const tall = axes.length === 1 ? 24 : Math.max(height * scale, 2);
  const wide = Math.max(width * scale, 2);
  const made = element("svg:svg", { viewBox: `${-margin} ${-margin} ${wide + 2 * margin} ${tall + 2 * margin}`, width: wide + 2 * margin, "aria-hidden": "true" });
  made.append(element("svg:rect", { class: "pixels", width: wide, height: tall }));
  if (Math.max(height, width) <= 40) {
    let lines = "";
    for (let x = 1; x < width; x += 1) lines += `M${x * scale} 0V${tall}`;
    if (axes.length > 1) for (let y = 1; y < height; y += 1) lines += `M0 ${y * scale}H${wide}`;
    made.append(element("svg:path", { class: "grid", d: lines }));
  }
  const window = element("svg:rect", { class: "seen" });
  made.append(window);
  const bounded = (value, most) => Math.max(-margin + 1, Math.min(value, most + margin - 1));
  return {
    made,
    move(spans) {
      window.style.display = spans.every(Boolean) ? "" : "none";
      if (!spans.every(Boolean)) return;
      const [rowsSeen, columnsSeen] = axes.length === 1 ? [null, spans[0]] : spans;
      const left = bounded(columnsSeen[0] * scale, wide);
      const right = bounded((columnsSeen[1] + 1) * scale, wide);
      const top = rowsSeen ? bounded(rowsSeen[0] * scale, tall) : 0;
      const bottom = rowsSeen ? bounded((rowsSeen[1] + 1) * scale, tall) : tall;
      window.setAttribute("x", left);
      window.setAttribute("y", top);
      window.setAttribute("width", Math.max(right - left, 1));
      window.setAttribute("height", Math.max(bottom - top, 1));
    },
  };
}

function closeSheet() {
  panel.classList.remove("open");
  chosen?.made.focus({ preventScroll: true });
}

// ---- what a reader does

const rowOf = (target) => {
  const made = target.closest("tr");
  return made && rows.find((row) => row.made === made);
};

body.addEventListener("click", (event) => {
  const row = rowOf(event.target);
  if (!row) return;
  if (row.group && (chosen === row || event.target.closest(".name"))) open(row);
  choose(row, { sheet: true });
});

/** Chooses the next row that is shown, in steps of 1 or -1. */
function step(from, by) {
  let at = from + by;
  while (rows[at]?.made.hidden) at += by;
  if (rows[at]) choose(rows[at]);
}

const keys = {
  ArrowDown: (row) => step(row.index, 1),
  ArrowUp: (row) => step(row.index, -1),
  Home: () => step(-1, 1),
  End: () => step(rows.length, -1),
  ArrowRight: (row) => (row.group && !opened.has(row) ? open(row, true) : row.group && step(row.index, 1)),
  ArrowLeft: (row) => (opened.has(row) ? open(row, false) : row.parent && choose(row.parent)),
  " ": (row) => (row.group ? open(row) : choose(row, { sheet: true })),
  Enter: (row) => {
    if (row.group) open(row);
    choose(row, { sheet: true });
    if (!row.group) panel.focus({ preventScroll: true });
  },
  Escape: closeSheet,
};

body.addEventListener("keydown", (event) => {
  const row = rowOf(event.target);
  if (!row || !keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  keys[event.key](row);
});

panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeSheet();
});

body.addEventListener("mouseover", (event) => light(rowOf(event.target), "near"));
body.addEventListener("mouseleave", () => light(null, "near"));

const partOf = (event) => event.target.closest("[data-layer]");
figure?.addEventListener("click", (event) => {
  const row = partOf(event) && rowNamed(partOf(event).dataset.layer);
  if (row) choose(row, { focus: !isNarrow(), sheet: true });
});
figure?.addEventListener("mouseover", (event) => {
  let row = partOf(event) && rowNamed(partOf(event).dataset.layer);
  while (row?.made.hidden) row = row.parent;
  for (const each of rows) each.made.classList.toggle("near", each === row);
});
figure?.addEventListener("mouseleave", () => {
  for (const each of rows) each.made.classList.remove("near");
});

function seek(text) {
  sought = text.trim().toLowerCase();
  if (find.value !== text) find.value = text;
  fold();
  const count = sought ? rows.filter(isFound).length : 0;
  document.getElementById("found").textContent = sought ? fill(words.found, { count: whole(count) }) : "";
}

find.addEventListener("input", () => seek(find.value));
find.addEventListener("keydown", (event) => {
  const first = rows.find((row) => !row.made.hidden && (!sought || isFound(row)));
  if (event.key === "Escape") seek("");
  else if ((event.key === "Enter" || event.key === "ArrowDown") && first) {
    event.preventDefault();
    choose(first, { sheet: event.key === "Enter" });
  }
});

document.getElementById("open-all").addEventListener("click", () => {
  for (const row of rows) if (row.group) opened.add(row);
  fold();
});
document.getElementById("fold-all").addEventListener("click", () => {
  opened.clear();
  fold();
});

isVeryNarrow.addEventListener("change", tellNumbers);
addEventListener("beforeprint", () => {
  for (const cell of body.querySelectorAll("[data-of]")) cell.textContent = whole(rowOf(cell)[cell.dataset.of]);
});
addEventListener("afterprint", tellNumbers);

function chooseFromAddress() {
  let name = location.hash.slice(1);
  try {
    name = decodeURIComponent(name);
  } catch {
    // an address that someone typed need not be encoded
  }
  const row = name ? rowNamed(name) : null;
  if (row) choose(row, { address: false, sheet: true });
  return row !== null;
}

addEventListener("hashchange", chooseFromAddress);

tellNumbers();
fold();
if (!chooseFromAddress() && rows.length) {
  const first = rows.find((row) => row.family === "conv" && !row.level) ?? rows.find((row) => row.working.length && !row.level) ?? rows[0];
  choose(first, { focus: false, address: false, scroll: false });
}
