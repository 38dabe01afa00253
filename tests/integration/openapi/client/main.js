import { run } from "./built/flow.js";

const [url, origin] = process.argv.slice(2);
console.log((await run(url, origin)).join("\n"));
