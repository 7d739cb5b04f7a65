// Runs the snippet for openid-client that the dashboard shows, as it stands there. It prints where it listens, and reads the
// snippet as JSON. The snippet's comment says where the browser goes and comes back; all else is the snippet's own.

import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

const library = await import(join(process.env.TOOLS, "node_modules/openid-client/build/index.js"));
const Steps = Object.getPrototypeOf(async function () {}).constructor;

let origin, snippet, key, comeBack, ended;

/** The snippet up to the address; what it prints comes once the browser is back. */
async function start() {
  const [importing, ...lines] = snippet.split("\n");
  if (importing !== 'import * as client from "openid-client";') throw new Error(`the snippet begins with ${importing}`);
  const pause = lines.findIndex((line) => line.startsWith("//"));
  lines[pause] = "const request = await browser(address);";
  return await new Promise((sent, failed) => {
    const browser = (address) => {
      sent(address.href);
      return new Promise((back) => (comeBack = back));
    };
    ended = new Promise((printed) => {
      const steps = new Steps("client", "key", "browser", "console", lines.join("\n"));
      steps(library, key, browser, { log: printed }).catch((error) => (failed(error), printed(String(error))));
    });
  });
}

async function answer(request, response) {
  if (request.url === "/sign-in") {
    response.writeHead(303, { location: await start() }).end();
  } else {
    comeBack({ url: origin + request.url });
    response.end(JSON.stringify({ printed: await ended }));
  }
}

const http = createServer((request, response) =>
  answer(request, response).catch((error) => response.writeHead(500).end(String(error.stack))),
).listen(0, "127.0.0.1");
await once(http, "listening");
origin = `http://127.0.0.1:${http.address().port}`;
console.log(origin);
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  snippet = given.snippet;
  process.env.CLIENT_SECRET = given.client_secret ?? "";
  key = given.key && (await crypto.subtle.importKey("jwk", given.key, given.algorithm, false, ["sign"]));
}
