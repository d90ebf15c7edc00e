"use strict";
// A reader steps through the picture: each piece is seen from its first step on, and before its end.

const data = JSON.parse(document.getElementById("data").textContent);
const pieces = [...document.querySelectorAll("#picture [data-first]")];
const byId = (id) => document.getElementById(id);
const last = data.steps.length - 1;
const wantsStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
const SLOWEST = 6400;
const FASTEST = 200;

let at = 0;
let wait = data.wait;
let timer = null;

function show(step) {
  at = Math.max(0, Math.min(step, last));
  for (const piece of pieces) {
    const isSeen = Number(piece.dataset.first) <= at && at < Number(piece.dataset.end);
    piece.style.display = isSeen ? "" : "none";
  }
  byId("step").value = at;
  byId("position").textContent = data.words.position.replace("{step}", at + 1).replace("{count}", last + 1);
  byId("back").disabled = at === 0;
  byId("forward").disabled = at === last;
  // a reader of the screen hears the products step by step, not while the picture runs
  if (timer === null) byId("told").textContent = data.steps[at];
}

function pause() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = data.words.play;
}

function play() {
  pause();
  timer = setInterval(() => show(at === last ? 0 : at + 1), wait);
  byId("play").textContent = data.words.pause;
}

function pace(factor) {
  wait = Math.max(FASTEST, Math.min(wait * factor, SLOWEST));
  byId("slower").disabled = wait === SLOWEST;
  byId("faster").disabled = wait === FASTEST;
  if (timer !== null) play();
}

function go(step) {
  pause();
  show(step);
}

const toggle = () => (timer === null ? play() : pause());
byId("play").addEventListener("click", toggle);
byId("back").addEventListener("click", () => go(at - 1));
byId("forward").addEventListener("click", () => go(at + 1));
byId("slower").addEventListener("click", () => pace(2));
byId("faster").addEventListener("click", () => pace(0.5));
byId("step").addEventListener("input", (event) => go(Number(event.target.value)));

addEventListener("keydown", (event) => {
  const isOwn = ["BUTTON", "INPUT"].includes(event.target.tagName);
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const keys = { ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(last) };
  if (event.key === " " && !isOwn) keys[" "] = toggle;
  if (!keys[event.key] || event.target.id === "step") return;
  event.preventDefault();
  keys[event.key]();
});

show(0);
if (!wantsStill) play();
