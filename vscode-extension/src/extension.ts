// Where the extension begins and ends: wiring, nothing else.
import * as vscode from 'vscode';
import {
  CloseAction, ErrorAction, type InitializeParams, LanguageClient, type Middleware, WorkDoneProgress,
} from 'vscode-languageclient/node';
import { fromSidecar, type House, registerCommands, show } from './commands';
import { Jobs } from './jobs';
import { log } from './log';
import { PROTOCOL, type Settings } from './protocol';
import { type Client, findBinary, type Progress, Sidecar, spawnSidecar } from './sidecar';
import { State } from './state';
import { BoardsView } from './views/boards';
import { showToast } from './views/choices';
import { DifferencesView } from './views/differences';
import { BoardFiles } from './views/files';
import { ReleasesView } from './views/releases';
import { showStatus } from './views/status';
import { Consoles } from './views/terminal';
import { importMessage } from './wording';

let sidecar: Sidecar | undefined;
const { commands, window, workspace } = vscode;

class OurClient extends LanguageClient {
  /** What goes wrong is shown once, by us and with buttons; the client only logs. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    params.capabilities.experimental = { boardside: { jobs: true, questions: true } };
    this.onRequest('boardside/question', ({ prompt, secret }: { prompt: string; secret: boolean }) =>
      window.showInputBox({ prompt, password: secret, ignoreFocusOut: true }).then((said) => said ?? null));
  }
  /** What somebody answered to a question is in no log. */
  override trace(message: string, data?: unknown): void {
    super.trace(message, message.includes("'boardside/question") ? undefined : data);
  }
  listen(token: string, handler: (value: Progress) => void): vscode.Disposable {
    return this.onProgress(WorkDoneProgress.type, token, handler);
  }
}

async function makeClient(extension: string, ended: () => void, execute: NonNullable<Middleware['executeCommand']>): Promise<Client> {
  const serverPath = workspace.getConfiguration('boardside').get('serverPath', '');
  const trusted = workspace.isTrusted;
  const child = await spawnSidecar(findBinary({ serverPath, trusted, extension, platform: process.platform }));
  return new OurClient('boardside', 'Boardside', () => Promise.resolve(child), {
    documentSelector: [{ scheme: 'file' }],
    outputChannel: log,
    synchronize: { configurationSection: 'boardside' },
    initializationOptions: { protocol: PROTOCOL, trusted },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => (ended(), { action: CloseAction.DoNotRestart, handled: true }),
    },
    middleware: { executeCommand: execute },
  }) as unknown as Client;
}

async function trouble(error: Error): Promise<void> {
  log.error(error.message);
  const steps: Record<string, () => unknown> = {
    'Try Again': () => sidecar?.restart().catch(trouble), 'Show Log': () => log.show(),
    'Show Setting': () => commands.executeCommand('workbench.action.openSettings', 'boardside.serverPath'),
  };
  await steps[await window.showErrorMessage(`Boardside: ${error.message}`, ...Object.keys(steps)) ?? '']?.();
}

/** Once for each folder and file. */
async function tellImport(memory: vscode.Memento, folder: string, settings: Settings): Promise<void> {
  const message = importMessage(settings);
  if (message !== undefined && memory.get(`imported ${folder}`) !== message) {
    await memory.update(`imported ${folder}`, message);
    if (await window.showInformationMessage(message, 'Show Settings')) {
      await commands.executeCommand('workbench.action.openSettings', '@ext:boardside.boardside');
    }
  }
}

function activeFolder(): string | undefined {
  const { document } = window.activeTextEditor ?? {};
  const active = document && workspace.getWorkspaceFolder(document.uri);
  return (active ?? workspace.workspaceFolders?.[0])?.uri.toString();
}

export function activate(context: vscode.ExtensionContext): void {
  const state = new State();
  const told = (boards: State['boards']) => {
    state.boards = boards;
    state.changed('boards');
  };
  const line = sidecar = new Sidecar(
    (ended) => makeClient(context.extensionPath, ended, (command, [fields]) => fromSidecar(house, command, fields)),
    {
      started: () => void line.request('boardside/boards', undefined)
        .then(({ boards }) => (told(boards), house.consoles.reopen()), trouble),
      ended: () => (house.jobs.gone(), house.consoles.left(), told([])),
      trouble: (error) => void trouble(error),
    });
  const files = new BoardFiles(line, state);
  const house: House = {
    sidecar: line,
    jobs: new Jobs(line, state, showToast, (done) => void show(house, done, done.folder ? { folder: done.folder } : {})),
    state, boards: new BoardsView(state, files), consoles: new Consoles(line, state, context.workspaceState),
    differences: new DifferencesView(line, state), releases: new ReleasesView(line),
  };
  line.on('boardside/jobDone', (done) => house.boards.synced(done));
  line.on('boardside/boardsChanged', ({ boards }) => told(boards));
  line.on('boardside/differences', (differences) => {
    state.differences.set(differences.folder, differences);
    state.changed('differences', differences.folder);
  });
  line.on('boardside/settingsChanged', ({ folder, settings }) => {
    settings.warnings.forEach((warning) => log.warn(warning));
    void tellImport(context.workspaceState, folder, settings);
  });
  house.releases.view = window.createTreeView('boardside.releases', { treeDataProvider: house.releases });
  const restart = () => void line.restart().catch(trouble); // not awaited: commands wait for it, the editor need not
  context.subscriptions.push(
    log, house.releases.view, ...registerCommands(house), ...showStatus(state, activeFolder), ...house.differences.register(),
    window.registerTerminalLinkProvider(house.consoles),
    window.createTreeView('boardside.boards', { treeDataProvider: house.boards, dragAndDropController: house.boards }),
    workspace.registerFileSystemProvider('boardside', files, { isCaseSensitive: true }),
    workspace.onDidGrantWorkspaceTrust(restart),
    workspace.onDidChangeConfiguration((change) => change.affectsConfiguration('boardside.serverPath') && restart()),
  );
  restart();
}

export async function deactivate(): Promise<void> {
  await sidecar?.stop();
}
