// `Desk`: projects, boards, and an editor that has them open; a screenshot after each test.
// Asserts nothing: tests do.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { VirtualBoard } from './board.mjs';
import { Page } from './page.mjs';
import { Server } from './server.mjs';
import { LIMIT, until, untilText } from './until.mjs';

const SHOTS = process.env.BOARDSIDE_SHOTS;

/** Identifier of the status bar's item. */
export const STATUS = 'boardside.boardside.status';

export class Desk {
  /**
   * A desk with a board and a project for each name, all in one editor.
   * @param {{name: string, projects?: Record<string, Record<string, string>>, board?: string[],
   *   settings?: object, trust?: boolean, boards?: boolean}} options `projects`: name → path → text;
   *   `board`: options of the virtual boards
   */
  static async start({ name, projects = { project: {} }, board, settings, trust, boards = true }) {
    const desk = new Desk();
    desk.name = name;
    desk.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boardside-ui-'));
    desk.boards = {};
    for (const project of Object.keys(projects)) {
      fs.mkdirSync(desk.path('work', project), { recursive: true });
      for (const [file, text] of Object.entries(projects[project])) desk.write(file, text, project);
    }
    if (boards) {
      const start = async (project) => [project, await VirtualBoard.start(desk.path(`board-${project}`), board)];
      desk.boards = Object.fromEntries(await Promise.all(Object.keys(projects).map(start)));
    }
    // Each of several says which board is its own; the only one has the only board.
    if (Object.keys(projects).length > 1) {
      for (const [project, { address }] of Object.entries(desk.boards)) {
        desk.write('boardside.toml', `device = "${address}"\n`, project);
      }
    }
    const ports = Object.values(desk.boards).map((one) => one.address);
    const env = { BOARDSIDE_PORTS: ports.join(':') };
    desk.server = await Server.start(desk.path('server'), { settings, env, trust });
    desk.page = await Page.open(desk.server.url, desk.workspace(Object.keys(projects)));
    return desk;
  }

  /** The board of the only project. */
  get board() {
    return Object.values(this.boards)[0];
  }

  path(...names) {
    return path.join(this.folder, ...names);
  }

  write(file, text, project = 'project') {
    const place = this.path('work', project, file);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, text);
  }

  read(file, project = 'project') {
    return fs.readFileSync(this.path('work', project, file), 'utf8');
  }

  /** Waits until the flash holds exactly these files. */
  async untilBoard(what, wanted, { board = this.board, limit = LIMIT } = {}) {
    let held;
    const same = async () => JSON.stringify((held = sorted(await board.files()))) === JSON.stringify(sorted(wanted));
    await until(what, same, limit).catch((error) => {
      throw new Error(`${error.message}\nthe board has ${JSON.stringify(held)}`);
    });
  }

  /** What the status bar says of the board. */
  async status() {
    return (await this.page.status(STATUS).innerText()).trim();
  }

  /** Waits until the status bar says this of the board. */
  untilStatus(wanted) {
    return untilText('the status bar', () => this.status(), wanted);
  }

  /** Syncs by the palette and waits for what the status bar says of it. */
  async sync() {
    await this.page.command('Boardside: Sync Project');
    await this.untilSaid(/Boardside: (\d+ \w+|nothing to do)/);
  }

  /** Waits for a message in the status bar, which is there for some seconds. */
  async untilSaid(wanted) {
    await this.page.page.locator('.statusbar-item', { hasText: wanted }).first().waitFor();
  }

  /** The console in front; one that was hidden may show its older half. */
  async openConsole() {
    await this.page.command('Boardside: Open Console');
    await this.page.page.locator('.terminal-wrapper.active .xterm.focus').waitFor();
    await this.page.keyboard.press('Control+End');
  }

  /** Types a line at the prompt of the console. */
  async typeConsole(line, answer) {
    await this.page.typeTerminal(line);
    await this.page.keyboard.press('Enter');
    return this.page.untilTerminal(answer);
  }

  /**
   * After each test: a screenshot, and what the editor logged if it failed.
   * @param {import('node:test').TestContext} context
   */
  async after(context) {
    const file = await this.shot(context.name);
    if (!context.passed) console.error(`${file}; the log ends with:\n${this.log().split('\n').slice(-30).join('\n')}`);
  }

  /** A screenshot that is kept; answers its name. */
  async shot(title) {
    const file = `${this.name} ${title}`.replace(/\W+/g, '-') + '.png';
    fs.mkdirSync(SHOTS, { recursive: true });
    await this.page.shot(path.join(SHOTS, file));
    return file;
  }

  /** What is in the output channel of the extension. */
  log() {
    return this.server.logOf('Boardside');
  }

  async end() {
    await this.page?.close();
    await this.server?.stop();
    await Promise.all(Object.values(this.boards).map((board) => board.stop()));
    if (!process.env.BOARDSIDE_KEEP) {
      fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    }
  }

  workspace(names) {
    if (names.length === 1) return this.path('work', names[0]);
    const file = this.path('work', 'both.code-workspace');
    fs.writeFileSync(file, JSON.stringify({ folders: names.map((name) => ({ path: name })) }));
    return file;
  }
}

function sorted(files) {
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
}
