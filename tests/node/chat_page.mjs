// Two people use the chat's page in Chromium: `node chat_page.mjs URL CHROMIUM [SCREENSHOTS]`.
// Prints one line of JSON for each step, {"step": what was observed}; tests/interop/test_chat_page.py says what it must be.
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, executablePath, screenshots] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const browser = await chromium.launch({ executablePath, args, timeout: 30_000 });
const problems = [];
const foreign = [];

// A request of a session that has just ended is answered with 400, as the protocol says; a page that leaves or is refused can meet that.
const crossed = (message) => message.text().includes("status of 400") && message.location().url.includes("sid=");

async function page(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !crossed(message) && problems.push(`${message.text()} ${message.location().url}`));
  page.on("request", (request) => !/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(url) && foreign.push(request.url()));
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(url);
  return page;
}

async function enter(page, name, room) {
  await page.fill("#name", name);
  await page.fill("#first-room", room);
  await page.click("#enter button");
}

async function inRoom(name, room, options) {
  const entered = await page(options);
  await enter(entered, name, room);
  await entered.waitForSelector("#app:not([hidden])");
  return entered;
}

async function say(page, text) {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

const show = async (page, name) => screenshots && page.screenshot({ path: join(screenshots, `${name}.png`) });

async function step(name, action) {
  const value = await action().catch((error) => ({ failed: String(error.stack) }));
  console.log(JSON.stringify({ [name]: value ?? null }));
}

const ada = await inRoom("ada", "lobby");
const bob = await inRoom("bob", "lobby", { colorScheme: "dark" });

await step("people", async () => {
  await ada.waitForSelector("#people li:nth-child(2)");
  return ada.$$eval("#people li span:nth-child(2)", (names) => names.map((name) => name.textContent));
});
await step("text", async () => {
  await say(ada, "<img src=x onerror=alert(1)> & <b>bold</b>");
  await bob.waitForSelector(".message .bubble");
  return bob.$eval(".message .bubble", (bubble) => ({ text: bubble.textContent, elements: bubble.childElementCount }));
});
await step("own message", () => ada.$eval(".message.mine:not(.pending):not(.failed) time", (time) => !Number.isNaN(Date.parse(time.dateTime))));
await step("typing", async () => {
  await bob.focus("#text");
  await bob.keyboard.type("I am wri");
  await ada.waitForFunction(() => document.querySelector("#typing").textContent !== "");
  const text = await ada.textContent("#typing");
  await show(ada, "typing");
  await bob.fill("#text", "");
  await ada.waitForFunction(() => document.querySelector("#typing").textContent === "");
  return text;
});
await step("picture", async () => {
  const buffer = await ada.screenshot();
  await ada.setInputFiles("#file", { name: "view.png", mimeType: "image/png", buffer });
  await ada.waitForSelector("#preview:not([hidden])");
  await ada.fill("#text", "what I see");
  await ada.press("#text", "Enter");
  await bob.waitForFunction(() => document.querySelector(".picture img")?.naturalWidth > 0);
  await show(bob, "picture");
  return bob.$eval(".picture", (picture) => ({ width: picture.querySelector("img").naturalWidth, caption: picture.textContent }));
});
await step("invalid room", async () => {
  await bob.fill("#join-room", "Not A Room");
  await bob.press("#join-room", "Enter");
  await bob.waitForFunction(() => document.querySelector("#join-error").textContent !== "");
  const text = await bob.textContent("#join-error");
  await bob.fill("#join-room", "");
  return text;
});
await step("too long", async () => {
  await say(bob, "long ".repeat(500));
  await bob.waitForSelector(".failed .failure");
  await show(bob, "too-long");
  const text = await bob.textContent(".failure span");
  const head = await bob.textContent(".failed .head");
  await bob.click(".failure button:last-child");
  return { text, head, left: await bob.$$eval(".failed", (failed) => failed.length) };
});
await step("second room", async () => {
  await bob.fill("#join-room", "design");
  await bob.press("#join-room", "Enter");
  await bob.waitForFunction(() => document.querySelector("#room-title").textContent === "#design");
  await say(ada, "are you there?");
  await bob.waitForSelector(".rooms .unread");
  const unread = await bob.textContent(".rooms .unread");
  await bob.keyboard.press("Alt+ArrowDown");
  await bob.waitForFunction(() => document.querySelector("#room-title").textContent === "#lobby");
  return { unread, left: await bob.$$eval(".rooms .unread", (badges) => badges.length) };
});
await step("name taken", async () => {
  const eve = await page();
  await enter(eve, "ada", "lobby");
  await eve.waitForFunction(() => document.querySelector("#name-error").textContent !== "");
  await show(eve, "name-taken");
  const text = await eve.textContent("#name-error");
  await eve.context().close();
  return text;
});
await step("invalid name", async () => {
  const eve = await page();
  await enter(eve, "a name that is far longer than names may be", "lobby");
  await eve.waitForFunction(() => document.querySelector("#name-error").textContent !== "");
  const text = await eve.textContent("#name-error");
  await eve.context().close();
  return text;
});
await step("no server", async () => {
  const eve = await page();
  await eve.context().setOffline(true);
  await enter(eve, "eve", "lobby");
  await eve.waitForFunction(() => document.querySelector("#enter-state").textContent !== "");
  await show(eve, "no-server");
  const text = await eve.textContent("#enter-state");
  await eve.context().setOffline(false);
  await eve.waitForSelector("#app:not([hidden])");
  await eve.context().close();
  return { text, after: problems.splice(0).filter((problem) => !problem.includes("ERR_INTERNET_DISCONNECTED")) };
});
await step("no picture", async () => {
  await bob.setInputFiles("#file", { name: "fake.png", mimeType: "image/png", buffer: Buffer.from("not a picture") });
  await bob.waitForSelector("#toasts .bad");
  return { text: await bob.textContent("#toasts .bad p"), preview: await bob.isVisible("#preview") };
});
await step("history", async () => {
  const grace = await inRoom("grace", "lobby", { viewport: { width: 390, height: 780 } });
  await grace.waitForFunction(() => document.querySelector(".picture img")?.naturalWidth > 0);
  await show(grace, "phone");
  const texts = await grace.$$eval(".message .bubble", (bubbles) => bubbles.map((bubble) => bubble.textContent));
  const wide = await grace.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  await grace.context().close();
  return { texts, wide };
});
await step("reconnect", async () => {
  // A browser that is offline may be unable to say so: the server then learns of it by a ping that isn't answered.
  for (const each of [ada, bob]) each.setDefaultTimeout(60_000);
  await bob.context().setOffline(true);
  await bob.waitForSelector("#offline:not([hidden])");
  await show(bob, "offline");
  const offline = { text: await bob.textContent("#offline"), state: await bob.textContent("#state"), canSend: await bob.isEnabled("#send") };
  await ada.waitForFunction(() => document.querySelectorAll("#people li").length === 1);
  await say(ada, "bob, where are you?");
  await bob.context().setOffline(false);
  await bob.waitForFunction(() => document.querySelector("#state").textContent === "connected");
  await bob.waitForFunction(() => document.querySelector(".message:last-child .bubble")?.textContent === "bob, where are you?");
  await say(bob, "back again");
  await ada.waitForFunction(() => document.querySelector(".message:last-child .bubble")?.textContent === "back again");
  return { offline, room: await bob.textContent("#room-title"), rooms: await bob.$$eval("#rooms li", (rooms) => rooms.length) };
});
await step("left", async () => {
  await ada.waitForFunction(() => [...document.querySelectorAll(".notice")].some((notice) => notice.textContent === "grace left"));
  return true;
});
await step("layout shift", async () => {
  const sums = [];
  for (const each of [ada, bob]) sums.push(await each.evaluate(() => window.shifts.reduce((sum, value) => sum + value, 0)));
  return Math.max(...sums);
});
await step("problems", async () => problems);
await step("foreign requests", async () => foreign);
await browser.close();
