// A virtual board: real MicroPython behind a serial port, its cable, and its flash as seen from outside.
// Talks to `boardside virtual-board`, never over the board's port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LIMIT } from './until.mjs';

export class VirtualBoard {
  /**
   * Starts a board whose port appears at `link`.
   * @param {string | undefined} link without one, the options say where else
   * @param {string[]} more options of `boardside virtual-board`; without any, a line without a speed
   */
  static async start(link, more = ['--unpaced']) {
    const board = new VirtualBoard();
    board.process = spawn(
      process.env.BOARDSIDE_BIN,
      ['virtual-board', 'unix', '--json', ...(link ? ['--link', link] : []), ...more],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    board.lines = createInterface({ input: board.process.stdout })[Symbol.asyncIterator]();
    const told = await board.answer('virtual_board');
    board.address = link ?? told.address;
    return board;
  }

  /** Pulls the cable: the port is gone. */
  cut() {
    return this.order('cut', 'cut');
  }

  /** Plugs it in again. */
  back() {
    return this.order('back', 'back');
  }

  /** Turns the power off and on. */
  power() {
    return this.order('', 'power');
  }

  /**
   * What lies on the flash, read by another MicroPython: path → text. Without Boardside's own and folders.
   * @returns {Promise<Record<string, string>>}
   */
  async files() {
    const { files } = await this.order('files', 'files');
    const counts = ([path]) => !path.endsWith('/') && !path.startsWith('/.boardside/');
    return Object.fromEntries(Object.entries(files).filter(counts));
  }

  async stop() {
    if (this.process.exitCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }

  /** One at a time; orders are answered in their order. */
  async order(line, event) {
    const before = this.busy;
    const done = (async () => {
      await before;
      this.process.stdin.write(line + '\n');
      return this.answer(event);
    })();
    this.busy = done.catch(() => {});
    return done;
  }

  async answer(event) {
    const late = new Promise((_, reject) => {
      this.timer = setTimeout(() => reject(new Error(`the virtual board did not answer: ${event}`)), LIMIT);
    });
    try {
      for (;;) {
        const { value, done } = await Promise.race([this.lines.next(), late]);
        if (done) throw new Error(`the virtual board ended before it answered: ${event}`);
        const told = JSON.parse(value);
        if (told.event === event) return told;
        if (told.event === 'error') throw new Error(`virtual board: ${told.message}`);
      }
    } finally {
      clearTimeout(this.timer);
    }
  }
}
