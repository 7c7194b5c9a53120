// The texts that people read, from what the sidecar told. No vscode.
import type { Board, BoardState, Check, JobDone, Settings } from './protocol';

const STATES: Record<BoardState, { icon: string; text: string }> = {
  free: { icon: 'circle-outline', text: 'not connected' },
  connecting: { icon: 'loading~spin', text: 'connecting' },
  connected: { icon: 'circuit-board', text: 'connected' },
  running: { icon: 'play', text: 'running a program' },
  busy: { icon: 'sync~spin', text: 'busy' },
  held: { icon: 'lock', text: 'in use by another program' },
  away: { icon: 'debug-disconnect', text: 'gone, waiting for it' },
  refused: { icon: 'error', text: 'cannot be opened' },
};
const DOING: Record<string, string> = {
  sync: 'syncing', connect: 'connecting', disconnect: 'disconnecting', run: 'running', stop: 'stopping',
  softReset: 'resetting', hardReset: 'resetting', pull: 'downloading', diff: 'comparing', doctor: 'looking at it',
};

export function iconOf(board: Board): string {
  return board.job?.kind === 'run' ? STATES.running.icon : STATES[board.state]?.icon ?? 'circuit-board';
}

export function stateOf(board: Board, percent?: number): string {
  const doing = board.job === undefined ? undefined : DOING[board.job.kind] ?? board.job.kind;
  return (doing ?? STATES[board.state]?.text ?? board.state) + (percent === undefined ? '' : ` ${Math.floor(percent)}%`);
}

export function size(bytes: number): string {
  const [unit, value] = bytes >= 1 << 20 ? ['MiB', bytes / (1 << 20)] : bytes >= 1024 ? ['KiB', bytes / 1024] : ['B', bytes];
  return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** One line beside the name of a board: state, firmware, free space. */
export function describe(board: Board, percent?: number): string {
  const facts = board.facts;
  const parts = [stateOf(board, percent)];
  if (facts !== undefined) {
    parts.push(`MicroPython ${facts.version}`);
    if (facts.flashFree !== undefined) {
      parts.push(`${size(facts.flashFree)} free`);
    }
  }
  return parts.join(' · ');
}

/** Lines of a tooltip, in Markdown. */
export function details(board: Board): string[] {
  const lines = [`**${board.name}**, ${stateOf(board)}`, `\`${board.address}\`${board.id === undefined ? '' : ` · \`${board.id}\``}`];
  if (board.why !== undefined) {
    lines.push(`$(warning) ${board.why.message}`, board.why.help);
  }
  if (board.facts !== undefined) {
    const { firmware, version, flashTotal, flashFree, ramFree } = board.facts;
    lines.push(`MicroPython ${version} (${firmware})`);
    lines.push((flashFree === undefined ? '' : `flash: ${size(flashFree)} free${flashTotal === undefined ? '' : ` of ${size(flashTotal)}`}, `)
      + `RAM: ${size(ramFree)} free`);
  }
  return lines;
}

/** The item of the status bar for the folder `name` and its board. */
export function statusText(board: Board | undefined, percent: number | undefined, ahead: number): string {
  if (board === undefined) {
    return '$(circuit-board) No board';
  }
  const quiet = board.state === 'connected' && board.job === undefined;
  const text = `$(${iconOf(board)}) ${board.name}${quiet ? '' : `: ${stateOf(board, percent)}`}`;
  return ahead === 0 || board.state === 'busy' ? text : `${text} ↑${ahead}`;
}

/** How a job that nobody has to look at ended; nothing if there is nothing to say. */
export function summary(done: JobDone): string | undefined {
  const result = done.result ?? {};
  if (done.kind === 'sync') {
    const counts = (['added', 'updated', 'renamed', 'removed', 'kept'] as const)
      .filter((key) => (result[key] ?? 0) > 0).map((key) => `${result[key]} ${key}`);
    return `${counts.join(', ') || 'nothing to do'}, ${((result.elapsedMs ?? 0) / 1000).toFixed(1)} s`;
  }
  if (done.kind === 'diff') {
    return result.differ === 0 ? `no difference, ${result.same} files are the same` : `${result.differ} files differ`;
  }
  if (done.kind === 'pull') {
    return `${result.added} added, ${result.updated} updated, ${result.unchanged} unchanged`;
  }
  return { connect: 'connected', disconnect: 'disconnected', stop: 'stopped', softReset: 'reset', hardReset: 'reset' }[done.kind];
}

export function checkLine(check: Check): string {
  const mark = { ok: '✓', note: '•', error: '✗' }[check.state];
  return `${mark} ${check.name}: ${check.message}${check.help ? ` — ${check.help}` : ''}`;
}

/** What was taken from another tool's file, for a message; nothing if nothing was. */
export function importMessage(settings: Settings): string | undefined {
  if (settings.imported.length === 0) {
    return undefined;
  }
  const file = settings.file?.split(/[\\/]/).pop();
  const taken = settings.imported.map(({ key, setting }) => (key === setting ? key : `${setting} (from ${key})`));
  return `Boardside took settings from ${file ?? 'another tool'}: ${taken.join(', ')}.`;
}

/** The last line of a traceback says what happened. */
export function lastLine(text: string): string {
  return text.trimEnd().split(/\r?\n/).pop() ?? text;
}
