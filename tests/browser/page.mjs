// The page in a real browser: what a person sees and does, and whether it is accessible.
//
//   node page.mjs PAGES [SCREENSHOTS]
//
// PAGES holds a folder each for a rich record, a poor one, a hostile one, one of locks alone, two counterexamples, two histories that
// were checked, a diff and trends (pages.rs writes them). Any failure ends with exit code 1. With a second argument screenshots are left there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { test, after, before } from "node:test";
import { gunzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const [pages, screenshots] = process.argv.slice(2).map((it) => path.resolve(it));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = { phone: { width: 390, height: 844 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1440, height: 900 } };
const url = (name) => pathToFileURL(path.join(pages, name, "index.html")).href;

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
});
after(async () => browser?.close());

/// Opens a page, does something there, and makes sure that nothing was said on the console or fetched.
async function on(name, options, visit, hash = "") {
  const context = await browser.newContext({ viewport: sizes.desktop, bypassCSP: false, ...options });
  const page = await context.newPage();
  const said = [];
  const fetched = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) fetched.push(request.url()); });
  await page.goto(url(name) + hash);
  try {
    await visit(page);
    assert.deepEqual(said, [], "something on the console");
    assert.deepEqual(fetched, [], "something was fetched");
  } finally {
    await context.close();
  }
}

for (const name of ["rich", "sample", "poor", "hostile", "locks", "committed", "deadlock", "retries", "check", "check-right", "diff", "trends"]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(sizes)) {
      test(`${name}, ${colorScheme}, ${size}: fits, and has no barrier`, async () => {
        await on(name, { colorScheme, viewport }, async (page) => {
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(width <= viewport.width, `the page is ${width} px wide in a window of ${viewport.width}`);
          if (screenshots && name !== "hostile") {
            await page.screenshot({ path: path.join(screenshots, `${name}-${colorScheme}-${size}.png`), fullPage: true });
          }
          if (size === "desktop" && name !== "hostile") {
            const cut = await page.evaluate(() => {
              const folded = [...document.querySelectorAll("details:not([open])")];
              folded.forEach((it) => { it.open = true; });
              const wide = [...document.querySelectorAll(".scroll")].filter((it) => it.scrollWidth > it.clientWidth);
              const names = wide.map((it) => `${it.getAttribute("aria-label")}: ${it.scrollWidth} px in ${it.clientWidth}`);
              folded.forEach((it) => { it.open = false; });
              return names;
            });
            assert.deepEqual(cut, [], "tables that are cut off");
          }
          if (size === "tablet" || (name !== "rich" && colorScheme === "dark")) return;
          // The scan is put in by the browser itself, past the policy of the page, which lets nothing else run.
          await page.evaluate(axe);
          // Each drawing is an image with a name, and judged as such; the thousands of lines within would take minutes.
          const { violations } = await page.evaluate(() => {
            for (const drawing of document.querySelectorAll(".plane[role=img] svg")) drawing.replaceChildren();
            return globalThis.axe.run({ resultTypes: ["violations"] });
          });
          const messages = violations.map((it) => `${it.id}: ${it.help}\n  ${it.nodes.slice(0, 4).map((node) => node.html.slice(0, 200) + " " + node.failureSummary).join("\n  ")}`);
          assert.equal(messages.length, 0, messages.join("\n"));
        });
      });
    }
  }
}

