// Serves the application's page, and knows from the test as whom it is registered.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

const here = import.meta.dirname;
const library = join(process.env.TOOLS, "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");

/**
 * Serves it on this host until the story ends: what was told, and where it is.
 *
 * `localhost` is another site than the server's 127.0.0.1, so that a browser keeps the server's cookies out of the
 * application's frames. On 127.0.0.1 both are of one site, as two hosts of one domain are.
 */
export async function serve(host) {
  const html = ["text/html", readFileSync(join(here, "index.html"))];
  const pages = {
    "/": html,
    "/callback": html,
    "/signed-out": html,
    "/page.js": ["text/javascript", readFileSync(join(here, "page.js"))],
    "/oidc-client-ts.min.js": ["text/javascript", readFileSync(library)],
  };
  const server = createServer((request, answer) => {
    const page = pages[request.url.split("?")[0]];
    answer.writeHead(page ? 200 : 404, page && { "content-type": page[0] }).end(page?.[1]);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://${host}:${server.address().port}`;
  console.log(origin);
  const [line] = await once(createInterface({ input: process.stdin }), "line");
  const told = JSON.parse(line);
  const settings = { issuer: told.issuer, client_id: told.client_id };
  pages["/settings.json"] = ["application/json", JSON.stringify(settings)];
  return { ...told, origin };
}
