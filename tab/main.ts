import { connectHost } from './host.ts';
import type { Source } from './source.ts';
import { followTheme } from './theme.ts';
import { Page } from './view/page.ts';
import { type Timers, Watch } from './watch.ts';

// The page: in Azure DevOps it shows the reports of the run around it, and as a file of its own those that lie in it.

const timers: Timers = {
  set: (after, call) => setTimeout(call, after),
  clear: timer => clearTimeout(timer as number | undefined),
};

let watch: Watch | undefined;
followTheme();
const page = new Page(document.getElementById('root') ?? document.body, () => {
  if (watch === undefined) location.reload();
  else void watch.look();
});
document.addEventListener('visibilitychange', () =>
  watch?.setVisible(document.visibilityState === 'visible'),
);
const inside = document.getElementById('reports')?.textContent?.trim() ?? '';
if (inside === '') void framed();
else show(alone(inside));

async function framed(): Promise<void> {
  if (window.parent === window)
    return page.show({
      kind: 'failed',
      reason: 'This page has something to show in a run of Azure DevOps only.',
    });
  try {
    const host = await connectHost();
    await host.onRun(
      source => show(source, host.loaded),
      () => void watch?.changed(),
    );
  } catch (error) {
    page.show({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

/** The reports that the demo has written into the page, each as a text. */
function alone(reports: string): Source {
  const texts: unknown = JSON.parse(reports);
  const attachments = (Array.isArray(texts) ? texts : []).map((text, index) => ({
    name: `report ${index + 1}`,
    text: String(text),
  }));
  return { read: async () => ({ attachments, runEnded: true }) };
}

/** Watches this run instead of the one before. */
function show(source: Source, loaded?: () => void): void {
  watch?.stop();
  watch = new Watch(source, state => page.show(state), timers);
  watch.setVisible(document.visibilityState === 'visible');
  void watch.look().then(loaded);
}
