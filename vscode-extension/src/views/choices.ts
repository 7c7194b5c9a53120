// What the user is told and asked: how jobs ended, what to do about a conflict, which board.
import * as vscode from 'vscode';
import type { ShowToast } from '../jobs';
import { log } from '../log';
import type { Board, Check, CommandFields, Conflict, JobDone, Listed } from '../protocol';
import { checkLine, describe, iconOf, lastLine, size, summary } from '../wording';

const { executeCommand } = vscode.commands;
const { window } = vscode;
/** What a choice leads to. */
export interface Answers {
  again(change: CommandFields): unknown;
  compare(conflicts: readonly Conflict[], board: string | undefined): Promise<void>;
  pickBoard(): Promise<string | undefined>;
}

/** Shows how a job ended. What went well is said in the status bar only; what was cancelled, too. */
export async function present(done: JobDone, answers: Answers): Promise<void> {
  const { code, message = '', help } = done.error ?? {};
  const text = summary(done);
  if (code === undefined || code === 'cancelled') {
    const said = code ? '$(circle-slash) Boardside: cancelled' : text && `$(check) Boardside: ${text}`;
    window.setStatusBarMessage(said ?? '', 8_000);
    if (done.kind === 'diff' && done.result?.differ !== 0 && code === undefined) {
      await executeCommand('workbench.view.scm');
    }
    await showChecks(done.result?.checks ?? []);
  } else if (code === 'package.older') {
    if (await window.showWarningMessage(`Boardside: ${message}`, 'Write It')) {
      await answers.again({ downgrade: true });
    }
  } else if (code === 'sync.conflict' || code === 'pull.conflict') {
    await askConflict(done, answers);
  } else if (code === 'connect.many_boards') {
    const board = await answers.pickBoard();
    await (board && answers.again({ board }));
  } else if (code === 'python.raised') {
    if (await window.showErrorMessage(`Boardside: ${lastLine(message)}`, 'Show Problems')) {
      await executeCommand('workbench.actions.view.problems');
    }
  } else {
    const steps: Record<string, () => unknown> = {
      'Try Again': () => answers.again({}),
      ...(!['doctor', 'publish', 'rollBack'].includes(done.kind) && { 'Doctor': () => executeCommand('boardside.doctorBoard', done) }),
      'Show Log': () => log.show(),
    };
    const trouble = `Boardside: ${[message, help].filter(Boolean).join('. ')}`;
    await steps[await window.showErrorMessage(trouble, ...Object.keys(steps)) ?? '']?.();
  }
}

async function showChecks(checks: readonly Check[]): Promise<void> {
  const wrong = checks.find(({ state }) => state === 'error');
  checks.forEach((check) => log.info(checkLine(check)));
  const chosen = wrong !== undefined ? await window.showWarningMessage(`Boardside: ${checkLine(wrong)}`, 'Show Log')
    : checks.length > 0 && await window.showInformationMessage('Boardside: all is well.', 'Show Log');
  if (chosen) {
    log.show();
  }
}

async function askConflict(done: JobDone, answers: Answers): Promise<void> {
  const { message = '', conflicts = [] } = done.error ?? {};
  const pull = done.kind === 'pull';
  const steps: Record<string, () => unknown> = {
    ...(!pull && { 'Keep Board’s': () => answers.again({ conflict: 'keep' }) }),
    ...((pull || conflicts.some(({ overwritable }) => overwritable))
      && { 'Overwrite': () => answers.again(pull ? { overwrite: true } : { conflict: 'overwrite' }) }),
    'Compare': async () => {
      await answers.compare(conflicts, done.board);
      await askConflict(done, answers); // who has seen it can choose
    },
  };
  await steps[await window.showWarningMessage(`Boardside: ${message}`, ...Object.keys(steps)) ?? '']?.();
}

export async function pickBoard(boards: readonly Board[], title: string): Promise<string | undefined> {
  const items = boards.map((board) => ({
    label: `$(${iconOf(board)}) ${board.name}`, description: `${board.address} · ${describe(board)}`, address: board.address,
    detail: board.why?.message ?? board.folders.map((uri) => `the board of ${vscode.Uri.parse(uri).path}`).join(', '),
  }));
  const other = { label: '$(edit) Another address…', description: 'socket://host:port, id:…, virtual:unix', address: '' };
  const none = 'No board is found. Is it plugged in, with a cable that carries data?';
  const placeHolder = boards.length > 0 ? 'Which board?' : none;
  const chosen = await window.showQuickPick([...items, other], { title, placeHolder, matchOnDescription: true });
  return chosen === other ? window.showInputBox({ title, prompt: 'Address of the board' }) : chosen?.address;
}

export async function pickPackage(packages: readonly Listed[]): Promise<Listed | undefined> {
  const icons: Record<Listed['signature'], string> = {
    trusted: 'verified', none: 'unverified', unchecked: 'unverified', unknown_key: 'warning', bad: 'error',
  };
  const items = packages.map((it) => ({
    label: `$(${icons[it.signature]}) ${it.name} ${it.version}`, description: `${size(it.bytes)} · ${it.signer}`, it,
  }));
  const placeHolder = items.length > 0 ? 'Which package?' : 'There is no package for this board. Pack Project makes them.';
  return (await window.showQuickPick(items, { title: 'Write a package to the board', placeHolder }))?.it;
}

/** A notification with Cancel, until it is closed. */
export const showToast: ShowToast = (title, cancel) => {
  let close: () => void = () => undefined;
  let progress: vscode.Progress<{ message?: string; increment?: number }> | undefined;
  let shown = 0;
  const over = new Promise<void>((resolve) => (close = resolve));
  void window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (into, token) => {
    token.onCancellationRequested(cancel);
    progress = into;
    return over;
  });
  return {
    close,
    report(message = '', percent = shown) {
      progress?.report({ message, increment: Math.max(0, percent - shown) });
      shown = Math.max(shown, percent);
    },
  };
};
