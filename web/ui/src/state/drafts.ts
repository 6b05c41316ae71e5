import { computed, signal } from "@preact/signals";

const quiet = 500; // ms without a key before what was typed goes to the server

/**
 * Drafts holds what was typed and not yet taken over by the server, so that an
 * answer about something else does not overwrite it.
 */
export class Drafts {
  private readonly list = signal<Record<string, string>>({});
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly any = computed(() => Object.keys(this.list.value).length > 0);

  /** send gives null where the server did not take the text. */
  constructor(private readonly send: (cell: string, source: string) => Promise<string | null>) {}

  /** of is the draft of a cell, undefined when the server has all. */
  of(cell: string): string | undefined {
    return this.list.value[cell];
  }

  set(cell: string, source: string): void {
    this.list.value = { ...this.list.value, [cell]: source };
    clearTimeout(this.timers.get(cell));
    this.timers.set(cell, setTimeout(() => void this.flush(cell), quiet));
  }

  /** flush sends a draft now and says whether the server has the text. */
  async flush(cell: string): Promise<boolean> {
    clearTimeout(this.timers.get(cell));
    const source = this.list.peek()[cell];
    if (source === undefined) return true;
    if ((await this.send(cell, source)) === null) return false;
    this.settle(cell, source);
    return true;
  }

  async flushAll(): Promise<boolean> {
    const done = await Promise.all(Object.keys(this.list.peek()).map((cell) => this.flush(cell)));
    return done.every(Boolean);
  }

  /** settle forgets the draft when it is what the server has. */
  settle(cell: string, source: string): void {
    if (this.list.peek()[cell] === source) this.drop(cell);
  }

  drop(cell: string): void {
    clearTimeout(this.timers.get(cell));
    const { [cell]: _, ...rest } = this.list.peek();
    this.list.value = rest;
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.list.value = {};
  }
}
