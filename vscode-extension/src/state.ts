// What the sidecar has told of boards and differences. Never asks, never infers.
import type { Board, Differences } from './protocol';

export type Topic = 'boards' | 'differences' | 'progress';

export class State {
  boards: readonly Board[] = [];
  /** By URI of the folder, as we gave it. */
  readonly differences = new Map<string, Differences>();
  /** Percent by number of job, while content is moved. */
  readonly percent = new Map<number, number>();
  private readonly listeners = new Set<(topic: Topic, folder?: string) => void>();

  on(listener: (topic: Topic, folder?: string) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }
  changed(topic: Topic, folder?: string): void {
    this.listeners.forEach((listener) => listener(topic, folder));
  }

  board(address: string | undefined): Board | undefined {
    return this.boards.find((board) => board.address === address);
  }
  /** Whether it is open, and may be asked without being opened. */
  isOpen(address: string): boolean {
    return ['connected', 'running', 'busy'].includes(this.board(address)?.state ?? '');
  }
  boardOf(folder: string | undefined): Board | undefined {
    return folder === undefined ? undefined : this.boards.find(({ folders }) => folders.includes(folder));
  }
  /** How many files of the folder are not on its board yet. */
  ahead(folder: string | undefined): number {
    const files = this.differences.get(folder ?? '')?.files ?? [];
    return files.filter(({ state }) => state !== 'onlyBoard').length;
  }
}
