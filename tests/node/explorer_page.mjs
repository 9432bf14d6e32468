// The explorer in Chromium, with the server of tests/interop/explorer_server.py: `node explorer_page.mjs URL CHROMIUM [SCREENSHOTS]`.
// Prints one line of JSON for each step, {"step": what was observed}; tests/interop/test_explorer.py says what it must be.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, executablePath, screenshots] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");
const PNG = Buffer.from("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082", "hex");
const problems = [];
const foreign = [];

async function open(options = {}, address = url, before = () => {}, shown = ".client") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("request", (request) => /^(blob:|data:)/.test(request.url()) || request.url().startsWith(new URL(url).origin) || foreign.push(request.url()));
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`)));
  await before(page);
  await page.goto(address);
  await page.waitForSelector(shown, { state: "attached" });
  return page;
}

/** Open the page with another contract than the server's. */
const openChanged = (change) => open({}, url, (page) => page.route("**/contract.json", async (route) => {
  const response = await route.fetch();
  const served = await response.json();
  change(served);
  await route.fulfill({ response, json: served });
}));

async function step(name, action) {
  const value = await action().catch((error) => ({ failed: String(error.stack) }));
  console.log(JSON.stringify({ [name]: value ?? null }));
}

const client = (page, number) => page.locator(".client").nth(number);
const field = (where, name) => where.locator(`[data-field="${name}"]`).first();
const input = (where, name) => field(where, name).locator("input[type=text], textarea").first();
const entry = (where, kind, title) => where.locator(`.entry.${kind}`, { has: where.page().locator(".entry-title", { hasText: new RegExp(`^${title}$`) }) }).first();
const choose = (where, event) => where.locator(".sender > .row select").selectOption(event);
const send = (where) => where.locator(".send").click();
const outcome = async (where) => (await where.locator(".outcome.good, .outcome.bad").first().textContent()).replace(/\d+\.\d ms/, "N ms");

async function connect(where, key) {
  await input(where.locator(".setup"), "key").fill(key);
  await where.getByRole("button", { name: "Connect", exact: true }).click();
}

async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
}

const page = await open({ acceptDownloads: true });
const one = client(page, 0);
const two = client(page, 1);

await step("documentation", async () => {
  await page.locator(".event.client_to_server", { hasText: "divide" }).locator("summary").first().click();
  const event = page.locator(".event[open]");
  return { title: await page.title(), events: await page.locator(".event").count(), text: (await event.locator(".event-body").innerText()).replace(/\s+/g, " ") };
});
await step("search", async () => {
  await page.fill(".search", "division");
  const found = await page.locator("[data-search]:visible .event-name").allTextContents();
  await page.fill(".search", "no such thing");
  const none = await page.locator(".docs > .empty").isVisible();
  await page.fill(".search", "");
  return { found, none };
});
await step("link", async () => {
  const other = await open({}, `${url}#lab/type/Every`);
  const name = await other.locator(".declaration[open] > summary .event-name").textContent();
  await other.context().close();
  return name;
});
await step("auth refused by the page", async () => {
  await connect(one, "x");
  return await one.locator(".setup .problem:visible").first().textContent();
});
await step("auth refused by the server", async () => {
  await connect(one, "shut");
  return (await one.locator(".setup > .problem:visible").textContent()).trim();
});
await step("connected", async () => {
  for (const each of [one, two]) {
    await connect(each, "open");
    await each.locator('.status[data-state="connected"]').waitFor();
  }
  return await one.locator(".status").textContent();
});
await step("no arguments", async () => {
  await choose(one, "nothing");
  await send(one);
  const row = entry(one, "received", "shown");
  await row.locator("summary").first().click();
  await page.waitForFunction(() => document.querySelector(".entry.received img")?.naturalWidth === 1);
  return { size: await row.locator(".size").textContent(), sent: await one.locator(".outcome").textContent() };
});
await step("acknowledged without a value", async () => {
  await choose(one, "empty");
  await send(one);
  return await outcome(one);
});
await step("every type", async () => {
  await choose(one, "every");
  await one.locator(".sender .fill").click();
  await send(one);
  const said = await outcome(one);
  const texts = [];
  for (const row of [entry(one, "sent", "every"), entry(one, "ack", "every")]) {
    await row.locator("summary").first().click();
    texts.push(await row.locator(".value").first().innerText());
  }
  const [sent, received] = texts;
  return { said, problems: await one.locator(".sender .problem:visible").allTextContents(), sent, received };
});
await step("form to JSON and back", async () => {
  await one.locator(".sender").getByRole("tab", { name: "JSON" }).click();
  const area = one.locator(".sender .form textarea:visible").first();
  const text = await area.inputValue();
  const value = JSON.parse(text);
  value.value.whole = 42;
  await area.fill(JSON.stringify(value));
  await one.locator(".sender").getByRole("tab", { name: "Form" }).click();
  return { fields: Object.keys(JSON.parse(text).value).length, raw: JSON.parse(text).value.raw, whole: await input(one.locator(".sender"), "whole").inputValue() };
});
await step("invalid by the page's own check", async () => {
  await input(one.locator(".sender"), "whole").fill("101");
  await send(one);
  return { said: await outcome(one), at: await field(one.locator(".sender"), "whole").locator(".problem:visible").textContent(), marked: await input(one.locator(".sender"), "whole").getAttribute("aria-invalid") };
});
await step("invalid by the server's check", async () => {
  await one.locator(".checking input").uncheck();
  await send(one);
  await one.locator(".outcome strong").waitFor();
  const seen = { said: await outcome(one), at: await field(one.locator(".sender"), "whole").locator(".problem:visible").textContent() };
  await one.locator(".checking input").check();
  return seen;
});
await step("typed error", async () => {
  await choose(one, "divide");
  await input(one.locator(".sender"), "dividend").fill("6");
  await input(one.locator(".sender"), "divisor").fill("0");
  await send(one);
  const error = { said: await outcome(one), data: await one.locator(".result .value").innerText() };
  await input(one.locator(".sender"), "divisor").fill("4");
  await send(one);
  await one.locator(".outcome.good").waitFor();
  return { ...error, then: await one.locator(".result .value").innerText() };
});
await step("types that contain themselves", async () => {
  await choose(one, "evaluate");
  const empty = await one.locator(".sender [data-field]").evaluateAll((fields) => fields.map((each) => each.dataset.field).join(" "));
  await one.locator(".sender .fill").click();
  await send(one);
  await one.locator(".outcome.good").waitFor();
  return { empty, answer: await one.locator(".result .value").innerText() };
});
await step("result style", async () => {
  await choose(one, "wrapped");
  await input(one.locator(".sender"), "value").fill('{"a": [1, {"$base64": "AP8="}]}');
  await send(one);
  const refused = await field(one.locator(".sender"), "value").locator(".problem:visible").textContent();
  await input(one.locator(".sender"), "value").fill('{"a": [1, null]}');
  await send(one);
  await one.locator(".outcome.good").waitFor();
  return { refused, answer: (await one.locator(".result .value").innerText()).replace(/\s+/g, " ") };
});
await step("large values", async () => {
  const nested = (count, inner) => Array.from({ length: count }, () => inner);
  const value = { text: "x".repeat(100_000), wide: nested(20, nested(20, nested(20, 1))) };
  await input(one.locator(".sender"), "value").fill(JSON.stringify(value));
  await send(one);
  await one.locator(".outcome.good").waitFor();
  const shown = await one.locator(".result .value").innerText();
  const row = entry(one, "ack", "wrapped");
  await row.locator("summary").first().click();
  return { parts: await one.locator(".result .value span").count(), text: shown.includes(`${"x".repeat(2000)}…"`), more: shown.includes("more"), packet: await row.locator(".wire pre").textContent().then((text) => text.length) };
});
await step("bytes both ways", async () => {
  await choose(one, "picture");
  await one.locator(".sender input[type=file]").setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: PNG });
  await one.locator(".sender .preview img").waitFor();
  await send(one);
  await one.locator(".result img").waitFor();
  const row = entry(one, "sent", "picture");
  await row.locator("summary").first().click();
  await row.locator(".wire summary").click();
  const downloading = page.waitForEvent("download");
  await one.locator(".result .link").click();
  const download = await downloading;
  return { packet: (await row.locator(".wire pre").innerText()).trim(), name: download.suggestedFilename(), same: readFileSync(await download.path()).equals(PNG) };
});
await step("rooms", async () => {
  for (const each of [one, two]) {
    await choose(each, "join");
    await input(each.locator(".sender"), "name").fill("blue");
    await send(each);
    await each.locator(".outcome.good").waitFor();
  }
  await choose(one, "say");
  await input(one.locator(".sender"), "name").fill("blue");
  await input(one.locator(".sender"), "text").fill("<img src=x onerror=alert(1)>");
  await send(one);
  const row = entry(two, "received", "said");
  await row.waitFor();
  await row.locator("summary").first().click();
  return { names: await row.locator(".value-name").allTextContents(), values: (await row.locator(".value").allInnerTexts()), elements: await row.locator("img").count() };
});
await step("the server asks", async () => {
  const seen = [];
  for (const [how, answer] of [["value", async (form) => form.locator('[data-field="value"] select').selectOption("true")], ["error", async (form) => {
    await form.locator("select").first().selectOption("refused");
    await form.locator('[data-field="why"] input').fill("no time");
  }]]) {
    await choose(one, "ask");
    await input(one.locator(".sender"), "question").fill(`by ${how}?`);
    await send(one);
    const form = one.locator(".answer");
    await form.waitFor();
    await answer(form);
    await form.getByRole("button", { name: "Answer" }).click();
    await one.locator(".outcome.good").waitFor();
    seen.push(await one.locator(".result .value").innerText());
  }
  return seen;
});
await step("a question among many events", async () => {
  await choose(one, "ask");
  await input(one.locator(".sender"), "question").fill("still there?");
  await send(one);
  await one.locator(".answer").waitFor();
  await choose(two, "flood");
  await input(two.locator(".sender"), "count").fill("400");
  await send(two);
  await entry(one, "sent", "ask").waitFor({ state: "detached" });
  const asked = await one.locator(".answer-title").allTextContents();
  await one.getByRole("button", { name: "Answer" }).click();
  await entry(one, "ack", "ask").waitFor();
  return { asked, left: await one.locator(".answer").count() };
});
await step("JSON that no form can hold", async () => {
  const sender = one.locator(".sender");
  await choose(one, "every");
  await sender.locator(".fill").click();
  await sender.getByRole("tab", { name: "JSON" }).click();
  const area = sender.locator(".form textarea:visible").first();
  const text = await area.inputValue();
  const seen = [];
  for (const wrong of ["{", `${"[".repeat(500)}${"]".repeat(500)}`, '{"values": 1}']) {
    await area.fill(wrong);
    await sender.getByRole("tab", { name: "Form" }).click();
    seen.push(`${await area.inputValue() === wrong}: ${await sender.locator(".problem:visible").textContent()}`);
    await send(one);
    seen.push(await outcome(one));
  }
  await area.fill(text.replace('"red"', '"purple"'));
  await sender.getByRole("tab", { name: "Form" }).click();
  return [...seen, await field(sender, "color").locator(".problem:visible").textContent()];
});
await step("not as declared", async () => {
  await choose(two, "wrong");
  await send(two);
  await two.locator(".outcome.good, .outcome.bad").waitFor();
  return { said: await outcome(two), problem: await two.locator(".result .problem").allTextContents() };
});
await step("the log", async () => {
  const log = two.locator(".log");
  await log.getByRole("searchbox").fill("said");
  const shown = [...new Set(await log.locator(".entry:visible .entry-title").allTextContents())];
  await log.getByRole("searchbox").fill("");
  await log.getByRole("button", { name: "Pause" }).click();
  await choose(two, "flood");
  await input(two.locator(".sender"), "count").fill("5");
  await send(two);
  await log.getByRole("button", { name: "Resume (6)" }).waitFor();
  await log.getByRole("button", { name: "Clear" }).click();
  const before = await log.locator(".entry").count();
  await choose(two, "empty");
  await send(two);
  await two.locator(".outcome.good").waitFor();
  const paused = (await log.locator(".entry").count()) - before;
  await log.getByRole("button", { name: /Resume/ }).click();
  const resumed = (await log.locator(".entry").count()) - before;
  await log.getByRole("button", { name: "Clear" }).click();
  return { shown, paused, resumed, cleared: await log.locator(".entry").count() };
});
async function copied(where) {
  await where.locator(".code-view summary").click();
  const texts = {};
  for (const name of ["Python", "TypeScript", "Command line"]) {
    await where.getByRole("tab", { name }).click();
    texts[name] = await where.locator(".code-view pre:visible").textContent();
  }
  return texts;
}
await step("code", async () => {
  await choose(one, "every");
  await one.locator(".sender .fill").click();
  return copied(one);
});
await step("code of strange texts", async () => {
  const text = `-it's $HOME \`id\` "quoted" \\n !! %s ${"\u{1f600}"} \u2028é`;
  await choose(one, "echo");
  await input(one.locator(".sender"), "text").fill(text);
  return { text, ...(await copied(one)) };
});
await step("code without an acknowledgement, with many bytes", async () => {
  await choose(one, "nothing");
  const { "Command line": command } = await copied(one);
  await choose(one, "picture");
  await one.locator(".sender input[type=file]").setInputFiles({ name: "much", mimeType: "application/octet-stream", buffer: Buffer.alloc(1000) });
  const codes = Object.values(await copied(one)).map((text) => text.split("\n").find((line) => line.includes("file")));
  return [command.includes(" --no-ack "), ...codes];
});
await step("dynamic namespace", async () => {
  await page.getByRole("button", { name: "Add a client" }).click();
  const three = client(page, 2);
  await three.locator(".setup > .row select").first().selectOption("/tenant/{tenant}");
  await input(three.locator(".setup"), "tenant").fill("5");
  await three.getByRole("button", { name: "Connect", exact: true }).click();
  await three.locator('.status[data-state="connected"]').waitFor();
  await send(three);
  await three.locator(".outcome.good").waitFor();
  return await three.locator(".result .value").innerText();
});
await step("authentication that expires", async () => {
  const three = client(page, 2);
  const setup = three.locator(".setup");
  await three.getByRole("button", { name: "Disconnect" }).click();
  await setup.evaluate((element) => (element.open = true));
  await setup.locator("> .row select").first().selectOption("/desk");
  await input(setup, "token").fill("open");
  await three.getByRole("button", { name: "Connect", exact: true }).click();
  await three.locator('.status[data-state="connected"]').waitFor();
  const said = [];
  await choose(three, "ackord:refresh_auth");
  for (const [token, outcome] of [["shut", ".outcome.bad strong"], ["open", ".outcome.good"]]) {
    await input(three.locator(".sender"), "token").fill(token);
    await send(three);
    said.push(await three.locator(outcome).textContent());
  }
  await choose(three, "end");
  await send(three);
  await three.locator('.status[data-state="disconnected"]').waitFor();
  return [said[0], said[1].replace(/\d+\.\d ms/, "N ms"), await entry(three, "received", "ackord:auth_expired").locator(".badge").count()];
});
await step("try it", async () => {
  await page.locator(".event", { hasText: "divide" }).locator(".try").click();
  return await one.locator(".sender > .row select").inputValue();
});
await step("by keyboard", async () => {
  await two.getByRole("tab", { name: "Form" }).count();
  await choose(two, "divide");
  await two.locator(".sender").getByRole("tab", { name: "Form" }).focus();
  await page.keyboard.press("ArrowRight");
  const tab = await two.locator('.sender [role=tab][aria-selected="true"]').first().textContent();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Tab"); // the next one is the first field
  await page.keyboard.type("8");
  await page.keyboard.press("Tab");
  await page.keyboard.type("2");
  await page.keyboard.press("Enter");
  await two.locator(".outcome.good").waitFor();
  const answer = await two.locator(".result .value").innerText();
  await page.keyboard.press("Tab");
  const next = await page.evaluate(() => document.activeElement.textContent);
  const other = await open();
  await other.keyboard.press("Tab");
  await other.keyboard.press("Enter");
  await other.keyboard.press("Tab");
  const skipped = await other.evaluate(() => document.activeElement.textContent);
  await input(client(other, 0).locator(".setup"), "key").fill("open");
  await other.keyboard.press("Enter");
  await client(other, 0).locator('.status[data-state="connected"]').waitFor();
  await other.context().close();
  return { tab, answer, next, skipped };
});
await step("disconnected", async () => {
  await two.getByRole("button", { name: "Disconnect" }).click();
  return { status: await two.locator(".status").textContent(), send: await two.locator(".send").isDisabled() };
});
await step("read-only", async () => {
  const other = await openChanged((served) => (served.read_only = true));
  const [listening, asking] = [client(other, 0), client(page, 0)];
  await connect(listening, "open");
  await listening.locator('.status[data-state="connected"]').waitFor();
  const seen = { sends: await other.locator(".send, .try").count(), notice: await listening.locator(".notice").textContent() };
  await other.context().close();
  return { ...seen, others: await asking.locator(".send").count() };
});
await step("many events", async () => {
  const other = await openChanged(({ contracts: [{ namespaces: [lab] }] }) => {
    lab.client_to_server = Array.from({ length: 500 }, (_, index) => ({ ...lab.client_to_server[3], name: `divide_${index}`, identifier: `divide_${index}` }));
  });
  const choices = await client(other, 0).locator(".sender > .row option").count();
  await other.fill(".search", "divide_499");
  const found = await other.locator("[data-search]:visible .event-name").allTextContents();
  await other.context().close();
  return { choices, found };
});
await step("deep types, long names and strange texts", async () => {
  const long = "a_name_that_somebody_has_generated_".repeat(4);
  const strange = "</script><img src=x onerror=alert(1)>\n\nAnother paragraph.";
  const other = await openChanged(({ contracts: [contract] }) => {
    const levels = Array.from({ length: 100 }, (_, level) => ({ kind: "record", name: `Level${level}`, fields: [{ name: long, type: level < 99 ? { kind: "ref", name: `Level${level + 1}` } : { kind: "scalar", name: "str" } }] }));
    contract.doc = strange;
    contract.types.push(...levels);
    contract.namespaces[0].client_to_server = [{ name: long, identifier: long, doc: strange, args: [{ name: "level", doc: strange, type: { kind: "ref", name: "Level0" } }] }];
  });
  const where = client(other, 0);
  await connect(where, "open");
  await where.locator('.status[data-state="connected"]').waitFor();
  await other.locator(".event summary").first().click();
  await where.locator(".sender .fill").click();
  await send(where);
  await entry(where, "sent", long).waitFor();
  const seen = await other.evaluate(() => [".docs", ".client"].map((name) => document.querySelector(name)).filter((each) => each.scrollWidth > each.clientWidth).map((each) => `${each.className} is wider than it may be`));
  await other.context().close();
  return seen;
});
await step("no namespaces, no contract", async () => {
  const none = await open({}, url, (page) => page.route("**/contract.json", (route) => route.fulfill({ json: { contracts: [], read_only: false, page: null, socketio: "/socket.io/", server: null } })), "main");
  const lost = await open({}, url, (page) => page.route("**/contract.json", (route) => route.fulfill({ status: 503 })).then(() => page.removeAllListeners("console")), "main");
  const seen = await Promise.all([none, lost].map((other) => other.locator("main").innerText()));
  await Promise.all([none, lost].map((other) => other.context().close()));
  return seen.map((text) => text.split("\n")[0]);
});
await step("a lost server", async () => {
  const other = await open({}, url, (page) => page.removeAllListeners("console"));
  const lost = client(other, 0);
  await lost.locator(".setup > .row select").last().selectOption("polling");
  await connect(lost, "open");
  const states = [];
  await choose(lost, "ask");
  await input(lost.locator(".sender"), "question").fill("still there?");
  for (const [offline, state] of [[false, "connected"], [true, "reconnecting"], [false, "connected"]]) {
    await other.context().setOffline(offline);
    await lost.locator(`.status[data-state="${state}"]`).waitFor();
    states.push([await lost.locator(".status").textContent(), await lost.locator(".send").isDisabled(), await lost.locator(".sender .actions .hint").isVisible()]);
    if (states.length === 1) await send(lost);
    if (states.length === 1) await lost.locator(".answer").waitFor();
  }
  states.push([await lost.locator(".outcome").textContent(), await lost.locator(".answer").count()]);
  await other.context().close();
  return states;
});
await step("accessible", async () => {
  const found = await findings(page);
  if (screenshots) await page.screenshot({ path: join(screenshots, "wide.png") });
  for (const options of [{ colorScheme: "dark" }, { viewport: { width: 1050, height: 800 } }, { viewport: { width: 390, height: 844 } }, { colorScheme: "dark", viewport: { width: 390, height: 844 } }]) {
    const other = await open(options);
    await other.locator(".event summary").first().click();
    found.push(...(await findings(other)));
    if (screenshots) await other.screenshot({ path: join(screenshots, `docs-${options.colorScheme}-${options.viewport?.width}.png`) });
    if (options.viewport?.width === 390) await other.locator('[data-switch="console"]').click();
    await connect(client(other, 0), "open");
    await client(other, 0).locator('.status[data-state="connected"]').waitFor();
    await choose(client(other, 0), "every");
    await client(other, 0).locator(".sender .fill").click();
    await send(client(other, 0));
    await client(other, 0).locator(".outcome.good").waitFor();
    found.push(...(await findings(other)));
    if (screenshots) await other.screenshot({ path: join(screenshots, `console-${options.colorScheme}-${options.viewport?.width}.png`) });
    found.push(...(await other.evaluate(() => [document.documentElement, ...document.querySelectorAll(".docs, .console")].filter((each) => each.scrollWidth > each.clientWidth).map((each) => `${each.className || "the page"} is wider than it may be at ${innerWidth}`))));
    await other.context().close();
  }
  return found;
});
await step("problems", async () => problems);
await step("foreign requests", async () => foreign);
await browser.close();
