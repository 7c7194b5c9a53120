// The console of a board as a terminal. Comes and goes without the board noticing; stays through syncs and resets.
import {
  type Disposable, EventEmitter, type Pseudoterminal, Range, type Terminal, type TerminalLink, type TerminalLinkContext,
  type TerminalLinkProvider, ThemeIcon, Uri, window,
} from 'vscode';
import { keys, Screenful } from '../console-text';
import { troubleOf } from '../jobs';
import type { Link } from '../protocol';
import type { Sidecar } from '../sidecar';
import type { State } from '../state';

type BoardLink = TerminalLink & { link: Link };

class BoardTerminal implements Pseudoterminal {
  private readonly written = new EventEmitter<string>();
  readonly onDidWrite = this.written.event;
  private screen = new Screenful();
  private state: 'closed' | 'attaching' | 'attached' | 'failed' = 'closed';

  constructor(readonly board: string, private readonly sidecar: Sidecar, private readonly forget: () => void) {}

  open(): void {
    void this.attach();
  }

  close(): void {
    this.forget();
  }

  /** History first; what comes before it is part of it. */
  async attach(): Promise<void> {
    if (this.state === 'attaching' || this.state === 'attached') {
      return;
    }
    this.state = 'attaching';
    try {
      const { history } = await this.sidecar.request('boardside/console/attach', { board: this.board });
      this.state = 'attached';
      this.written.fire(this.screen.output(history));
    } catch (error) {
      const { message, help } = troubleOf(error);
      this.state = 'failed';
      this.note(`${message}. ${help}`);
    }
  }

  lost(): void {
    this.state = 'failed';
    this.note('Boardside’s sidecar ended; waiting for it.');
  }

  output(text: string): void {
    if (this.state === 'attached') {
      this.written.fire(this.screen.output(text));
    }
  }

  note(text: string): void {
    this.written.fire(this.screen.note(text));
  }

  handleInput(data: string): void {
    this.sidecar.notify('boardside/console/input', { board: this.board, text: keys(data, this.screen.atPrompt) });
  }
}

export class Consoles implements TerminalLinkProvider<BoardLink> {
  private readonly open = new Map<string, { terminal: Terminal; pty: BoardTerminal }>();

  constructor(private readonly sidecar: Sidecar, private readonly state: State) {
    sidecar.on('boardside/console/output', ({ board, text, kind }) => {
      const pty = this.open.get(board)?.pty;
      if (kind === 'note') {
        pty?.note(text);
      } else {
        pty?.output(text);
      }
    });
    state.on((topic) => {
      for (const board of topic === 'boards' ? state.boards : []) {
        if (board.state === 'connected' || board.state === 'running') { // it could not be opened before, or is back
          void this.open.get(board.address)?.pty.attach();
        }
      }
    });
  }

  register(): Disposable {
    return window.registerTerminalLinkProvider(this);
  }

  show(board: string, preserveFocus = false): void {
    let entry = this.open.get(board);
    if (entry === undefined) {
      const pty = new BoardTerminal(board, this.sidecar, () => this.open.delete(board));
      const name = this.state.board(board)?.name ?? board;
      entry = { pty, terminal: window.createTerminal({ name, pty, iconPath: new ThemeIcon('circuit-board') }) };
      this.open.set(board, entry);
    }
    entry.terminal.show(preserveFocus);
  }

  lost(): void {
    this.open.forEach(({ pty }) => pty.lost());
  }

  async provideTerminalLinks({ terminal, line }: TerminalLinkContext): Promise<BoardLink[]> {
    const entry = [...this.open.values()].find((open) => open.terminal === terminal);
    if (entry === undefined || line.trim() === '') {
      return [];
    }
    const answer = await this.sidecar.request('boardside/console/locate', { board: entry.pty.board, text: line });
    return answer.links.map((link) => (
      { startIndex: link.start, length: link.end - link.start, tooltip: `Open ${link.path}, line ${link.line + 1}`, link }));
  }

  async handleTerminalLink({ link }: BoardLink): Promise<void> {
    await window.showTextDocument(Uri.parse(link.uri), { selection: new Range(link.line, 0, link.line, 0) });
  }
}
