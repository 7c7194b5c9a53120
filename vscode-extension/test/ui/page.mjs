// VS Code in a browser, as a user sees it: commands, editors, toasts, terminal, Problems.
// Every selector of the workbench is here and nowhere else; knows nothing of boards.
import { createRequire } from 'node:module';
import path from 'node:path';
import { LIMIT, until, untilText } from './until.mjs';

const { chromium } = createRequire(path.join(process.env.BOARDSIDE_VSCODE, 'package.json'))('playwright-core');

const ARGUMENTS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export class Page {
  /**
   * Opens a folder, or a file `*.code-workspace`.
   * @param {string} url of the server
   * @param {string} what
   */
  static async open(url, what) {
    const self = new Page();
    self.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
    self.context = await self.browser.newContext({ viewport: { width: 1280, height: 800 } });
    await self.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    // Nothing is asked of the network: it fails at once instead of waiting.
    await self.context.route((address) => address.hostname !== '127.0.0.1', (route) => route.abort());
    self.page = await self.context.newPage();
    self.page.setDefaultTimeout(LIMIT);
    const kind = what.endsWith('.code-workspace') ? 'workspace' : 'folder';
    await self.page.goto(`${url}/?${kind}=${encodeURIComponent(what)}`);
    await self.page.locator('.monaco-workbench .part.statusbar').waitFor();
    return self;
  }

  close() {
    return this.browser.close();
  }

  get keyboard() {
    return this.page.keyboard;
  }

  /** @param {string} file */
  shot(file) {
    return this.page.screenshot({ path: file });
  }

  // --- quick input: palette, picks, questions

  get quickInput() {
    return this.page.locator('.quick-input-widget input[type="text"]');
  }

  quickRow(label) {
    const name = this.page.locator('.label-name', { hasText: exactly(label) });
    return this.page.locator('.quick-input-list .monaco-list-row', { has: name }).first();
  }

  /**
   * Runs a command from the palette.
   * @param {string} title with its category
   */
  async command(title) {
    await until(`${title} in the palette`, async () => {
      await this.palette(title);
      await this.quickRow(title).click({ timeout: 3000 });
      return true;
    });
  }

  /** Opens the palette with this text in it. */
  async palette(text) {
    await until('the palette', async () => {
      await this.keyboard.press('F1');
      await this.quickInput.waitFor({ state: 'visible', timeout: 2000 });
      return true;
    });
    await this.quickInput.fill('>' + text, { timeout: 2000 });
  }

  /** The commands that the palette offers for a text. */
  async commands(text) {
    await this.palette(text);
    const rows = this.page.locator('.quick-input-list .monaco-list-row .label-name');
    await rows.first().waitFor();
    const labels = await rows.allInnerTexts();
    await this.keyboard.press('Escape');
    return labels;
  }

  /** Answers a question that is asked in the quick input. */
  async answer(text) {
    await this.quickInput.waitFor({ state: 'visible' });
    await this.quickInput.fill(text);
    await this.keyboard.press('Enter');
  }

  // --- editors

  /** @param {string} name */
  async openFile(name) {
    await until(`${name} in quick open`, async () => {
      await this.keyboard.press('Escape');
      await this.keyboard.press('Control+P');
      await this.quickInput.waitFor({ state: 'visible', timeout: 2000 });
      await this.quickInput.fill(name);
      await this.quickRow(path.basename(name)).click({ timeout: 3000 });
      return true;
    });
    await this.tab(path.basename(name)).waitFor();
    await this.page.locator('.part.editor .monaco-editor.focused').first().waitFor(); // commands go by where the focus is
  }

  /** Loads the window anew. */
  async reload() {
    await this.page.evaluate(() => (window.old = true));
    await this.command('Developer: Reload Window');
    await until('a new window', () => this.page.evaluate(() => !window.old));
  }

  /** The panel, if it shows this text. */
  panel(text) {
    return this.page.locator('.part.panel', { hasText: text });
  }

  /** The active tab, if it has this name. */
  tab(name) {
    return this.page.locator('.part.editor .tab.active', { hasText: name });
  }

  get editor() {
    return this.page.locator('.part.editor .editor-instance .monaco-editor').last();
  }

  /** What the active editor shows. */
  async editorText() {
    return clean(await this.editor.locator('.view-lines').innerText());
  }

  /** Replaces all that is in the active editor. */
  async fill(text) {
    await this.editor.locator('.view-lines').click();
    await this.keyboard.press('Control+A');
    await this.keyboard.insertText(text);
  }

  /** Selects whole lines of the active editor, counted from 1. */
  async select(first, last) {
    await this.editor.locator('.view-lines').click();
    await this.keyboard.press('Control+Home');
    for (let line = 1; line < first; line += 1) await this.keyboard.press('ArrowDown');
    for (let line = first; line <= last; line += 1) await this.keyboard.press('Shift+ArrowDown');
  }

  /** A command above a line of the active editor. */
  lens(title) {
    return this.editor.locator('.codelens-decoration a', { hasText: exactly(title) });
  }

  /** Saves the active editor, and waits until it is no longer marked as changed. */
  async save() {
    await this.keyboard.press('Control+S');
    await this.page.locator('.part.editor .tab.active.dirty').waitFor({ state: 'hidden' });
  }

  closeEditors() {
    return this.command('View: Close All Editors');
  }

  /** Line and column of the cursor, as the status bar says. */
  async cursor() {
    return clean(await this.page.locator('[id="status.editor.selection"]').innerText());
  }

  // --- status bar and toasts

  /** @param {string} id publisher.extension.item */
  status(id) {
    return this.page.locator(`.statusbar [id="${id}"]`);
  }

  toast(text) {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  async pressToast(text, button) {
    await this.toast(text).locator('.monaco-button', { hasText: exactly(button) }).first().click();
  }

  /** A question in the middle of the window. */
  get dialog() {
    return this.page.locator('.monaco-dialog-box');
  }

  async pressDialog(button) {
    await this.dialog.locator('.monaco-button', { hasText: exactly(button) }).first().click();
  }

  clearToasts() {
    return this.command('Notifications: Clear All Notifications');
  }

  // --- terminal

  async terminalText() {
    const rows = await this.page.locator('.terminal-wrapper.active .xterm-rows > div').allInnerTexts();
    return rows.map((row) => clean(row).trimEnd()).join('\n').trimEnd();
  }

  untilTerminal(wanted, limit) {
    return untilText('the terminal', () => this.terminalText(), wanted, limit);
  }

  /** What is in the terminal, also above what it shows. */
  async terminalHistory() {
    await this.page.evaluate(() => navigator.clipboard.writeText(''));
    await this.command('Terminal: Select All');
    await this.command('Terminal: Copy Selection');
    const text = await until('the terminal in the clipboard', () => this.page.evaluate(() => navigator.clipboard.readText()));
    await this.command('Terminal: Clear Selection');
    return text;
  }

  async focusTerminal() {
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').first().focus();
  }

  async typeTerminal(text) {
    await this.focusTerminal();
    await this.keyboard.type(text);
  }

  // --- views

  /** Rows of the Problems view. */
  problems(text) {
    return this.page.locator('.markers-panel .monaco-list-row', { hasText: text });
  }

  /** Rows of the view in the side bar. */
  rows(text) {
    return this.page.locator('.sidebar .monaco-list-row', text === undefined ? {} : { hasText: text });
  }

  /** One side of the diff editor: `original` or `modified`. */
  async diffText(side) {
    return clean(await this.page.locator(`.monaco-diff-editor .editor.${side} .view-lines`).last().innerText());
  }

  /** Marks beside the lines of the active editor: what a quick diff found. */
  get gutterMarks() {
    return this.page.locator('.part.editor .dirty-diff-glyph');
  }

  /** Ctrl-click on what a row of the terminal shows. */
  async followLink(text) {
    const row = this.page.locator('.terminal-wrapper.active .xterm-rows > div', { hasText: text }).last();
    const box = await row.locator('span', { hasText: text }).first().boundingBox();
    const [x, y] = [box.x + 40, box.y + box.height / 2];
    await this.page.mouse.move(x - 3, y);
    await this.page.mouse.move(x, y);
    await this.page.locator('.workbench-hover', { hasText: 'ctrl + click' }).waitFor();
    await this.keyboard.down('Control');
    await this.page.mouse.click(x, y);
    await this.keyboard.up('Control');
  }

  /** Chooses from the context menu of something, and waits for the question that the choice leads to. */
  async menu(target, label) {
    await target.click({ button: 'right' });
    const item = this.page.locator('.monaco-menu .action-label', { hasText: exactly(label) });
    await item.waitFor();
    // A menu takes no click in its first moment, so that the one that opened it chooses nothing; and it closes when what
    // it is about is drawn anew. So what counts is the question that follows.
    await until(`the question of ${label}`, async () => {
      if ((await this.dialog.isVisible()) || (await this.quickInput.isVisible())) return true;
      if (!(await item.isVisible())) await target.click({ button: 'right', timeout: 1000 });
      await item.click({ timeout: 1000 }).catch(() => {});
      return false;
    });
  }

  /** Drags a row of the side bar onto another. */
  async drag(from, to) {
    await from.dragTo(to, { steps: 8, timeout: 5000 });
  }

  /** Opens a row of a tree. VS Code opens one by itself that something is held over for half a second. */
  async expand(row) {
    if ((await row.getAttribute('aria-expanded')) !== 'true') await row.locator('.monaco-tl-twistie').click();
  }
}

/** VS Code draws spaces as no-break spaces. */
function clean(text) {
  return text.replace(/\u00a0/g, ' ');
}

function exactly(text) {
  return text instanceof RegExp ? text : new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
