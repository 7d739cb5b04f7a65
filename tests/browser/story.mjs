// An overseer's story in a real browser, from the first page to a stopped agent that acts again. What the agent and the
// application do is done by the command line and by plain requests. `SCRIPT=off` tells it without script.

import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const { SERVER, TOOLS, PICTURES } = process.env;
const withScript = process.env.SCRIPT !== "off";
const { chromium } = createRequire(join(TOOLS, "package.json"))("playwright-core");
const axe = readFileSync(join(TOOLS, "node_modules/axe-core/axe.min.js"), "utf8");
const password = "correct horse battery staple";
// Long, and written from right to left in part: what a page must bear.
const longName = "An agent whose name is as long as names may be, שלום, and goes on and on until it is a hundred long";

/** The command line. */
const agentid = async (...words) => {
  const { stdout } = await promisify(execFile)("agentid", ["--json", ...words]);
  return JSON.parse(stdout);
};

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const tab = await browser.newPage({ javaScriptEnabled: withScript, viewport: { width: 1100, height: 800 } });
const complaints = [];
const transferred = [];
// Refusals that the story provokes are no complaints.
const expected = [];
tab.on("console", (message) => {
  const text = message.text();
  const matters = message.type() === "error" || text.includes("Content Security Policy");
  if (matters && !expected.some((part) => text.includes(part))) complaints.push(`${message.location().url}: ${text}`);
});
tab.on("pageerror", (error) => complaints.push(error.stack));
tab.on("request", (request) => {
  const isForeign = !request.url().startsWith(SERVER) && !request.url().startsWith("data:");
  if (isForeign && !request.isNavigationRequest()) complaints.push(`a request to ${request.url()}`);
});
tab.on("requestfinished", async (request) => {
  const sizes = await request.sizes().catch(() => undefined);
  if (sizes) transferred.push(sizes.responseBodySize + sizes.responseHeadersSize);
});

/** Waits for a page, looks for what keeps people out, and takes pictures of it. */
const page = async (heading, name) => {
  await tab.getByRole("heading", { level: 1, name: heading }).waitFor();
  await tab.waitForLoadState("networkidle");
  const bytes = transferred.splice(0).reduce((sum, size) => sum + size, 0);
  assert.ok(bytes < 50_000, `${heading}: ${bytes} bytes`);
  if (!withScript) return;
  const width = await tab.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 1100, `${heading} is ${width} wide`);
  await tab.evaluate(axe);
  for (const scheme of ["light", "dark"]) {
    await tab.emulateMedia({ colorScheme: scheme });
    const { violations } = await tab.evaluate(() => window.axe.run());
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(found, [], `${heading}, ${scheme}`);
    if (name) await tab.screenshot({ path: join(PICTURES, `${name}-${scheme}.png`), fullPage: true });
  }
  await tab.emulateMedia({ colorScheme: "light" });
  await tab.setViewportSize({ width: 390, height: 800 });
  const narrow = await tab.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(narrow <= 390, `${heading} is ${narrow} wide on a phone`);
  if (name) await tab.screenshot({ path: join(PICTURES, `${name}-phone.png`), fullPage: true });
  await tab.setViewportSize({ width: 1100, height: 800 });
};
const click = (name) => tab.getByRole("button", { name, exact: true }).click();
const open = (name) => tab.getByRole("link", { name, exact: true }).first().click();
const fill = (label, text) => tab.getByLabel(label, { exact: true }).fill(text);
const shown = (id) => tab.locator(`#${id}`).innerText();

/** An application's back end. */
const ask = async (client, form) => {
  const headers = { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` };
  const answer = await fetch(`${SERVER}/v1/oauth/token`, { method: "POST", headers, body: new URLSearchParams(form) });
  return { status: answer.status, ...(await answer.json()) };
};

/** Whether the agent gets a token in one call. For another API each time: a token that it has is used again. */
let calls = 0;
const oneCall = async () => {
  try {
    await agentid("agent", "token", "--resource", `https://api${++calls}.example`);
    return true;
  } catch (error) {
    assert.match(error.stdout + error.stderr, /stopped/);
    return false;
  }
};

