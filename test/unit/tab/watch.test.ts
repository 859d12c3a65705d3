import assert from 'node:assert/strict';
import type { PageState } from '../../../tab/page-state.ts';
import type { Attachment, Source } from '../../../tab/source.ts';
import { pollMilliseconds, Watch } from '../../../tab/watch.ts';
import { promoted, running } from '../../tab/reports.ts';

/** A run that tells what the test has put into it. */
class Run implements Source {
  reports: readonly unknown[] = [];
  attachments: readonly Attachment[] = [];
  runEnded = false;
  trouble: Error | undefined;
  looks = 0;

  /** By the last look. */
  fetched: readonly string[] = [];

  async read(isSettled: (name: string) => boolean) {
    this.looks += 1;
    if (this.trouble) throw this.trouble;
    const reports = this.reports.map((report, index) => ({ name: `${index}`, text: JSON.stringify(report) }));
    const attachments = [...reports, ...this.attachments].filter(({ name }) => !isSettled(name));
    this.fetched = attachments.map(({ name }) => name);
    return { attachments, runEnded: this.runEnded };
  }
}

/** One timer, that goes off when the test says so. */
class HandTimer {
  waiting: { readonly after: number; readonly call: () => void } | undefined;

  set(after: number, call: () => void) {
    this.waiting = { after, call };
    return this.waiting;
  }

  clear(timer: unknown) {
    if (timer === this.waiting) this.waiting = undefined;
  }

  async goOff() {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.call();
    await new Promise(resolve => setImmediate(resolve));
  }
}

function watching() {
  const run = new Run();
  const timer = new HandTimer();
  const told: PageState[] = [];
  const watch = new Watch(run, state => told.push(state), timer);
  return { run, timer, told, watch, last: () => told.at(-1) };
}

/** What is shown; fails on any other state. */
function shown(state: PageState | undefined) {
  assert.ok(state?.kind === 'shown', state?.kind);
  return state;
}

describe('watching a run', () => {
  it('looks every five seconds while it lives, once more at its end, and then never again', async () => {
    const { run, timer, watch, last } = watching();
    await watch.look();
    assert.deepEqual(last(), { kind: 'nothing', runEnded: false });
    assert.equal(timer.waiting?.after, pollMilliseconds);
    run.reports = [running()];
    await timer.goOff();
    shown(last());
    run.reports = [promoted()];
    run.runEnded = true;
    await timer.goOff();
    assert.equal(run.looks, 3);
    assert.equal(timer.waiting, undefined);
    // Nor when somebody comes back to it.
    watch.setVisible(false);
    watch.setVisible(true);
    assert.equal(run.looks, 3);
  });

  it('looks again when the host says that a run which was over has changed: an attempt may follow', async () => {
    const { run, timer, watch } = watching();
    run.runEnded = true;
    await watch.look();
    run.runEnded = false;
    await watch.changed();
    assert.equal(run.looks, 2);
    assert.notEqual(timer.waiting, undefined);
  });

  it('stops while nobody sees the page, and looks at once when somebody does again', async () => {
    const { run, timer, watch } = watching();
    await watch.look();
    watch.setVisible(false);
    assert.equal(timer.waiting, undefined);
    watch.setVisible(true);
    assert.equal(run.looks, 2);
  });

  it('says why the first look has failed, and waits for the reader', async () => {
    const { run, timer, watch, last } = watching();
    run.trouble = new Error('Azure DevOps answered 503');
    await watch.look();
    assert.deepEqual(last(), { kind: 'failed', reason: 'Azure DevOps answered 503' });
    assert.equal(timer.waiting, undefined);
    run.trouble = undefined;
    await watch.look();
    assert.equal(last()?.kind, 'nothing');
  });

  it('keeps what it has found when a later look fails, says so, and goes on', async () => {
    const { run, timer, watch, last } = watching();
    run.reports = [running()];
    await watch.look();
    run.trouble = new Error('dev.example.com did not answer');
    await timer.goOff();
    assert.equal(shown(last()).trouble, 'dev.example.com did not answer');
    assert.notEqual(timer.waiting, undefined);
  });

  it('shows of each release what was written last, the newest release first', async () => {
    const { run, watch, last } = watching();
    const early = running({ id: 'a', revision: 2 });
    const later = promoted({ id: 'b', startedAt: '2026-11-21T09:00:00.000Z' });
    run.reports = [promoted({ id: 'a', revision: 5 }), early, later];
    await watch.look();
    const { reports } = shown(last()).found;
    assert.deepEqual(
      reports.map(({ id, revision }) => `${id} ${revision}`),
      ['b 7', 'a 5'],
    );
  });

  it('reads the report of a release that is over once, and goes on showing it', async () => {
    const { run, timer, watch, last } = watching();
    run.reports = [promoted(), running()];
    await watch.look();
    assert.deepEqual(run.fetched, ['0', '1']);
    await timer.goOff();
    assert.deepEqual(run.fetched, ['1']);
    assert.equal(shown(last()).found.reports.length, 2);
  });

  it('shows what it cannot read beside what it can', async () => {
    const { run, watch, last } = watching();
    run.reports = [promoted()];
    run.attachments = [{ name: 'odd', text: '{"version":2}' }];
    await watch.look();
    const { reports, unreadable } = shown(last()).found;
    assert.deepEqual([reports.length, unreadable.length, unreadable[0]?.name], [1, 1, 'odd']);
  });

  it('tells nothing any more once it is stopped', async () => {
    const { timer, told, watch } = watching();
    const look = watch.look();
    watch.stop();
    await look;
    assert.deepEqual([told, timer.waiting], [[], undefined]);
  });
});
