// The view "Releases": where the releases of each folder go, their versions, and the way from one to another.
// Compares nothing: what would change for devices the sidecar says, and it is shown before anything moves.
import * as vscode from 'vscode';
import { PATIENCE, troubleOf } from '../jobs';
import { nextVersion } from '../next-version';
import type { Published, Shelf, Trouble, Turn } from '../protocol';
import type { Sidecar } from '../sidecar';
import { changeLine, releaseLine, size } from '../wording';
import { showToast } from './choices';

/** Without `version` it is the folder itself. */
export interface ReleaseNode { folder: string; version?: string }
type Method = 'boardside/publish' | 'boardside/rollback';
const { Expanded, None } = vscode.TreeItemCollapsibleState;
const { window, workspace } = vscode;

export class ReleasesView implements vscode.TreeDataProvider<ReleaseNode> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  /** By URI of the folder, as it was when it was last looked at. */
  private readonly found = new Map<string, Shelf | Trouble>();

  constructor(private readonly sidecar: Sidecar) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  /** A target may be any place: in workspaces that are not trusted nobody looks there unless somebody asks for it. */
  async getChildren(node?: ReleaseNode): Promise<ReleaseNode[]> {
    if (node !== undefined) {
      const { folder } = node;
      return this.releases(folder).map(({ version }) => ({ folder, version }));
    }
    const folders = workspace.isTrusted ? (workspace.workspaceFolders ?? []).map(({ uri }) => uri.toString()) : [];
    await Promise.all(folders.map(async (folder) => {
      this.found.set(folder, await this.sidecar.request('boardside/releases', { folder }).catch(troubleOf));
    }));
    // A project that publishes nothing is told how, by the view's welcome.
    return folders.filter((folder) => this.trouble(folder)?.code !== 'ota.no_target').map((folder) => ({ folder }));
  }

  private trouble(folder: string): Trouble | undefined {
    const found = this.found.get(folder);
    return found !== undefined && 'code' in found ? found : undefined;
  }
  private releases(folder: string): readonly Published[] {
    const found = this.found.get(folder);
    return found !== undefined && 'releases' in found ? found.releases : [];
  }

  getTreeItem({ folder, version }: ReleaseNode): vscode.TreeItem {
    const release = this.releases(folder).find((one) => one.version === version);
    return release === undefined ? this.target(folder) : Object.assign(new vscode.TreeItem(release.version, None), {
      id: `${folder} ${release.version}`,
      description: releaseLine(release),
      iconPath: new vscode.ThemeIcon(iconOf(release)),
      contextValue: release.current ? 'release.current' : 'release',
      tooltip: releaseLine(release),
    });
  }

  private target(folder: string): vscode.TreeItem {
    const found = this.found.get(folder);
    const named = workspace.getWorkspaceFolder(vscode.Uri.parse(folder))?.name ?? folder;
    if (found === undefined || 'code' in found) {
      const icon = { iconPath: new vscode.ThemeIcon('warning'), contextValue: 'releases' };
      return Object.assign(new vscode.TreeItem(named, None), { description: found?.message, tooltip: found?.help, ...icon });
    }
    return Object.assign(new vscode.TreeItem(found.project, Expanded), {
      id: folder, description: found.target, contextValue: 'releases', iconPath: new vscode.ThemeIcon('cloud'),
      tooltip: `${found.target}\nDevices are told ${found.current ?? 'nothing yet'}`,
    });
  }

  /** The version that somebody names and, having seen what would change, wants published. */
  async publish(folder: string): Promise<string | undefined> {
    const { releases } = await this.sidecar.request('boardside/releases', { folder });
    const prompt = 'Version that devices are told, such as v1.2.0';
    const value = nextVersion(releases.map(({ version }) => version));
    const version = await window.showInputBox({ title: 'Publish a release', prompt, value });
    await (version && workspace.saveAll(false)); // what is published is what is on the disk
    return version && this.confirm('boardside/publish', folder, version, `Publish ${version}`);
  }

  /** The same of a version that is there. */
  async rollBack(folder: string, named?: string): Promise<string | undefined> {
    const version = named ?? await this.pick(folder);
    return version && this.confirm('boardside/rollback', folder, version, `Tell Devices ${version}`);
  }

  private async pick(folder: string): Promise<string | undefined> {
    const { releases } = await this.sidecar.request('boardside/releases', { folder });
    const items = releases.map((release) => (
      { label: release.version, description: releaseLine(release), iconPath: new vscode.ThemeIcon(iconOf(release)) }));
    const placeHolder = items.length > 0 ? 'Which version are devices told?' : 'There is no version yet. Publish Release puts one there.';
    return (await window.showQuickPick(items, { title: 'Roll back', placeHolder }))?.label;
  }

  /** Shows what would change for devices, and answers the version if somebody says so. */
  private async confirm(method: Method, folder: string, version: string, deed: string): Promise<string | undefined> {
    const cancel = new vscode.CancellationTokenSource();
    let close = (): void => undefined;
    const patience = setTimeout(() => ({ close } = showToast(`Comparing ${version}`, () => cancel.cancel())), PATIENCE);
    const preview = this.sidecar.request(method, { folder, version, preview: true }, cancel.token);
    const { project, target, before, changes, warnings } = await preview.finally(() => (clearTimeout(patience), close()));
    const files = changes.map((change) => ({ label: changeLine(change), description: sizes(change) }));
    const same = { label: '$(check) no file differs', description: '' };
    const go = { label: `$(rocket) ${deed}`, description: `${project} in ${target}`, detail: warnings.join(' · ') };
    const title = before === null ? `${version} will be the first` : `Devices are told ${before} now`;
    const rows = [go, ...(files.length > 0 ? files : [same])];
    const chosen = await window.showQuickPick(rows, { title, placeHolder: 'Nothing has changed yet for any device.' });
    return chosen === go ? version : undefined;
  }
}

const iconOf = ({ current, missing }: Published): string => (missing !== null ? 'warning' : current ? 'rocket' : 'history');

function sizes({ before, bytes }: Turn['changes'][0]): string {
  return before !== null && bytes !== null ? `${size(before)}, now ${size(bytes)}` : size(bytes ?? before ?? 0);
}