test("the colours follow the scheme", async () => {
  const paper = {};
  for (const colorScheme of ["light", "dark"]) {
    await on("rich", { colorScheme }, async (page) => {
      paper[colorScheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    });
  }
  assert.notEqual(paper.light, paper.dark);
});

test("the first screen says what is wrong, and then which, whether and at what price", async () => {
  await on("rich", {}, async (page) => {
    assert.match(await page.locator("#failures h2").innerText(), /^\d failures$/);
    const [failures, answer, ranking] = await Promise.all(["#failures", "#answer", "#ranking"].map((it) => page.locator(it).boundingBox()));
    assert.ok(failures.y < 100 && failures.y < answer.y && answer.y < ranking.y);
  });
  await on("sample", {}, async (page) => {
    const answer = await page.locator("#answer").boundingBox();
    const first = await page.locator("#ranking tbody tr").first().boundingBox();
    assert.ok(answer.y < 160 && first.y < sizes.desktop.height, `the ranking begins at ${first.y}`);
    assert.deepEqual(await page.locator("#answer h2").allInnerTexts(), ["Use", "Correct?", "Cost"]);
  });
});

/// The strategies whose rows are seen in the ranking of the scenario that is shown.
const rows = (page) => page.locator("#ranking .panel:visible tbody tr:visible .name").allInnerTexts();
const hash = (page) => decodeURIComponent(new URL(page.url()).hash);

test("a strategy is seen alone by a click, others by a click with Shift, and the address says so", async () => {
  let shared;
  // The colour that a line really has: the variable with its fallback, resolved by the browser.
  const line = (page, name) => page.evaluate((name) => {
    const number = [...document.querySelectorAll("[data-pick]")].find((it) => it.dataset.name === name).dataset.pick;
    return getComputedStyle(document.querySelector(`#latency path[data-s="${number}"]`)).stroke;
  }, name);
  await on("rich", {}, async (page) => {
    const all = await rows(page);
    const shown = await line(page, "after");
    const button = page.locator("[data-pick][data-name=after]");
    await button.focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await rows(page), ["after"]);
    assert.equal(await button.getAttribute("aria-pressed"), "true");
    assert.equal(await line(page, "naive"), "rgba(0, 0, 0, 0)");
    await page.locator("[data-pick][data-name=std-mutex]").click({ modifiers: ["Shift"] });
    assert.deepEqual((await rows(page)).sort(), ["after", "std-mutex"]);
    assert.equal(hash(page), "#only=after,std-mutex");
    shared = new URL(page.url()).hash;
    await page.locator("[data-all]").click();
    assert.deepEqual([await rows(page), await line(page, "after"), hash(page)], [all, shown, ""]);
    // A name in the table does the same, and once more takes it back.
    await page.locator("#ranking .panel:visible .name", { hasText: "naive" }).click();
    assert.deepEqual(await rows(page), ["naive"]);
    await page.locator("#ranking .panel:visible .name", { hasText: "naive" }).click();
    assert.deepEqual(await rows(page), all);
  });
  await on("rich", {}, async (page) => assert.deepEqual((await rows(page)).sort(), ["after", "std-mutex"]), shared);
});

test("one scenario is shown at a time, everywhere, and the address says which", async () => {
  const titles = (page) => page.locator("#ranking .panel:visible h3, #latency .panel:visible h3").allInnerTexts();
  await on("rich", {}, async (page) => {
    assert.deepEqual(await titles(page), ["polling", "polling"]);
    await page.getByRole("button", { name: "hot-context", exact: true }).click();
    assert.deepEqual(await titles(page), ["hot-context", "hot-context"]);
    assert.equal(hash(page), "#scenario=hot-context");
    await page.reload();
    assert.deepEqual(await titles(page), ["hot-context", "hot-context"]);
  });
});

test("a section is linked, and what is picked stays in the address", async () => {
  await on("rich", {}, async (page) => {
    await page.locator("nav.contents a", { hasText: "Correctness" }).click();
    assert.equal(hash(page), "#correctness&only=after");
    const box = await page.locator("#correctness").boundingBox();
    assert.ok(box.y >= 0 && box.y < 400, `it is at ${box.y}`);
  }, "#only=after");
  await on("rich", {}, async (page) => {
    assert.ok(await page.locator("#memory table").isVisible(), "what was folded is open");
  }, "#memory");
});

test("another operation is drawn, and values are read off at a percentile, by keyboard too", async () => {
  await on("rich", {}, async (page) => {
    const panel = page.locator("#latency .panel:visible");
    const path = () => panel.locator("path.line").first().getAttribute("d");
    const before = await path();
    await panel.locator("select").selectOption("get_context");
    assert.notEqual(await path(), before);
    assert.equal(hash(page), "#op=get_context");
    await panel.locator("input[type=range]").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await panel.locator(".read").innerText(), /^99\.7 % took at most · .+ [\d.]+ (ns|µs|ms) \([\d,]+\)/);
    await page.keyboard.press("ArrowLeft");
    assert.match(await panel.locator(".read").innerText(), /^99 % took at most/);
    await panel.locator(".area").hover({ position: { x: 5, y: 50 } });
    assert.match(await panel.locator(".read").innerText(), /^\d(\.\d+)? % took at most/);
  });
});

