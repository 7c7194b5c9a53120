// The source control "Board" of each folder: what is not on its board yet, side by side with it, gutter marks, badges.
// Compares nothing: the sidecar says which files differ, and what the board has of them.
import * as vscode from 'vscode';
import type { Conflict, Difference } from '../protocol';
import type { Sidecar } from '../sidecar';
import type { State } from '../state';
import { baseQuery, nameOf, uriOfBaseQuery } from '../where';
import { boardUri } from './files';

const STATES = {
  onlyProject: ['diff-added', 'not on the board yet'],
  differs: ['diff-modified', 'not on the board yet: the board has another'],
  onlyBoard: ['circuit-board', 'only on the board'],
} as const;
const SCHEME = 'boardside-base';
const baseUri = (uri: vscode.Uri, ask: boolean): vscode.Uri =>
  vscode.Uri.from({ scheme: SCHEME, path: uri.path, query: baseQuery(uri.toString(), ask) });

type Group = vscode.SourceControlResourceGroup;
interface Shown { control: vscode.SourceControl; ahead: Group; onlyBoard: Group }

export class DifferencesView implements vscode.TextDocumentContentProvider, vscode.FileDecorationProvider {
  private readonly contents = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.contents.event;
  private readonly badges = new vscode.EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.badges.event;
  private readonly shown = new Map<string, Shown>();

  constructor(private readonly sidecar: Sidecar, private readonly state: State) {
    state.on((_, folder) => folder !== undefined && this.update(folder));
  }

  register(): vscode.Disposable[] {
    return [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.window.registerFileDecorationProvider(this),
      vscode.workspace.onDidChangeWorkspaceFolders((change) => change.removed.forEach(({ uri }) => this.remove(String(uri)))),
      { dispose: () => [...this.shown.keys()].forEach((folder) => this.remove(folder)) },
    ];
  }

  private update(folder: string): void {
    const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(folder));
    if (root === undefined) {
      return;
    }
    const files = this.state.differences.get(folder)?.files ?? [];
    const { control, ahead, onlyBoard } = this.shown.get(folder) ?? this.create(folder, root.uri);
    ahead.resourceStates = files.filter(({ state }) => state !== 'onlyBoard').map(row);
    onlyBoard.resourceStates = files.filter(({ state }) => state === 'onlyBoard').map(row);
    control.count = ahead.resourceStates.length;
    this.badges.fire(undefined);
    const bases = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === SCHEME);
    bases.forEach(({ uri }) => this.contents.fire(uri));
  }

  private create(folder: string, root: vscode.Uri): Shown {
    const control = vscode.scm.createSourceControl('boardside', 'Board', root);
    control.inputBox.visible = false;
    control.quickDiffProvider = { provideOriginalResource: (uri) => this.original(uri) };
    const ahead = control.createResourceGroup('ahead', 'Not on the Board Yet');
    const onlyBoard = control.createResourceGroup('onlyBoard', 'Only on the Board');
    onlyBoard.hideWhenEmpty = true;
    this.shown.set(folder, { control, ahead, onlyBoard });
    return { control, ahead, onlyBoard };
  }

  private remove(folder: string): void {
    this.shown.get(folder)?.control.dispose();
    this.shown.delete(folder);
  }

  /** For gutter marks: never asks the board; a file of which nothing is known has none. */
  private async original(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
    const known = uri.scheme === 'file' && await this.sidecar.request('boardside/base', { uri: uri.toString() });
    return known && known.content !== null ? baseUri(uri, false) : undefined;
  }

  async provideTextDocumentContent(base: vscode.Uri): Promise<string> {
    const { content } = await this.sidecar.request('boardside/base', uriOfBaseQuery(base.query));
    return Buffer.from(content ?? '', 'base64').toString();
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const rows = [...this.shown.values()].flatMap(({ ahead }) => ahead.resourceStates);
    const row = rows.find(({ resourceUri }) => resourceUri.toString() === uri.toString());
    return row && { badge: '↑', tooltip: row.decorations?.tooltip ?? '' };
  }

  async open(uri: vscode.Uri, state?: string, there = baseUri(uri, true)): Promise<void> {
    const title = `${nameOf(uri.path)} (board ↔ workspace)`;
    await (state === 'onlyBoard' ? vscode.commands.executeCommand('vscode.open', there)
      : vscode.commands.executeCommand('vscode.diff', there, uri, title));
  }

  /** The files that are in conflict beside what lies on the board now, not what is remembered; many as a list. */
  async compare(conflicts: readonly Conflict[], board: string | undefined): Promise<void> {
    const both = conflicts.flatMap(({ path, uri }) => (uri === undefined ? [] : [{ path, uri: vscode.Uri.parse(uri) }]));
    if (both.length === 0 || both.length > 4) {
      await vscode.commands.executeCommand('workbench.view.scm');
    }
    for (const { path, uri } of both.slice(0, 4)) {
      await this.open(uri, 'differs', board === undefined ? undefined : boardUri(board, path));
    }
  }
}

function row({ uri, state }: Difference): vscode.SourceControlResourceState {
  const resourceUri = vscode.Uri.parse(uri);
  const [icon, tooltip] = STATES[state];
  return {
    resourceUri, contextValue: state, decorations: { tooltip, iconPath: new vscode.ThemeIcon(icon) },
    command: { command: 'boardside.openDifference', title: 'Open Board ↔ Workspace', arguments: [resourceUri, state] },
  };
}
