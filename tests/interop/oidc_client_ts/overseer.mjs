// An overseer signs in, picks an agent and consents. The application is on another site than the server.

import { strict as assert } from "node:assert";

import { click, isSignedIn, page, refusalInFrame, tell, user } from "./story.mjs";

await tell("localhost", async (tab, { email, password, agent_id }) => {
  const signIn = async () => {
    await click(tab, "Sign in");
    await page(tab, "Sign in");
    await tab.getByLabel("E-mail").fill(email);
    await tab.getByLabel("Password").fill(password);
    await click(tab, "Sign in");
    await page(tab, "Which agent?");
    await tab.getByRole("radio", { name: agent_id }).check();
    await click(tab, "Go on");
    await page(tab, "Allow this?");
    await click(tab, "Allow");
    await isSignedIn(tab, "test agent");
  };
  await signIn();
  const first = await user(tab);
  assert.equal(first.profile.sub, agent_id);

  // Without a word, by the refresh token.
  const second = await tab.evaluate(() => window.manager.signinSilent());
  assert.equal(second.profile.sub, agent_id);
  assert.notEqual(second.refresh_token, first.refresh_token);

  // By itself, when the access token is about to expire.
  await tab.clock.install();
  await tab.reload();
  await isSignedIn(tab, "test agent");
  await tab.evaluate(() => {
    window.renewed = new Promise((loaded) => window.manager.events.addUserLoaded(loaded));
  });
  await tab.clock.fastForward(1000 * (second.expires_at - Math.floor(Date.now() / 1000) - 30));
  const third = await tab.evaluate(() => window.renewed);
  assert.equal(third.profile.sub, agent_id);
  assert.notEqual(third.access_token, second.access_token);

  // In a frame the server does not know the browser, for its cookies are kept out of a frame of another site.
  assert.equal(await refusalInFrame(tab), "login_required");

  await click(tab, "Sign out");
  await isSignedIn(tab, "nobody");

  // Without an id token, whoever signs out is asked.
  await signIn();
  await tab.evaluate(() => window.manager.removeUser());
  await click(tab, "Sign out");
  await page(tab, "Sign out?");
  await click(tab, "Sign out");
  await isSignedIn(tab, "nobody");
});