try {
  await tab.goto(SERVER);
  await page("Who is that agent, and who answers for it?", "landing");
  await open("Register");
  await page("Register", "register");
  await fill("Name", "Ada Lovelace");
  await fill("E-mail", "ada@example.org");
  await fill("Password", password);
  await click("Register");
  await page("Your agents", "no-agents");

  // Claim: the agent registers and agrees by its own key.
  await agentid("agent", "keygen");
  await agentid("agent", "register", "--name", longName.slice(0, 100), "--description", "Reads the news.\nAnd more.");
  const { agent } = await agentid("agent", "whoami");
  await open("Claim your first agent");
  await page("Claim an agent");
  await fill("The agent's id or public key", "nobody's");
  expected.push("status of 422");
  await click("Go on");
  await tab.getByRole("alert").filter({ hasText: "neither an agent's id nor a public key" }).waitFor();
  await fill("The agent's id or public key", agent.public_key);
  await click("Go on");
  await page("Waiting for the agent", "claim");
  const [program, ...words] = (await shown("command")).split(" ");
  assert.equal(program, "agentid");
  await agentid(...words, "--yes");
  // The page goes on by itself, without script too.
  await page("The agent agreed");
  await open("See the agent");
  await page(agent.name);

  // An application, and the agent signs in to it.
  await open("Applications");
  await page("Applications");
  const callback = createServer((_, answer) => answer.end("signed in")).listen(0, "127.0.0.1");
  await once(callback, "listening");
  const redirect = `http://127.0.0.1:${callback.address().port}/callback`;
  await open("Register an application");
  await page("Register an application", "new-application");
  await fill("Name", "Example shop");
  await fill("Redirect addresses", redirect);
  await click("Register");
  await page("The application is registered");
  const client = { id: await shown("client-id"), secret: await shown("client-secret") };
  await open("See the application");
  await page("Example shop", "application");
  await tab.getByText("Replace the secret", { exact: true }).click();
  await tab.locator("#secret-password").fill(password);
  await click("Make a new secret");
  await page("The application has a new secret", "new-secret");
  client.secret = await shown("client-secret");
  await open("See the application");
  const { code_verifier, code_challenge } = await agentid("client", "pkce");
  const asked = new URLSearchParams({
    client_id: client.id,
    redirect_uri: redirect,
    response_type: "code",
    scope: "openid name",
    code_challenge,
    code_challenge_method: "S256",
    state: "x",
  });
  const signIn = async () => {
    await tab.goto(`${SERVER}/v1/oauth/authorize?${asked}`);
    if (await tab.getByRole("heading", { name: "Which agent?" }).count()) {
      await page("Which agent?");
      await tab.getByRole("radio").check();
      await click("Go on");
    }
    await page("Allow this?", "consent");
    await click("Allow");
    await tab.waitForURL(`${redirect}?**`);
    return new URL(tab.url()).searchParams;
  };
  const code = (await signIn()).get("code");
  const tokens = await ask(client, { grant_type: "authorization_code", code, redirect_uri: redirect, code_verifier });
  assert.equal(tokens.status, 200, JSON.stringify(tokens));

  // It stands in the history; a block ends what the application holds.
  await tab.goto(`${SERVER}/agents`);
  await page("Your agents", "agents");
  await open(agent.name);
  await page(agent.name, "agent");
  await tab.getByRole("row").filter({ hasText: "Example shop" }).filter({ hasText: "approved" }).waitFor();
  const refresh = (token) => ask(client, { grant_type: "refresh_token", refresh_token: token });
  const renewed = await refresh(tokens.refresh_token);
  assert.equal(renewed.status, 200, JSON.stringify(renewed));
  await click(`Block ${client.id}`);
  await tab.getByRole("status").filter({ hasText: "is blocked for this agent" }).waitFor();
  assert.equal((await refresh(renewed.refresh_token)).error, "invalid_grant");
  await click(`Unblock ${client.id}`);
  await tab.getByRole("status").filter({ hasText: "may ask this agent again" }).waitFor();
  await open("The whole history");
  await page(`History of ${agent.name}`, "history");
  await tab.getByLabel("Outcome", { exact: true }).selectOption("denied");
  await click("Show");
  await tab.getByText("There is no such request.").waitFor();

  // Stop now, and resume.
  await open(agent.id);
  await page(agent.name);
  assert.equal(await oneCall(), true);
  await click("Stop now");
  await page("The agent is stopped", "stopped");
  assert.equal(await oneCall(), false);
  await click("Resume");
  await tab.getByRole("status").filter({ hasText: "may act again" }).waitFor();
  assert.equal(await oneCall(), true);

  // What was done stands in the log; the account shows where one is signed in.
  await open("Usage");
  await page("Subscription and usage", "usage");
  await tab.getByRole("heading", { name: "Your tier is FREE" }).waitFor();
  await click("Upgrade to BASIC");
  await open("Go to the payment");
  await click("Pay");
  await tab.getByText("It is paid.").waitFor();
  await open("Go back");
  await page("Subscription and usage", "subscription");
  await tab.getByRole("heading", { name: "Your tier is BASIC" }).waitFor();
  await click("End the subscription");
  await tab.getByRole("status").filter({ hasText: "Until the period ends, nothing changes" }).waitFor();
  const ends = tab.getByText("It ends at", { exact: false });
  for (let looks = 0; !(await ends.count()) && looks < 50; looks++) await tab.goto(`${SERVER}/usage`);
  await page("Subscription and usage", "subscription-ending");
  await click("Keep BASIC");
  await tab.getByRole("status").filter({ hasText: "is changed" }).waitFor();
  await click("See and change payments");
  await tab.getByRole("link", { name: "Go to your payments" }).waitFor();
  await open("Security log");
  await page("Security log", "security-log");
  await tab.getByText("Stopped an agent", { exact: false }).first().waitFor();
  await open("Account");
  await page("Your account", "account");
  await tab.getByText("this one").waitFor();
  await tab.goto(`${SERVER}/agents/${agent.id}`);

  // A wrong password does no harm; the right one lets go.
  await tab.getByText("Answer for this agent no longer").click();
  const letGo = async (word) => {
    await tab.locator("#let-go-password").fill(word);
    await click("Let it go");
  };
  expected.push("status of 403");
  await letGo("not it");
  await tab.getByRole("alert").filter({ hasText: "nothing was done" }).waitFor();
  await tab.getByText("Answer for this agent no longer").click();
  await letGo(password);
  await page("Your agents");

  // Out, and in again.
  await click("Sign out");
  await page("Sign in", "sign-in");
  // Somebody without an account lifts the agent's limits.
  await tab.goto(`${SERVER}/malice/${agent.id}`);
  await page("Lift an agent's limits", "shadow-claim");
  await tab.getByText("USD 20.00").waitFor();
  await click("Begin");
  await page("Waiting for the agent", "shadow-claim-agent");
  const begun = tab.url();
  await click("Cancel");
  await page("Cancelled");
  await tab.getByText("You can close this page.", { exact: false }).waitFor();
  await tab.goto(begun);
  await page("This is over");
  await open("Start again");
  await click("Begin");
  const [, ...agrees] = (await shown("command")).split(" ");
  await agentid(...agrees, "--yes");
  // The page goes on by itself, or when it is told to.
  if (!withScript) await open("Check now");
  await page("The agent agreed", "shadow-claim-payment");
  await click("Pay");
  const [payment] = await Promise.all([tab.context().waitForEvent("page"), open("Go to the payment")]);
  await payment.getByRole("button", { name: "Pay" }).click();
  await payment.getByText("It is paid.").waitFor();
  await payment.close();
  if (!withScript) await open("Check now");
  await page("It is paid", "shadow-claim-paid");
  const { overseer_id: shadow } = (await agentid("agent", "whoami")).agent;
  assert.match(shadow, /^.{14}8/);
  await tab.goto(`${SERVER}/v1/oauth/authorize?${asked}`);
  await page("Sign in");
  await tab.goto(`${SERVER}/sign-in`);
  await open("Forgotten your password?");
  await page("Forgotten your password?");
  await tab.goto(`${SERVER}/reset?token=x`);
  await page("Choose a new password");
  await tab.goto(`${SERVER}/clients`);
  await page("Sign in");
  await fill("E-mail", "ada@example.org");
  await fill("Password", password);
  await click("Sign in");
  await page("Applications");
  // A form that no page of the server's has sent.
  expected.push("status of 403");
  await tab.setContent(`<form method="post" action="${SERVER}/account"><button>Send</button></form>`);
  await click("Send");
  await page("This is not allowed", "not-allowed");
  expected.push("status of 404");
  await tab.goto(`${SERVER}/nothing`);
  await page("There is nothing here");
  assert.deepEqual(complaints, []);
} catch (error) {
  // Where the tab was, and what it complained of, tells more than that something did not come.
  console.error(tab.url(), complaints);
  await tab.screenshot({ path: join(PICTURES, "failed.png"), fullPage: true });
  throw error;
} finally {
  await browser.close();
}
process.exit();
