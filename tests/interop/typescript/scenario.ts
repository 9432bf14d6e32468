// What a front end does with the generated client of the contract `travels`, in Node and in a
// browser. Gives what was observed by step; tests/interop/test_typescript.py says what it must be.
import { io } from "socket.io-client";
import { MinimalClient } from "./minimal/index.js";
import {
  AllClient,
  type AllRefusal,
  CONTRACT_VERSION,
  DateTime,
  Decimal,
  Int64,
  Mood,
  OfClient,
  PlainDate,
  ResultError,
  type Row,
  UnknownMood,
  fail,
  ok,
  unwrap,
} from "./travels/index.js";

const row: Row = {
  id: 1,
  at: DateTime("2024-02-29T12:00:00Z"),
  big: Int64("9007199254740993"),
  price: Decimal("1.50"),
  blob: Uint8Array.of(0, 255),
  parts: [Uint8Array.of(1), new Uint8Array()],
  named: { p: { kind: "picture", pixels: Uint8Array.of(9) }, d: { kind: "dot", x: 0.5 } },
  note: null,
};

/** Bytes as JSON shows them, whatever holds them: only real `Uint8Array`s count. */
function seen(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return Object.getPrototypeOf(value) === Uint8Array.prototype
      ? `bytes ${[...value].join()}`
      : "buffer";
  if (value instanceof ArrayBuffer) return "ArrayBuffer";
  if (Array.isArray(value)) return value.map(seen);
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, seen(each)]));
}

async function thrown(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await promise };
  } catch (error) {
    if (error instanceof ResultError) return { name: error.name, error: seen(error.error) };
    return AllClient.isRefused(error) ? { refused: refused(error.error) } : seen(error);
  }
}

function refused(error: AllRefusal): unknown {
  switch (error.code) {
    case "closed":
      return ["closed", error.data.until, error.message, seen(error.data.seal), error.data.either];
    case "unknown":
      return [
        "unknown",
        error.receivedCode,
        error.issues?.map((issue) => issue.loc) ?? [],
        error.message,
      ];
    default:
      return error satisfies never;
  }
}

