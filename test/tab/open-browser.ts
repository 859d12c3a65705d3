import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium; `CHROMIUM` may name another. As root it runs without its own sandbox: it sees pages of this machine only. */
export function openBrowser(): Promise<Browser> {
  const paths = [process.env.CHROMIUM ?? '/usr/bin/chromium', '/usr/bin/google-chrome'];
  const executablePath = paths.find(path => existsSync(path));
  assert.ok(executablePath !== undefined, `a Chromium is needed: there is none at ${paths.join(' or ')}`);
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
