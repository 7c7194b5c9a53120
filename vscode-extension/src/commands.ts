// The commands: which folder and board one is about, and the one request that it is.
import { commands, type Disposable, type TextDocument, Uri, window, workspace } from 'vscode';
import { dedent } from './console-text';
import type { Jobs } from './jobs';
import { log } from './log';
import type { Command, CommandFields, JobDone } from './protocol';
import type { State } from './state';
import { type BoardsView, type Node } from './views/boards';
import { openFolders, pickBoard, pickFolder, present } from './views/choices';
import type { DifferencesView } from './views/differences';
import { boardOf } from './views/files';
import type { Consoles } from './views/terminal';
import { chooseFolder, folderOf, type Folder } from './where';

export interface House { jobs: Jobs; state: State; boards: BoardsView; consoles: Consoles; differences: DifferencesView; restart(): Promise<void> }
/** What a command is about. */
interface Target { folder?: Folder; board?: string; uri?: Uri }
type Body = (house: House, at: Target) => unknown;

export const COMMAND_TABLE: Record<string, { needs: 'folder' | 'board' | 'none'; run: Body }> = {
  'boardside.syncProject': { needs: 'folder', run: (house, at) => job(house, 'boardside.sync', inFolder(at)) },
  'boardside.connectBoard': { needs: 'folder', run: connect },
  'boardside.disconnectBoard': { needs: 'board', run: (house, at) => job(house, 'boardside.disconnect', onBoard(at)) },
  'boardside.openConsole': { needs: 'board', run: (house, at) => openConsole(house, at, false) },
  'boardside.runFile': { needs: 'none', run: (house, at) => runFile(house, at) },
  'boardside.runSelection': { needs: 'none', run: (house, at) => runFile(house, at, true) },
  'boardside.stopProgram': { needs: 'board', run: (house, at) => job(house, 'boardside.stop', onBoard(at)) },
  'boardside.softResetBoard': { needs: 'board', run: (house, at) => job(house, 'boardside.softReset', onBoard(at)) },
  'boardside.hardResetBoard': { needs: 'board', run: (house, at) => job(house, 'boardside.hardReset', onBoard(at)) },
  'boardside.downloadProject': { needs: 'folder', run: (house, at) => job(house, 'boardside.pull', inFolder(at)) },
  'boardside.compareWithBoard': { needs: 'folder', run: (house, at) => job(house, 'boardside.diff', inFolder(at)) },
  'boardside.doctorBoard': { needs: 'board', run: (house, at) => job(house, 'boardside.doctor', onBoard(at)) },
};

const TITLES: Record<Command, string> = {
  'boardside.sync': 'Syncing', 'boardside.connect': 'Connecting', 'boardside.disconnect': 'Disconnecting', 'boardside.run': 'Running',
  'boardside.stop': 'Stopping', 'boardside.softReset': 'Resetting', 'boardside.hardReset': 'Resetting', 'boardside.pull': 'Downloading from the board',
  'boardside.diff': 'Comparing with the board', 'boardside.doctor': 'Looking at the board',
};

const inFolder = (at: Target): CommandFields => ({ ...(at.folder && { folder: at.folder.uri }) });
const onBoard = (at: Target): CommandFields => (at.board === undefined ? inFolder(at) : { board: at.board });

/** Runs a job to its end and shows it; what the user then chooses runs it again. */
export async function job(house: House, command: Command, fields: CommandFields): Promise<JobDone> {
  if (command === 'boardside.sync') {
    await saveAll(fields.folder);
  }
  const name = openFolders().find(({ uri }) => uri === fields.folder)?.name ?? house.state.board(fields.board ?? '')?.name;
  const done = await house.jobs.run(command, fields, `${TITLES[command]}${name === undefined ? '' : ` ${name}`}`);
  void show(house, done, command, fields);
  return done;
}

export function show(house: House, done: JobDone, command: Command, fields: CommandFields): Promise<void> {
  return present(done, {
    again: (change) => job(house, command, { ...fields, ...change }),
    compare: (conflicts) => house.differences.compare(conflicts),
    pickBoard: () => pickBoard(house.state.boards, 'Several boards are there', openFolders()),
  });
}

async function saveAll(folder: string | undefined): Promise<void> {
  const inside = ({ uri }: TextDocument) => folder === undefined || folderOf(openFolders(), uri.toString())?.uri === folder;
  await Promise.all(workspace.textDocuments.filter((file) => file.isDirty && file.uri.scheme === 'file' && inside(file)).map((file) => file.save()));
}

