// What the sidecar has told: boards, differences, settings. Never asks, never infers.
import type { Board, Differences, Settings } from './protocol';
import { normal } from './where';

export type Topic = 'boards' | 'differences' | 'settings' | 'progress';

export class State {
  boards: readonly Board[] = [];
  /** Percent by number of job, while content is moved. */
  readonly percent = new Map<number, number>();
  private readonly differencesOf = new Map<string, Differences>();
  private readonly settingsOf = new Map<string, Settings>();
  private readonly listeners = new Set<(topic: Topic, folder?: string) => void>();

  on(listener: (topic: Topic, folder?: string) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  setBoards(boards: readonly Board[]): void {
    this.boards = boards;
    this.tell('boards');
  }
  setDifferences(differences: Differences): void {
    this.differencesOf.set(normal(differences.folder), differences);
    this.tell('differences', differences.folder);
  }
  setSettings(folder: string, settings: Settings): void {
    this.settingsOf.set(normal(folder), settings);
    this.tell('settings', folder);
  }
  setPercent(job: number, percent: number | undefined): void {
    if (percent === undefined ? this.percent.delete(job) : this.percent.set(job, percent)) {
      this.tell('progress');
    }
  }

  board(address: string): Board | undefined {
    return this.boards.find((board) => board.address === address);
  }
  boardOf(folder: string | undefined): Board | undefined {
    if (folder === undefined) {
      return this.boards.length === 1 ? this.boards[0] : undefined;
    }
    return this.boards.find((board) => board.folders.some((uri) => normal(uri) === normal(folder)));
  }
  differences(folder: string): Differences | undefined {
    return this.differencesOf.get(normal(folder));
  }
  settings(folder: string): Settings | undefined {
    return this.settingsOf.get(normal(folder));
  }

  private tell(topic: Topic, folder?: string): void {
    for (const listener of this.listeners) {
      listener(topic, folder);
    }
  }
}
