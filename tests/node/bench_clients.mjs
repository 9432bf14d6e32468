// npm socket.io-client 4.8 for tests/bench/clients: `node bench_clients.mjs PORT CLIENTS`; tests/bench/clients/python_clients.py does the same.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [port, count] = process.argv.slice(2).map(Number);
const ITEM = { id: 7, text: "x".repeat(60), tags: ["one", "two"] };
const options = { transports: ["websocket"], forceNew: true, autoConnect: false, reconnectionDelay: 500, randomizationFactor: 0.9 };
const clients = Array.from({ length: count }, () => io(`http://127.0.0.1:${port}`, options));
let waited = 0;
let all = () => {};
const one = () => --waited || all();
for (const client of clients) client.on("shouted", one).on("connect", one);
const forAll = (act) => new Promise((resolve) => ((waited = count), (all = resolve), act()));

const commands = {
  async warm() {
    const first = io(`http://127.0.0.1:${port}`, options);
    await new Promise((resolve) => first.once("connect", resolve).connect());
    await first.emitWithAck("echo", ITEM);
    first.disconnect();
    return 1;
  },
  async connect() {
    const turns = clients.values();
    const chain = async () => {
      for (const client of turns) await new Promise((resolve) => client.once("connect", resolve).connect());
    };
    await Promise.all(Array.from({ length: 50 }, chain));
    return count;
  },
  async echo(rounds) {
    await Promise.all(
      clients.map(async (client) => {
        for (let round = 0; round < rounds; round++) {
          const answer = await client.emitWithAck("echo", ITEM);
          if (answer.text !== ITEM.text) throw new Error("a wrong answer");
        }
      }),
    );
    return count * rounds;
  },
  async broadcast(rounds) {
    for (let round = 0; round < rounds; round++) await forAll(() => clients[0].emit("shout", ITEM));
    return count * rounds;
  },
  async reconnect() {
    await forAll(() => clients[0].emit("drop", null));
    return count;
  },
};

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command, rounds] = line.split(" ");
  const began = performance.now();
  console.log(`done ${await commands[command](Number(rounds))} ${(performance.now() - began) / 1000}`);
}
process.exit();
