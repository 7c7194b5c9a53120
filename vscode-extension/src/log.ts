// The log: the output channel "Boardside". What the sidecar logs comes here, too.
import { window } from 'vscode';

export const log = window.createOutputChannel('Boardside', { log: true });
