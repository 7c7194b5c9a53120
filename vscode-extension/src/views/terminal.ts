// The console of a board as a terminal. Comes and goes without the board noticing; stays through syncs and resets.
import * as vscode from 'vscode';
import { keys, Screenful } from '../console-text';
import { troubleOf } from '../jobs';
import type { Link, Piece } from '../protocol';
import type { Sidecar } from '../sidecar';
import type { State } from '../state';

type BoardLink = vscode.TerminalLink & { link: Link };

class BoardTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.written.event;
  private screen = new Screenful();
  /** `unseen` until the editor shows it: what is written before that is lost. `left`: by the sidecar. */
  attached: 'unseen' | 'no' | 'asked' | 'yes' | 'left' = 'unseen';

  constructor(readonly board: string, private readonly sidecar: Sidecar, readonly close: () => void) {}

  open(): void {
    this.attached = 'no';
    void this.attach();
  }

  async attach(): Promise<void> {
    if (this.attached !== 'no' && this.attached !== 'left') {
      return;
    }
    this.attached = 'asked';
    try {
      const { history, seq } = await this.sidecar.request('boardside/console/attach', { board: this.board });
      this.attached = 'yes';
      this.written.fire(this.screen.begin(history, seq));
    } catch (error) {
      const { message, help } = troubleOf(error);
      this.attached = 'no';
      this.note([message, help].filter(Boolean).join('. '));
    }
  }

  left(): void {
    if (this.attached === 'yes') {
      this.attached = 'left';
      this.note('The sidecar ended; waiting for the board.');
      this.screen = new Screenful(); // another sidecar counts from the start
    }
  }

  hear(piece: Piece): void {
    this.written.fire(this.screen.piece(piece));
  }

  private note(text: string): void {
    this.written.fire(this.screen.note(text));
  }

  handleInput(data: string): void {
    this.sidecar.notify('boardside/console/input', { board: this.board, text: keys(data, this.screen.atPrompt) });
  }
}

export class Consoles implements vscode.TerminalLinkProvider<BoardLink> {
  private readonly open = new Map<string, { terminal: vscode.Terminal; pty: BoardTerminal }>();

  constructor(private readonly sidecar: Sidecar, private readonly state: State, private readonly memory: vscode.Memento) {
    sidecar.on('boardside/console/output', (piece) => this.open.get(piece.board)?.pty.hear(piece));
    state.on(() => { // one that could not be opened before, or was left, is there now
      for (const { address, state: is } of state.boards) {
        const pty = this.open.get(address)?.pty;
        if (is === 'connected' || is === 'running' || (is === 'free' && pty?.attached === 'left')) {
          void pty?.attach();
        }
      }
    });
  }

  show(board: string, preserveFocus: boolean): void {
    const name = this.state.board(board)?.name ?? board;
    const iconPath = new vscode.ThemeIcon('circuit-board');
    if (!this.open.has(board)) {
      const pty = new BoardTerminal(board, this.sidecar, () => this.open.delete(board) && this.remember());
      this.open.set(board, { pty, terminal: vscode.window.createTerminal({ name, pty, iconPath }) });
      this.remember();
    }
    this.open.get(board)?.terminal.show(preserveFocus);
  }

  private remember(): void {
    void this.memory.update('consoles', [...this.open.keys()]);
  }

  /** Those that were open before the window was loaded anew: the editor brings back no terminals of extensions. */
  reopen(): void {
    this.memory.get<string[]>('consoles', []).forEach((board) => this.show(board, true));
  }

  left(): void {
    this.open.forEach(({ pty }) => pty.left());
  }

  async provideTerminalLinks({ terminal, line }: vscode.TerminalLinkContext): Promise<BoardLink[]> {
    const entry = [...this.open.values()].find((open) => open.terminal === terminal);
    const answer = entry && await this.sidecar.request('boardside/console/locate', { board: entry.pty.board, text: line });
    return (answer?.links ?? []).map((link) => (
      { startIndex: link.start, length: link.end - link.start, tooltip: `Open ${link.path}`, link }));
  }

  async handleTerminalLink({ link }: BoardLink): Promise<void> {
    const selection = new vscode.Range(link.line, 0, link.line, 0);
    await vscode.window.showTextDocument(vscode.Uri.parse(link.uri), { selection });
  }
}
