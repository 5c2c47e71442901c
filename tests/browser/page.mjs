// The page in a real browser: what a person sees and does, and whether it is accessible.
//
//   node page.mjs PAGES [SCREENSHOTS]
//
// PAGES holds a folder each for a rich record, a poor one, a hostile one, one of locks alone and two counterexamples (pages.rs writes them). Any failure ends with
// exit code 1. With a second argument screenshots are left there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { test, after, before } from "node:test";
import { chromium } from "playwright-core";

const [pages, screenshots] = process.argv.slice(2).map((it) => path.resolve(it));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = { phone: { width: 375, height: 812 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1440, height: 900 } };
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

for (const name of ["rich", "poor", "hostile", "locks", "deadlock", "retries"]) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(sizes)) {
      test(`${name}, ${colorScheme}, ${size}: fits, and no barrier is serious`, async () => {
        await on(name, { colorScheme, viewport }, async (page) => {
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(width <= viewport.width, `the page is ${width} px wide in a window of ${viewport.width}`);
          if (screenshots && name !== "hostile") {
            await page.screenshot({ path: path.join(screenshots, `${name}-${colorScheme}-${size}.png`), fullPage: true });
          }
          if (size === "tablet" || (name !== "rich" && colorScheme === "dark")) return;
          // The scan is put in by the browser itself, past the policy of the page, which lets nothing else run.
          await page.evaluate(axe);
          // Each drawing is an image with a name, and judged as such; the thousands of lines within would take minutes.
          const { violations } = await page.evaluate(() => {
            for (const drawing of document.querySelectorAll("svg[role=img]")) drawing.replaceChildren();
            return globalThis.axe.run({ resultTypes: ["violations"] });
          });
          const serious = violations.filter((it) => ["serious", "critical"].includes(it.impact));
          const messages = serious.map((it) => `${it.id}: ${it.help}\n  ${it.nodes.slice(0, 4).map((node) => node.html.slice(0, 200) + " " + node.failureSummary).join("\n  ")}`);
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

test("the first screen has the verdict, with what is wrong before what is fast", async () => {
  await on("rich", {}, async (page) => {
    const verdict = page.locator(".verdict");
    assert.match(await verdict.innerText(), /^FAILED: deadlock in “before”.*Confidence: /s);
    const box = await verdict.boundingBox();
    assert.ok(box.y + box.height < sizes.desktop.height, "the verdict does not fit on the first screen");
    const failures = await page.locator("#failures").boundingBox();
    const heat = await page.locator("#overview").boundingBox();
    assert.ok(failures.y < heat.y);
  });
});

test("a strategy is switched off, the address says so, and a reader who follows it sees the same", async () => {
  let hash;
  const rows = (page) => page.locator('table.heat tbody tr:visible th').allInnerTexts();
  // The colour that a chart's mark really has: the variable with its fallback, resolved by the browser.
  const mark = (page) => page.evaluate(() => {
    const circle = [...document.querySelectorAll("#latency svg.wide circle")].find((it) => it.getAttribute("fill").includes("--s2"));
    return getComputedStyle(circle).fill;
  });
  await on("rich", {}, async (page) => {
    assert.ok((await rows(page)).includes("after"));
    const shown = await mark(page);
    const button = page.getByRole("button", { name: "after", exact: true });
    await button.focus();
    await page.keyboard.press("Enter");
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    assert.ok(!(await rows(page)).includes("after"));
    assert.equal(await mark(page), "rgba(0, 0, 0, 0)");
    await page.getByRole("button", { name: "std-mutex", exact: true }).click();
    hash = new URL(page.url()).hash;
    assert.equal(hash, "#off=after&off=std-mutex");
    await page.getByRole("button", { name: "all", exact: true }).click();
    assert.ok((await rows(page)).includes("after"));
    assert.equal(await mark(page), shown);
    assert.equal(new URL(page.url()).hash, "");
  });
  await on("rich", {}, async (page) => {
    const seen = await rows(page);
    assert.ok(!seen.includes("after") && !seen.includes("std-mutex") && seen.includes("before"), String(seen));
  }, hash);
});

test("the first failure is one key away, and the address keeps what is switched off", async () => {
  await on("rich", {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "jump", "it is the first stop");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "failure-1");
    assert.ok(await page.locator("#failure-1").isVisible());
    assert.equal(new URL(page.url()).hash, "#off=after");
  }, "#off=after");
});

test("without its script the page is whole, and offers no switches", async () => {
  await on("rich", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator("nav.switches").isVisible(), false);
    assert.ok(await page.locator("table.heat").isVisible());
    await page.locator("a.jump").click();
    assert.equal(new URL(page.url()).hash, "#failure-1");
  });
});

test("values are shown when a pointer rests on a mark", async () => {
  await on("rich", {}, async (page) => {
    const tips = await page.locator("#latency svg.wide title").allTextContents();
    assert.ok(tips.some((it) => /^after, p99: \d/.test(it)), tips[0]);
  });
});

test("numbers behind a chart open by keyboard", async () => {
  await on("rich", {}, async (page) => {
    const summary = page.locator("#latency summary").first();
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
    assert.equal(await page.locator("nav.switches").isVisible(), false);
    const pdf = await page.pdf({ format: "A4", ...(screenshots && { path: path.join(screenshots, "print.pdf") }) });
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  });
});

test("the record can be downloaded from the page", async () => {
  await on("rich", { acceptDownloads: true }, async (page) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("Download the record").click()]);
    assert.equal(download.suggestedFilename(), "run.json");
    const record = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.deepEqual(record, JSON.parse(readFileSync(path.join(pages, "rich", "run.json"), "utf8")));
  });
});

test("a hostile name does nothing", async () => {
  await on("hostile", {}, async (page) => {
    assert.equal(await page.evaluate(() => globalThis.broken), undefined);
    assert.equal(await page.locator("img").count(), 0);
    const button = page.locator("[data-switch='2']");
    await button.click();
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    await page.reload();
    assert.equal(await page.locator("[data-switch='2']").getAttribute("aria-pressed"), "false", "through the address too");
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
    const fold = page.getByRole("button", { name: /steps 5–6 × 19 more, steps 7–44/ });
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
    const run = page.locator("#violations .drawing").filter({ has: page.locator(".steps") });
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator("tr.now").count(), 0);
    await run.locator(".steps").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await now(page), /^1 call store: load/);
    assert.equal(await page.locator("#violations svg").count(), 1, "the deadlock has its graph");
  });
});
