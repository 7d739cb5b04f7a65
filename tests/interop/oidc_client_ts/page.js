// The application, in the browser: oidc-client-ts with the settings that it must have, and its defaults for the others.

const { issuer, client_id } = await (await fetch("/settings.json")).json();
const manager = new oidc.UserManager({
  authority: issuer,
  client_id,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/signed-out`,
  scope: "openid name",
  loadUserInfo: true,
});
// For the story to call.
window.manager = manager;

const element = (id) => document.getElementById(id);
element("sign-in").onclick = () => manager.signinRedirect();
element("sign-out").onclick = () => manager.signoutRedirect();

const isInFrame = window !== window.top;
if (location.pathname === "/callback") await manager.signinCallback();
if (location.pathname === "/signed-out") await manager.signoutCallback();
if (location.pathname !== "/") {
  if (!isInFrame) location.replace("/");
} else {
  const user = await manager.getUser();
  element("who").value = user ? user.profile.name : "nobody";
}