test("the table is sorted by its heads, by keyboard too", async () => {
  await on("rich", {}, async (page) => {
    const ranked = await rows(page);
    const head = page.locator("#ranking .panel:visible th", { hasText: "worst p99" });
    await head.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    const values = (await page.locator("#ranking .panel:visible td.p").evaluateAll((all) => all.map((it) => Number(it.dataset.v))));
    assert.deepEqual(values, values.toSorted((a, b) => a - b));
    await page.keyboard.press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await page.locator("#ranking .panel:visible th", { hasText: "place" }).getByRole("button").click();
    assert.deepEqual(await rows(page), ranked);
  });
});

test("what a strategy is, is said to pointer and keyboard", async () => {
  await on("rich", {}, async (page) => {
    const name = page.locator("#ranking .panel:visible .name", { hasText: "naive" });
    await name.focus();
    const hint = page.locator("#" + (await name.getAttribute("aria-describedby")));
    assert.match(await hint.innerText(), /^a Mutex, without copies · session=tokio-mutex/);
    assert.equal(await hint.evaluate((it) => getComputedStyle(it).visibility), "visible");
    await page.keyboard.press("Escape");
    assert.equal(await hint.evaluate((it) => getComputedStyle(it).visibility), "hidden");
    await name.hover();
    assert.equal(await hint.evaluate((it) => getComputedStyle(it).visibility), "visible");
  });
});

test("a table is copied as Markdown, or taken as CSV", async () => {
  await on("rich", { acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    const panel = page.locator("#ranking .panel:visible");
    await panel.getByRole("button", { name: /^Copy as Markdown/ }).click();
    await page.waitForFunction(() => [...document.querySelectorAll(".tools button")].some((it) => /Copied|Selected/.test(it.textContent)));
    if (await panel.getByText("Copied").count()) {
      const text = await page.evaluate(() => navigator.clipboard.readText());
      assert.match(text, /^\| place \| strategy \| throughput ÷ naive higher is better \|.*\n\| --- \|.*\n\| 1=? \| /);
    }
    const [download] = await Promise.all([page.waitForEvent("download"), panel.getByRole("button", { name: /^CSV/ }).click()]);
    const csv = readFileSync(await download.path(), "utf8");
    assert.match(csv, /^"place","strategy","throughput ÷ naive higher is better"/);
  });
});

test("the first failure is one key away, and the address keeps what is picked", async () => {
  await on("rich", {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.className), /jump/, "it is the first stop");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "failure-1");
    assert.ok(await page.locator("#failure-1").isVisible());
    assert.equal(hash(page), "#failure-1&only=after");
  }, "#only=after");
});

test("without its script the page is whole, and offers nothing that would not work", async () => {
  await on("rich", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator(".controls").isVisible(), false);
    assert.equal(await page.locator("#ranking table.rank:visible").count(), 3, "every scenario");
    assert.equal(await page.locator(".tools, select, main button:visible").count(), 0);
    assert.ok(await page.locator("#latency path.line").first().isVisible());
    await page.locator("nav.contents a", { hasText: "Latency" }).click();
    assert.equal(hash(page), "#latency");
  });
});

test("on a phone each strategy is a card that says what its numbers are", async () => {
  await on("rich", { viewport: sizes.phone }, async (page) => {
    assert.equal(await page.locator("#ranking .rank thead:visible").count(), 0);
    const card = page.locator("#ranking .panel:visible tbody tr").first();
    const said = await card.locator("td.p").evaluate((it) => getComputedStyle(it, "::before").content);
    assert.equal(said, '"worst p99"');
    const box = await card.boundingBox();
    assert.ok(box.width > 300 && box.width <= 390, String(box.width));
  });
});

test("a chart has words of its own size at every width", async () => {
  const height = (page) => page.locator("#latency .panel:visible .x span:visible").first().evaluate((it) => it.getBoundingClientRect().height);
  const seen = [];
  for (const viewport of Object.values(sizes)) await on("rich", { viewport }, async (page) => seen.push(await height(page)));
  assert.ok(Math.min(...seen) > 14, String(seen));
});

test("values are shown when a pointer rests on a mark", async () => {
  await on("rich", {}, async (page) => {
    const tips = await page.locator("#trade-off title").allTextContents();
    assert.ok(tips.some((it) => /^tokio-rwlock: .* operations\/s, p99 \d/.test(it)), tips[0]);
  });
});

