// The view "Boards": boards and the files on them. Shows what State holds, and lists files when a folder is opened.
import {
  type CancellationToken, commands, type DataTransfer, DataTransferItem, EventEmitter, FileSystemError, MarkdownString, ThemeIcon,
  type TreeDataProvider, type TreeDragAndDropController, TreeItem, TreeItemCollapsibleState, Uri, window, workspace,
} from 'vscode';
import type { Board, Entry } from '../protocol';
import type { State } from '../state';
import { nameOf, within } from '../where';
import { describe, details, iconOf, size } from '../wording';
import { type BoardFiles, boardOf, boardUri } from './files';

/** `entry` is left out for the board itself. */
export interface Node { board: string; entry?: Entry }
const OPEN = new Set(['connected', 'running', 'busy']);
const MIME = 'application/vnd.code.tree.boardside.boards';

export const uriOf = (node: Node) => boardUri(node.board, node.entry?.path ?? '/');

export class BoardsView implements TreeDataProvider<Node>, TreeDragAndDropController<Node> {
  private readonly changed = new EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  readonly dropMimeTypes = [MIME, 'text/uri-list'];
  readonly dragMimeTypes = ['text/uri-list'];
  private fresh = false;
  private shown = '';
  /** New each time, so that folders that were open last time do not ask a board at the start. */
  private readonly session = Date.now().toString(36);

  constructor(private readonly state: State, private readonly files: BoardFiles) {
    files.onDidChangeFile(() => this.changed.fire(undefined));
    state.on((topic) => {
      const now = JSON.stringify(state.boards);
      if (topic === 'boards' && now !== this.shown) { // only what is seen: a refresh may list files again
        this.shown = now;
        this.changed.fire(undefined);
      }
    });
  }

  refresh(): void {
    this.fresh = true;
    this.changed.fire(undefined);
    setTimeout(() => (this.fresh = false), 1_000);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node === undefined) {
      return this.state.boards.map(({ address }) => ({ board: address }));
    }
    const entries = await this.files.list(uriOf(node), this.fresh);
    entries.sort((a, b) => Number(b.folder) - Number(a.folder) || a.name.localeCompare(b.name));
    return entries.map((entry) => ({ board: node.board, entry }));
  }

  getTreeItem(node: Node): TreeItem {
    const board = this.state.board(node.board);
    const { entry } = node;
    return entry !== undefined ? this.file(node, entry) : board !== undefined ? this.board(board) : new TreeItem(node.board);
  }

  private board(board: Board): TreeItem {
    const open = OPEN.has(board.state);
    const item = new TreeItem(board.name, open ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
    item.id = `${this.session} ${board.address}${open ? '' : ' closed'}`;
    item.description = describe(board);
    item.iconPath = new ThemeIcon(iconOf(board));
    item.contextValue = `board.${board.state}`;
    item.tooltip = new MarkdownString(details(board).join('\n\n'), true);
    return item;
  }

  private file(node: Node, entry: Entry): TreeItem {
    const item = new TreeItem(uriOf(node), entry.folder ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
    item.id = `${this.session} ${node.board} ${entry.path}`;
    item.label = entry.name;
    item.contextValue = entry.folder ? 'folder' : 'file';
    item.iconPath = entry.folder ? ThemeIcon.Folder : ThemeIcon.File;
    item.tooltip = entry.path;
    if (!entry.folder) {
      item.description = entry.size === undefined ? '' : size(entry.size);
      item.command = { command: 'vscode.open', title: 'Open', arguments: [item.resourceUri] };
    }
    return item;
  }

  handleDrag(nodes: readonly Node[], data: DataTransfer): void {
    const uris = nodes.filter(({ entry }) => entry !== undefined).map(uriOf);
    data.set(MIME, new DataTransferItem(uris.map(String).join('\n')));
    data.set('text/uri-list', new DataTransferItem(uris.map(String).join('\r\n')));
  }

  /** Within a board files move; from the explorer, and from another board, they are copied. */
  async handleDrop(target: Node | undefined, data: DataTransfer, _token: CancellationToken): Promise<void> {
    const list = await (data.get(MIME) ?? data.get('text/uri-list'))?.asString();
    if (target === undefined || list === undefined) {
      return;
    }
    const folder = target.entry === undefined || target.entry.folder ? uriOf(target) : Uri.joinPath(uriOf(target), '..');
    for (const uri of list.split(/\r?\n/).filter((line) => line !== '').map((line) => Uri.parse(line))) {
      const to = folder.with({ path: within(folder.path, nameOf(uri.path)) });
      if (uri.toString() !== to.toString()) {
        const move = uri.scheme === 'boardside' && boardOf(uri) === target.board;
        await transfer(uri, to, move);
      }
    }
  }

  async command(verb: string, node: Node): Promise<void> {
    const uri = uriOf(node);
    const name = node.entry?.name ?? '';
    if (verb === 'newFile' || verb === 'newFolder') {
      const wanted = await window.showInputBox({ prompt: verb === 'newFile' ? 'Name of the new file' : 'Name of the new folder' });
      const to = wanted === undefined ? undefined : uri.with({ path: within(uri.path, wanted) });
      if (to !== undefined && verb === 'newFolder') {
        await workspace.fs.createDirectory(to);
      } else if (to !== undefined) {
        await this.files.writeFile(to, new Uint8Array(), { create: true, overwrite: false });
        await commands.executeCommand('vscode.open', to);
      }
    } else if (verb === 'rename') {
      const wanted = await window.showInputBox({ prompt: `New name of ${name}`, value: name });
      if (wanted !== undefined && wanted !== name) {
        await transfer(uri, uri.with({ path: within(Uri.joinPath(uri, '..').path, wanted) }), true);
      }
    } else if (verb === 'delete') {
      const what = node.entry?.folder === true ? `${name} and all that is in it` : name;
      if (await window.showWarningMessage(`Delete ${what} from the board?`, { modal: true }, 'Delete') === 'Delete') {
        await workspace.fs.delete(uri, { recursive: true });
      }
    } else if (verb === 'download') {
      const [into] = await window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, openLabel: 'Download Here' }) ?? [];
      if (into !== undefined) {
        await transfer(uri, Uri.joinPath(into, name), false);
      }
    }
  }
}

async function transfer(from: Uri, to: Uri, move: boolean, overwrite = false): Promise<void> {
  try {
    await (move ? workspace.fs.rename(from, to, { overwrite }) : workspace.fs.copy(from, to, { overwrite }));
  } catch (error) {
    const taken = error instanceof FileSystemError && error.code === 'FileExists' && !overwrite;
    if (!taken) {
      throw error;
    }
    const choice = await window.showWarningMessage(`${nameOf(to.path)} is there already. Replace it?`, { modal: true }, 'Replace');
    if (choice === 'Replace') {
      await transfer(from, to, move, true);
    }
  }
}
