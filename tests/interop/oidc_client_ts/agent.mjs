// An agent signs itself in, by the command that the page shows. The application is on the server's site.

import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { click, isSignedIn, page, refusalInFrame, tell, user } from "./story.mjs";

await tell("127.0.0.1", async (tab, { client_id, agent_id }) => {
  await click(tab, "Sign in");
  await page(tab, "Sign in");
  const shown = await tab.getByText("agentid agent sign-in http").innerText();
  const [program, ...words] = shown.split(" ");
  await promisify(execFile)(program, [...words, "--client", client_id]);
  // The page goes on by itself.
  await page(tab, "Allow this?");
  await click(tab, "Allow");
  await isSignedIn(tab, "test agent");
  assert.equal((await user(tab)).profile.sub, agent_id);

  // In a frame the server sees who is signed in. A public client on this machine may be anybody (RFC 8252 section 8.6), so the
  // agent has to sign anew, and can not.
  assert.equal(await refusalInFrame(tab), "login_required");

  await click(tab, "Sign out");
  await isSignedIn(tab, "nobody");
});
