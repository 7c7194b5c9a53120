// Starts commands of the sidecar and waits for their jobs. How an end is shown is for views/choices.ts.
import type { Command, CommandFields, JobDone, Trouble } from './protocol';
import type { Disposable, Sidecar } from './sidecar';
import type { State } from './state';

/** A job that takes longer than this, in milliseconds, gets a toast with Cancel; shorter ones would only flicker. */
const PATIENCE = 700;

export interface Toast { report(message: string | undefined, percent: number | undefined): void; close(): void }
export type ShowToast = (title: string, cancel: () => void) => Toast;

/** What an error of a request or of a job says, whatever was thrown. */
export function troubleOf(error: unknown): Trouble {
  const { message, data } = error as { message?: string; data?: Partial<Trouble> };
  return { code: data?.code ?? 'failed', message: message ?? String(error), help: data?.help ?? '' };
}

export class Jobs {
  private count = 0;
  private readonly waiting = new Map<number, ((done: JobDone) => void)[]>();
  /** Ends that came before the answer that told their number. */
  private readonly early = new Map<number, JobDone>();
  private starting = 0;

  constructor(
    private readonly sidecar: Sidecar, private readonly state: State, private readonly toast: ShowToast,
    private readonly unasked: (done: JobDone) => void,
  ) {
    sidecar.on('boardside/jobDone', (done) => this.done(done));
  }

  /** Runs a command to its end; does not throw: what went wrong is in `error`. */
  async run(command: Command, fields: CommandFields, title: string): Promise<JobDone> {
    const token = `boardside-${++this.count}`;
    let job: number | undefined;
    let toast: Toast | undefined;
    let last: [string | undefined, number | undefined] = [undefined, undefined];
    const patience = setTimeout(() => {
      toast = this.toast(title, () => this.sidecar.notify('window/workDoneProgress/cancel', { token }));
      toast.report(...last);
    }, PATIENCE);
    let progress: Disposable | undefined;
    try {
      progress = await this.sidecar.listen(token, (value) => {
        if (value.kind !== 'end') {
          last = [value.message ?? last[0], value.percentage];
          toast?.report(...last);
          if (job !== undefined) {
            this.state.setPercent(job, value.percentage);
          }
        }
      });
      this.starting += 1;
      const answer = this.sidecar.request('workspace/executeCommand', { command, arguments: [fields], workDoneToken: token });
      ({ job } = await answer.finally(() => (this.starting -= 1)));
      return await this.end(job);
    } catch (error) {
      return { job: 0, kind: command.replace('boardside.', ''), automatic: false, error: troubleOf(error), ...place(fields) };
    } finally {
      clearTimeout(patience);
      progress?.dispose();
      toast?.close();
      if (job !== undefined) {
        this.state.setPercent(job, undefined);
      }
    }
  }

  /** The sidecar is gone, and with it all jobs. */
  gone(): void {
    const error = { code: 'sidecar.gone', message: 'Boardside’s sidecar ended before this was done', help: 'Try again; the log may say why.' };
    for (const job of [...this.waiting.keys()]) {
      this.done({ job, kind: '', automatic: false, error });
    }
    this.early.clear();
  }

  private end(job: number): Promise<JobDone> {
    const early = this.early.get(job);
    if (early !== undefined) {
      return Promise.resolve(early);
    }
    return new Promise((resolve) => this.waiting.set(job, [...(this.waiting.get(job) ?? []), resolve]));
  }

  private done(done: JobDone): void {
    const waiting = this.waiting.get(done.job);
    this.waiting.delete(done.job);
    waiting?.forEach((resolve) => resolve(done));
    if (this.starting > 0) {
      this.early.set(done.job, done);
    } else {
      this.early.clear();
    }
    if (waiting === undefined && done.automatic) {
      this.unasked(done);
    }
  }
}

function place(fields: CommandFields): { folder?: string; board?: string } {
  return { ...(fields.folder && { folder: fields.folder }), ...(fields.board && { board: fields.board }) };
}
