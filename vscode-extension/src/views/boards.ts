// The view "Boards": boards and the files on them. Shows what State holds, and lists files when a folder is opened.
import * as vscode from 'vscode';
import type { Board, Entry, JobDone } from '../protocol';
import type { State } from '../state';
import { nameOf, parentOf, within } from '../where';
import { describe, details, iconOf, size } from '../wording';
import { type BoardFiles, boardOf, boardUri } from './files';

/** `entry` is left out for the board itself. */
export interface Node { board: string; entry?: Entry }
const { Collapsed, None } = vscode.TreeItemCollapsibleState;
const URIS = 'text/uri-list';

const uriOf = ({ board, entry }: Node): vscode.Uri => boardUri(board, entry?.path ?? '/');

export class BoardsView implements vscode.TreeDataProvider<Node>, vscode.TreeDragAndDropController<Node> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  readonly dropMimeTypes = ['application/vnd.code.tree.boardside.boards', URIS];
  readonly dragMimeTypes = [URIS];
  /** Entries by URI of the folder. Kept, because asking a board stops the program that runs on it. */
  private readonly listed = new Map<string, Entry[]>();
  /** New each time, so that folders that were open last time do not ask a board at the start. */
  private readonly session = Date.now().toString(36);

  constructor(private readonly state: State, private readonly files: BoardFiles) {
    files.onDidChangeFile(() => this.forget());
    state.on((topic) => {
      if (topic === 'boards') {
        state.boards.filter(({ address }) => !state.isOpen(address)).forEach(({ address }) => this.forget(address));
        this.changed.fire(undefined);
      }
    });
  }

  forget(board?: string): void {
    const gone = [...this.listed.keys()].filter((uri) => board === undefined || boardOf(vscode.Uri.parse(uri)) === board);
    gone.forEach((uri) => this.listed.delete(uri));
    this.changed.fire(undefined);
  }

  /** A sync says what it changed, so that folders that are shown need not be listed again. */
  synced({ board, result }: JobDone): void {
    for (const { verb, path, bytes } of result?.dryRun || board === undefined ? [] : result?.rows ?? []) {
      for (let at = path; at !== '/' && verb !== 'keep'; at = verb === 'remove' ? '/' : parentOf(at)) {
        const folder = boardUri(board ?? '', parentOf(at)).toString();
        const others = this.listed.get(folder)?.filter((entry) => entry.path !== at);
        const entry: Entry = { path: at, name: nameOf(at), folder: at !== path, ...(at === path && { size: bytes }) };
        if (others !== undefined) {
          this.listed.set(folder, verb === 'remove' ? others : [...others, entry]);
        }
      }
    }
    this.changed.fire(undefined);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined || !this.state.isOpen(node.board)) { // a board that was disconnected stays so
      return node === undefined ? this.state.boards.map(({ address }) => ({ board: address })) : [];
    }
    const uri = uriOf(node);
    const entries = this.listed.get(uri.toString()) ?? await this.files.list(uri, true);
    this.listed.set(uri.toString(), entries);
    const sorted = [...entries].sort((a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name));
    return sorted.map((entry) => ({ board: node.board, entry }));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const board = this.state.board(node.board);
    return node.entry !== undefined ? this.file(node, node.entry)
      : board !== undefined ? this.board(board) : new vscode.TreeItem(node.board);
  }

  private board(board: Board): vscode.TreeItem {
    const open = this.state.isOpen(board.address);
    const notice = board.state === 'running' ? ['Showing its files stops the program and starts it anew.'] : [];
    return Object.assign(new vscode.TreeItem(board.name, open ? Collapsed : None), {
      id: `${this.session} ${board.address} ${open}`,
      description: describe(board),
      iconPath: new vscode.ThemeIcon(iconOf(board)),
      contextValue: `board.${board.state}`,
      tooltip: new vscode.MarkdownString([...details(board), ...notice].join('\n\n'), true),
    });
  }

  private file(node: Node, entry: Entry): vscode.TreeItem {
    const uri = uriOf(node);
    return Object.assign(new vscode.TreeItem(uri, entry.folder ? Collapsed : None), {
      id: `${this.session} ${uri}`,
      label: entry.name,
      contextValue: entry.folder ? 'folder' : 'file',
      iconPath: entry.folder ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File,
      tooltip: entry.path,
      ...(entry.size !== undefined && { description: size(entry.size) }),
      ...(!entry.folder && { command: { command: 'vscode.open', title: 'Open', arguments: [uri] } }),
    });
  }

  handleDrag(nodes: readonly Node[], data: vscode.DataTransfer): void {
    const uris = nodes.filter(({ entry }) => entry !== undefined).map((node) => uriOf(node).toString());
    data.set(URIS, new vscode.DataTransferItem(uris.join('\r\n')));
  }

  /** Within a board files move; from the explorer, and from another board, they are copied. */
  async handleDrop(target: Node | undefined, data: vscode.DataTransfer): Promise<void> {
    const list = await data.get(URIS)?.asString() ?? '';
    const into = target && (target.entry?.folder === false ? vscode.Uri.joinPath(uriOf(target), '..') : uriOf(target));
    for (const uri of list.split(/\r?\n/).filter(Boolean).map((line) => vscode.Uri.parse(line))) {
      const to = into?.with({ path: within(into.path, nameOf(uri.path)) });
      if (to !== undefined && uri.toString() !== to.toString()) {
        await transfer(uri, to, uri.scheme === 'boardside' && boardOf(uri) === boardOf(to));
      }
    }
  }

  async newFile(node: Node, folder: boolean): Promise<void> {
    const name = await vscode.window.showInputBox({ prompt: `Name of the new ${folder ? 'folder' : 'file'}` });
    const uri = name && boardUri(node.board, within(uriOf(node).path, name));
    if (uri && folder) {
      await this.files.createDirectory(uri);
    } else if (uri) {
      await this.files.writeFile(uri, new Uint8Array(), { create: true, overwrite: false });
      await vscode.window.showTextDocument(uri);
    }
  }

  async rename(node: Node): Promise<void> {
    const uri = uriOf(node);
    const name = await vscode.window.showInputBox({ prompt: 'New name', value: nameOf(uri.path) });
    if (name && name !== nameOf(uri.path)) {
      await transfer(uri, vscode.Uri.joinPath(uri, '..', name), true);
    }
  }

  async delete(node: Node): Promise<void> {
    const what = `${nameOf(uriOf(node).path)}${node.entry?.folder === true ? ' and all that is in it' : ''}`;
    if (await vscode.window.showWarningMessage(`Delete ${what} from the board?`, { modal: true }, 'Delete')) {
      await vscode.workspace.fs.delete(uriOf(node), { recursive: true });
    }
  }

  async download(node: Node): Promise<void> {
    const dialog = { canSelectFolders: true, canSelectFiles: false, openLabel: 'Download Here' };
    const into = (await vscode.window.showOpenDialog(dialog))?.[0];
    if (into !== undefined) {
      await transfer(uriOf(node), vscode.Uri.joinPath(into, nameOf(uriOf(node).path)), false);
    }
  }
}

async function transfer(from: vscode.Uri, to: vscode.Uri, move: boolean, overwrite = false): Promise<void> {
  const { fs } = vscode.workspace;
  try {
    await (move ? fs.rename(from, to, { overwrite }) : fs.copy(from, to, { overwrite }));
  } catch (error) {
    if (overwrite || (error as vscode.FileSystemError).code !== 'FileExists') {
      throw error;
    }
    const question = `${nameOf(to.path)} is there already. Replace it?`;
    if (await vscode.window.showWarningMessage(question, { modal: true }, 'Replace')) {
      await transfer(from, to, move, true);
    }
  }
}
