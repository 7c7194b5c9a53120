// What the editor and `boardside lsp` say to each other: the mirror of protocol.md, which says what each thing means.
// No code but the lists of names, which a test compares with protocol.md and with the sidecar.

export const PROTOCOL = 1;

export const METHODS = [
  'boardside/cancel', 'boardside/jobDone', 'boardside/boards', 'boardside/boardsChanged',
  'boardside/console/attach', 'boardside/console/input', 'boardside/console/output', 'boardside/console/locate',
  'boardside/files/list', 'boardside/files/write', 'boardside/files/read', 'boardside/files/rename',
  'boardside/files/makeFolder', 'boardside/files/delete',
  'boardside/differences', 'boardside/base', 'boardside/settings', 'boardside/settingsChanged', 'boardside/question',
  'boardside/pack', 'boardside/packages', 'boardside/releases', 'boardside/publish', 'boardside/rollback',
] as const;

export const COMMANDS = [
  'boardside.sync', 'boardside.connect', 'boardside.disconnect', 'boardside.run', 'boardside.stop',
  'boardside.softReset', 'boardside.hardReset', 'boardside.pull', 'boardside.diff', 'boardside.doctor',
  'boardside.write',
] as const;
export type Command = (typeof COMMANDS)[number];

/** What a command may be told. */
export interface CommandFields {
  folder?: string; board?: string; uri?: string; code?: string;
  conflict?: 'stop' | 'overwrite' | 'keep'; overwrite?: boolean; dryRun?: boolean; fix?: boolean; downgrade?: boolean;
}

export interface Conflict { path: string; reason: string; uri?: string; overwritable: boolean }
export interface Trouble { code: string; message: string; help: string; conflicts?: Conflict[] }

export type BoardState = 'free' | 'connecting' | 'connected' | 'running' | 'busy' | 'held' | 'away' | 'refused';
export interface Board {
  address: string; name: string; id?: string; state: BoardState; why?: Trouble;
  folders: string[]; job?: { job: number; kind: string }; facts?: Facts; host?: string; firmware?: string;
}
/** Sizes in bytes. */
export interface Facts {
  firmware: string; version: string; id: string; root: string;
  flashTotal?: number; flashFree?: number; ramFree: number; tier: string;
}

export interface Row { verb: string; path: string; bytes: number; reason: string; uri?: string }
export interface Check { name: string; state: 'ok' | 'note' | 'error'; message: string; help?: string }
/** The results of all kinds of jobs: which fields are there depends on `kind`. */
export interface JobResult {
  added?: number; updated?: number; removed?: number; renamed?: number; unchanged?: number; kept?: number;
  elapsedMs?: number; dryRun?: boolean; rows?: Row[];
  differ?: number; same?: number; onlyProject?: number; ended?: boolean; checks?: Check[];
  name?: string; running?: string; before?: string | null; signedBy?: string | null;
}
export interface JobDone {
  job: number; kind: string; folder?: string; board?: string; automatic: boolean; result?: JobResult; error?: Trouble;
}

export interface Package { uri: string; name: string; version: string; bytes: number }
export interface Listed extends Package { signature: 'trusted' | 'none' | 'unchecked' | 'unknown_key' | 'bad'; signer: string }
export interface Published {
  version: string; current: boolean; pinned: string[]; files: number; bytes: number; published: string | null;
  signed: boolean; missing: string | null;
}
export interface Shelf { project: string; target: string; current: string | null; releases: Published[] }
export interface Change { path: string; how: 'added' | 'removed' | 'changed'; before: number | null; bytes: number | null }
export interface Turn {
  project: string; target: string; version: string; before: string | null; current: boolean; preview: boolean;
  changes: Change[]; warnings: string[];
}
export interface Entry { path: string; name: string; folder: boolean; size?: number }
export interface Piece { text: string; kind: 'output' | 'note'; seq: number }
export interface Link { start: number; end: number; path: string; uri: string; line: number }
export interface Difference { path: string; uri: string; state: 'onlyProject' | 'onlyBoard' | 'differs' }
export interface Differences { folder: string; board?: string; known: boolean; files: Difference[] }
export interface Settings {
  root: string; file?: string | null; imported: { key: string; setting: string }[]; warnings: string[];
}

/** Requests that are made here: method → [params, result]. */
export interface Requests {
  'workspace/executeCommand': [
    { command: Command; arguments: CommandFields[]; workDoneToken: string }, { job: number }];
  'boardside/boards': [undefined, { boards: Board[] }];
  'boardside/console/attach': [{ board: string }, { history: string; seq: number }];
  'boardside/console/locate': [{ board: string; text: string }, { links: Link[] }];
  'boardside/files/list': [{ board: string; path: string; fresh?: boolean }, { entries: Entry[] }];
  'boardside/files/read': [{ board: string; path: string }, { content: string }];
  'boardside/files/write': [{ board: string; path: string; content: string }, null];
  'boardside/files/rename': [{ board: string; from: string; to: string }, null];
  'boardside/files/makeFolder': [{ board: string; path: string }, null];
  'boardside/files/delete': [{ board: string; path: string }, null];
  'boardside/pack': [{ folder: string; version: string }, Package & { files: number; signed: boolean }];
  'boardside/packages': [{ folder: string; board?: string }, { packages: Listed[]; unreadable: string[] }];
  'boardside/releases': [{ folder: string; target?: string }, Shelf];
  'boardside/publish': [{ folder: string; version: string; target?: string; preview?: boolean; workDoneToken?: string }, Turn];
  'boardside/rollback': [{ folder: string; version: string; target?: string; preview?: boolean; workDoneToken?: string }, Turn];
  'boardside/base': [{ uri: string; ask?: boolean }, { content: string | null }];
}
/** Notifications that are sent from here: method → params. */
export interface Notices {
  'boardside/console/input': { board: string; text: string };
  'window/workDoneProgress/cancel': { token: string };
}
/** Notifications from the sidecar: method → params. */
export interface Events {
  'boardside/jobDone': JobDone;
  'boardside/boardsChanged': { boards: Board[] };
  'boardside/console/output': Piece & { board: string };
  'boardside/differences': Differences;
  'boardside/settingsChanged': { folder: string; settings: Settings };
}
