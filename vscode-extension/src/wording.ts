// The texts that people read, from what the sidecar told. No vscode.
import type { Board, BoardState, Change, Check, JobDone, Published, Settings } from './protocol';

const STATES: Record<BoardState, [icon: string, text: string]> = {
  free: ['circle-outline', 'not connected'], connecting: ['loading~spin', 'connecting'],
  connected: ['circuit-board', 'connected'], running: ['play', 'running'], busy: ['sync~spin', 'busy'],
  held: ['lock', 'in use by another program'], away: ['debug-disconnect', 'gone, waiting for it'],
  refused: ['error', 'cannot be opened'],
};
const DOING: Record<string, string> = {
  sync: 'Syncing', connect: 'Connecting', disconnect: 'Disconnecting', run: 'Running', stop: 'Stopping', diff: 'Comparing',
  softReset: 'Resetting', hardReset: 'Resetting', pull: 'Downloading', doctor: 'Examining', write: 'Writing to',
};

export const doing = (kind: string): string => DOING[kind] ?? kind;
export const iconOf = (board: Board): string => STATES[board.job?.kind === 'run' ? 'running' : board.state][0];

export function stateOf(board: Board, percent?: number): string {
  const text = board.job === undefined ? STATES[board.state][1] : doing(board.job.kind).toLowerCase();
  return percent === undefined ? text : `${text} ${Math.floor(percent)}%`;
}

export function size(bytes: number): string {
  const [value, unit] = bytes < 1024 ? [bytes, 'B'] : bytes < 1 << 20 ? [bytes / 1024, 'KiB'] : [bytes / (1 << 20), 'MiB'];
  return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** One line beside a version. */
export function releaseLine({ current, pinned, files, bytes, published, signed, missing }: Published): string {
  const parts = [current && 'current', pinned.length > 0 && `pinned: ${pinned.join(', ')}`, missing, published?.slice(0, 10),
    `${files} files, ${size(bytes)}`, signed && 'signed'];
  return parts.filter(Boolean).join(' · ');
}
export const changeLine = ({ path, how }: Change): string =>
  `$(diff-${{ added: 'added', removed: 'removed', changed: 'modified' }[how]}) ${path}`;

/** One line beside the name of a board: state or why there is none, firmware, free space. */
export function describe(board: Board): string {
  const { version, flashFree } = board.facts ?? {};
  const state = board.state === 'refused' && board.job === undefined ? board.why?.message : undefined;
  const parts = [board.host && `on ${board.host}`, state ?? stateOf(board), version ? `v${version}` : board.firmware, flashFree !== undefined && `${size(flashFree)} free`];
  return parts.filter(Boolean).join(' · ');
}

/** Lines of a tooltip, in Markdown. */
export function details(board: Board): string[] {
  const lines = [`**${board.name}**, ${stateOf(board)}`, `\`${[board.address, board.id].filter(Boolean).join('` · `')}\``];
  lines.push(...board.why === undefined ? [] : [`$(warning) ${board.why.message}`, board.why.help]);
  lines.push(...board.facts === undefined && board.firmware !== undefined ? [board.firmware] : []);
  if (board.facts !== undefined) {
    const { firmware, version, flashTotal, flashFree, ramFree } = board.facts;
    lines.push(`MicroPython ${version} (${firmware})`, `${size(ramFree)} of RAM free`);
    const of = flashTotal === undefined ? '' : ` of ${size(flashTotal)}`;
    lines.push(...flashFree === undefined ? [] : [`${size(flashFree)}${of} of flash free`]);
  }
  return lines;
}

/** The item of the status bar; `ahead` files are not on the board yet. */
export function statusText(board: Board | undefined, percent: number | undefined, ahead: number): string {
  if (board === undefined) {
    return '$(circuit-board) No board';
  }
  const quiet = board.state === 'connected' && board.job === undefined;
  const text = `$(${iconOf(board)}) ${board.name}${quiet ? '' : `: ${stateOf(board, percent)}`}`;
  return ahead === 0 || board.state === 'busy' ? text : `${text} ↑${ahead}`;
}

/** How a job ended that went well; nothing if there is nothing to say. */
export function summary({ kind, result = {} }: JobDone): string | undefined {
  if (kind === 'sync') {
    const verbs = (['added', 'updated', 'renamed', 'removed', 'kept'] as const).filter((verb) => (result[verb] ?? 0) > 0);
    const what = verbs.map((verb) => `${result[verb]} ${verb}`).join(', ') || 'nothing to do';
    return `${what}, ${((result.elapsedMs ?? 0) / 1000).toFixed(1)} s`;
  }
  return {
    diff: result.differ === 1 ? '1 file differs' : `${result.differ || 'no'} files differ`,
    pull: `${result.added} added, ${result.updated} updated, ${result.unchanged} unchanged`,
    write: `${result.name} ${result.running} runs${result.before ? ` (before: ${result.before})` : ''}`,
    connect: 'connected', disconnect: 'disconnected', stop: 'stopped', softReset: 'reset', hardReset: 'reset',
  }[kind];
}

export function checkLine({ name, state, message, help }: Check): string {
  return `${{ ok: '✓', note: '•', error: '✗' }[state]} ${name}: ${message}${help ? `. ${help}` : ''}`;
}

/** What was taken from another tool's file; nothing if nothing was. */
export function importMessage({ imported, file }: Settings): string | undefined {
  const taken = imported.map(({ key, setting }) => (key === setting ? key : `${setting} (from ${key})`));
  const source = file?.split(/[\\/]/).pop() ?? 'another tool';
  return taken.length === 0 ? undefined : `Boardside took settings from ${source}: ${taken.join(', ')}.`;
}

/** The last line of a traceback says what happened. */
export const lastLine = (text: string): string => text.trimEnd().split(/\r?\n/).pop() ?? text;
