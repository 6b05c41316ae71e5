import { computed, signal } from "@preact/signals";
import { RequestError, resultPath, sentence, tablePage } from "../api/rest";
import { withToken } from "../api/token";
import type { Preview, Value } from "../api/types";
import { count, grouped } from "../tables/number";
import { firstView, pageRows, select, toggled, type View } from "../tables/view";
import type { Field } from "../api/types";

interface Window {
  rows: Value[][];
  matched: number;
}

const gone = "The rest of this table is no longer stored: run the cell again.";
const settled = 200; // ms after the last key before the server is asked

/**
 * TableView is one table as a reader looks at it. Rows that came with the result
 * are sorted and filtered here; what lies beyond them, by the server.
 */
export class TableView {
  readonly view = signal<View>(firstView);
  readonly asking = signal(false);
  readonly note = signal("");
  /** element is where the table stands in the page, for scrolling to it; null while it does not. */
  element: HTMLElement | null = null;
  private readonly far = signal<Window | null>(null);
  private request: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly key: string, readonly preview: Preview) {}

  /** whole: all rows of the table came with the result. */
  get whole(): boolean {
    return this.preview.rows.length >= this.preview.total;
  }

  private readonly near = computed<Window>(() => {
    const all = select(this.preview.columns, this.preview.rows, this.view.value);
    const { offset, filter, only } = this.view.value;
    const matched = filter === "" && only === undefined ? this.preview.total : all.length;
    return { rows: all.slice(offset, offset + pageRows), matched };
  });

  /** window is what to show now. */
  readonly window = computed<Window>(() => this.far.value ?? this.near.value);

  sort(column: Field): void {
    this.set({ ...this.view.peek(), sort: toggled(this.view.peek().sort, column), offset: 0 });
  }

  filter(text: string): void {
    this.set({ ...this.view.peek(), filter: text, offset: 0 }, settled);
  }

  /** pick shows only the rows that a finding speaks of; undefined shows all again. */
  pick(only: View["only"]): void {
    this.set({ offset: 0, sort: this.view.peek().sort, filter: "", only });
  }

  page(offset: number): void {
    this.set({ ...this.view.peek(), offset: Math.max(0, offset) });
  }

  /** csvPath is the whole table for download; empty where the result is not stored. */
  csvPath(): string {
    return this.key === "" ? "" : withToken(`${resultPath(this.key)}/tables/${encodeURIComponent(this.preview.name)}.csv`);
  }

  /** dispose stops what is under way. */
  dispose(): void {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  private set(view: View, delay = 0): void {
    this.view.value = view;
    this.dispose();
    this.note.value = "";
    this.asking.value = false;
    const plain = view.sort === "" && view.filter === "";
    const inPreview = plain && view.offset + pageRows <= this.preview.rows.length;
    // Findings name rows near the top, so those at hand have to do.
    if (this.whole || inPreview || view.only !== undefined) {
      this.far.value = null;
      return;
    }
    if (this.key === "") {
      this.partial("The rest of this table was not stored: run the cell again.");
      return;
    }
    this.timer = setTimeout(() => void this.ask(view), delay);
  }

  private async ask(view: View): Promise<void> {
    const request = new AbortController();
    this.request = request;
    this.asking.value = true;
    try {
      const page = await tablePage(this.key, this.preview.name, { ...view, limit: pageRows }, request.signal);
      if (!request.signal.aborted) this.far.value = { rows: page.rows, matched: page.matched };
    } catch (problem) {
      if (!request.signal.aborted) this.partial(problem instanceof RequestError && problem.kind === "not-found" ? gone : sentence(problem));
    } finally {
      if (!request.signal.aborted) this.asking.value = false;
    }
  }

  /** partial falls back on the rows at hand and says so. */
  private partial(reason: string): void {
    const { sort, filter, offset } = this.view.peek();
    this.far.value = null;
    if (offset >= this.preview.rows.length) this.view.value = { sort, filter, offset: 0 };
    this.note.value = `${reason} Shown are the first ${grouped(String(this.preview.rows.length))} of ${count(this.preview.total, "row")}.`;
  }
}
