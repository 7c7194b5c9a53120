// The source control "Board" of each folder: what is not on its board yet, side by side with it, gutter marks, badges.
// Compares nothing: the sidecar says which files differ, and what the board has of them.
import {
  commands, type Disposable, EventEmitter, type FileDecoration, type FileDecorationProvider, scm, type SourceControl, type SourceControlResourceGroup,
  type SourceControlResourceState, type TextDocumentContentProvider, ThemeIcon, Uri, window, workspace,
} from 'vscode';
import type { Conflict, Difference } from '../protocol';
import type { Sidecar } from '../sidecar';
import type { State } from '../state';
import { baseQuery, nameOf, normal, uriOfBaseQuery } from '../where';

const STATES = { onlyProject: 'not on the board yet', differs: 'not on the board yet: differs', onlyBoard: 'only on the board' };
const baseUri = (uri: Uri, ask: boolean) => uri.with({ scheme: 'boardside-base', authority: '', query: baseQuery(uri.toString(), ask), fragment: '' });

interface Shown { control: SourceControl; ahead: SourceControlResourceGroup; onlyBoard: SourceControlResourceGroup }

export class DifferencesView implements TextDocumentContentProvider, FileDecorationProvider {
  private readonly contents = new EventEmitter<Uri>();
  readonly onDidChange = this.contents.event;
  private readonly badges = new EventEmitter<undefined>();
  readonly onDidChangeFileDecorations = this.badges.event;
  private readonly shown = new Map<string, Shown>();
  private ahead = new Map<string, Difference>();

  constructor(private readonly sidecar: Sidecar, private readonly state: State) {
    state.on((topic, folder) => {
      if (topic === 'differences' && folder !== undefined) {
        this.update(folder);
      }
    });
  }

  register(): Disposable[] {
    return [
      workspace.registerTextDocumentContentProvider('boardside-base', this),
      window.registerFileDecorationProvider(this),
      workspace.onDidChangeWorkspaceFolders(({ removed }) => removed.forEach(({ uri }) => this.remove(uri.toString()))),
      { dispose: () => [...this.shown.keys()].forEach((folder) => this.remove(folder)) },
    ];
  }

  private update(folder: string): void {
    const differences = this.state.differences(folder);
    const root = workspace.getWorkspaceFolder(Uri.parse(folder));
    if (differences === undefined || root === undefined) {
      return;
    }
    const { control, ahead, onlyBoard } = this.shown.get(normal(folder)) ?? this.create(folder, root.uri);
    const row = (file: Difference) => this.row(file);
    ahead.resourceStates = differences.files.filter(({ state }) => state !== 'onlyBoard').map(row);
    onlyBoard.resourceStates = differences.files.filter(({ state }) => state === 'onlyBoard').map(row);
    control.count = ahead.resourceStates.length;
    control.statusBarCommands = [];
    this.ahead = new Map([...this.shown.keys()].flatMap((key) => this.state.differences(key)?.files ?? [])
      .filter(({ state }) => state !== 'onlyBoard').map((file) => [normal(file.uri), file]));
    this.badges.fire(undefined);
    workspace.textDocuments.filter(({ uri }) => uri.scheme === 'boardside-base').forEach(({ uri }) => this.contents.fire(uri));
  }

  private create(folder: string, root: Uri): Shown {
    const control = scm.createSourceControl('boardside', 'Board', root);
    control.inputBox.visible = false;
    control.quickDiffProvider = { provideOriginalResource: (uri) => this.original(uri) };
    const ahead = control.createResourceGroup('ahead', 'Not on the Board Yet');
    const onlyBoard = control.createResourceGroup('onlyBoard', 'Only on the Board');
    onlyBoard.hideWhenEmpty = true;
    const shown = { control, ahead, onlyBoard };
    this.shown.set(normal(folder), shown);
    return shown;
  }

  private remove(folder: string): void {
    this.shown.get(normal(folder))?.control.dispose();
    this.shown.delete(normal(folder));
  }

  private row(file: Difference): SourceControlResourceState {
    const resourceUri = Uri.parse(file.uri);
    return {
      resourceUri,
      command: { command: 'boardside.openDifference', title: 'Open Board ↔ Workspace', arguments: [{ resourceUri, state: file.state }] },
      contextValue: file.state,
      decorations: { tooltip: STATES[file.state], faded: file.state === 'onlyBoard', iconPath: new ThemeIcon(file.state === 'differs' ? 'diff-modified' : file.state === 'onlyBoard' ? 'circuit-board' : 'diff-added') },
    };
  }

  /** For gutter marks: never asks the board; a file of which nothing is known has none. */
  private async original(uri: Uri): Promise<Uri | undefined> {
    if (uri.scheme !== 'file') {
      return undefined;
    }
    const { content } = await this.sidecar.request('boardside/base', { uri: uri.toString() });
    return content === null ? undefined : baseUri(uri, false);
  }

  async provideTextDocumentContent(base: Uri): Promise<string> {
    const { content } = await this.sidecar.request('boardside/base', uriOfBaseQuery(base.query));
    return Buffer.from(content ?? '', 'base64').toString();
  }

  provideFileDecoration(uri: Uri): FileDecoration | undefined {
    const file = this.ahead.get(normal(uri.toString()));
    return file === undefined ? undefined : { badge: '↑', tooltip: STATES[file.state], propagate: false };
  }

  async open(uri: Uri, state?: string): Promise<void> {
    if (state === 'onlyBoard') {
      await commands.executeCommand('vscode.open', baseUri(uri, true));
    } else {
      await commands.executeCommand('vscode.diff', baseUri(uri, true), uri, `${nameOf(uri.path)} (board ↔ workspace)`);
    }
  }

  /** The files that are in conflict, side by side; many of them as a list. */
  async compare(conflicts: readonly Conflict[]): Promise<void> {
    const uris = conflicts.flatMap(({ uri }) => (uri === undefined ? [] : [Uri.parse(uri)]));
    if (uris.length === 0 || uris.length > 4) {
      await commands.executeCommand('workbench.view.scm');
    }
    for (const uri of uris.slice(0, 4)) {
      await this.open(uri);
    }
  }
}
