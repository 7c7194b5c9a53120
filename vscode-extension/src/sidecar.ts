// Finds, starts and restarts `boardside lsp`, and passes messages. What they mean is for others.
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CancellationToken, LanguageClient, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import type { Events, Notices, Requests } from './protocol';

export type Progress = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
export interface Disposable { dispose(): void }
/** One run of the sidecar: a LanguageClient, as far as it is used here. */
export interface Client extends Pick<LanguageClient, 'start' | 'stop' | 'isRunning'> {
  sendRequest<R>(method: string, params?: unknown, token?: CancellationToken): Promise<R>;
  sendNotification(method: string, params?: unknown): Promise<void>;
  onNotification(method: string, handler: (params: never) => void): Disposable;
  listen(token: string, handler: (value: Progress) => void): Disposable;
}

/** There is no program to start, or it does not start; the message says what to do. */
export class SidecarError extends Error {}

export interface Place { serverPath: string; trusted: boolean; extension: string; platform: NodeJS.Platform }

/**
 * The program: 1. what the setting `boardside.serverPath` names, in a trusted workspace;
 * 2. `bin/boardside` (`boardside.exe` on Windows) of this extension. Nothing else: PATH may hold anything.
 */
export function findBinary(place: Place): string {
  const own = join(place.extension, 'bin', place.platform === 'win32' ? 'boardside.exe' : 'boardside');
  const path = place.trusted && place.serverPath !== '' ? place.serverPath : own;
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new SidecarError(path === own
      ? `The program of this extension is missing: ${path}. This may be a package for another system; install the extension again.`
      : `The setting boardside.serverPath names ${path}, and there is no such program.`);
  }
  return path;
}

/** Starts it; a file that this system cannot run is an error here, not a crash. */
export function spawnSidecar(binary: string): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ['lsp'], { stdio: 'pipe' });
    child.once('spawn', () => resolve(child));
    child.on('error', (error) => reject(new SidecarError(`${binary} does not start: ${error.message}`)));
  });
}

/** Whether a sidecar that ended is started again: not after the third end in three minutes. */
export class Ends {
  private times: number[] = [];
  again(now: number): boolean {
    this.times = [...this.times.filter((time) => now - time < 180_000), now];
    return this.times.length < 3;
  }
}

export class Sidecar {
  private client: Client | undefined;
  private running: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  private readonly ends = new Ends();
  private readonly handlers = new Map<string, ((params: never) => void)[]>();

  /** `make` finds and starts the program; `trouble` is told what nobody who waits is told. */
  constructor(
    private readonly make: (closed: () => void) => Promise<Client>,
    private readonly watcher: { started(): void; ended(): void; trouble(error: Error): void },
  ) {}

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
    const client = await this.make(() => this.closed(client));
    for (const [method, handlers] of this.handlers) {
      client.onNotification(method, (params: never) => handlers.forEach((handler) => handler(params)));
    }
    await client.start();
    this.client = client;
    this.watcher.started();
  }

  /** The process is gone without having been told to. */
  private closed(client: Client): void {
    if (this.client !== client) {
      return;
    }
    this.client = undefined;
    this.watcher.ended();
    if (this.ends.again(Date.now())) {
      this.restart().catch((error: Error) => this.watcher.trouble(error));
    } else {
      this.watcher.trouble(new SidecarError('Boardside’s sidecar ended three times within three minutes.'));
    }
  }

  /** Waits for a start that is under way, or starts it. */
  async ready(): Promise<Client> {
    await (this.queued ?? this.running);
    if (this.client === undefined) {
      await this.restart();
    }
    if (this.client === undefined) {
      throw new SidecarError('Boardside’s sidecar does not run.');
    }
    return this.client;
  }

  async request<M extends keyof Requests>(method: M, params: Requests[M][0], token?: CancellationToken): Promise<Requests[M][1]> {
    const client = await this.ready();
    return client.sendRequest<Requests[M][1]>(method, params, token);
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