async function connect(house: House, at: Target): Promise<void> {
  const title = at.folder === undefined ? 'Connect to…' : `Connect ${at.folder.name} to…`;
  const board = at.board ?? await pickBoard(house.state.boards, title, openFolders());
  if (board !== undefined) {
    const done = await job(house, 'boardside.connect', { ...inFolder(at), board });
    if (done.error === undefined) {
      house.consoles.show(done.board ?? board, true);
    }
  }
}

async function openConsole(house: House, at: Target, preserveFocus: boolean): Promise<string | undefined> {
  let board = at.board ?? house.state.boardOf(at.folder?.uri)?.address;
  board ??= (await job(house, 'boardside.connect', inFolder(at))).board;
  if (board !== undefined) {
    house.consoles.show(board, preserveFocus);
  }
  return board;
}

async function runFile(house: House, at: Target, selection = false): Promise<void> {
  const editor = window.activeTextEditor;
  const file = at.uri !== undefined && !selection ? await workspace.openTextDocument(at.uri) : editor?.document;
  if (file === undefined) {
    return;
  }
  if (file.isDirty && !file.isUntitled && !selection) {
    await file.save();
  }
  const board = await openConsole(house, at, true);
  const lines = editor?.selection.with({ start: editor.selection.start.with({ character: 0 }) });
  const partly = editor !== undefined && editor.document.getText(lines).slice(0, editor.selection.start.character).trim() !== '';
  const code = selection ? dedent(file.getText(partly ? editor.selection : lines)) : file.uri.scheme === 'file' ? undefined : file.getText();
  if (board !== undefined) {
    await job(house, 'boardside.run', { board, uri: file.uri.toString(), ...(code !== undefined && { code }) });
  }
}

/** What a menu, a link, a key or another extension passes: a URI, a node of the tree, a part of the SCM view, or fields. */
async function target(house: House, arg: unknown, needs: 'folder' | 'board' | 'none'): Promise<Target | undefined> {
  const it = (arg ?? {}) as { board?: string; folder?: string; uri?: string; entry?: unknown; rootUri?: Uri; resourceStates?: { resourceUri: Uri }[] };
  const uri = arg instanceof Uri ? arg : it.rootUri ?? it.resourceStates?.[0]?.resourceUri ?? (it.uri === undefined ? undefined : Uri.parse(it.uri));
  const active = uri ?? window.activeTextEditor?.document.uri;
  const board = it.board ?? (active?.scheme === 'boardside' ? boardOf(active) : undefined);
  const clicked = it.folder ?? uri?.toString() ?? house.state.board(board ?? '')?.folders[0];
  let folder = chooseFolder(openFolders(), clicked, active?.toString());
  if (folder === 'ask') {
    folder = board !== undefined || needs === 'none' ? undefined : await pickFolder();
    if (folder === undefined && board === undefined && needs !== 'none') {
      return undefined;
    }
  }
  if (needs === 'folder' && folder === undefined && board === undefined) {
    void window.showErrorMessage('Boardside: open the folder of your project first.');
    return undefined;
  }
  return { ...(folder && { folder }), ...(board !== undefined && { board }), ...(uri && { uri }) };
}

export function registerCommands(house: House): Disposable[] {
  const guarded = (id: string, body: (...args: unknown[]) => unknown) => commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      await body(...args);
    } catch (error) {
      void window.showErrorMessage(`Boardside: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const table = Object.entries(COMMAND_TABLE).map(([id, { needs, run }]) => guarded(id, async (arg) => {
    const at = await target(house, arg, needs);
    return at && run(house, at);
  }));
  const onFiles = ['newFile', 'newFolder', 'rename', 'delete', 'download'].map((verb) => (
    guarded(`boardside.files.${verb}`, (node) => house.boards.command(verb, node as Node))));
  return [
    ...table, ...onFiles,
    guarded('boardside.files.refresh', () => house.boards.refresh()),
    guarded('boardside.showLog', () => log.show()),
    guarded('boardside.openDifference', (row) => house.differences.open((row as { resourceUri: Uri }).resourceUri, (row as { state?: string }).state)),
    guarded('boardside.openWorkspaceFile', (row) => window.showTextDocument((row as { resourceUri: Uri }).resourceUri)),
  ];
}

/** A command of the sidecar, from a code lens or a key of the user: the same way as ours. */
export function fromSidecar(house: House, command: string, [fields]: unknown[]): unknown {
  const { uri, ...rest } = (fields ?? {}) as CommandFields;
  return command === 'boardside.run' && uri !== undefined
    ? commands.executeCommand('boardside.runFile', Uri.parse(uri)) : job(house, command as Command, { ...rest, ...(uri && { uri }) });
}