export async function run(url: string, transport: "polling" | "websocket"): Promise<unknown> {
  const options = { transports: [transport], forceNew: true };
  const steps: { [step: string]: unknown } = { version: CONTRACT_VERSION };
  let token = "first";
  const all = await AllClient.connect(url, {
    ...options,
    auth: async () => ({ token, blob: Uint8Array.of(1, 2, 3) }),
    reconnectionDelay: 10,
  });
  const wrong = (auth: { token: string }) => thrown(AllClient.connect(url, { ...options, auth }));
  steps["refused"] = [
    await wrong({ token: "closed" }),
    await wrong({ token: "x".repeat(21) }),
    await wrong({ token: "crash" }),
  ];
  steps["auth fails"] = await thrown(
    AllClient.connect(url, { ...options, auth: () => Promise.reject(new Error("no token")) }),
  );
  steps["nobody there"] = await thrown(
    AllClient.connect("http://127.0.0.1:9", { ...options, auth: { token } }),
  );

  steps["echo"] = seen(await all.echo(row));
  steps["declared error"] = seen(await all.echo({ ...row, id: -1 }));
  steps["unwrap"] = await thrown(unwrap(all.echo({ ...row, id: -1 })));
  steps["unwrapped"] = seen((await unwrap(all.echo(row))).blob);
  steps["invalid"] = await all.echo({ ...row, note: "x".repeat(21) }).then(seen, seen);
  all.tell(1);
  all.tell(2, Mood.BAD);
  all.tell(3, UnknownMood("so-so"));
  steps["told"] = seen(await all.told());
  steps["optional"] = [
    await unwrap(all.optional(1)),
    await unwrap(all.optional(1, "b")),
    await unwrap(all.optional(1, undefined, 2)),
  ];
  steps["split"] = seen(await all.split("a b c"));
  steps["table"] = await all.table();
  steps["nothing"] = await all.nothing();
  steps["crash"] = await all.crash();
  steps["slow"] = await thrown(all.slow());
  steps["timeout"] = await thrown(all.slow({ timeout: 10 }));

  const heard: unknown[] = [];
  const stops = [
    all.onPosted((...args) => heard.push(["posted", seen(args)])),
    all.onPosted(() => {
      throw new Error("a listener that fails");
    }),
    all.onBare((...args) => heard.push(["bare", args])),
    all.onOne((shape) => heard.push(["one", seen(shape)])),
  ];
  const posts = all.posted();
  const full = all.posted({ limit: 1 });
  await unwrap(all.emitAll());
  stops.forEach((stop) => stop());
  await unwrap(all.emitAll());
  steps["heard"] = heard;
  const streamed = [];
  for await (const [posted, why, n] of posts) {
    streamed.push([posted.id, why ?? "absent", n, seen(posted.blob)]);
    if (streamed.length === 4) break;
  }
  steps["streamed"] = streamed;
  steps["after break"] = await posts.next();
  steps["full"] = [seen((await full.next()).done), await thrown(full.next()), await full.next()];

  steps["asked without handlers"] = [await unwrap(all.ask("value")), await unwrap(all.ask("row"))];
  const forget = all.onAskValue((question) => question.length);
  all.onAskRow(async (asked) =>
    asked.id === 7 ? fail({ code: "refused", message: "no", data: { row: asked } }) : ok(asked),
  );
  all.onAskSplit(() => [true, null]);
  all.onAskTable(() => ({ error: 2 }));
  all.onAskNothing(() => undefined);
  const ask = async (what: string) => await unwrap(all.ask(what));
  steps["asked"] = [
    await ask("value"),
    await ask("row"),
    await ask("split"),
    await ask("table"),
    await ask("nothing"),
  ];
  forget();
  all.onAskRow((asked) => ok(asked));
  all.onAskSplit(() => [false]);
  all.onAskNothing(() => Promise.reject(new Error("a handler that fails")));
  steps["asked again"] = [
    await ask("value"),
    await ask("row"),
    await ask("split"),
    await ask("nothing"),
  ];

  const of = await OfClient.connect(url, "blue", options);
  steps["of"] = await of.which();
  of.disconnect();
  steps["other parameter"] = await thrown(OfClient.connect(url, "a/b ü", options));

  const { forceNew: _, ...sharing } = options;
  const connect = (): Promise<[OfClient, AllClient, AllClient, MinimalClient, OfClient]> =>
    Promise.all([
      OfClient.connect(url, "blue", sharing),
      AllClient.connect(url, { ...sharing, auth: { token } }),
      AllClient.connect(url, { ...sharing, auth: { token } }),
      MinimalClient.connect(url, sharing),
      OfClient.connect(url, "green", { ...sharing, multiplex: false }),
    ]);
  const connections = (clients: readonly { socket: object }[]): number[] => {
    const found = clients.map(({ socket }) => Reflect.get(socket, "io") as unknown);
    return found.map((each) => found.indexOf(each));
  };
  const before = await connect();
  const answers = [await before[0].which(), await before[1].told(), await before[3].ping()];
  before.forEach((each) => each.disconnect());
  const after = await connect();
  steps["shared"] = [connections(before), answers, connections([...before, ...after]).slice(5)];
  after.forEach((each) => each.disconnect());

  const given = { ...options, auth: { token }, reconnectionDelay: 1 };
  const nowhere = "http://127.0.0.1:9";
  const lost = async (more: object): Promise<unknown> => {
    const client = await AllClient.connect(url, { ...given, ...more });
    const manager = client.socket.io as unknown as { uri: string; engine: { close(): void } };
    const next = client.bare().next();
    manager.uri = nowhere;
    manager.engine.close();
    return thrown(next);
  };
  steps["given up"] = [
    await lost({ reconnectionAttempts: 1 }),
    await lost({ reconnection: false }),
    await thrown(AllClient.connect(nowhere, { ...given, retry: true, reconnectionAttempts: 1 })),
  ];

  const events: unknown[] = [];
  all.onConnect(() => events.push("connect"));
  all.onDisconnect((reason) => events.push(reason));
  all.onConnectError((error) => events.push(seen(error)));
  const pending = thrown(all.slow({ timeout: 5000 }));
  const iterator = all.bare();
  token = "second";
  const again = new Promise<void>((resolve) => all.onConnect(resolve));
  (all.socket as unknown as { io: { engine: { close(): void } } }).io.engine.close();
  steps["pending"] = await pending;
  await again;
  const next = iterator.next();
  await unwrap(all.emitAll());
  steps["after reconnection"] = [await next, (await all.told()).ok];
  token = "closed";
  const refusal = new Promise<void>((resolve) => all.onConnectError(() => resolve()));
  const ended = iterator.next();
  all.leave();
  steps["ended by server"] = await thrown(ended);
  all.connect();
  await refusal;
  steps["events"] = events;

  const own = io(`${url}/all`, { ...options, auth: { token: "own" } });
  const wrapped = new AllClient(own);
  const silent = wrapped.bare();
  steps["over a socket"] = await unwrap(wrapped.optional(4));
  wrapped.disconnect();
  steps["closed"] = [await silent.next(), wrapped.connected, PlainDate("2030-01-02")];

  const brief = await AllClient.connect(url, { ...options, auth: { token: "brief" } });
  const code = (result: { ok: boolean; error?: unknown }): unknown =>
    result.ok || (result.error as { receivedCode?: string; code: string });
  steps["hasty"] = [
    await brief.hasty(),
    code(await brief.hasty()),
    await brief.hasty({ retries: 1 }),
  ].map((each) => (each as { receivedCode?: string }).receivedCode ?? (each as { ok: true }).ok);
  const reason = new Promise((resolve) => brief.onDisconnect(resolve));
  steps["expired"] = [
    (await brief.refreshAuth({ token: "good" })).ok,
    code(await brief.refreshAuth({ token: "closed" })) !== true,
    (await brief.refreshAuth({ token: "good", blob: Uint8Array.of(1) })).ok,
    await reason,
    brief.connected,
  ];
  return steps;
}
