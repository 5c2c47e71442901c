"use strict";
// Drawings of runs: one step after the other, folds, and the command to copy. Each drawing is by itself.
(() => {
  const drawings = [...document.querySelectorAll(".drawing")];

  function stepper(drawing) {
    const bar = drawing.querySelector(".stepper");
    if (!bar) return null;
    const [back, on] = bar.querySelectorAll("button");
    const output = bar.querySelector("output");
    const tasks = [...drawing.querySelectorAll(".trace thead th")].slice(1).map((it) => it.textContent);
    const rows = () => [...drawing.querySelectorAll(".trace tbody:not(.fold):not([hidden]) tr")];
    let now = null;

    function line(words) {
      const line = document.createElement("span");
      line.textContent = words;
      return line;
    }
    function show(row) {
      const all = rows();
      if (now) { now.classList.remove("now"); now.removeAttribute("aria-current"); }
      now = row;
      if (!now) {
        output.replaceChildren(all.length + " rows. Go through them with the buttons or with ← and →.");
        return;
      }
      const at = all.indexOf(now);
      now.classList.add("now");
      now.setAttribute("aria-current", "step");
      const cells = [...now.cells].slice(1);
      const acts = cells.map((cell, task) => [cell, tasks[task]]).filter(([cell]) => cell.matches(".acts, .stuck"));
      const words = acts.map(([cell, task]) => task + ": " + [...cell.childNodes].map((it) => it.textContent.trim()).join(" – "));
      const locks = cells.map((cell, task) => cell.dataset.locks && tasks[task] + " " + cell.dataset.locks).filter(Boolean);
      output.replaceChildren((at + 1) + " of " + all.length + ". " + words.join("; "),
        line(locks.length ? "After it " + locks.join("; ") + "." : "After it no lock is held."));
      back.disabled = at === 0;
      on.disabled = at === all.length - 1;
      (acts.length ? acts[0][0] : now).scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    // Before the first key nothing is marked: forward begins at the first row, back at the last.
    function move(by) {
      const all = rows();
      const at = now ? all.indexOf(now) + by : by > 0 ? 0 : all.length - 1;
      if (all[at]) show(all[at]);
    }
    back.addEventListener("click", () => move(-1));
    on.addEventListener("click", () => move(1));
    bar.hidden = false;
    show(null);

    for (const fold of drawing.querySelectorAll("tbody.fold")) {
      const more = fold.nextElementSibling;
      const button = fold.querySelector("button");
      const words = button.textContent;
      const toggle = (shown) => {
        more.hidden = !shown;
        button.setAttribute("aria-expanded", String(shown));
        button.textContent = (shown ? "▾ " : "▸ ") + words;
        show(now && now.closest("[hidden]") ? null : now);
      };
      fold.hidden = false;
      button.addEventListener("click", () => toggle(more.hidden));
      toggle(false);
    }
    return {
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      Home: () => show(rows()[0]),
      End: () => show(rows().at(-1)),
    };
  }

  const keys = new Map(drawings.map((drawing) => [drawing, stepper(drawing)]));
  const stepped = drawings.filter((drawing) => keys.get(drawing));
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // The only run of a page hears the keys wherever the focus is; of several, the one in which it is.
    const drawing = event.target.closest?.(".drawing") ?? (drawings.length === 1 ? stepped[0] : null);
    const key = keys.get(drawing)?.[event.key];
    if (!key) return;
    event.preventDefault();
    key();
  });

  for (const button of document.querySelectorAll("button.copy")) {
    const code = button.parentElement.querySelector("code");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        // Where the clipboard is closed to the page, the command is selected, ready for the reader's own key.
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
    });
  }
})();
