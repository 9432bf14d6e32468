// Two people use the chat's page in Chromium: `node chat_page.mjs URL CHROMIUM [SCREENSHOTS] [PYTHON]`.
// Prints one line of JSON for each step, {"step": what was observed}; tests/interop/test_chat_page.py says what it must be.
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, executablePath, screenshots, python] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
const problems = []; // what the pages complain of: page, text, URL
const foreign = [];
const methods = new Map(); // URL of a request, no two of which are the same -> its method
const closed = new Set(); // ids of sessions that a page has asked the server to close, over long-polling

const session = (target) => new URL(target).searchParams.get("sid");

function note(request) {
  if (/^(blob:|data:)/.test(request.url())) return;
  if (!request.url().startsWith(url)) foreign.push(request.url());
  methods.set(request.url(), request.method());
  if (request.method() === "POST" && /(^|\x1e)1$/.test(request.postData() ?? "")) closed.add(session(request.url()));
}

// A page that is refused closes its session by a POST, and has sent the next poll in the same breath, over another connection.
// If the POST arrives first, the session is gone when the poll comes: 400, "Session ID unknown", as from the reference implementation.
const crossed = ({ text, at }) => text.includes("status of 400") && methods.get(at) === "GET" && closed.has(session(at));

/** Take a page offline for an action; until it is back online, it alone may complain of that, and of nothing else. */
async function offline(page, action, back) {
  const first = problems.length;
  let value;
  await page.context().setOffline(true);
  try {
    value = await action();
  } finally {
    await page.context().setOffline(false);
  }
  await back();
  const expected = (problem) => problem.page === page && problem.text.includes("net::ERR_INTERNET_DISCONNECTED");
  problems.push(...problems.splice(first).filter((problem) => !expected(problem)));
  return value;
}

