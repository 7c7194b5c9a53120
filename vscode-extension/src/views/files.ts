// Files of boards as files of the editor: scheme `boardside`. What a board does with them is the sidecar's business.
import * as vscode from 'vscode';
import { troubleOf } from '../jobs';
import type { Entry, Requests } from '../protocol';
import type { Sidecar } from '../sidecar';
import type { State } from '../state';
import { boardOfQuery, boardQuery, parentOf } from '../where';

type Method = Extract<keyof Requests, `boardside/files/${string}`>;
const { FileChangeType, FileSystemError, FileType } = vscode;

export const boardUri = (board: string, path: string): vscode.Uri =>
  vscode.Uri.from({ scheme: 'boardside', path, query: boardQuery(board) });
export const boardOf = (uri: vscode.Uri): string => boardOfQuery(uri.query);

export class BoardFiles implements vscode.FileSystemProvider {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  /** When this editor last changed a file: boards have no clock worth trusting. */
  private readonly times = new Map<string, number>();

  constructor(private readonly sidecar: Sidecar, private readonly state: State) {}

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined); // a board tells of no changes
  }

  async list(uri: vscode.Uri, fresh = false): Promise<Entry[]> {
    return (await this.ask('boardside/files/list', uri, { path: uri.path, fresh })).entries;
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const above = uri.path === '/' ? [] : await this.list(uri.with({ path: parentOf(uri.path) }));
    const entry = uri.path === '/' ? { folder: true, size: 0 } : above.find(({ path }) => path === uri.path);
    if (entry === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    const type = entry.folder ? FileType.Directory : FileType.File;
    return { type, ctime: 0, mtime: this.times.get(uri.toString()) ?? 0, size: entry.size ?? 0 };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return (await this.list(uri)).map(({ name, folder }) => [name, folder ? FileType.Directory : FileType.File]);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((await this.ask('boardside/files/read', uri, { path: uri.path })).content, 'base64');
  }

  async writeFile(uri: vscode.Uri, bytes: Uint8Array, options: { create: boolean; overwrite: boolean }): Promise<void> {
    const there = await this.exists(uri);
    if (there ? options.create && !options.overwrite : !options.create) {
      throw there ? FileSystemError.FileExists(uri) : FileSystemError.FileNotFound(uri);
    }
    await this.ask('boardside/files/write', uri, { path: uri.path, content: Buffer.from(bytes).toString('base64') });
    this.tell([there ? FileChangeType.Changed : FileChangeType.Created, uri]);
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    await this.ask('boardside/files/makeFolder', uri, { path: uri.path });
    this.tell([FileChangeType.Created, uri]);
  }

  async delete(uri: vscode.Uri): Promise<void> {
    await this.ask('boardside/files/delete', uri, { path: uri.path });
    this.tell([FileChangeType.Deleted, uri]);
  }

  async rename(from: vscode.Uri, to: vscode.Uri, options: { overwrite: boolean }): Promise<void> {
    if (options.overwrite && await this.exists(to)) {
      await this.delete(to);
    }
    await this.ask('boardside/files/rename', from, { from: from.path, to: to.path });
    this.tell([FileChangeType.Deleted, from], [FileChangeType.Created, to]);
  }

  private exists(uri: vscode.Uri): Promise<boolean> {
    return this.stat(uri).then(() => true, () => false);
  }

  private tell(...changes: [vscode.FileChangeType, vscode.Uri][]): void {
    changes.forEach(([, uri]) => this.times.set(uri.toString(), Date.now()));
    this.changed.fire(changes.map(([type, uri]) => ({ type, uri })));
  }

  /** Opens no board: the editor asks by itself for files that it shows, also after the user has disconnected. */
  private async ask<M extends Method>(method: M, uri: vscode.Uri, fields: object): Promise<Requests[M][1]> {
    if (!this.state.isOpen(boardOf(uri))) {
      throw FileSystemError.Unavailable('the board is not connected');
    }
    try {
      return await this.sidecar.request(method, { board: boardOf(uri), ...fields } as Requests[M][0]);
    } catch (error) {
      const { code, message, help } = troubleOf(error);
      const known = { 'board.not_found': FileSystemError.FileNotFound, 'board.in_the_way': FileSystemError.FileExists }[code];
      throw known?.(uri) ?? FileSystemError.Unavailable([message, help].filter(Boolean).join('. '));
    }
  }
}
