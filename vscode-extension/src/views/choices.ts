// What the user is told and asked: how jobs ended, what to do about a conflict, which board, which folder.
import { commands, ProgressLocation, QuickPickItemKind, window, workspace } from 'vscode';
import { log } from '../log';
import type { ShowToast } from '../jobs';
import type { Board, CommandFields, Conflict, JobDone } from '../protocol';
import type { Folder } from '../where';
import { checkLine, describe, iconOf, lastLine, summary } from '../wording';

export interface Answers {
  again(change: CommandFields): Promise<unknown>;
  compare(conflicts: readonly Conflict[]): Promise<void>;
  pickBoard(): Promise<string | undefined>;
}

/** Shows how a job ended. What went well is said in the status bar only. */
export async function present(done: JobDone, answers: Answers): Promise<void> {
  if (done.error === undefined) {
    await succeeded(done);
    return;
  }
  const { code, message, help, conflicts = [] } = done.error;
  log.warn(`${done.kind}: ${code}: ${message}`);
  if (code === 'cancelled') {
    window.setStatusBarMessage('$(circle-slash) Boardside: cancelled', 5_000);
  } else if (code === 'sync.conflict' || code === 'pull.conflict') {
    await conflict(done, conflicts, answers);
  } else if (code === 'connect.many_boards') {
    const board = await answers.pickBoard();
    if (board !== undefined) {
      await answers.again({ board });
    }
  } else if (code === 'python.raised') {
    const shown = await window.showErrorMessage(`Boardside: the program raised ${lastLine(message)}`, 'Show Problems');
    if (shown !== undefined) {
      await commands.executeCommand('workbench.actions.view.problems');
    }
  } else {
    const buttons = ['Try Again', ...(done.kind === 'doctor' ? [] : ['Doctor']), 'Show Log'];
    const chosen = await window.showErrorMessage(`Boardside: ${[message, help].filter(Boolean).join('. ')}`, ...buttons);
    if (chosen === 'Try Again') {
      await answers.again({});
    } else if (chosen === 'Doctor') {
      await commands.executeCommand('boardside.doctorBoard', done);
    } else if (chosen === 'Show Log') {
      log.show();
    }
  }
}

async function succeeded(done: JobDone): Promise<void> {
  const text = summary(done);
  if (text !== undefined) {
    window.setStatusBarMessage(`$(check) Boardside: ${text}`, 8_000);
  }
  if (done.kind === 'diff' && done.result?.differ !== 0) {
    await commands.executeCommand('workbench.view.scm');
  }
  const checks = done.result?.checks;
  if (checks !== undefined) {
    const lines = checks.map(checkLine);
    lines.forEach((line) => log.info(line));
    const wrong = checks.find(({ state }) => state === 'error');
    const show = wrong === undefined ? window.showInformationMessage : window.showWarningMessage;
    const chosen = await show(wrong === undefined ? `Boardside: all ${checks.length} checks are well.` : `Boardside: ${checkLine(wrong)}`, 'Show Log');
    if (chosen !== undefined) {
      log.show();
    }
  }
}

async function conflict(done: JobDone, conflicts: readonly Conflict[], answers: Answers): Promise<void> {
  const pull = done.kind === 'pull';
  const buttons = [...(pull ? [] : ['Keep Board’s']), ...(pull || conflicts.some(({ overwritable }) => overwritable) ? ['Overwrite'] : []), 'Compare'];
  const chosen = await window.showWarningMessage(`Boardside: ${done.error?.message ?? ''}`, ...buttons);
  if (chosen === 'Compare') {
    await answers.compare(conflicts);
    await conflict(done, conflicts, answers); // having seen it, one chooses
  } else if (chosen === 'Overwrite') {
    await answers.again(pull ? { overwrite: true } : { conflict: 'overwrite' });
  } else if (chosen !== undefined) {
    await answers.again({ conflict: 'keep' });
  }
}

export async function pickBoard(boards: readonly Board[], title: string, folders: readonly Folder[]): Promise<string | undefined> {
  const OTHER = 'Another address…';
  const nameOf = (uri: string) => folders.find((folder) => folder.uri === uri)?.name ?? uri;
  const items = boards.map((board) => ({
    label: `$(${iconOf(board)}) ${board.name}`,
    description: `${board.address} · ${describe(board)}`,
    detail: board.why?.message ?? (board.folders.length === 0 ? '' : `the board of ${board.folders.map(nameOf).join(', ')}`),
    address: board.address,
  }));
  const other = { label: OTHER, description: 'socket://host:port, id:…, virtual:unix', detail: '', address: '' };
  const line = { label: '', kind: QuickPickItemKind.Separator, description: '', detail: '', address: '' };
  const placeHolder = boards.length === 0 ? 'No board is found. Is it plugged in, with a cable that carries data?' : 'Which board?';
  const chosen = await window.showQuickPick([...items, line, other], { title, placeHolder, matchOnDescription: true });
  return chosen === other ? window.showInputBox({ title, prompt: 'Address of the board', value: 'socket://' }) : chosen?.address;
}

export async function pickFolder(): Promise<Folder | undefined> {
  const folder = await window.showWorkspaceFolderPick({ placeHolder: 'Which project?' });
  return folder && { uri: folder.uri.toString(), name: folder.name };
}

export const openFolders = (): Folder[] => (workspace.workspaceFolders ?? []).map(({ uri, name }) => ({ uri: uri.toString(), name }));

export const showToast: ShowToast = (title, cancel) => {
  let close = () => undefined as void;
  let report: (value: { message?: string; increment?: number }) => void = () => undefined;
  let shown = 0;
  const over = new Promise<void>((resolve) => (close = resolve));
  void window.withProgress({ location: ProgressLocation.Notification, title, cancellable: true }, (progress, token) => {
    token.onCancellationRequested(cancel);
    report = (value) => progress.report(value);
    return over;
  });
  return {
    close,
    report(message, percent = shown) {
      report({ ...(message !== undefined && { message }), ...(percent > shown && { increment: percent - shown }) });
      shown = Math.max(shown, percent);
    },
  };
};
