// Run the bundled scenario of test_typescript.py: `node typescript_client.mjs BUNDLE URL TRANSPORT [CHROMIUM]`.
// Prints one line of JSON for each step, {"step": what was observed}.
import { readFileSync } from "node:fs";

const [bundle, url, transport, executablePath] = process.argv.slice(2);
const thrown = [];

async function inBrowser() {
  const { chromium } = await import("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
  const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => thrown.push(error.message));
    await page.goto(url); // whatever the server says of a page that it doesn't have
    await page.addScriptTag({ content: readFileSync(bundle, "utf-8") });
    return await page.evaluate(([at, by]) => scenario.run(at, by), [url, transport]);
  } finally {
    await browser.close();
  }
}

async function inNode() {
  process.on("uncaughtException", (error) => thrown.push(error.message));
  process.on("unhandledRejection", (error) => thrown.push(error.message));
  const { default: scenario } = await import(bundle);
  return await scenario.run(url, transport);
}

const steps = await (executablePath ? inBrowser() : inNode()).catch((error) => {
  console.error(error, thrown);
  process.exit(1);
});
for (const [step, value] of Object.entries({ ...steps, thrown })) console.log(JSON.stringify({ [step]: value ?? null }));
process.exit(0);
