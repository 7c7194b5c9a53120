// The view "Releases": the versions that boards in the field can fetch, and the way from one to another.
import * as vscode from 'vscode';
import { log } from '../log';
import type { Published, Turn } from '../protocol';
import type { Sidecar } from '../sidecar';
import { showToast } from './choices';
import { changeLine, releaseLine, size } from '../wording';

/** Without `release` it is a project among several. */
export interface ReleaseNode { folder: string; version?: string; release?: Published }
type Method = 'boardside/publish' | 'boardside/rollback';
const { window, workspace } = vscode;

export class ReleasesView implements vscode.TreeDataProvider<ReleaseNode> {
  view?: vscode.TreeView<ReleaseNode>;
  private count = 0;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly sidecar: Sidecar) {}

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(node?: ReleaseNode): Promise<ReleaseNode[]> {
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => ({ folder: uri.toString() }));
    if (node === undefined && folders.length > 1) {
      return folders;
    }
    const { folder } = node ?? folders[0] ?? { folder: '' };
    try {
      const { project, target, current, releases } = await this.sidecar.request('boardside/releases', { folder });
      this.say(releases.length === 0 ? '' : `${project} in ${target}: devices are told ${current ?? 'nothing yet'}`);
      return releases.map((release) => ({ folder, version: release.version, release }));
    } catch (error) { // a project that publishes nothing is told how, by the view's welcome
      const { message, data } = error as Error & { data?: { code?: string } };
      log.info(`releases: ${message}`);
      this.say(data?.code === 'ota.no_target' ? '' : message);
      return [];
    }
  }

  getTreeItem({ folder, release }: ReleaseNode): vscode.TreeItem {
    if (release === undefined) {
      const { name = folder } = workspace.getWorkspaceFolder(vscode.Uri.parse(folder)) ?? {};
      return new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
    }
    const { version, current, missing } = release;
    return Object.assign(new vscode.TreeItem(version), {
      description: releaseLine(release),
      iconPath: new vscode.ThemeIcon(missing !== null ? 'warning' : current ? 'rocket' : 'history'),
      contextValue: current ? 'release.current' : 'release',
    });
  }

  async publish(folder: string): Promise<void> {
    const prompt = 'Version that devices are told, such as v1.2.0';
    const version = await window.showInputBox({ title: 'Publish a release', prompt });
    if (version) {
      await workspace.saveAll(false); // what is published is what is on the disk
      await this.turn('boardside/publish', folder, version, `Publish ${version}`);
    }
  }

  async rollBack(folder: string, named?: string): Promise<void> {
    const { releases } = await this.sidecar.request('boardside/releases', { folder });
    const items = releases.filter(({ current }) => !current)
      .map((release) => ({ label: release.version, description: releaseLine(release) }));
    const placeHolder = items.length > 0 ? 'Which version are devices told?' : 'There is no other version.';
    const version = named ?? (await window.showQuickPick(items, { title: 'Roll back', placeHolder }))?.label;
    await (version && this.turn('boardside/rollback', folder, version, `Tell Devices ${version}`));
  }

  /** Shows what would change for devices, and does it if somebody says so. */
  private async turn(method: Method, folder: string, version: string, deed: string): Promise<void> {
    const ask = (more: { preview?: boolean; workDoneToken?: string }) =>
      this.sidecar.request(method, { folder, version, ...more }) as Promise<Turn>;
    const { project, target, before, changes, warnings } = await ask({ preview: true });
    const files = changes.map((change) => ({ label: changeLine(change), description: size(change.bytes ?? change.before ?? 0) }));
    const go = { label: `$(rocket) ${deed}`, description: `${project} in ${target}`, detail: warnings.join(' · ') };
    const title = before === null ? `${version} will be the first` : `Devices are told ${before} now`;
    const chosen = await window.showQuickPick([go, ...files], { title, placeHolder: 'Nothing has changed yet for any device.' });
    if (chosen === go) {
      const workDoneToken = `boardside-release-${++this.count}`;
      const cancel = () => this.sidecar.notify('window/workDoneProgress/cancel', { token: workDoneToken });
      const toast = showToast(`${deed}…`, cancel);
      const progress = await this.sidecar.listen(workDoneToken, (value) => value.kind === 'report' && toast.report(value.message, value.percentage));
      await ask({ workDoneToken }).finally(() => (progress.dispose(), toast.close(), this.refresh()));
      window.setStatusBarMessage(`$(rocket) Boardside: devices are told ${project} ${version}`, 8_000);
    }
    this.refresh();
  }

  private say(message: string): void {
    Object.assign(this.view ?? {}, { message });
  }
}
