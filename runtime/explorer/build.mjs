// Builds the page into one file: `node runtime/explorer/build.mjs OUT`. esbuild and socket.io-client are those of tests/node.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const modules = here("../../tests/node/node_modules");
const esbuild = createRequire(`${modules}/`)("esbuild");
const common = { bundle: true, minify: true, write: false, legalComments: "none", logLevel: "warning", charset: "utf8", target: "es2022" };

async function build(entry, options) {
  const { outputFiles } = await esbuild.build({ ...common, entryPoints: [here(entry)], nodePaths: [modules], ...options });
  return outputFiles[0].text.trim();
}

const script = (await build("src/main.ts", { format: "esm", mainFields: ["browser", "module", "main"] })).replaceAll("</script", "<\\/script");
const style = await build("src/explorer.css", {});
const page = await readFile(here("src/page.html"), "utf8");
await writeFile(process.argv[2], page.replace("<style></style>", () => `<style>${style}</style>`).replace('<script type="module"></script>', () => `<script type="module">${script}</script>`));
