// A client of the strict profile, made with oauth4webapi: pushed requests, DPoP with nonces, private_key_jwt. It prints where it
// listens, and reads as whom it is registered. Its keys, and whether it has to be given nonces, stand in the same line.

import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

const oauth = await import(join(process.env.TOOLS, "node_modules/oauth4webapi/build/index.js"));

// The server of the tests has no TLS, for it is on this machine.
const local = { [oauth.allowInsecureRequests]: true };
let server, client, authentication, dpop;
let verifier, state, nonce, tokens, refreshToken;
let nonces = 0;

async function register(line) {
  const registered = JSON.parse(line);
  const key = await crypto.subtle.importKey("jwk", registered.key, registered.algorithm, false, ["sign"]);
  client = { client_id: registered.client_id };
  authentication = oauth.PrivateKeyJwt(key);
  dpop = oauth.DPoP(client, await oauth.generateKeyPair(registered.dpop));
  const issuer = new URL(registered.issuer);
  const answer = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...local });
  server = await oauth.processDiscoveryResponse(issuer, answer);
}

// As the library's own examples do it: sent once more when the server wants another nonce.
async function withNonce(send) {
  try {
    return await send();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    nonces += 1;
    return await send();
  }
}

async function signIn(redirectUri) {
  verifier = oauth.generateRandomCodeVerifier();
  state = oauth.generateRandomState();
  nonce = oauth.generateRandomNonce();
  const parameters = new URLSearchParams({
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid name",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const pushed = await withNonce(async () => {
    const answer = await oauth.pushedAuthorizationRequest(server, client, authentication, parameters, { DPoP: dpop, ...local });
    return await oauth.processPushedAuthorizationResponse(server, client, answer);
  });
  const address = new URL(server.authorization_endpoint);
  address.searchParams.set("client_id", client.client_id);
  address.searchParams.set("request_uri", pushed.request_uri);
  return address.href;
}

async function callback(url, redirectUri) {
  const answered = oauth.validateAuthResponse(server, client, url, state);
  tokens = await withNonce(async () => {
    const answer = await oauth.authorizationCodeGrantRequest(
      server, client, authentication, answered, redirectUri, verifier, { DPoP: dpop, ...local },
    );
    return await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
  });
  refreshToken = tokens.refresh_token;
  return await known();
}

async function refresh() {
  tokens = await withNonce(async () => {
    const sent = { DPoP: dpop, ...local };
    const answer = await oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, sent);
    return await oauth.processRefreshTokenResponse(server, client, answer);
  });
  return { ...(await known()), is_kept: tokens.refresh_token === undefined };
}

async function known() {
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const userinfo = await withNonce(async () => {
    const answer = await oauth.userInfoRequest(server, client, tokens.access_token, { DPoP: dpop, ...local });
    return await oauth.processUserInfoResponse(server, client, claims?.sub ?? oauth.skipSubjectCheck, answer);
  });
  return { claims, userinfo, token_type: tokens.token_type, nonces, introspection: await introspect() };
}

async function introspect() {
  const answer = await oauth.introspectionRequest(server, client, authentication, tokens.access_token, local);
  return await oauth.processIntrospectionResponse(server, client, answer);
}

async function revoke() {
  const answer = await oauth.revocationRequest(server, client, authentication, refreshToken, local);
  await oauth.processRevocationResponse(answer);
  return { introspection: await introspect() };
}

const isRegistered = once(createInterface({ input: process.stdin }), "line").then(([line]) => register(line));
const web = createServer(async (request, response) => {
  await isRegistered;
  const url = new URL(request.url, `http://${request.headers.host}`);
  const redirectUri = `${url.origin}/callback`;
  try {
    if (url.pathname === "/sign-in") {
      response.writeHead(303, { location: await signIn(redirectUri) }).end();
      return;
    }
    const pages = { "/callback": () => callback(url, redirectUri), "/refresh": refresh, "/revoke": revoke };
    const body = JSON.stringify(await pages[url.pathname]());
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  } catch (error) {
    console.error(error, error.cause);
    response.writeHead(500).end();
  }
});

web.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${web.address().port}`));