test("numbers behind a chart open by keyboard", async () => {
  await on("rich", {}, async (page) => {
    const summary = page.locator("#latency .panel:visible summary").first();
    await summary.focus();
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("#latency details[open] table").first().isVisible());
  });
});

test("printed, it is black on white, in the dark as well", async () => {
  await on("rich", { colorScheme: "dark" }, async (page) => {
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const [paper, ink] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.backgroundColor, style.color];
    });
    assert.deepEqual([paper, ink], ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    assert.equal(await page.locator(".controls").isVisible(), false);
    assert.equal(await page.locator("#ranking table.rank:visible").count(), 3, "every scenario, whichever was shown");
    const pdf = await page.pdf({ format: "A4", ...(screenshots && { path: path.join(screenshots, "print.pdf") }) });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  });
});

test("the record can be downloaded from the page", async () => {
  await on("rich", { acceptDownloads: true }, async (page) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("Download the record").click()]);
    assert.equal(download.suggestedFilename(), "run.json.gz");
    const record = JSON.parse(gunzipSync(readFileSync(await download.path())));
    assert.deepEqual(record, JSON.parse(readFileSync(path.join(pages, "rich", "run.json"), "utf8")));
  });
});

test("a hostile name does nothing", async () => {
  await on("hostile", {}, async (page) => {
    assert.equal(await page.evaluate(() => globalThis.broken), undefined);
    assert.equal(await page.locator("img").count(), 0);
    const button = page.locator("[data-pick='2']");
    const name = await button.getAttribute("data-name");
    await button.click();
    assert.deepEqual(await rows(page), [name]);
    await page.reload();
    assert.deepEqual(await rows(page), [name], "through the address too");
  });
});

/// The row that is marked, in words.
const now = (page) => page.locator("tr.now").innerText().then((text) => text.replace(/\s+/g, " ").trim());

test("the arrow keys go through the steps of a run, and say what is held then", async () => {
  await on("deadlock", {}, async (page) => {
    assert.equal(await page.locator("tr.now").count(), 0, "nothing is marked before the first key");
    await page.keyboard.press("ArrowRight");
    assert.match(await now(page), /^1 invoke move\(a, b\)$/);
    for (let key = 0; key < 2; key++) await page.keyboard.press("ArrowRight");
    assert.match(await now(page), /^2 holds a lock b \(write\)/);
    assert.equal(await page.locator("tr.now").getAttribute("aria-current"), "step");
    const said = await page.locator(".stepper output").innerText();
    assert.match(said, /^3 of 5\. task 1: other: lock b \(write\)\s+After it task 0: <mover> holds a; task 1: other holds b\.$/);
    await page.keyboard.press("ArrowLeft");
    assert.match(await now(page), /^lock a \(write\)/);
    await page.keyboard.press("End");
    assert.match(await page.locator(".stepper output").innerText(), /queue for a \(write\) – closes the cycle/);
    await page.keyboard.press("ArrowRight");
    assert.match(await now(page), /^4 holds a, waits for b/, "the last one stays");
    assert.ok(await page.getByRole("button", { name: "Next step" }).isDisabled());
    await page.getByRole("button", { name: "Previous step" }).click();
    assert.match(await now(page), /^3 queue for b/);
    assert.equal(await page.locator("tr.now").count(), 1);
  });
});

test("what repeats is folded, and its steps are gone through once it is open", async () => {
  await on("retries", {}, async (page) => {
    const rows = page.locator(".trace tbody:not(.fold) tr:visible");
    const folded = await rows.count();
    const fold = page.getByRole("button", { name: /steps 5–6, 19 times more \(steps 7–44\)/ });
    assert.equal(await fold.getAttribute("aria-expanded"), "false");
    await fold.focus();
    await page.keyboard.press("Enter");
    assert.equal(await fold.getAttribute("aria-expanded"), "true");
    assert.equal(await rows.count(), folded + 38);
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    assert.match(await now(page), /^44 /);
    await fold.click();
    assert.equal(await rows.count(), folded);
    assert.equal(await page.locator("tr.now").count(), 0, "what is hidden is not where the reader is");
  });
});

