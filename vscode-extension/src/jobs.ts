// Starts commands of the sidecar and waits for their jobs. How an end is shown is for views/choices.ts.
import type { Command, CommandFields, JobDone, Trouble } from './protocol';
import type { Disposable, Sidecar } from './sidecar';
import type { State } from './state';

/** A job that takes longer than this, in milliseconds, gets a toast with Cancel; for shorter ones it would flicker. */
const PATIENCE = 700;

export interface Toast { report(message: string | undefined, percent: number | undefined): void; close(): void }
export type ShowToast = (title: string, cancel: () => void) => Toast;

/** What an error of a request says, whatever was thrown. */
export function troubleOf(error: unknown): Trouble {
  const { message, data } = error as { message?: string; data?: Partial<Trouble> };
  return { code: data?.code ?? 'failed', message: message ?? String(error), help: data?.help ?? '' };
}

export class Jobs {
  private count = 0;
  private readonly waiting = new Map<number, ((done: JobDone) => void)[]>();
  /** Ends that came before the answer that tells their number. */
  private readonly early = new Map<number, JobDone>();

  /** `unasked` is told the ends of jobs that nobody asked for. */
  constructor(
    private readonly sidecar: Sidecar, private readonly state: State,
    private readonly toast: ShowToast, private readonly unasked: (done: JobDone) => void,
  ) {
    sidecar.on('boardside/jobDone', (done) => this.done(done));
  }

  /** Runs a command to its end; does not throw: what went wrong is in `error`. Without a title there is no toast. */
  async run(command: Command, fields: CommandFields, title: string | undefined): Promise<JobDone> {
    const workDoneToken = `boardside-${++this.count}`;
    const kind = command.replace('boardside.', '');
    let job: number | undefined;
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
          this.show(job, percent);
        }
      });
      ({ job } = await this.sidecar.request('workspace/executeCommand', { command, arguments: [fields], workDoneToken }));
      return { ...await this.end(job), kind };
    } catch (error) {
      return { ...fields, job: 0, kind, automatic: false, error: troubleOf(error) };
    } finally {
      clearTimeout(patience);
      progress?.dispose();
      toast?.close();
      this.show(job, undefined);
    }
  }

  /** The sidecar is gone, and with it all jobs. */
  gone(): void {
    const error = { code: 'sidecar.gone', message: 'the sidecar ended before this was done', help: 'The log may say why' };
    [...this.waiting.keys()].forEach((job) => this.done({ job, kind: '', automatic: false, error }));
    this.early.clear();
  }

  private show(job: number | undefined, percent: number | undefined): void {
    const known = this.state.percent;
    if (job !== undefined && (percent === undefined ? known.delete(job) : known.set(job, percent))) {
      this.state.changed('progress');
    }
  }

  private end(job: number): Promise<JobDone> {
    const early = this.early.get(job);
    this.early.delete(job);
    return early !== undefined ? Promise.resolve(early)
      : new Promise((resolve) => this.waiting.set(job, [...(this.waiting.get(job) ?? []), resolve]));
  }

  private done(done: JobDone): void {
    const waiting = this.waiting.get(done.job) ?? [];
    this.waiting.delete(done.job);
    waiting.forEach((resolve) => resolve(done));
    if (waiting.length === 0 && done.automatic) {
      this.unasked(done);
    } else if (waiting.length === 0) {
      this.early.set(done.job, done);
    }
  }
}
