// Starts commands of the sidecar and waits for their jobs. How an end is shown is for views/choices.ts.
import type { Command, CommandFields, JobDone, Requests, Trouble } from './protocol';
import type { Disposable, Sidecar } from './sidecar';
import type { State } from './state';

/** A job that takes longer than this, in milliseconds, gets a toast with Cancel; for shorter ones it would flicker. */
export const PATIENCE = 700;

export interface Toast { report(message: string | undefined, percent: number | undefined): void; close(): void }
export type ShowToast = (title: string, cancel: () => void) => Toast;

/** What an error of a request says, whatever was thrown. */
export function troubleOf(error: unknown): Trouble {
  const { code, message, data } = error as { code?: unknown; message?: string; data?: Partial<Trouble> };
  return { code: data?.code ?? (code === -32800 ? 'cancelled' : 'failed'), message: message ?? String(error), help: data?.help ?? '' };
}

export class Jobs {
  private count = 0;
  private readonly waiting = new Map<number, ((done: JobDone) => void)[]>();
  /** How many commands have no number yet. Ends wait for all of them: an end may come before its number. */
  private asking = 0;
  private readonly ends: JobDone[] = [];

  /** `unasked` is told the ends of jobs that nobody asked for. */
  constructor(
    private readonly sidecar: Sidecar, private readonly state: State,
    private readonly toast: ShowToast, private readonly unasked: (done: JobDone) => void,
  ) {
    sidecar.on('boardside/jobDone', (done) => (this.ends.push(done), this.settle()));
  }

  /** Runs a command to its end; does not throw: what went wrong is in `error`. Without a title there is no toast. */
  async run(command: Command, fields: CommandFields, title: string | undefined): Promise<JobDone> {
    const workDoneToken = `boardside-${++this.count}`;
    const kind = command.replace('boardside.', '');
    let started: { job: number; end: Promise<JobDone> } | undefined;
    let toast: Toast | undefined;
    let progress: Disposable | undefined;
    let message: string | undefined;
    let percent: number | undefined;
    const patience = title === undefined ? undefined : setTimeout(() => {
      toast = this.toast(title, () => this.sidecar.notify('window/workDoneProgress/cancel', { token: workDoneToken }));
      toast.report(message, percent);
    }, PATIENCE);
    try {
      progress = await this.sidecar.listen(workDoneToken, (value) => {
        if (value.kind !== 'end') {
          message = value.message ?? message;
          percent = value.percentage;
          toast?.report(message, percent);
          this.show(started?.job, percent);
        }
      });
      started = await this.start({ command, arguments: [fields], workDoneToken });
      this.show(started.job, percent);
      return { ...await started.end, kind };
    } catch (error) {
      return { ...fields, job: 0, kind, automatic: false, error: troubleOf(error) };
    } finally {
      clearTimeout(patience);
      progress?.dispose();
      toast?.close();
      this.show(started?.job, undefined);
    }
  }

  /** The sidecar is gone, and with it all jobs. */
  gone(): void {
    const error = { code: 'sidecar.gone', message: 'the sidecar ended before this was done', help: 'The log may say why' };
    const lost = [...this.waiting.keys()].map((job) => ({ job, kind: '', automatic: false, error }));
    this.settle([...this.ends.splice(0), ...lost]);
  }

  private show(job: number | undefined, percent: number | undefined): void {
    const known = this.state.percent;
    if (job !== undefined && (percent === undefined ? known.delete(job) : known.set(job, percent))) {
      this.state.changed('progress');
    }
  }

  private async start(params: Requests['workspace/executeCommand'][0]): Promise<{ job: number; end: Promise<JobDone> }> {
    this.asking += 1;
    try {
      const { job } = await this.sidecar.request('workspace/executeCommand', params);
      return { job, end: new Promise((resolve) => this.waiting.set(job, [...(this.waiting.get(job) ?? []), resolve])) };
    } finally {
      this.asking -= 1;
      this.settle();
    }
  }

  private settle(ends = this.asking === 0 ? this.ends.splice(0) : []): void {
    for (const done of ends) {
      const waiting = this.waiting.get(done.job);
      this.waiting.delete(done.job);
      waiting?.forEach((resolve) => resolve(done));
      if (waiting === undefined && done.automatic) {
        this.unasked(done);
      }
    }
  }
}
