import type { Operation, Reply, ServerMessage } from "./types";
import { RequestError } from "./rest";

/** Link is how the page stands with the server. */
export type Link = "connecting" | "open" | "lost";

/** Socket is the part of WebSocket that the live document needs. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

/** Events are what a socket tells. */
export interface Events {
  open: () => void;
  close: () => void;
  message: (data: unknown) => void;
}

export interface LiveOptions {
  dial: (on: Events) => Socket;
  message: (m: ServerMessage) => void;
  link: (state: Link) => void;
  /** later calls fn after some milliseconds and returns how to take that back. */
  later?: (fn: () => void, ms: number) => () => void;
}

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (problem: Error) => void;
}

const firstDelay = 250;
const longestDelay = 8000;

/**
 * Live is one document's connection. It comes back by itself: the server begins
 * every connection with what was missed or a snapshot, so nothing has to be asked for again.
 */
export class Live {
  private socket: Socket | null = null;
  private ready = false;
  private waiting = new Map<number, Waiting>();
  private nextID = 1;
  private delay = firstDelay;
  private cancelRetry: (() => void) | null = null;
  private closed = false;

  constructor(private readonly options: LiveOptions) {
    this.connect();
  }

  /** send sends an operation; the promise gives the cell of an insert, else "". */
  async send(operation: Operation): Promise<string> {
    return (await this.ask(operation)).cell ?? "";
  }

  /** ask sends an operation and gives the whole reply. */
  ask(operation: Operation): Promise<Reply> {
    if (!this.ready || this.socket === null) {
      return Promise.reject(new RequestError("internal", "The workbench is not connected; nothing was changed."));
    }
    const id = this.nextID++;
    this.socket.send(JSON.stringify({ id, ...operation }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** retry connects at once instead of at the next turn. */
  retry(): void {
    if (this.cancelRetry === null) return;
    this.cancelRetry();
    this.cancelRetry = null;
    this.connect();
  }

  close(): void {
    this.closed = true;
    this.cancelRetry?.();
    this.socket?.close();
    this.fail();
  }

  private connect(): void {
    this.options.link("connecting");
    this.socket = this.options.dial({
      open: () => {
        this.ready = true;
        this.delay = firstDelay;
        this.options.link("open");
      },
      message: (data) => this.receive(data),
      close: () => this.lost(),
    });
  }

  private receive(data: unknown): void {
    if (this.closed || typeof data !== "string") return;
    const m = JSON.parse(data) as ServerMessage;
    if (m.type !== "reply") {
      this.options.message(m);
      return;
    }
    const waiting = this.waiting.get(m.id);
    this.waiting.delete(m.id);
    if (m.error) waiting?.reject(new RequestError(m.error.kind, m.error.message));
    else waiting?.resolve(m);
  }

  private lost(): void {
    this.ready = false;
    this.socket = null;
    if (this.closed) return;
    this.fail();
    this.options.link("lost");
    const later = this.options.later ?? timeout;
    this.cancelRetry = later(() => {
      this.cancelRetry = null;
      this.connect();
    }, this.delay);
    this.delay = Math.min(2 * this.delay, longestDelay);
  }

  private fail(): void {
    for (const w of this.waiting.values()) {
      w.reject(new RequestError("internal", "The connection was lost before the workbench answered."));
    }
    this.waiting.clear();
  }
}

function timeout(fn: () => void, ms: number): () => void {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
}

/** dial opens a WebSocket. */
export function dial(url: string, on: Events): Socket {
  const socket = new WebSocket(url);
  socket.addEventListener("open", on.open);
  socket.addEventListener("close", on.close);
  socket.addEventListener("message", (event: MessageEvent<unknown>) => on.message(event.data));
  return socket;
}