test("the command to replay a run is copied, or selected where the clipboard is closed", async () => {
  await on("deadlock", {}, async (page) => {
    await page.locator("button.copy").click();
    await page.waitForFunction(() => document.querySelector("button.copy").textContent !== "Copy");
    const how = await page.locator("button.copy").innerText();
    const command = await page.evaluate((how) => (how === "Copied" ? null : getSelection().toString()), how);
    assert.ok(how === "Copied" || command === "lockyard verify --pitfall two-sessions --replay 0.1", how);
  });
});

test("without its script a run is whole, and offers nothing that would not work", async () => {
  await on("retries", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator(".trace tbody:not(.fold) tr:visible").count(), 47);
    for (const control of [".stepper", "tbody.fold", "button.copy"]) {
      assert.equal(await page.locator(control).first().isVisible(), false, control);
    }
  });
});

test("a run on the page of a record listens only where the focus is", async () => {
  await on("rich", {}, async (page) => {
    const run = page.locator("#failures .drawing").filter({ has: page.locator(".steps") });
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator("tr.now").count(), 0);
    await run.locator(".steps").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await now(page), /^1 call store: load/);
    assert.equal(await page.locator("#failures svg").count(), 1, "the deadlock has its graph");
  });
});

// Pages of several records, and of histories: they run no script but that of drawings.

test("a history is judged in the heading, and the page of one that is right is not empty", async () => {
  await on("check", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator("h1").innerText(), "history.jsonl: not linearizable");
    assert.match(await page.locator(".card.bad").innerText(), /should have been 2/);
    assert.match(await page.locator(".meta").first().innerText(), /model register · judged for linearizability · 3 operations/);
    assert.ok(await page.locator("table.trace").isVisible());
  });
  await on("check-right", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator("h1").innerText(), "history.jsonl: linearizable");
    assert.match(await page.locator(".card.good").innerText(), /There is an order of all operations/);
    assert.equal(await page.locator("code").first().innerText(), "lockyard check history.jsonl --model register --format html");
  });
});

test("the bar of a loss lies left of the middle of its cell, and that of no change on it", async () => {
  await on("diff", { javaScriptEnabled: false }, async (page) => {
    assert.match(await page.locator("h1").innerText(), /: 1 regression$/);
    const bar = (strategy) => page.locator("#ratios tr", { has: page.getByRole("rowheader", { name: strategy, exact: true }) }).locator(".bar").first().evaluate((bar) => {
      const [outer, interval] = [bar, bar.querySelector(".interval")].map((it) => it.getBoundingClientRect());
      const middle = outer.x + outer.width / 2;
      return { left: interval.left - middle, right: interval.right - middle };
    });
    const [lost, same] = [await bar("after"), await bar("std-rwlock")];
    assert.ok(lost.left < lost.right && lost.right < 0, JSON.stringify(lost));
    assert.ok(same.left < 0 && same.right > 0, JSON.stringify(same));
  });
});

test("a step change is said with its commits, and without any script all is there", async () => {
  await on("trends", { javaScriptEnabled: false }, async (page) => {
    const row = page.locator("#steps tbody tr").first();
    assert.match(await row.innerText(), /after\s+polling\s+run 1 \(aaaaaaa11111\)\s+run 2 \(bbbbbbb22222\)/);
    assert.match(await page.locator(".notes").innerText(), /run 3 → run 4: not comparable: another machine/);
    assert.equal(await page.locator(".plane svg").count(), 6);
    const summary = page.getByText("The numbers behind these charts").first();
    await summary.click();
    assert.ok(await page.locator("details[open] table").first().isVisible());
  });
});

test("the label of a line stands at its end, at every width, and covers no other", async () => {
  for (const viewport of Object.values(sizes)) {
    await on("trends", { viewport }, async (page) => {
      const boxes = await page.locator(".plane").first().locator(".names span").evaluateAll((spans) => spans.map((it) => {
        const { top, bottom, left, right } = it.getBoundingClientRect();
        return { top, bottom, left, right };
      }));
      boxes.sort((a, b) => a.top - b.top);
      for (let nth = 1; nth < boxes.length; nth++) {
        assert.ok(boxes[nth].top >= boxes[nth - 1].bottom - 2, JSON.stringify(boxes));
      }
      const area = await page.locator(".plane svg").first().boundingBox();
      assert.ok(boxes.every((it) => it.left >= area.x + area.width && it.right <= viewport.width), JSON.stringify(boxes));
      assert.ok(area.width > viewport.width / 4, `${area.width} px are too few to see a line`);
    });
  }
});
