// Reads diagrams, a JSON array of texts, from standard input. Prints what the real Mermaid says of each: null when it
// takes it, and otherwise why not.
import mermaid from "mermaid";
import { json } from "node:stream/consumers";

const answers = [];
for (const diagram of await json(process.stdin)) {
  answers.push(await mermaid.parse(diagram).then(() => null, (error) => error.message));
}
console.log(JSON.stringify(answers));
