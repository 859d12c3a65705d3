import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { root } from './layout.ts';

/** The tab's one file in staging and in the vsix. */
export const tabFile = 'tab/page.html';

/** What the browsers of Azure DevOps' own pages know. */
const target = 'es2022';
const emptyReports = '<script type="application/json" id="reports"></script>';

export interface TabPage {
  readonly html: string;
  /** What went into its script. */
  readonly metafile: Metafile;
}

/** What the script may weigh at most, in bytes: it is loaded each time that somebody looks at a run. */
const budget = 60_000;

/**
 * The page of the tab with its script and its style in it: one file, which the policy in it lets run only with the script that it was
 * built with, wherever it is served from. `'self'` would be nothing in the sandboxed frame of a Server. Rejects on any warning, and on a script that
 * weighs too much.
 */
export async function tabPage(): Promise<TabPage> {
  const [template, { text: script, metafile }, { text: style }] = await Promise.all([
    readFile(join(root, 'tab', 'page.html'), 'utf8'),
    bundled({ entryPoints: [join(root, 'tab', 'main.ts')], format: 'iife' }),
    bundled({ entryPoints: [join(root, 'tab', 'style', 'page.css')] }),
  ]);
  if (Buffer.byteLength(script) > budget)
    throw new Error(
      `The tab's script weighs ${Buffer.byteLength(script)} bytes, at most ${budget} are allowed`,
    );
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    // The SDK sets the theme by a style element.
    "style-src 'unsafe-inline'",
    'connect-src https: http:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const html = template
    .replace(/\s*<!--.*?-->/s, '')
    .replace('__POLICY__', () => policy)
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  return { html, metafile };
}

/** The page as a file of its own that shows these reports, each in JSON. */
export function pageWith(html: string, reports: readonly string[]): string {
  // Without a `<` nothing in a text can end the element.
  const json = JSON.stringify(reports).replaceAll('<', '\\u003c');
  if (!html.includes(emptyReports)) throw new Error('the page has no place for reports');
  return html.replace(emptyReports, () => emptyReports.replace('><', () => `>${json}<`));
}

/** The reports that `pageWith` has put into a page. */
export function reportsIn(html: string): readonly string[] {
  const start = emptyReports.slice(0, emptyReports.indexOf('><') + 1);
  const from = html.indexOf(start) + start.length;
  return JSON.parse(html.slice(from, html.indexOf('</script>', from)));
}

async function bundled(options: BuildOptions) {
  const { warnings, outputFiles, metafile } = await build({
    ...options,
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    target,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error(`esbuild warns: ${warnings.map(({ text }) => text).join('\n')}`);
  const text = outputFiles?.[0]?.text.trim();
  if (text === undefined) throw new Error('esbuild made no file of the tab');
  return { text, metafile };
}
