// The commands: which folder and board one is about, and the one request that it is.
import * as vscode from 'vscode';
import { dedent } from './console-text';
import { type Jobs, troubleOf } from './jobs';
import { log } from './log';
import type { Command, CommandFields, JobDone } from './protocol';
import type { Sidecar } from './sidecar';
import type { State } from './state';
import type { BoardsView, Node } from './views/boards';
import { pickBoard, pickPackage, present } from './views/choices';
import type { DifferencesView } from './views/differences';
import { boardOf } from './views/files';
import type { ReleasesView } from './views/releases';
import type { Consoles } from './views/terminal';
import { chooseFolder } from './where';
import { doing, size } from './wording';

export interface House {
  sidecar: Sidecar; jobs: Jobs; state: State; boards: BoardsView; consoles: Consoles; differences: DifferencesView;
  releases: ReleasesView;
}
/** What a command is about. */
interface Target { folder?: vscode.WorkspaceFolder | undefined; board?: string | undefined; uri?: vscode.Uri | undefined; version?: string | undefined }
type Row = { needs: 'folder' | 'board' | 'either'; run(house: House, at: Target): unknown };
const { window, workspace } = vscode;

/** `folder`: must have one. `board`: a board that was named is enough. `either`: nobody is asked for one. */
const TABLE: Record<string, Row> = {
  syncProject: { needs: 'folder', run: (house, at) => job(house, 'boardside.sync', inFolder(at)) },
  connectBoard: { needs: 'board', run: connect },
  disconnectBoard: { needs: 'board', run: (house, at) => job(house, 'boardside.disconnect', onBoard(at)) },
  openConsole: { needs: 'board', run: (house, at) => openConsole(house, at, false) },
  runFile: { needs: 'either', run: (house, at) => runFile(house, at) },
  runSelection: { needs: 'either', run: runSelection },
  stopProgram: { needs: 'board', run: (house, at) => job(house, 'boardside.stop', onBoard(at)) },
  softResetBoard: { needs: 'board', run: (house, at) => job(house, 'boardside.softReset', onBoard(at)) },
  hardResetBoard: { needs: 'board', run: (house, at) => job(house, 'boardside.hardReset', onBoard(at)) },
  downloadProject: { needs: 'folder', run: (house, at) => job(house, 'boardside.pull', inFolder(at)) },
  compareWithBoard: { needs: 'folder', run: (house, at) => job(house, 'boardside.diff', inFolder(at)) },
  writePackage: { needs: 'folder', run: writePackage },
  packProject: { needs: 'folder', run: packProject },
  publishRelease: { needs: 'folder', run: ({ releases }, at) => releases.publish(inFolder(at).folder ?? '') },
  rollBackRelease: { needs: 'folder', run: ({ releases }, at) => releases.rollBack(inFolder(at).folder ?? '', at.version) },
  doctorBoard: { needs: 'board', run: (house, at) => job(house, 'boardside.doctor', onBoard(at)) },
};

const inFolder = (at: Target): CommandFields => (at.folder === undefined ? {} : { folder: at.folder.uri.toString() });
const onBoard = (at: Target): CommandFields => (at.board === undefined ? inFolder(at) : { board: at.board });

/** Runs a job to its end and shows it; what the user then chooses runs it again. */
export async function job(house: House, command: Command, fields: CommandFields): Promise<JobDone> {
  const folder = fields.folder && workspace.getWorkspaceFolder(vscode.Uri.parse(fields.folder));
  if (command === 'boardside.sync') { // what is synced is what is on the disk
    const unsaved = workspace.textDocuments.filter((file) => file.isDirty && file.uri.scheme === 'file');
    const inside = unsaved.filter(({ uri }) => !folder || workspace.getWorkspaceFolder(uri) === folder);
    await Promise.all(inside.map((file) => file.save()));
  }
  const kind = command.replace('boardside.', '');
  const title = `${doing(kind)} ${(folder || house.state.board(fields.board))?.name ?? ''}`;
  const done = await house.jobs.run(command, fields, kind === 'run' ? undefined : title);
  void show(house, done, fields);
  return done;
}

export function show(house: House, done: JobDone, fields: CommandFields): Promise<void> {
  return present(done, {
    again: (change) => job(house, `boardside.${done.kind}` as Command, { ...fields, ...change }),
    compare: (conflicts, board) => house.differences.compare(conflicts, board),
    pickBoard: () => pickBoard(house.state.boards, 'Several boards are there'),
  });
}

async function connect(house: House, at: Target): Promise<void> {
  const title = at.folder === undefined ? 'Connect to…' : `Connect ${at.folder.name} to…`;
  const board = at.board ?? await pickBoard(house.state.boards, title);
  if (board !== undefined) {
    await job(house, 'boardside.connect', { ...inFolder(at), board });
  }
}

async function openConsole(house: House, at: Target, preserveFocus: boolean): Promise<string | undefined> {
  const board = at.board ?? house.state.boardOf(inFolder(at).folder)?.address
    ?? (await job(house, 'boardside.connect', inFolder(at))).board;
  if (board !== undefined) {
    house.consoles.show(board, preserveFocus);
  }
  return board;
}

