// The item of the status bar, for the folder of the active editor, and the context keys that menus go by.
import * as vscode from 'vscode';
import type { State } from '../state';
import { details, statusText } from '../wording';

const LINKS = { syncProject: 'Sync', openConsole: 'Console', connectBoard: 'Connect…', doctorBoard: 'Doctor' };

export function showStatus(state: State, folder: () => string | undefined): vscode.Disposable[] {
  const item = vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 10);
  const context = (key: string, value: boolean) => (
    void vscode.commands.executeCommand('setContext', `boardside.${key}`, value));
  const update = () => {
    const board = state.boardOf(folder());
    const ahead = state.ahead(folder());
    item.name = 'Boardside';
    item.text = statusText(board, board?.job && state.percent.get(board.job.job), ahead);
    item.command = board === undefined ? 'boardside.connectBoard' : 'boardside.syncProject';
    item.tooltip = new vscode.MarkdownString([
      ...(board === undefined ? ['This folder has no board.'] : details(board)),
      ...(ahead === 0 ? [] : [`${ahead} ${ahead === 1 ? 'file is' : 'files are'} not on the board yet.`]),
      Object.entries(LINKS).map(([id, title]) => `[${title}](command:boardside.${id})`).join(' · '),
    ].join('\n\n'), true);
    item.tooltip.isTrusted = { enabledCommands: Object.keys(LINKS).map((id) => `boardside.${id}`) };
    item.backgroundColor = board?.why && new vscode.ThemeColor('statusBarItem.warningBackground');
    item.show();
    context('active', true);
    context('hasBoard', board !== undefined);
    context('connected', state.boards.some(({ address }) => state.isOpen(address)));
  };
  update();
  return [item, state.on(update), vscode.window.onDidChangeActiveTextEditor(update)];
}