async function page(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => problems.push({ page, text: String(error), at: "" }));
  page.on("console", (message) => message.type() === "error" && problems.push({ page, text: message.text(), at: message.location().url }));
  page.on("request", note);
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
  const shown = await ada.waitForFunction(() => document.querySelector("#typing").textContent);
  const text = await shown.jsonValue(); // it ends by itself after some seconds
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
  await bob.waitForSelector("#toasts .bad");
  await show(bob, "too-long");
  const seen = { said: await bob.textContent("#toasts .bad p"), counter: await bob.textContent("#counter"), kept: (await bob.inputValue("#text")).length, canSend: await bob.isEnabled("#send") };
  await bob.click("#toasts .bad button");
  await bob.fill("#text", "");
  return seen;
});
await step("refused picture", async () => {
  const eve = await page();
  let refusing = false;
  await eve.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    // The acknowledgement of a message: 43/chat,ID[{"id":...
    server.onMessage((data) => socket.send(refusing && /^43\/chat,\d+\[\{"id"/.test(data) ? data.replace(/\[.*$/, '[{"error":{"code":"internal","message":""}}]') : data));
  });
  await eve.reload();
  await enter(eve, "eve", "pictures");
  await eve.waitForSelector("#app:not([hidden])");
  refusing = true;
  await eve.setInputFiles("#file", { name: "view.png", mimeType: "image/png", buffer: await eve.screenshot() });
  await eve.waitForSelector("#preview:not([hidden])");
  await eve.fill("#text", "x".repeat(201));
  const counter = await eve.textContent("#counter");
  await say(eve, "what I see");
  await eve.waitForSelector(".failed .failure");
  await show(eve, "refused-picture");
  const text = await eve.textContent(".failure span");
  await eve.click(".failure button:first-of-type");
  const edited = { caption: await eve.inputValue("#text"), preview: await eve.isVisible("#preview"), left: await eve.$$eval(".message", (all) => all.length) };
  refusing = false;
  await eve.press("#text", "Enter");
  await eve.waitForSelector(".message.mine:not(.pending):not(.failed)");
  await eve.context().close();
  return { counter, text, ...edited };
});
await step("reload", async () => {
  const eve = await inRoom("eve", "kitchen");
  const address = new URL(eve.url()).hash;
  await eve.reload();
  await eve.waitForSelector("#app:not([hidden])");
  const seen = { address, name: await eve.textContent("#my-name"), room: await eve.textContent("#room-title") };
  await eve.click("#sign-out");
  await eve.reload();
  const out = await eve.isVisible("#welcome");
  await eve.context().close();
  return { ...seen, out };
});
await step("contrast", async () => {
  // Of white on each color that an avatar may have, as WCAG counts it.
  const worst = await ada.evaluate(() => {
    const [context, probe] = [document.createElement("canvas").getContext("2d"), document.querySelector(".avatar")];
    const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    let least = 21;
    for (let hue = 0; hue < 360; hue += 1) {
      probe.style.setProperty("--hue", hue);
      context.fillStyle = getComputedStyle(probe).backgroundColor;
      context.fillRect(0, 0, 1, 1);
      const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
      least = Math.min(least, 1.05 / (0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue) + 0.05));
    }
    return least;
  });
  return worst;
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
  const fail = async () => {
    await enter(eve, "eve", "lobby");
    await eve.waitForFunction(() => document.querySelector("#enter-state").textContent !== "");
    await show(eve, "no-server");
    return eve.textContent("#enter-state");
  };
  const text = await offline(eve, fail, () => eve.waitForSelector("#app:not([hidden])"));
  await eve.context().close();
  return text;
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
  const newest = () => grace.evaluate(() => Math.round(document.querySelector("#messages").scrollHeight - document.querySelector("#messages").scrollTop - document.querySelector("#messages").clientHeight));
  await grace.setInputFiles("#file", { name: "view.png", mimeType: "image/png", buffer: await grace.screenshot() });
  await grace.waitForSelector("#preview:not([hidden])");
  await grace.waitForFunction(() => document.querySelector("#preview-image").complete);
  const fromEnd = await newest();
  await grace.click("#people-toggle");
  await grace.waitForFunction(() => document.querySelector("#people-panel").getBoundingClientRect().right <= innerWidth);
  await show(grace, "phone-people");
  const people = await grace.isVisible("#people li:first-child");
  await grace.keyboard.press("Escape");
  await grace.context().close();
  return { texts, wide, fromEnd, people };
});
await step("reconnect", async () => {
  // A page says goodbye when it learns that it is offline; if it learns that too late, the server waits for the answer to a ping.
  for (const each of [ada, bob]) each.setDefaultTimeout(60_000);
  const lose = async () => {
    await bob.waitForSelector("#offline:not([hidden])");
    await show(bob, "offline");
    const seen = { text: await bob.textContent("#offline"), state: await bob.textContent("#state"), canSend: await bob.isEnabled("#send") };
    await ada.waitForFunction(() => document.querySelectorAll("#people li").length === 1);
    await say(ada, "bob, where are you?");
    return seen;
  };
  const connected = () => bob.waitForFunction(() => document.querySelector("#state").textContent === "connected");
  const seen = await offline(bob, lose, connected);
  await bob.waitForFunction(() => document.querySelector(".message:last-child .bubble")?.textContent === "bob, where are you?");
  await say(bob, "back again");
  await ada.waitForFunction(() => document.querySelector(".message:last-child .bubble")?.textContent === "back again");
  return { offline: seen, room: await bob.textContent("#room-title"), rooms: await bob.$$eval("#rooms li", (rooms) => rooms.length) };
});
await step("left", async () => {
  await ada.waitForFunction(() => [...document.querySelectorAll(".notice")].some((notice) => notice.textContent === "grace left"));
  return true;
});
await step("largest shift", async () => {
  // One by one: how many of them come in five seconds, and so long after an input that they count, is a matter of the machine's speed.
  const shifts = [];
  for (const each of [ada, bob]) shifts.push(...(await each.evaluate(() => window.shifts)));
  return Math.max(0, ...shifts);
});
await step("restart", async () => {
  if (!python) return null;
  const { createServer } = await import("node:net");
  const { spawn } = await import("node:child_process");
  const port = await new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const found = probe.address().port;
      probe.close(() => done(found));
    });
  });
  const start = () => new Promise((done, fail) => {
    const server = spawn(python, ["-m", "examples.chat.server", "--port", port]);
    server.stdout.once("data", () => done(server));
    server.once("exit", fail);
  });
  const stop = (server) => new Promise((done) => server.removeAllListeners("exit").once("exit", done).kill());
  const address = `http://127.0.0.1:${port}/`;
  let server = await start();
  const context = await browser.newContext();
  const eve = await context.newPage();
  eve.setDefaultTimeout(60_000);
  await eve.goto(address);
  await enter(eve, "eve", "lobby");
  await eve.waitForSelector("#app:not([hidden])");
  await say(eve, "before");
  await eve.waitForSelector(".message.mine:not(.pending)");
  await stop(server);
  await eve.waitForSelector("#offline:not([hidden])");
  server = await start();
  await eve.waitForFunction(() => document.querySelector("#state").textContent === "connected");
  await say(eve, "after");
  await eve.waitForFunction(() => document.querySelectorAll(".message.mine:not(.pending)").length === 2);
  const texts = await eve.$$eval(".message .bubble", (bubbles) => bubbles.map((bubble) => bubble.textContent));
  await context.close();
  await stop(server);
  return texts;
});
await step("problems", async () => problems.filter((problem) => !crossed(problem)).map(({ text, at }) => `${text} ${at}`));
await step("foreign requests", async () => foreign);
await browser.close();
