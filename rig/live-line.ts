/** What of a terminal is needed: `process.stdout` is one. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const clearLine = '\r\u001b[2K';

/** Lines that stay, and on a terminal one below them that is written anew in place. */
export class LiveLine {
  readonly #screen: Screen;
  #shown = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Whether a line can be written anew in place. */
  get isLive(): boolean {
    return this.#screen.isTTY === true;
  }

  /** Writes a text that stays; the live line makes room for it. */
  print(text: string): void {
    this.#screen.write(`${this.#shown ? clearLine : ''}${text}\n`);
    this.#shown = false;
  }

  /** Shows a line in place of the one before it; where there is no terminal it stays like any other. */
  show(line: string): void {
    if (!this.isLive) {
      this.print(line);
      return;
    }
    // A line that wraps could not be taken back.
    this.#screen.write(clearLine + line.slice(0, (this.#screen.columns ?? 80) - 1));
    this.#shown = true;
  }
}
