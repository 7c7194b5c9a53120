// Finds, starts and restarts `boardside lsp`, and passes messages. What they mean is for others.
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type {
  LanguageClient, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import type { Events, Notices, Requests } from './protocol';

export type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
export interface Disposable { dispose(): void }
/** One run of the sidecar: a LanguageClient, as far as it is used here. */
export interface Client extends Pick<LanguageClient, 'start' | 'stop'> {
  sendRequest<R>(method: string, ...params: unknown[]): Promise<R>;
  sendNotification(method: string, params?: unknown): Promise<void>;
  onNotification(method: string, handler: (params: never) => void): Disposable;
  listen(token: string, handler: (value: Progress) => void): Disposable;
}
/** Is told what nobody who waits is told. */
export interface Watcher { started(): void; ended(): void; trouble(error: Error): void }
export interface Place { serverPath: string; trusted: boolean; extension: string; platform: NodeJS.Platform }

/**
 * The program: 1. what the setting `boardside.serverPath` names, in a trusted workspace;
 * 2. `bin/boardside` (`boardside.exe` on Windows) of this extension. Nothing else: PATH may hold anything.
 */
export function findBinary(place: Place): string {
  const own = join(place.extension, 'bin', place.platform === 'win32' ? 'boardside.exe' : 'boardside');
  const path = place.trusted && place.serverPath !== '' ? place.serverPath : own;
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new Error(path === own
      ? `the program of this extension is missing: ${path}. Install the extension for this system.`
      : `the setting boardside.serverPath names ${path}, and there is no such program.`);
  }
  return path;
}

/** Starts it; a file that this system cannot run is an error here, not a crash. */
export function spawnSidecar(binary: string): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ['lsp'], { stdio: 'pipe' });
    child.once('spawn', () => resolve(child));
    child.on('error', (error) => reject(new Error(`${binary} does not start: ${error.message}`)));
  });
}

export class Sidecar {
  private client: Client | undefined;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  private ends: number[] = [];
  private readonly handlers = new Map<string, ((params: never) => void)[]>();

  /** `make` starts the program and calls back when it has ended by itself. */
  constructor(private readonly make: (ended: () => void) => Promise<Client>, private readonly watcher: Watcher) {}

  /** Starts, or stops and starts. One runs, at most one waits: who asks meanwhile gets the one that waits. */
  restart(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.cycle().finally(() => (this.running = undefined));
      return this.running;
    }
    this.queued ??= this.running.catch(() => undefined).then(() => {
      this.queued = undefined;
      return this.restart();
    });
    return this.queued;
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client !== undefined) {
      this.watcher.ended();
      await client.stop(5_000).catch(() => undefined); // its stdin is closed, which ends it, too
    }
  }

  private async cycle(): Promise<void> {
    await this.stop();
    const client = await this.make(() => this.ended(client));
    for (const [method, handlers] of this.handlers) {
      client.onNotification(method, (params) => handlers.forEach((handler) => handler(params)));
    }
    await client.start();
    this.client = client;
    this.watcher.started();
  }

  /** Started again at once, but not after the third end in three minutes. */
  private ended(client: Client): void {
    if (this.client !== client) {
      return; // stopped by us, or not yet started, which `cycle` reports
    }
    this.client = undefined;
    this.watcher.ended();
    const now = Date.now();
    this.ends = [...this.ends.filter((time) => now - time < 180_000), now];
    if (this.ends.length < 3) {
      this.restart().catch((error: Error) => this.watcher.trouble(error));
    } else {
      this.watcher.trouble(new Error('the sidecar ended three times within three minutes.'));
    }
  }

  /** Waits for a start that is under way; starts it if there is none. */
  private async ready(): Promise<Client> {
    await (this.queued ?? this.running ?? (this.client === undefined ? this.restart() : undefined));
    if (this.client === undefined) {
      throw new Error('the sidecar does not run.');
    }
    return this.client;
  }

  /** `cancel` is a CancellationToken of the editor. */
  async request<M extends keyof Requests>(method: M, params: Requests[M][0], cancel?: object): Promise<Requests[M][1]> {
    const client = await this.ready();
    return client.sendRequest(method, ...[params, cancel].filter((one) => one !== undefined)); // undefined would go as [null]
  }

  notify<M extends keyof Notices>(method: M, params: Notices[M]): void {
    this.client?.sendNotification(method, params).catch(() => undefined); // who waits is told by `ended`
  }

  /** To be called before the first start. */
  on<M extends keyof Events>(method: M, handler: (params: Events[M]) => void): void {
    this.handlers.set(method, [...(this.handlers.get(method) ?? []), handler]);
  }

  async listen(token: string, handler: (value: Progress) => void): Promise<Disposable> {
    return (await this.ready()).listen(token, handler);
  }
}
