import assert from 'node:assert/strict';
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Frame,
  FrameLocator,
  Page,
} from 'playwright-core';
import type { Report } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import { FakeAzure } from './fake-azure.ts';
import { openBrowser } from './open-browser.ts';
import { light } from './themes.ts';

let browser: Browser | undefined;

/** One browser serves all files; mocha stops it at the end. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await browser?.close();
    browser = undefined;
  },
};

/** How a test finds the world. */
export interface WorldOptions {
  readonly reports?: readonly Report[];
  /** Attachments as they are, beside the reports. */
  readonly texts?: readonly string[];
  readonly status?: string;
  readonly theme?: Readonly<Record<string, string>>;
  readonly kind?: 'build' | 'stage';
  readonly sandboxed?: boolean;
  /** The page has a clock that the test can move on. */
  readonly ownClock?: boolean;
  /** Before the page is opened. */
  readonly prepare?: (azure: FakeAzure, page: Page) => void | Promise<void>;
}

export interface WatchedPage {
  readonly page: Page;
  /** What the page has said on its console, and what it has thrown. */
  readonly complaints: string[];
  /** Addresses beyond this machine that somebody asked for. */
  readonly strangers: string[];
}

/** The tab in its frame, and everything around it. */
export interface World extends WatchedPage {
  readonly azure: FakeAzure;
  readonly tab: FrameLocator;
  /** The same, to have expressions evaluated in. */
  readonly frame: () => Frame;
}

/** Opens the built tab in a page of Azure DevOps, does the work, and takes all of it away again. */
export async function inTab(options: WorldOptions, work: (world: World) => Promise<void>): Promise<void> {
  const { reports = [], texts = [], status = 'completed', theme = light, kind = 'build' } = options;
  const azure = await FakeAzure.start();
  try {
    await inPage({}, async watched => {
      const { page } = watched;
      azure.run = { status, attachments: [...reports.map(report => JSON.stringify(report)), ...texts] };
      if (options.ownClock) await page.clock.install();
      await options.prepare?.(azure, page);
      const run = kind === 'build' ? { build: { id: 42, status: 2 } } : { stage: { id: 2, releaseId: 7 } };
      await page.goto(azure.hostPage({ ...run, theme, sandboxed: options.sandboxed ?? false }));
      const frame = () => page.frames()[1] ?? assert.fail('the page has no frame');
      await work({ ...watched, azure, tab: page.frameLocator('iframe'), frame });
    });
  } finally {
    await azure.stop();
  }
}

/** An empty page of its own, whose complaints and requests are written down. */
export async function inPage(
  options: BrowserContextOptions,
  work: (watched: WatchedPage) => Promise<void>,
): Promise<void> {
  browser ??= await openBrowser();
  const context = await browser.newContext({
    viewport: { width: 1240, height: 900 },
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  });
  try {
    const strangers = await onlyLoopback(context);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', message => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', error => complaints.push(String(error)));
    await work({ page, complaints, strangers });
  } finally {
    await context.close();
  }
}

async function onlyLoopback(context: BrowserContext): Promise<string[]> {
  const strangers: string[] = [];
  await context.route(
    ({ hostname, protocol }) => protocol !== 'file:' && !/^(127\.0\.0\.1|localhost)$/.test(hostname),
    route => {
      strangers.push(route.request().url());
      return route.abort();
    },
  );
  return strangers;
}
