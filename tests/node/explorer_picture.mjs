// The picture of the explorer: `node explorer_picture.mjs URL CHROMIUM PICTURE`, with examples/chat. One client sends a message, another one gets it.
import { chromium } from "playwright-core";

const [url, executablePath, path] = process.argv.slice(2);
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
const page = await browser.newPage({ viewport: { width: 1130, height: 706 }, deviceScaleFactor: 2 });
await page.goto(url);

const fill = (where, name, text) => where.locator(`[data-field="${name}"]`).first().locator("input[type=text], textarea").first().fill(text);
async function send(client, event, fields) {
  const sender = client.locator(".sender");
  await sender.locator("> .row select").selectOption(event);
  for (const [name, text] of Object.entries(fields)) await fill(sender, name, text);
  await sender.locator(".send").click();
  await sender.locator(".outcome.good").waitFor();
}

const [ada, grace] = [page.locator(".client").nth(0), page.locator(".client").nth(1)];
for (const [client, name] of [[ada, "ada"], [grace, "grace"]]) {
  await fill(client.locator(".setup"), "name", name);
  await client.getByRole("button", { name: "Connect", exact: true }).click();
  await client.locator('.status[data-state="connected"]').waitFor();
  await send(client, "join", { room: "lobby" });
}
await send(ada, "send_message", { room: "lobby", text: "Hello, Grace!" });
await grace.locator(".entry.received .entry-title", { hasText: "message_posted" }).waitFor();
await page.locator(".event", { hasText: "send_message" }).locator("summary").first().click();
await page.mouse.move(0, 0);
await page.evaluate(() => document.activeElement?.blur());
await page.screenshot({ path });
await browser.close();
