"use strict";
// Strategies are switched off by name, and the names stand in the address, so that a link shows what its sender saw.
const nav = document.querySelector("nav.switches");
const buttons = nav ? [...nav.querySelectorAll("[data-switch]")] : [];
const off = new Set();

function show() {
  for (const button of buttons) {
    const hidden = off.has(button.dataset.name);
    const number = button.dataset.switch;
    button.setAttribute("aria-pressed", String(!hidden));
    // A strategy's colour on every chart falls back from this variable to its own.
    if (hidden) document.documentElement.style.setProperty("--s" + number, "transparent");
    else document.documentElement.style.removeProperty("--s" + number);
    for (const part of document.querySelectorAll('[data-s="' + number + '"]')) part.hidden = hidden;
  }
}

function read() {
  off.clear();
  const names = new URLSearchParams(location.hash.slice(1)).getAll("off");
  for (const button of buttons) if (names.includes(button.dataset.name)) off.add(button.dataset.name);
  show();
}

function write() {
  const state = new URLSearchParams();
  for (const name of off) state.append("off", name);
  history.replaceState(null, "", "#" + state);
  show();
}

if (nav) {
  nav.hidden = false;
  nav.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const name = button.dataset.name;
    if (name === undefined) off.clear();
    else if (!off.delete(name)) off.add(name);
    write();
  });
  addEventListener("hashchange", () => { if (location.hash.startsWith("#off=") || location.hash.length < 2) read(); });
  read();
}

// The place to jump to must not push what is switched off out of the address.
const jump = document.querySelector("a.jump");
if (jump) jump.addEventListener("click", (event) => {
  const failure = document.querySelector(jump.hash);
  event.preventDefault();
  failure.scrollIntoView({ block: "center" });
  failure.focus({ preventScroll: true });
});
