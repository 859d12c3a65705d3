import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseArgs, stripVTControlCharacters } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { writeReportPage } from '../sandbox/demo/report-page.ts';
import { openBrowser } from '../test/tab/open-browser.ts';
import { root } from './layout.ts';
import { withPalette } from './palette.ts';
import { encodeIndexedPng } from './png.ts';
import { decodePng } from './png-read.ts';
import { reportsIn } from './tab-page.ts';

// `npm run screenshots` plays the demo and takes the pictures of images/ from it: the tab, light and dark, and the log. With `-- --rig`
// it is the demo on the rig, with a real Envoy and Prometheus. With `-- --again` it is the last demo, in the tab as it is now. Whoever takes
// them looks at each before it is committed.

/** What one may weigh, in bytes: the overview of the marketplace is read on telephones, too. */
const budget = 150_000;
const width = 1240;
const font = '13px/19px "Cascadia Mono", Consolas, Menlo, "DejaVu Sans Mono", monospace';
const colours: Readonly<Record<string, string>> = {
  31: '#ff8f8a',
  32: '#7cc98f',
  33: '#e8bd5b',
  36: '#7cc4f5',
};

const flag = { type: 'boolean', default: false } as const;
const { rig, again } = parseArgs({ options: { rig: flag, again: flag } }).values;
const log = again ? await redraw() : await playDemo(rig ? 'rig/demo.ts' : 'sandbox/demo.ts');
await mkdir(join(root, 'images'), { recursive: true });
const browser = await openBrowser();
try {
  for (const colorScheme of ['light', 'dark'] as const) await takeTab(browser, colorScheme);
  if (log !== undefined) await takeLog(browser, log);
} finally {
  await browser.close();
}

/** The reports of the last demo in the page as it was built now; nobody knows its log any more. */
async function redraw(): Promise<undefined> {
  await writeReportPage(reportsIn(await readFile(join(root, 'dist', 'demo.html'), 'utf8')));
}

/** What the demo prints. It writes dist/demo.html, too. */
function playDemo(script: string): Promise<string> {
  const child = spawn('npx', ['tsx', join(root, script), '--open'], {
    env: { ...process.env, FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', chunk => {
    process.stdout.write(chunk);
    chunks.push(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => {
      if (code === 0) resolve(Buffer.concat(chunks).toString());
      else reject(new Error(`${script} ended with ${code}`));
    });
  });
}

/** Each release of the demo, from its verdict to the end of its checks: what fits a screen. */
async function takeTab(from: Browser, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await from.newPage({ viewport: { width, height: 900 }, colorScheme, timezoneId: 'UTC' });
  await page.goto(`file://${join(root, 'dist', 'demo.html')}`);
  for (const [title, name] of [
    ['Promoted', 'promoted'],
    ['Rolled back', 'rolled-back'],
  ] as const) {
    await page.locator('.releases button').filter({ hasText: title }).click();
    await page.locator('h1').filter({ hasText: title }).waitFor();
    await page.mouse.move(0, 0);
    const checks = await page.locator('.checks').boundingBox();
    const height = Math.ceil((checks?.y ?? 0) + (checks?.height ?? 900) + 20);
    await take(page, `tab-${name}-${colorScheme}`, height);
  }
  await page.close();
}

/** The log of the first release, in the colours of a terminal. */
async function takeLog(from: Browser, text: string): Promise<void> {
  const lines = text.split('\n');
  const isTitle = (line: string) => /^ [A-Z].* $/.test(stripVTControlCharacters(line));
  const first = lines.findIndex(isTitle);
  const next = lines.findIndex((line, index) => index > first && isTitle(line));
  const page = await from.newPage({ viewport: { width, height: 900 } });
  await page.setContent('<body style="margin:0;background:#1e1e1e;color:#e6e6e6"><pre></pre></body>');
  const spans = lines.slice(first, next).join('\n').trim();
  await page.locator('pre').evaluate(drawLog, { spans: spansOf(spans), font });
  const box = await page.locator('pre').boundingBox();
  await take(page, 'log-promoted', Math.ceil(box?.height ?? 900));
  await page.close();
}

interface Span {
  readonly text: string;
  readonly style: string;
}

/** The text with what its escape sequences say of it. */
function spansOf(text: string): readonly Span[] {
  let style = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how colours begin
  return text.split(/(\u001b\[\d+m)/).flatMap(part => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const [, code] = /^\u001b\[(\d+)m$/.exec(part) ?? [];
    if (code === undefined) return part === '' ? [] : [{ text: part, style }];
    if (code === '0') style = '';
    else if (code === '1') style += 'font-weight:700;';
    else if (code === '2') style += 'color:#9a9a9a;';
    else style += `color:${colours[code] ?? 'inherit'};`;
    return [];
  });
}

/** Runs in the page, which this project's types do not know. */
function drawLog(
  pre: unknown,
  { spans, font }: { readonly spans: readonly Span[]; readonly font: string },
): void {
  interface Drawn {
    readonly style: { cssText: string };
    textContent: string;
    append(child: Drawn): void;
    readonly ownerDocument: { createElement(name: string): Drawn };
  }
  const box = pre as Drawn;
  box.style.cssText = `margin:0;padding:20px 24px;font:${font};white-space:pre-wrap`;
  for (const { text, style } of spans) {
    const span = box.ownerDocument.createElement('span');
    span.style.cssText = style;
    span.textContent = text;
    box.append(span);
  }
}

async function take(page: Page, name: string, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  const file = encodeIndexedPng(withPalette(decodePng(await page.screenshot({ animations: 'disabled' }))));
  if (file.length > budget)
    throw new Error(`images/${name}.png would weigh ${file.length} bytes, at most ${budget} are wanted`);
  await writeFile(join(root, 'images', `${name}.png`), file);
  console.log(`${(file.length / 1000).toFixed(0).padStart(4)} KB  images/${name}.png`);
}
