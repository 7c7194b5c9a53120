// The item of the status bar, for the folder of the active editor, and what menus go by.
import { commands, type Disposable, MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { State } from '../state';
import { details, statusText } from '../wording';

export function showStatus(state: State, folder: () => string | undefined): Disposable[] {
  const item = window.createStatusBarItem('status', StatusBarAlignment.Left, 10);
  item.name = 'Boardside';
  const known = new Map<string, boolean>();
  const context = (key: string, value: boolean) => {
    if (known.get(key) !== value) {
      known.set(key, value);
      void commands.executeCommand('setContext', `boardside.${key}`, value);
    }
  };
  const update = () => {
    const uri = folder();
    const board = state.boardOf(uri);
    const files = uri === undefined ? [] : state.differences(uri)?.files ?? [];
    const ahead = files.filter((file) => file.state !== 'onlyBoard').length;
    item.text = statusText(board, board?.job && state.percent.get(board.job.job), ahead);
    item.command = board === undefined ? 'boardside.connectBoard' : 'boardside.syncProject';
    const lines = board === undefined ? ['No board for this folder.'] : details(board);
    if (ahead > 0) {
      lines.push(`${ahead} ${ahead === 1 ? 'file is' : 'files are'} not on the board yet.`);
    }
    const link = (title: string, command: string) => `[${title}](command:boardside.${command})`;
    lines.push([link('Sync', 'syncProject'), link('Console', 'openConsole'), link('Connect…', 'connectBoard'), link('Doctor', 'doctorBoard')].join(' · '));
    item.tooltip = new MarkdownString(lines.join('\n\n'), true);
    item.tooltip.isTrusted = { enabledCommands: ['syncProject', 'openConsole', 'connectBoard', 'doctorBoard'].map((id) => `boardside.${id}`) };
    item.backgroundColor = board?.why === undefined ? undefined : new ThemeColor('statusBarItem.warningBackground');
    item.show();
    const all = state.boards.map((one) => one.state);
    context('hasBoard', board !== undefined);
    context('connected', all.some((one) => one === 'connected' || one === 'running' || one === 'busy'));
    context('running', all.includes('running'));
  };
  update();
  context('active', true);
  return [item, state.on(update), window.onDidChangeActiveTextEditor(update)];
}
