// Sellers and bidders use the auction's page in Chromium: `node auction_page.mjs URL CHROMIUM [SCREENSHOTS]`.
// Prints one line of JSON for each step, {"step": what was observed}; tests/interop/test_auction_page.py says what it must be.
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, executablePath, screenshots] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
const problems = [];

const say = (step, value) => console.log(JSON.stringify({ [step]: value }));

async function open(width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, locale: "en" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(url);
  await page.waitForSelector('#state[data-state="connected"]');
  return page;
}

async function logIn(page, user, sells) {
  await page.fill("#login [name=user]", user);
  await page.setChecked("#login [name=sells]", sells);
  await page.click("#login button");
  await page.waitForSelector('#me:not([hidden])');
  await page.waitForSelector('#state[data-state="connected"]');
}

async function bid(page, amount) {
  if (amount) await page.fill("#bid [name=amount]", amount);
  await page.click("#bid button");
}

const noteSays = (page, text) => page.waitForFunction((text) => document.querySelector("#note").textContent.includes(text), text);
const amount = (page) => page.inputValue("#bid [name=amount]");
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><rect width="320" height="240" fill="teal"/></svg>';

const sue = await open(1280, "light");
say("empty", await sue.textContent("#empty"));
await logIn(sue, "sue", true);
const picture = await sue.evaluate(async (svg) => {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}, svg);
await sue.fill("#offer [name=title]", "A <b>lamp</b>");
await sue.setInputFiles("#offer [name=picture]", { name: "lamp.png", mimeType: "image/png", buffer: Buffer.from(picture, "base64") });
await sue.click("#offer button");
await sue.waitForSelector("#lot:not([hidden])");

const ada = await open(390, "dark");
const bob = await open(390, "light");
for (const [page, user] of [[ada, "ada"], [bob, "bob"]]) {
  await logIn(page, user, false);
  await page.click(".card");
  await page.waitForFunction(() => document.querySelector("#picture").naturalWidth > 0);
}
say("lot", { title: await ada.textContent("#title"), width: await ada.evaluate(() => document.querySelector("#picture").naturalWidth) });
say("minutes left", Number((await ada.textContent("#left")).split(":")[0]));

await bid(ada);
await bob.waitForSelector("#bids >> text=ada");
await bid(bob, "5.50");
await noteSays(bob, "or more");
say("too low", { note: await bob.textContent("#note"), amount: await amount(bob) });
await bid(bob);
await noteSays(ada, "bob");
say("outbid", { note: await ada.textContent("#note"), amount: await amount(ada), price: await ada.textContent("#price") });
if (screenshots) for (const [name, page] of Object.entries({ sue, ada, bob })) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });

await ada.reload();
await ada.waitForSelector('#state[data-state="connected"]');
say("reload", await ada.textContent("#name"));
await sue.click("#close");
await bob.waitForFunction(() => document.querySelector("#left").textContent === "ended");
say("ended", { label: await bob.textContent("#price-label"), form: await bob.isVisible("#bid"), button: await sue.isVisible("#close") });
const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
say("overflow", await Promise.all([sue, ada, bob].map(overflows)));
say("problems", problems);
await browser.close();
