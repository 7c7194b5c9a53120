// Which folder, which board, which URI: the few rules of naming things. Asks nobody and knows no vscode.

export interface Folder { uri: string; name: string }

/** URIs compare by what they mean: servers and editors escape differently, drives have either case. */
export function normal(uri: string): string {
  let plain = uri;
  try {
    plain = decodeURIComponent(uri);
  } catch {
    // a lone % in a name: compare it as it is
  }
  return plain.replace(/^(file:\/\/\/)([A-Z]):/, (_, start, drive: string) => start + drive.toLowerCase() + ':').replace(/\/+$/, '');
}

/** The innermost folder that holds `uri`. */
export function folderOf(folders: readonly Folder[], uri: string): Folder | undefined {
  const inside = (folder: Folder) => `${normal(uri)}/`.startsWith(`${normal(folder.uri)}/`);
  return folders.filter(inside).sort((a, b) => b.uri.length - a.uri.length)[0];
}

/** The folder of what was clicked, else of the active editor, else the only one; `ask` if it is not clear. */
export function chooseFolder(
  folders: readonly Folder[], clicked: string | undefined, active: string | undefined,
): Folder | 'ask' | undefined {
  for (const uri of [clicked, active]) {
    const folder = uri === undefined ? undefined : folderOf(folders, uri);
    if (folder !== undefined) {
      return folder;
    }
  }
  return folders.length > 1 ? 'ask' : folders[0];
}

/** A file on a board is `boardside:/path?address`; the address is escaped, it may hold `?`, `#` and `:`. */
export function boardQuery(address: string): string {
  return encodeURIComponent(address);
}
export function boardOfQuery(query: string): string {
  return decodeURIComponent(query);
}

/** What the board has of a file of the workspace is `boardside-base:/path?[ask&]uri`; `ask`: the board may be read. */
export function baseQuery(uri: string, ask: boolean): string {
  return (ask ? 'ask&' : '') + encodeURIComponent(uri);
}
export function uriOfBaseQuery(query: string): { uri: string; ask: boolean } {
  const ask = query.startsWith('ask&');
  return { uri: decodeURIComponent(ask ? query.slice(4) : query), ask };
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
export function within(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}
