// Where the extension begins and ends: wiring, nothing else.
import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { CloseAction, ErrorAction, LanguageClient, type StaticFeature, WorkDoneProgress } from 'vscode-languageclient/node';
import { fromSidecar, type House, registerCommands, show } from './commands';
import { Jobs } from './jobs';
import { log } from './log';
import { type CommandFields, PROTOCOL } from './protocol';
import { type Client, findBinary, Sidecar, spawnSidecar } from './sidecar';
import { State } from './state';
import { BoardsView } from './views/boards';
import { openFolders, showToast } from './views/choices';
import { DifferencesView } from './views/differences';
import { BoardFiles } from './views/files';
import { showStatus } from './views/status';
import { Consoles } from './views/terminal';
import { chooseFolder } from './where';
import { importMessage } from './wording';

let sidecar: Sidecar | undefined;

/** What goes wrong is shown once, by us and with buttons; the client only logs. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export async function activate(context: ExtensionContext): Promise<void> {
  const state = new State();
  const trouble = async (error: Error) => {
    log.error(error.message);
    const chosen = await window.showErrorMessage(`Boardside: ${error.message}`, 'Try Again', 'Show Log', 'Show Settings');
    if (chosen === 'Try Again') {
      await sidecar?.restart().catch(trouble);
    } else if (chosen === 'Show Log') {
      log.show();
    } else if (chosen === 'Show Settings') {
      await commands.executeCommand('workbench.action.openSettings', 'boardside.serverPath');
    }
  };
  const make = async (closed: () => void): Promise<Client> => {
    const serverPath = workspace.getConfiguration('boardside').get('serverPath', '');
    const place = { serverPath, trusted: workspace.isTrusted, extension: context.extensionPath, platform: process.platform };
    const child = await spawnSidecar(findBinary(place));
    const client = new QuietClient('boardside', 'Boardside', () => Promise.resolve(child), {
      documentSelector: [{ scheme: 'file' }],
      outputChannel: log,
      synchronize: { configurationSection: 'boardside' },
      initializationOptions: { protocol: PROTOCOL, trusted: workspace.isTrusted },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => (closed(), { action: CloseAction.DoNotRestart, handled: true }),
      },
      middleware: { executeCommand: (command, args) => fromSidecar(house, command, args) },
    });
    const jobsAreOurs: StaticFeature = {
      fillClientCapabilities: (capabilities) => {
        capabilities.experimental = { ...capabilities.experimental as object, boardside: { jobs: true } };
      },
      initialize: () => undefined, getState: () => ({ kind: 'static' }), clear: () => undefined,
    };
    client.registerFeature(jobsAreOurs);
    const listen: Client['listen'] = (token, handler) => client.onProgress(WorkDoneProgress.type, token, handler);
    return Object.assign(client, { listen }) as unknown as Client;
  };
  const watcher = {
    started: () => void sidecar?.request('boardside/boards', undefined).then(({ boards }) => state.setBoards(boards), trouble),
    ended: () => (house.jobs.gone(), house.consoles.lost(), state.setBoards([])),
    trouble: (error: Error) => void trouble(error),
  };
  sidecar = new Sidecar(make, watcher);
  const jobs = new Jobs(sidecar, state, showToast, (done) => {
    const fields: CommandFields = { ...(done.folder && { folder: done.folder }) };
    void show(house, done, 'boardside.sync', fields);
  });
  const files = new BoardFiles(sidecar);
  const house: House = {
    jobs, state, boards: new BoardsView(state, files), consoles: new Consoles(sidecar, state),
    differences: new DifferencesView(sidecar, state), restart: () => sidecar!.restart(),
  };
  sidecar.on('boardside/boardsChanged', ({ boards }) => state.setBoards(boards));
  sidecar.on('boardside/differences', (differences) => state.setDifferences(differences));
  sidecar.on('boardside/settingsChanged', ({ folder, settings }) => {
    state.setSettings(folder, settings);
    settings.warnings.forEach((warning) => log.warn(warning));
    const message = importMessage(settings);
    if (message !== undefined && context.workspaceState.get(`imported ${folder}`) !== message) {
      void context.workspaceState.update(`imported ${folder}`, message);
      void window.showInformationMessage(message, 'Show Settings').then((chosen) => (
        chosen && commands.executeCommand('workbench.action.openSettings', '@ext:boardside.boardside')));
    }
  });
  const folder = () => {
    const chosen = chooseFolder(openFolders(), undefined, window.activeTextEditor?.document.uri.toString());
    return chosen === 'ask' ? openFolders()[0]?.uri : chosen?.uri;
  };
  context.subscriptions.push(
    log, ...registerCommands(house), ...showStatus(state, folder), house.consoles.register(), ...house.differences.register(),
    window.createTreeView('boardside.boards', { treeDataProvider: house.boards, dragAndDropController: house.boards, showCollapseAll: true, canSelectMany: true }),
    workspace.registerFileSystemProvider('boardside', files, { isCaseSensitive: true }),
    workspace.onDidGrantWorkspaceTrust(() => house.restart().catch(trouble)),
    workspace.onDidChangeConfiguration((change) => change.affectsConfiguration('boardside.serverPath') && house.restart().catch(trouble)),
  );
  house.restart().catch(trouble); // not awaited: commands wait for it, the editor need not
}

export async function deactivate(): Promise<void> {
  await sidecar?.stop();
}
