"use strict";
// What is shown is in the address, #latency&only=best,arc-swap&op=get&scenario=polling, so that a link shows what its sender saw.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement.style;
  const picks = all("[data-pick]");
  const shows = all("[data-show]");
  const names = picks.map((it) => it.dataset.name);
  const controls = document.querySelector(".controls");
  const state = { at: "", only: [], op: "", scenario: "" };

  const words = (list) => list.map(encodeURIComponent).join(",");
  const list = (text) => (text ? text.split(",").map(decodeURIComponent) : []);

  function read() {
    const [first, ...rest] = location.hash.slice(1).split("&");
    const parts = (first.includes("=") ? [first, ...rest] : rest).map((it) => it.split("="));
    const given = Object.fromEntries(parts);
    try {
      state.at = first.includes("=") ? "" : decodeURIComponent(first);
      state.only = list(given.only).filter((it) => names.includes(it));
      state.op = decodeURIComponent(given.op ?? "");
      state.scenario = decodeURIComponent(given.scenario ?? "");
    } catch { /* an address that is none shows everything */ }
  }
  function write() {
    const parts = [encodeURIComponent(state.at)];
    if (state.only.length) parts.push("only=" + words(state.only));
    if (state.op) parts.push("op=" + encodeURIComponent(state.op));
    if (state.scenario) parts.push("scenario=" + encodeURIComponent(state.scenario));
    const hash = parts.join("&").replace(/^&/, "");
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
    show();
  }

  // Of the first six that are picked each has a colour; a strategy's colour falls back from this variable to its own.
  function show() {
    picks.forEach((pick, nth) => {
      const number = pick.dataset.pick;
      const place = state.only.indexOf(names[nth]);
      const hidden = state.only.length > 0 && place < 0;
      pick.setAttribute("aria-pressed", String(place >= 0));
      if (hidden) root.setProperty("--s" + number, "transparent");
      else if (place >= 0) root.setProperty("--s" + number, place < 6 ? "var(--c" + place + ")" : "var(--grey)");
      else root.removeProperty("--s" + number);
      for (const part of all('[data-s="' + number + '"]')) {
        if (!part.closest("svg")) part.hidden = hidden;
        part.classList.toggle("picked", place >= 0);
      }
    });
    const scenario = shows.some((it) => it.dataset.show === state.scenario) ? state.scenario : shows[0]?.dataset.show;
    for (const it of shows) it.setAttribute("aria-pressed", String(it.dataset.show === scenario));
    for (const panel of all("[data-scenario]")) panel.hidden = scenario !== undefined && panel.dataset.scenario !== scenario;
    for (const chart of charts) chart.show(state.op);
  }

  function pick(name, toggle) {
    if (!toggle) state.only = state.only.length === 1 && state.only[0] === name ? [] : [name];
    else if (state.only.includes(name)) state.only = state.only.filter((it) => it !== name);
    else state.only = state.only.length ? [...state.only, name] : names.filter((it) => it !== name);
    if (state.only.length === names.length) state.only = [];
    write();
  }
  addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const link = event.target.closest('a[href^="#"]');
    if (button?.dataset.name !== undefined && names.includes(button.dataset.name)) pick(button.dataset.name, event.shiftKey);
    else if (button?.hasAttribute("data-all")) { state.only = []; write(); }
    else if (button?.dataset.show !== undefined) { state.scenario = button.dataset.show; write(); }
    else if (link) { event.preventDefault(); state.at = link.hash.slice(1); write(); go(); }
  });
  // A section that is folded opens when a link leads to it.
  function go() {
    const place = state.at && document.getElementById(state.at);
    if (!place) return;
    for (let it = place; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
    place.scrollIntoView({ block: place.matches(".failures li") ? "center" : "start" });
    if (place.hasAttribute("tabindex")) place.focus({ preventScroll: true });
  }

  // A name does something only with this script, and is a button only then.
  for (const name of all(".name")) {
    const button = document.createElement("button");
    button.type = "button";
    for (const { name: attribute, value } of name.attributes) if (attribute !== "tabindex") button.setAttribute(attribute, value);
    button.append(...name.childNodes);
    name.replaceWith(button);
  }

  // What a strategy is, where the pointer or the focus is on its name.
  for (const name of all(".name[aria-describedby]")) {
    const hint = document.getElementById(name.getAttribute("aria-describedby"));
    const over = (shown) => () => {
      const box = name.getBoundingClientRect();
      hint.style.left = Math.max(0, Math.min(box.left, innerWidth - hint.offsetWidth - 8)) + scrollX + "px";
      hint.style.top = box.bottom + scrollY + 4 + "px";
      hint.style.visibility = shown ? "visible" : "";
    };
    for (const [event, shown] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) {
      name.addEventListener(event, over(shown));
    }
  }
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const hint of all(".hint")) hint.style.visibility = "";
  });

  // Tables: sorted by their heads, and copied.
  function value(row, column, how) {
    const cell = row.cells[column];
    return how === "text" ? cell.textContent.trim() : Number(cell.dataset.v);
  }
  for (const head of all("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const how = head.dataset.sort;
      const is = head.getAttribute("aria-sort");
      const rising = is ? is === "descending" : how !== "down";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const body = head.closest("table").tBodies[0];
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [a, b].map((row) => value(row, head.cellIndex, how));
        return (x < y ? -1 : x > y ? 1 : 0) * (rising ? 1 : -1);
      });
      body.append(...rows);
      // What is tied stands together only where it is ranked.
      body.classList.toggle("sorted", head.cellIndex > 0);
    });
  }
  const cells = (row) => [...row.cells].map((cell) => {
    const copy = cell.cloneNode(true);
    for (const part of all(".hint, .bar, .fall", copy)) part.remove();
    for (const part of all("br", copy)) part.replaceWith(" ");
    return copy.textContent.replace(/\s+/g, " ").trim();
  });
  const markdown = (table) => {
    const line = (of) => "| " + of.map((it) => it.replaceAll("|", "\\|")).join(" | ") + " |";
    const [head, ...rows] = [...table.rows].map(cells);
    return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n") + "\n";
  };
  const csv = (table) => {
    // A cell that begins as a formula is text all the same.
    const field = (it) => '"' + (/^[=+\-@]/.test(it) ? "'" + it : it).replaceAll('"', '""') + '"';
    return [...table.rows].map((row) => cells(row).map(field).join(",")).join("\r\n") + "\r\n";
  };
  for (const table of all("table:not(.drawing table)")) {
    const tools = document.createElement("div");
    tools.className = "tools";
    for (const [name, action] of [
      ["Copy as Markdown", async (button) => {
        try {
          await navigator.clipboard.writeText(markdown(table));
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(table);
          button.textContent = "Selected";
        }
      }],
      ["CSV", () => {
        const link = document.createElement("a");
        link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(csv(table));
        link.download = (table.caption?.textContent ?? "table").slice(0, 40).replace(/[^\w]+/g, "-") + ".csv";
        link.click();
      }],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.setAttribute("aria-label", name + ": " + (table.caption?.textContent ?? "table").slice(0, 60));
      button.addEventListener("click", () => action(button));
      tools.append(button);
    }
    (table.closest(".scroll") ?? table).after(tools);
  }

  // Curves of latency: another operation, and what stands at a percentile.
  const nanos = (it) => {
    const [size, unit] = it < 1e3 ? [1, "ns"] : it < 1e6 ? [1e3, "µs"] : it < 1e9 ? [1e6, "ms"] : [1e9, "s"];
    return Number((it / size).toPrecision(3)) + " " + unit;
  };
  const charts = all(".curves").map((place) => {
    const figure = place.closest("figure");
    const data = JSON.parse(figure.querySelector("script.data").textContent);
    const area = place.querySelector(".area");
    const svg = place.querySelector("svg");
    const output = figure.querySelector(".read");
    const lines = new Map(all("path[data-s]", svg).map((it) => [Number(it.dataset.s), it]));
    const labels = new Map(all(".names span", place).map((it) => [Number(it.dataset.s), it]));
    // Each curve has its points at halves of a nine, or where it says, and the last one is the slowest.
    for (const curves of Object.values(data.of)) {
      for (const it of curves) {
        const [number, count, slowest, values, places] = it;
        const at = places ?? values.slice(0, -1).map((_, nth) => nth / 2);
        it.splice(0, 5, number, count, [...at, slowest], values);
      }
    }
    const [left, right] = data.x;
    const [low, high] = data.y.map(Math.log);
    const x = (nines) => (nines - left) / (right - left);
    const y = (ns) => Math.min(1, Math.max(0, (Math.log(Math.max(1, ns)) - low) / (high - low)));
    let now = data.order[0];

    const label = document.createElement("label");
    label.className = "operations";
    const select = document.createElement("select");
    for (const name of data.order) select.append(new Option(name, name));
    label.append("Operation ", select);
    place.before(label);
    select.addEventListener("change", () => { state.op = select.value; write(); });

    function show(asked) {
      const name = data.order.includes(asked) ? asked : data.order[0];
      select.value = name;
      output.replaceChildren();
      if (name === now) return;
      now = name;
      for (const line of lines.values()) line.setAttribute("d", "");
      for (const [number, , nines, values] of data.of[name]) {
        const points = nines.map((it, nth) => Math.round(x(it) * 1000) + " " + Math.round((1 - y(values[nth])) * 1000));
        lines.get(number)?.setAttribute("d", "M" + points.join("L"));
        const end = labels.get(number);
        if (end) end.style.top = (1 - y(values.at(-1))) * 100 + "%";
      }
    }
    // The line across is where the pointer is, or where the keys have moved it.
    const cross = document.createElementNS("http://www.w3.org/2000/svg", "path");
    cross.setAttribute("class", "cross");
    svg.append(cross);
    let place_of_cross = null;
    const percent = (nines) => Number((100 * (1 - 10 ** -nines)).toPrecision(Math.max(2, Math.floor(nines) + 1))) + " %";
    function tell(nines) {
      // At a percentile that the curves have a point at.
      place_of_cross = Math.min(right, Math.max(left, Math.round(nines * 2) / 2));
      cross.setAttribute("d", "M" + x(place_of_cross) * 1000 + " 0V1000");
      const shown = data.of[now].filter(([number]) => {
        const name = names[number];
        return state.only.length ? state.only.includes(name) : labels.get(number)?.className !== "quiet";
      });
      const read = shown.map(([number, count, at, values]) => {
        let nth = at.findIndex((it) => it >= place_of_cross - 1e-9);
        if (nth < 0) nth = at.length - 1;
        return [values[nth], names[number] ?? "", count];
      }).sort((a, b) => a[0] - b[0]);
      const parts = read.flatMap(([ns, name, count]) => {
        const bold = document.createElement("b");
        bold.textContent = nanos(ns);
        return [" · " + name + " ", bold, " (" + count.toLocaleString("en") + ")"];
      });
      output.replaceChildren(percent(place_of_cross) + " took at most", ...parts);
    }
    output.hidden = false;
    area.addEventListener("pointermove", (event) => {
      const box = area.getBoundingClientRect();
      tell(left + ((event.clientX - box.left) / box.width) * (right - left));
    });
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: left, max: right, step: 0.5, value: 2 });
    slider.setAttribute("aria-label", "Percentile, in nines");
    slider.addEventListener("input", () => tell(Number(slider.value)));
    const percentile = document.createElement("label");
    percentile.className = "operations";
    percentile.append("Percentile ", slider);
    label.after(percentile);
    return { show };
  });

  if (controls) controls.hidden = false;
  addEventListener("hashchange", () => { read(); show(); go(); });
  read();
  show();
  go();
})();