async function writePackage(house: House, at: Target): Promise<void> {
  const folder = inFolder(at).folder ?? '';
  const board = at.board ?? house.state.boardOf(folder)?.address;
  const named = board === undefined ? {} : { board };
  const { packages, unreadable } = await house.sidecar.request('boardside/packages', { folder, ...named });
  unreadable.forEach((why) => log.warn(why));
  const chosen = await pickPackage(packages);
  await (chosen && job(house, 'boardside.write', { folder, ...named, uri: chosen.uri }));
}

async function packProject(house: House, at: Target): Promise<void> {
  const prompt = 'Version of the package, such as 1.2.0';
  const version = await window.showInputBox({ title: `Pack ${at.folder?.name}`, prompt });
  if (version) {
    await workspace.saveAll(false); // what is packed is what is on the disk
    const made = await house.sidecar.request('boardside/pack', { folder: inFolder(at).folder ?? '', version });
    const text = `$(package) Boardside: ${made.name} ${made.version} is packed, ${size(made.bytes)}${made.signed ? ', signed' : ''}`;
    window.setStatusBarMessage(text, 8_000);
  }
}

async function runFile(house: House, at: Target, selected?: string): Promise<void> {
  const file = at.uri === undefined ? window.activeTextEditor?.document : await workspace.openTextDocument(at.uri);
  const onDisk = file?.uri.scheme === 'file' && (await file.save(), true);
  const board = file && await openConsole(house, at, true);
  const code = selected ?? (onDisk ? undefined : file?.getText());
  if (board !== undefined) {
    await job(house, 'boardside.run', { board, uri: String(file?.uri), ...(code !== undefined && { code }) });
  }
}

async function runSelection(house: House, at: Target): Promise<void> {
  const { document, selection } = window.activeTextEditor ?? {};
  if (document !== undefined && selection !== undefined) {
    const before = document.lineAt(selection.start).text.slice(0, selection.start.character);
    await runFile(house, { ...at, uri: undefined }, dedent((before.trim() === '' ? before : '') + document.getText(selection)));
  }
}

/** From what a menu, a link, a key or another extension passes: a URI, a board or file, a part of the SCM view, fields. */
async function target(house: House, arg: unknown, needs: Row['needs']): Promise<Target | undefined> {
  const it = (arg ?? {}) as CommandFields & { version?: string; rootUri?: vscode.Uri; resourceStates?: { resourceUri: vscode.Uri }[] };
  const parsed = (uri: string | undefined) => (uri === undefined ? undefined : vscode.Uri.parse(uri));
  const uri = arg instanceof vscode.Uri ? arg : it.rootUri ?? it.resourceStates?.[0]?.resourceUri ?? parsed(it.uri);
  const active = uri ?? window.activeTextEditor?.document.uri;
  const board = it.board ?? (active?.scheme === 'boardside' ? boardOf(active) : undefined);
  const about = parsed(it.folder) ?? uri ?? parsed(house.state.board(board)?.folders[0]);
  const folderOf = (one: vscode.Uri | undefined) => one && workspace.getWorkspaceFolder(one);
  let folder = chooseFolder(workspace.workspaceFolders ?? [], folderOf(about), folderOf(active));
  if (folder === 'ask') {
    const ask = needs === 'folder' || (needs === 'board' && board === undefined);
    folder = ask ? await window.showWorkspaceFolderPick({ placeHolder: 'Which project?' }) : undefined;
    if (ask && folder === undefined) {
      return undefined;
    }
  }
  if (needs === 'folder' && folder === undefined) {
    throw new Error('open the folder of your project first.');
  }
  return { folder, board, uri, version: it.version };
}

export function registerCommands(house: House): vscode.Disposable[] {
  const { boards, differences } = house;
  const bodies: Record<string, (...args: never[]) => unknown> = {
    'files.newFile': (node: Node) => boards.newFile(node, false),
    'files.newFolder': (node: Node) => boards.newFile(node, true),
    'files.rename': (node: Node) => boards.rename(node),
    'files.delete': (node: Node) => boards.delete(node),
    'files.download': (node: Node) => boards.download(node),
    'files.refresh': () => boards.forget(),
    'releases.refresh': () => house.releases.refresh(),
    'showLog': () => log.show(),
    'openDifference': (uri: vscode.Uri, state?: string) => differences.open(uri, state),
    'openWorkspaceFile': (row: { resourceUri: vscode.Uri }) => window.showTextDocument(row.resourceUri),
  };
  for (const [id, { needs, run }] of Object.entries(TABLE)) {
    bodies[id] = async (arg?: unknown) => {
      const at = await target(house, arg, needs);
      return at && run(house, at);
    };
  }
  const register = vscode.commands.registerCommand;
  return Object.entries(bodies).map(([id, body]) => register(`boardside.${id}`, async (...args: never[]) => {
    try {
      await body(...args);
    } catch (error) {
      const { code, message, help } = troubleOf(error);
      void (code === 'cancelled' ? window.setStatusBarMessage('$(circle-slash) Boardside: cancelled', 8_000)
        : window.showErrorMessage(`Boardside: ${[message, help].filter(Boolean).join('. ')}`));
    }
  }));
}

/** A command of the sidecar, from a code lens or a key of the user: shown as ours are. */
export function fromSidecar(house: House, command: string, fields: CommandFields = {}): unknown {
  return command === 'boardside.run' && fields.uri !== undefined && fields.code === undefined
    ? vscode.commands.executeCommand('boardside.runFile', fields) : job(house, command as Command, fields);
}
