import assert from "node:assert/strict";
import { test } from "node:test";
import { Live, type Events } from "../src/api/live";

class FakeServer {
  sockets: { on: Events; sent: Record<string, unknown>[]; closed: boolean }[] = [];
  links: string[] = [];
  messages: unknown[] = [];
  waits: { fn: () => void; ms: number; canceled: boolean }[] = [];

  connect(): Live {
    return new Live({
      dial: (on) => {
        const socket = { on, sent: [] as Record<string, unknown>[], closed: false };
        this.sockets.push(socket);
        return { send: (text) => socket.sent.push(JSON.parse(text) as Record<string, unknown>), close: () => (socket.closed = true) };
      },
      link: (state) => this.links.push(state),
      message: (m) => this.messages.push(m),
      later: (fn, ms) => {
        const wait = { fn, ms, canceled: false };
        this.waits.push(wait);
        return () => (wait.canceled = true);
      },
    });
  }

  get socket() {
    return this.sockets[this.sockets.length - 1]!;
  }
}

test("a reply settles the operation with its number", async () => {
  const server = new FakeServer();
  const live = server.connect();
  server.socket.on.open();
  const run = live.send({ op: "run", cell: "c1" });
  const insert = live.send({ op: "insert", index: 0, cellType: "code", source: "" });
  const [first, second] = server.socket.sent;
  assert.deepEqual(first, { id: 1, op: "run", cell: "c1" });
  server.socket.on.message(JSON.stringify({ type: "reply", id: second!["id"], cell: "c9" }));
  server.socket.on.message(JSON.stringify({ type: "reply", id: 1, error: { kind: "misuse", message: "there is no cell c1" } }));
  assert.equal(await insert, "c9");
  await assert.rejects(run, { message: "there is no cell c1", kind: "misuse" });
});

test("an operation without a connection is refused, not lost in silence", async () => {
  const server = new FakeServer();
  await assert.rejects(server.connect().send({ op: "save" }), /not connected/);
});

test("it comes back, waiting longer each time, and begins anew once open", () => {
  const server = new FakeServer();
  server.connect();
  server.socket.on.close();
  server.waits[0]!.fn();
  server.socket.on.close();
  server.waits[1]!.fn();
  server.socket.on.open();
  server.socket.on.close();
  assert.deepEqual(server.waits.map((w) => w.ms), [250, 500, 250]);
  assert.deepEqual(server.links, ["connecting", "lost", "connecting", "lost", "connecting", "open", "lost"]);
});

test("what waited for a reply fails when the connection is lost", async () => {
  const server = new FakeServer();
  const live = server.connect();
  server.socket.on.open();
  const run = live.send({ op: "runAll" });
  server.socket.on.close();
  await assert.rejects(run, /connection was lost/);
});

test("a closed document neither returns nor speaks", () => {
  const server = new FakeServer();
  const live = server.connect();
  server.socket.on.open();
  live.close();
  server.socket.on.message(JSON.stringify({ type: "saved", seq: 9, dirty: false }));
  server.socket.on.close();
  assert.equal(server.socket.closed, true);
  assert.deepEqual(server.messages, []);
  assert.deepEqual(server.waits, []);
});

test("retry does not wait", () => {
  const server = new FakeServer();
  const live = server.connect();
  server.socket.on.close();
  live.retry();
  assert.equal(server.waits[0]!.canceled, true);
  assert.equal(server.sockets.length, 2);
});
