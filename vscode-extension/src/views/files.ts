// Files of boards as files of the editor: scheme `boardside`. What a board does with them is the sidecar's business.
import {
  Disposable, EventEmitter, type FileChangeEvent, FileChangeType, type FileStat, type FileSystemProvider, FileSystemError, FileType, Uri,
} from 'vscode';
import { troubleOf } from '../jobs';
import type { Entry, Requests } from '../protocol';
import type { Sidecar } from '../sidecar';
import { boardOfQuery, boardQuery, parentOf } from '../where';

type FileMethod = Extract<keyof Requests, `boardside/files/${string}`>;

export const boardUri = (board: string, path: string) => Uri.from({ scheme: 'boardside', path, query: boardQuery(board) });
export const boardOf = (uri: Uri) => boardOfQuery(uri.query);

export class BoardFiles implements FileSystemProvider {
  private readonly changed = new EventEmitter<FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  /** When this editor last changed a file: boards have no clock worth trusting. */
  private readonly times = new Map<string, number>();

  constructor(private readonly sidecar: Sidecar) {}

  watch(): Disposable {
    return new Disposable(() => undefined);
  }

  async stat(uri: Uri): Promise<FileStat> {
    if (uri.path === '/') {
      return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    }
    const entry = (await this.list(uri.with({ path: parentOf(uri.path) }))).find(({ path }) => path === uri.path);
    if (entry === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    const type = entry.folder ? FileType.Directory : FileType.File;
    return { type, ctime: 0, mtime: this.times.get(uri.toString()) ?? 0, size: entry.size ?? 0 };
  }

  async list(uri: Uri, fresh = false): Promise<Entry[]> {
    return (await this.ask('boardside/files/list', uri, { path: uri.path, fresh })).entries;
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    return (await this.list(uri)).map(({ name, folder }) => [name, folder ? FileType.Directory : FileType.File]);
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    return Buffer.from((await this.ask('boardside/files/read', uri, { path: uri.path })).content, 'base64');
  }

  async writeFile(uri: Uri, content: Uint8Array, options: { create: boolean; overwrite: boolean }): Promise<void> {
    const there = await this.exists(uri);
    if (there ? options.create && !options.overwrite : !options.create) {
      throw there ? FileSystemError.FileExists(uri) : FileSystemError.FileNotFound(uri);
    }
    await this.ask('boardside/files/write', uri, { path: uri.path, content: Buffer.from(content).toString('base64') });
    this.tell([there ? FileChangeType.Changed : FileChangeType.Created, uri]);
  }

  async createDirectory(uri: Uri): Promise<void> {
    await this.ask('boardside/files/makeFolder', uri, { path: uri.path });
    this.tell([FileChangeType.Created, uri]);
  }

  async delete(uri: Uri): Promise<void> {
    await this.ask('boardside/files/delete', uri, { path: uri.path });
    this.tell([FileChangeType.Deleted, uri]);
  }

  async rename(from: Uri, to: Uri, options: { overwrite: boolean }): Promise<void> {
    if (options.overwrite && await this.exists(to)) {
      await this.delete(to);
    }
    await this.ask('boardside/files/rename', from, { from: from.path, to: to.path });
    this.tell([FileChangeType.Deleted, from], [FileChangeType.Created, to]);
  }

  private exists(uri: Uri): Promise<boolean> {
    return this.stat(uri).then(() => true, () => false);
  }

  private tell(...changes: [FileChangeType, Uri][]): void {
    changes.forEach(([, uri]) => this.times.set(uri.toString(), Date.now()));
    this.changed.fire(changes.map(([type, uri]) => ({ type, uri })));
  }

  private async ask<M extends FileMethod>(method: M, uri: Uri, fields: Omit<Requests[M][0], 'board'>): Promise<Requests[M][1]> {
    try {
      return await this.sidecar.request(method, { board: boardOf(uri), ...fields } as Requests[M][0]);
    } catch (error) {
      const { code, message, help } = troubleOf(error);
      const text = [message, help].filter(Boolean).join('. ');
      throw code === 'board.not_found' ? FileSystemError.FileNotFound(uri)
        : code === 'board.in_the_way' ? FileSystemError.FileExists(uri)
        : code === 'board.read_only' ? FileSystemError.NoPermissions(text) : FileSystemError.Unavailable(text);
    }
  }
}
