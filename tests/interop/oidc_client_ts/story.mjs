// What the stories share: a tab of a real browser, and what the person in front of it does on our pages.

import { strict as assert } from "node:assert";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

import { serve } from "./application.mjs";

const { chromium } = createRequire(join(process.env.TOOLS, "package.json"))("playwright-core");

/**
 * Tells a story: the application on this host, a tab with its page, and what was told. It fails when a page complains, of
 * something that its Content Security Policy forbids, too.
 */
export async function tell(host, story) {
  const told = await serve(host);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium" });
  const tab = await browser.newPage();
  const complaints = [];
  tab.on("console", (message) => {
    const matters = message.type() === "error" || message.text().includes("Content Security Policy");
    if (matters) complaints.push(`${message.location().url}: ${message.text()}`);
  });
  tab.on("pageerror", (error) => complaints.push(error.stack));
  try {
    await tab.goto(told.origin);
    await isSignedIn(tab, "nobody");
    await story(tab, told);
    assert.deepEqual(complaints, []);
  } catch (error) {
    // Where the tab was, and what it complained of, tells more than that something did not come.
    console.error(tab.url(), complaints);
    throw error;
  } finally {
    await browser.close();
  }
  process.exit();
}

/** The application's page shows that this one is signed in. */
export async function isSignedIn(tab, name) {
  await tab.getByText(`Signed in: ${name}`).waitFor();
}

/** Waits for one of our pages; takes a picture of it. */
export async function page(tab, heading) {
  await tab.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
  const name = `${basename(process.argv[1], ".mjs")} ${heading}`.toLowerCase().match(/\w+/g).join("-");
  await tab.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
}

/** Clicks a button. */
export async function click(tab, name) {
  await tab.getByRole("button", { name, exact: true }).click();
}

/** Who the application knows, and what it holds. */
export async function user(tab) {
  return tab.evaluate(() => window.manager.getUser());
}

/** Why the server refuses when the application asks who is signed in, silently, in a frame. */
export async function refusalInFrame(tab) {
  return tab.evaluate(async () => {
    const asked = window.manager.signinSilent({ forceIframeAuth: true });
    return asked.then(() => "none", (error) => error.error);
  });
}
