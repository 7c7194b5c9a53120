// Text on its way between a terminal and a board. Knows no terminal and no board.
import type { Piece } from './protocol';

/** Output in the order in which it is shown: remembers how it ended, because pieces are cut anywhere. */
export class Screenful {
  private tail = '\r\n';
  /** Number of the last piece that is in the history; none before the history is there. */
  private seq: number | undefined;
  /** Pieces that came before the history, which may hold them. */
  private readonly early: Piece[] = [];

  /** The history, and what came since. */
  begin(history: string, seq: number): string {
    this.seq = seq;
    return this.output(history) + this.early.splice(0).map((piece) => this.piece(piece)).join('');
  }

  /** What a piece adds to the screen. */
  piece(piece: Piece): string {
    if (this.seq !== undefined) {
      return piece.seq > this.seq ? this[piece.kind](piece.text) : '';
    }
    this.early.push(piece);
    return '';
  }

  /** A terminal needs `\r\n`; programs print either. */
  output(text: string): string {
    const first = text.startsWith('\n') && this.tail.endsWith('\r') ? '\n' : '';
    this.tail = (this.tail + text).slice(-8);
    return first + text.slice(first.length).replace(/(?<!\r)\n/g, '\r\n');
  }

  /** What Boardside says in between: dim, on lines of its own. */
  note(text: string): string {
    const start = this.tail.endsWith('\n') ? '' : '\r\n';
    this.tail = '\r\n';
    return start + text.trimEnd().split(/\r?\n/).map((line) => `\x1b[2m${line}\x1b[22m\r\n`).join('');
  }

  get atPrompt(): boolean {
    return this.tail.endsWith('>>> ');
  }
}

/** Keys as a board expects them. Lines pasted at the prompt go by paste mode, else it would indent them again. */
export function keys(data: string, atPrompt: boolean): string {
  const typed = data.replace(/\r?\n/g, '\r');
  return atPrompt && /\r./.test(typed) ? `\x05${typed}\x04` : typed;
}

/** Selected lines as a program of their own: without the indentation that all of them share. */
export function dedent(text: string): string {
  const lines = text.split(/\r?\n/);
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0] ?? '');
  let shared = indents[0] ?? '';
  while (!indents.every((indent) => indent.startsWith(shared))) {
    shared = shared.slice(0, -1);
  }
  return lines.map((line) => (line.startsWith(shared) ? line.slice(shared.length) : line.trimStart())).join('\n');
}
