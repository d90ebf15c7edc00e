// The page of the calculator: what is typed becomes questions, and replies become the table and the faults.
// Texts of others are set as text; the HTML of a working comes from the library, which lets no name be markup.

import { SHARED, ask, keep, start } from "./ask.js";
import { readAddress, writeAddress } from "./address.js";

const PAUSE = 150;
const of = (id) => document.getElementById(id);
const text = of("text");

const state = { example: null, exampleText: null, layer: null, language: null, words: {}, every: false, long: false, linesOf: 0 };
let busy = false;
let again = false;

function make(tag, properties = {}, ...children) {
  const { aria, ...own } = properties;
  const element = Object.assign(document.createElement(tag), own);
  for (const [name, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${name}`, value);
  element.append(...children);
  return element;
}

function word(key, values = {}) {
  const message = state.words[`calculator.${key}`] ?? "";
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// ---- the editor

function numberLines() {
  const count = text.value.split("\n").length;
  if (count !== state.linesOf) {
    of("lines").replaceChildren(...Array.from({ length: count }, (_, at) => make("div", { textContent: at + 1 })));
    state.linesOf = count;
  }
  scrollLines();
}

function scrollLines() {
  of("lines").style.transform = `translateY(${-text.scrollTop}px)`;
}

function goTo(line, column) {
  const lines = text.value.split("\n");
  const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  // columns count characters, of which some are two units of the text
  const at = before + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  text.focus();
  text.setSelectionRange(at, at + 1);
  text.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight));
}

function showFaults(faults) {
  for (const line of of("lines").children) line.className = "";
  text.setAttribute("aria-invalid", String(faults.length > 0));
  of("right").classList.toggle("stale", faults.length > 0);
  of("faults").replaceChildren(
    ...faults.map((fault) => {
      const item = make("li");
      const own = fault.file === "spec" || fault.file === undefined || fault.file === null;
      if (own && fault.line) {
        of("lines").children[fault.line - 1]?.classList.add("bad");
        const place = make("button", {
          type: "button",
          className: "place",
          textContent: word("place", { line: fault.line, column: fault.column }),
        });
        place.onclick = () => goTo(fault.line, fault.column);
        item.append(place, " ");
      }
      item.append(make("span", { className: "message", textContent: fault.message }));
      for (const step of fault.chain ?? []) item.append(make("span", { className: "step", textContent: step }));
      if (fault.help) {
        item.append(make("span", { className: "help", textContent: `${word("help")} ${fault.help}` }));
      }
      item.append(make("code", { textContent: fault.code }));
      return item;
    }),
  );
}

function say(message) {
  of("status").textContent = message;
}

function fail(error) {
  say(`${word("broken")} ${error.message}`);
}

// ---- the table

function labelOf(row) {
  const pieces = [make("span", { className: "tree", textContent: row.lines, aria: { hidden: "true" } })];
  if (row.tone) pieces.push(make("span", { className: `tone ${row.tone}`, aria: { hidden: "true" } }));
  for (const [piece, sort] of row.label) pieces.push(make("span", { className: sort, textContent: piece }));
  return pieces;
}

function rowOf(row, columns) {
  const head = make("th", { scope: "row" });
  if (row.layer) {
    const button = make("button", { type: "button", className: "layer", aria: { expanded: "false" } });
    button.dataset.layer = row.layer;
    button.append(...labelOf(row));
    button.onclick = () => toggle(row.layer);
    head.append(button);
  } else {
    head.append(...labelOf(row));
  }
  const cells = row.cells.map((cell, at) =>
    make("td", { textContent: cell, className: `${columns[at + 1].number ? "number" : ""} ${cell === "0" ? "zero" : ""}` }),
  );
  return make("tr", { className: row.group ? "group" : "" }, head, ...cells);
}

function showTable(reply) {
  const { columns, rows, total } = reply;
  const heads = columns.map((column) =>
    make("th", { scope: "col", textContent: column.heading, className: column.number ? "number" : "" }),
  );
  const body = make("tbody", {}, ...rows.map((row) => rowOf(row, columns)));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body);
  if (total) table.append(make("tfoot", {}, rowOf(total, columns)));
  of("table").replaceChildren(table);
}

function markInFigure() {
  for (const part of document.querySelectorAll("figure [data-layer]")) {
    part.classList.toggle("chosen", part.dataset.layer === state.layer);
  }
}

function buttonOf(layer) {
  return [...document.querySelectorAll("button.layer")].find((button) => button.dataset.layer === layer);
}

function close() {
  for (const row of document.querySelectorAll("tr.working")) row.remove();
  for (const button of document.querySelectorAll("button.layer")) button.setAttribute("aria-expanded", "false");
}

async function toggle(layer) {
  const shut = state.layer === layer;
  state.layer = shut ? null : layer;
  await showWorking();
  remember();
}

async function showWorking() {
  markInFigure();
  const layer = state.layer;
  const button = layer === null ? undefined : buttonOf(layer);
  if (button === undefined) {
    close();
    return;
  }
  const reply = await ask({ ask: "working", text: text.value, layer, long: state.long, language: state.language });
  if (layer !== state.layer || reply.faults || !button.isConnected) return;
  close();
  const room = make("div", { className: "room" });
  room.innerHTML = reply.html;
  const more = make("button", { type: "button", textContent: word(state.long ? "short" : "long") });
  more.onclick = () => {
    state.long = !state.long;
    showWorking();
  };
  room.append(more);
  const cell = make("td", { colSpan: button.closest("tr").children.length }, room);
  button.closest("tr").after(make("tr", { className: "working" }, cell));
  button.setAttribute("aria-expanded", "true");
}

function moveAmongLayers(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" && state.layer !== null) {
    buttonOf(state.layer)?.focus();
    toggle(state.layer);
    return;
  }
  if (!step || !event.target.matches("button.layer")) return;
  const buttons = [...document.querySelectorAll("button.layer")];
  buttons[buttons.indexOf(event.target) + step]?.focus();
  event.preventDefault();
}

// ---- the network

function show(reply, took) {
  const faults = reply.faults ?? [];
  showFaults(faults);
  if (faults.length > 0) {
    say(faults.length === 1 ? word("fault") : word("faults", { count: faults.length }));
    return;
  }
  say(word("took", { ms: took }));
  document.title = `${reply.title} · cnncalc`;
  of("title").textContent = reply.title;
  of("sums").textContent = reply.sums;
  showTable(reply);
  of("figure").hidden = !reply.figure;
  of("figure").innerHTML = reply.figure ?? "";
  of("every-label").hidden = !(reply.folds || state.every);
  of("notes").replaceChildren(
    ...reply.notes.map((note) => make("p", { className: "hint", textContent: note })),
    ...reply.warnings.map((warning) => make("p", { className: "warning", textContent: `${word("warning")} ${warning}` })),
  );
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    const asked = text.value;
    const begun = performance.now();
    try {
      const reply = await ask({ ask: "network", text: asked, language: state.language, every: state.every });
      if (asked === text.value) {
        show(reply, Math.round(performance.now() - begun));
        if (!reply.faults) await showWorking();
        if (!of("check").hidden) await showBlank();
      }
    } catch (error) {
      fail(error);
    }
  } while (again);
  busy = false;
  remember();
}

function remember() {
  const example = text.value === state.exampleText ? state.example : null;
  return writeAddress({ example, text: text.value, layer: state.layer, language: state.language });
}

let timer;
function typed() {
  numberLines();
  if (text.value !== state.exampleText) of("example").value = "";
  clearTimeout(timer);
  timer = setTimeout(refresh, PAUSE);
}

async function takeExample(name) {
  const reply = await ask({ ask: "example", name });
  if (reply.faults) {
    showFaults(reply.faults);
    return;
  }
  state.example = name;
  state.exampleText = reply.text;
  of("example").value = name;
  text.value = reply.text;
  text.scrollTop = 0;
  numberLines();
}

// ---- answers to check

async function showBlank() {
  const reply = await ask({ ask: "blank", text: text.value, language: state.language });
  of("mark").disabled = Boolean(reply.faults);
  if (reply.faults) {
    // the answers that were typed wait in their cells
    of("mend").hidden = false;
    return;
  }
  of("mend").hidden = true;
  const kept = Object.fromEntries([...of("blank").querySelectorAll("input")].map((input) => [input.name, input.value]));
  const heads = reply.columns.map((heading) => make("th", { scope: "col", textContent: heading }));
  const rows = reply.rows.map(({ label, asked }) => {
    const cells = reply.columns.slice(1).map((heading, at) => {
      if (!asked[at]) return make("td");
      const input = make("input", { name: `${label}\n${heading}`, size: 12, autocomplete: "off" });
      input.setAttribute("aria-label", `${label}: ${heading}`);
      input.value = kept[input.name] ?? "";
      return make("td", {}, input);
    });
    return make("tr", {}, make("th", { scope: "row", textContent: label }), ...cells);
  });
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  of("blank").replaceChildren(table);
}

function typedSheet() {
  const quoted = (value) => `"${value.replaceAll('"', '""')}"`;
  const rows = [...of("blank").querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => quoted(cell.querySelector("input")?.value ?? cell.textContent)).join(","),
  );
  return rows.join("\n");
}

async function mark() {
  const pasted = of("pasted").value.trim();
  const reply = await ask({
    ask: "mark",
    text: text.value,
    language: state.language,
    sheet: pasted || typedSheet(),
    only_given: !pasted,
    show_answers: of("show").checked,
  });
  const notes = (reply.notes ?? []).map((note) => make("p", { className: "hint", textContent: note }));
  if (reply.faults) {
    of("marked").replaceChildren(
      ...reply.faults.map((fault) => make("p", { className: "warning", textContent: `${fault.message}. ${fault.help}` })),
    );
    return;
  }
  of("marked").innerHTML = reply.html;
  of("marked").append(...notes);
}

function choose(tab) {
  for (const each of of("tabs").children) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    of(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (!of("check").hidden) showBlank().catch(fail);
}

function moveAmongTabs(event) {
  if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
  const other = [...of("tabs").children].find((tab) => tab.getAttribute("aria-selected") === "false");
  choose(other);
  other.focus();
}

// ---- the beginning

async function speak(language) {
  let reply = await ask({ ask: "start", language });
  if (reply.faults) reply = await ask({ ask: "start", language: "en" });
  state.language = reply.language;
  state.words = reply.words;
  const { light, dark } = reply.colors;
  of("colors").textContent = `figure, .tone { ${light} } @media (prefers-color-scheme: dark) { figure, .tone { ${dark} } }`;
  document.documentElement.lang = reply.language.replace("_", "-");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  const options = Object.entries(reply.languages).map(([code, name]) => make("option", { value: code, textContent: name }));
  of("language").replaceChildren(...options);
  of("language").value = reply.language;
  return reply;
}

async function begin() {
  of("share").hidden = !SHARED;
  let address = {};
  try {
    address = await readAddress();
  } catch {
    // an address that was cut short
  }
  state.layer = address.layer ?? null;
  if (address.text) {
    text.value = address.text;
    numberLines();
  }
  text.oninput = typed;
  text.onscroll = scrollLines;
  const beginning = await start();
  const { examples, first } = await speak(address.language ?? navigator.language);
  of("example").replaceChildren(new Option("—", ""), ...examples.map((name) => new Option(name, name)));
  of("example").value = "";
  // what was typed while Python was coming stays
  if (!text.value) {
    if (beginning.text && !address.example) text.value = beginning.text;
    else await takeExample(examples.includes(address.example) ? address.example : first);
    numberLines();
  }
  await refresh();
  keep();
}

of("example").onchange = async ({ target }) => {
  if (!target.value) return;
  state.layer = null;
  await takeExample(target.value);
  await refresh();
};
of("language").onchange = async ({ target }) => {
  await speak(target.value);
  await refresh();
};
of("every").onchange = ({ target }) => {
  state.every = target.checked;
  refresh();
};
of("share").onclick = async () => {
  await remember();
  try {
    await navigator.clipboard.writeText(location.href);
    say(word("copied"));
  } catch {
    // a page that came over plain HTTP has no clipboard
    say(word("address"));
  }
};
of("mark").onclick = () => mark().catch(fail);
of("sheet").onsubmit = (event) => {
  event.preventDefault();
  mark().catch(fail);
};
for (const tab of of("tabs").children) tab.onclick = () => choose(tab);
of("tabs").onkeydown = moveAmongTabs;
of("figure").onclick = async ({ target }) => {
  let layer = target.closest("[data-layer]")?.dataset.layer ?? "";
  // of equal units one has a row: the others are told by what they stand in
  while (layer && !buttonOf(layer)) layer = layer.slice(0, Math.max(0, layer.lastIndexOf(".")));
  if (!layer) return;
  await toggle(layer);
  buttonOf(layer).scrollIntoView({ block: "nearest" });
};
of("table").onkeydown = moveAmongLayers;
addEventListener("hashchange", () => location.reload());

begin().catch(fail);
