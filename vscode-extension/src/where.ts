// Names of things in URIs and paths, and which folder a command is about. Asks nobody and knows no vscode.

/** What was clicked, else where the active editor is, else the only one there is; `ask` if it is not clear. */
export function chooseFolder<F>(all: readonly F[], clicked: F | undefined, active: F | undefined): F | 'ask' | undefined {
  return clicked ?? active ?? (all.length > 1 ? 'ask' : all[0]);
}

/** A file on a board is `boardside:/path?address`; the address is escaped: it may hold `?`, `#` and `:`. */
export const boardQuery = (address: string): string => encodeURIComponent(address);
export const boardOfQuery = (query: string): string => decodeURIComponent(query);

/** What the board has of a workspace file is `boardside-base:/path?[ask&]uri`; `ask`: the board may be read. */
export const baseQuery = (uri: string, ask: boolean): string => (ask ? 'ask&' : '') + encodeURIComponent(uri);
export function uriOfBaseQuery(query: string): { uri: string; ask: boolean } {
  const ask = query.startsWith('ask&');
  return { uri: decodeURIComponent(ask ? query.slice(4) : query), ask };
}

/** Of paths on a board, which start with `/`. */
export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const within = (folder: string, name: string): string => (folder === '/' ? `/${name}` : `${folder}/${name}`);
