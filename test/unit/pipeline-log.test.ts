import './quiet-agent.ts';
import assert from 'node:assert/strict';
import { EmissaryMetrics } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/emissary-metrics.ts';
import type { QueryResult } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { Commands } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/commands.ts';
import { notReadyReason } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/not-ready-reason.ts';
import { Rollouts } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/rollouts.ts';
import {
  guardVariable,
  PipelineLog,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/pipeline-log.ts';
import { Duration } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type KubeObject,
  refOf,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { lengthOf } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/length.ts';
import { recordFor } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { Weight } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { type AgentCommand, parseCommand } from '../agent/agent-command.ts';
import { FakePrometheus } from './analysis/fake-prometheus.ts';
import { canaryPlan, passing, spec, VirtualClock } from './release/doubles.ts';
import { claim } from './release/run.ts';

/** Takes what the process writes to its standard output while something is done. */
class Captured {
  readonly lines: readonly string[];

  constructor(work: () => void) {
    const { write } = process.stdout;
    let text = '';
    process.stdout.write = (chunk: string | Uint8Array) => {
      text += String(chunk);
      return true;
    };
    try {
      work();
    } finally {
      process.stdout.write = write;
    }
    this.lines = text.split(/\r?\n/).slice(0, -1);
  }

  get commands(): readonly AgentCommand[] {
    return this.lines.map(parseCommand).filter(command => command !== undefined);
  }

  /** What is no command. */
  get text(): readonly string[] {
    return this.lines.filter(line => parseCommand(line) === undefined);
  }
}

/** Writes nothing to the report of the tests meanwhile. */
async function quietly(work: () => Promise<void>): Promise<void> {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    await work();
  } finally {
    process.stdout.write = write;
  }
}

function scene() {
  const clock = new VirtualClock();
  const commands = new Commands();
  return { clock, commands, log: new PipelineLog(commands, clock, new AbortController().signal) };
}

/** Ways to write a command that sets the variable `stolen`, and what looks like it. */
const evils: Readonly<Record<string, string>> = {
  'a command': '##vso[task.setvariable variable=stolen]yes',
  'a command on a line of its own': 'harmless\n##vso[task.setvariable variable=stolen]yes\nharmless',
  'a command behind a carriage return': 'harmless\r##vso[task.setvariable variable=stolen]yes',
  'a command behind a line separator': 'harmless\u2028##vso[task.setvariable variable=stolen]yes',
  'a command in capitals': '##VSO[task.setvariable variable=stolen]yes',
  'a command with an invisible character in it': '#\u200b#vso[task.setvariable variable=stolen]yes',
  'a command with a colour in it': '#\u001b[31m#vso[task.setvariable variable=stolen]yes',
  'a command behind more hashes': '####vso[task.setvariable variable=stolen]yes',
  'a command that is put together when another is taken out':
    '####vso[vso[task.setvariable variable=stolen]yes',
  'an escaped line break': '%0A##vso[task.setvariable variable=stolen]yes%0D%0A',
  'the end of our own command': '] ;]##vso[task.setvariable variable=stolen]yes',
  'a property of our own command': 'x;variable=stolen;isOutput=true]yes',
  'a mark of the log': '##[error]stolen\n##[section]stolen\n##[group]stolen',
};

/** Nothing that the agent would act on comes from the text. */
function assertInert({ lines, commands, text }: Captured, ours: readonly string[]): void {
  assert.ok(lines.length > 0);
  for (const { name, properties } of commands) {
    assert.ok(ours.includes(name), `${name} is no command of ours`);
    assert.notEqual(properties.get('variable'), 'stolen');
    assert.equal(properties.has('isoutput') && name !== 'task.setvariable', false);
  }
  for (const line of text) {
    assert.doesNotMatch(line, /##vso/i);
    assert.doesNotMatch(line.replace(/^##\[(section|group|endgroup|error|warning)\]/, ''), /##\[/);
  }
}

describe('text from outside that looks like a command', () => {
  for (const [what, evil] of Object.entries(evils)) {
    const pods: readonly KubeObject[] = [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web-canary-1', namespace: 'shop', labels: {} },
        status: {
          containerStatuses: [{ name: 'app', state: { waiting: { reason: 'ErrImagePull', message: evil } } }],
        },
      },
    ];
    const workload: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web-canary', namespace: 'shop' },
      spec: { replicas: 1 },
    };

    it(`is inert in what the kubelet says of a pod: ${what}`, () => {
      const { log } = scene();
      const reason = notReadyReason(workload, pods, []);
      assert.ok(reason?.includes(evil), 'it is quoted as it is');
      const rollouts = new Rollouts([refOf(workload)], progress =>
        log.tell({ type: 'waiting', what: progress }),
      );
      new Captured(() => rollouts.see(workload));
      const captured = new Captured(() => rollouts.explain(refOf(workload), reason ?? ''));
      assertInert(captured, []);
      assert.match(captured.text.join(), /web-canary-1/);
    });

    it(`is inert in what Prometheus answers: ${what}`, async () => {
      class EvilPrometheus extends FakePrometheus {
        override async query(): Promise<QueryResult> {
          throw new CanaryError('PROMETHEUS_UNFIT', 'Prometheus refuses the query', { found: evil });
        }
      }
      const { log, clock } = scene();
      const metrics = new EmissaryMetrics(new EvilPrometheus(), {
        routes: canaryPlan().routes,
        checks: spec.checks,
        metricLabels: '',
        minimumRequests: 50,
        interval: Duration.seconds(30),
        settling: Duration.seconds(15),
        clock,
      });
      const [measurement] = await metrics.measure();
      assert.ok(measurement !== undefined);
      assert.ok(measurement.detail?.includes(evil), 'it is quoted as it is');
      const captured = new Captured(() => {
        const step = { weight: Weight.of(10), pause: Duration.minutes(1) };
        log.tell({ type: 'step-started', step, index: 0, of: 1 });
        log.tell({ type: 'measured', weight: step.weight, elapsed: Duration.zero, measurement });
      });
      assertInert(captured, []);
      assert.match(captured.text.join(), /no answer .* error:,? +Prometheus refuses the query/);
    });

    it(`is inert wherever an event may carry it: ${what}`, () => {
      const { log } = scene();
      const plan = canaryPlan({ name: evil, namespace: evil, notes: [evil] });
      const step = { weight: Weight.of(10), pause: Duration.minutes(1) };
      const object = { apiVersion: 'v1', kind: evil, name: evil, namespace: evil };
      const elapsed = Duration.zero;
      const measurement = { ...passing, check: evil, value: evil, limit: evil, detail: evil };
      const captured = new Captured(() => {
        log.tell({ type: 'planned', plan });
        log.tell({ type: 'phase', phase: 'starting', reason: evil });
        log.tell({ type: 'applied', object, note: evil });
        log.tell({ type: 'deleted', object, note: evil });
        log.tell({ type: 'waiting', what: evil, detail: evil });
        log.tell({ type: 'ready', what: evil, detail: evil });
        log.tell({ type: 'step-started', step, index: 0, of: 1 });
        log.tell({ type: 'measured', weight: step.weight, elapsed, measurement });
        log.tell({ type: 'step-extended', weight: step.weight, until: elapsed, reason: evil });
        log.tell({ type: 'step-ended', index: 0, step, lasted: elapsed, verdict: 'fail', reason: evil });
        log.tell({ type: 'notice', text: evil });
        log.tell({ type: 'warning', text: evil });
        log.tell({
          type: 'failed',
          errors: [new CanaryError('INTERNAL', evil, { expected: evil, found: evil, hint: evil })],
        });
        log.tell({
          type: 'ended',
          ending: { outcome: 'promoted', reason: evil, weight: 0, leftovers: [evil] },
        });
      });
      assertInert(captured, ['task.issue', 'task.logissue', 'task.setprogress']);
    });

    it(`is inert in the result and in the output variables: ${what}`, () => {
      const { commands } = scene();
      const captured = new Captured(() => {
        commands.output('reason', evil);
        commands.output('failedCheck', evil);
        commands.complete('Failed', evil);
      });
      assertInert(captured, [
        'task.setvariable',
        'task.complete',
        'task.issue',
        'task.logissue',
        'task.debug',
      ]);
      const variables = captured.commands.filter(({ name }) => name === 'task.setvariable');
      assert.deepEqual(
        variables.map(({ properties }) => properties.get('variable')),
        ['reason', 'failedCheck'],
      );
    });
  }

  it('is no longer than a reader can use, however much there is of it', () => {
    const { log } = scene();
    const captured = new Captured(() => log.tell({ type: 'notice', text: 'x'.repeat(1_000_000) }));
    assert.ok((captured.lines[0]?.length ?? 0) <= 2_000);
  });
});

describe('the log of the pipeline', () => {
  const measured = (clock: VirtualClock, at: number) => {
    clock.time = at;
    return { type: 'measured', weight: Weight.of(10), elapsed: Duration.zero, measurement: passing } as const;
  };
  const progressOf = ({ commands }: Captured) =>
    commands
      .filter(({ name }) => name === 'task.setprogress')
      .map(({ properties, data }) => `${properties.get('value')} ${data}`);

  it('writes each line as what it is', () => {
    const { log } = scene();
    const captured = new Captured(() => {
      log.tell({ type: 'notice', text: 'a notice' });
      log.tell({ type: 'phase', phase: 'starting' });
      log.tell({ type: 'warning', text: 'a warning' });
      log.tell({ type: 'failed', errors: ['one', 'two'].map(what => new CanaryError('LOCKED', what)) });
    });
    assert.deepEqual(captured.text, ['a notice', '##[section]Starting the canary, without traffic']);
    assert.deepEqual(
      captured.commands.map(({ properties, data }) => [properties.get('type'), data]),
      [
        ['warning', 'a warning'],
        ['error', 'LOCKED: one'],
        ['error', 'LOCKED: two'],
      ],
    );
  });

  it('shows how far the release is with each measurement, by its planned length, and never that it is done', () => {
    const { log, clock } = scene();
    const planned = lengthOf(spec).planned.milliseconds;
    const captured = new Captured(() => {
      log.tell({ type: 'planned', plan: canaryPlan() });
      for (const at of [0, planned / 3, planned, 10 * planned]) log.tell(measured(clock, at));
    });
    assert.deepEqual(
      progressOf(captured),
      [0, 33, 95, 95].map(percent => `${percent} 10 % of the requests go to the canary`),
    );
  });

  it('shows no progress where there is no plan to hold it against', () => {
    const { log, clock } = scene();
    assert.deepEqual(progressOf(new Captured(() => log.tell(measured(clock, 0)))), []);
  });

  it('leaves word for the guard of a canary that may be live, by the names of its locks only, and takes it back', () => {
    const { log } = scene();
    const locks = [{ namespace: 'shop', name: 'web-canary' }];
    const captured = new Captured(() => {
      log.arm(recordFor({ ...claim, locks }, canaryPlan()));
      log.arm(undefined);
    });
    assert.deepEqual(
      captured.commands
        .filter(({ name }) => name !== 'task.debug')
        .map(({ name, properties, data }) => [name, properties.get('variable'), JSON.parse(data)]),
      [
        ['task.settaskvariable', guardVariable, locks],
        ['task.settaskvariable', guardVariable, []],
      ],
    );
  });

  it('folds each step away, and tells of it in one line behind', () => {
    const { log } = scene();
    const step = { weight: Weight.of(10), pause: Duration.minutes(1) };
    const captured = new Captured(() => {
      log.tell({ type: 'step-started', step, index: 0, of: 1 });
      log.tell({ type: 'step-ended', index: 0, step, lasted: step.pause, verdict: 'pass', reason: '' });
    });
    assert.deepEqual(captured.text, [
      '##[group]Step 1 of 1: 10 % for 1m',
      '##[endgroup]',
      '  pass     10 % for 01:00',
    ]);
  });

  it('has no line wider than 120 columns, whatever it tells', () => {
    const { log } = scene();
    const long = 'a few more words '.repeat(40);
    const captured = new Captured(() => {
      log.tell({ type: 'notice', text: long });
      log.tell({ type: 'phase', phase: 'rolling-back', reason: long });
      log.tell({ type: 'waiting', what: long });
    });
    const wide = captured.text.filter(line => line.replace(/^##\[section\]/, '').length > 120);
    assert.deepEqual(wide, []);
    assert.ok(captured.text.length > 10);
  });

  it('says what is awaited once a minute where nothing else is told, and no more when it is over', async () => {
    const { log, clock } = scene();
    const over = new AbortController();
    const lines: string[] = [];
    clock.onSleep = now => {
      if (now >= 180_000) over.abort();
    };
    log.print = line => {
      lines.push(`${clock.time / 1_000} ${line.text}`);
      PipelineLog.prototype.print.call(log, line);
    };
    await quietly(async () => {
      log.tell({ type: 'waiting', what: 'for the lock' });
      await log.breakSilence(over.signal);
    });
    assert.deepEqual(lines, [
      '0   waiting  for the lock',
      '60   waiting  for the lock, 1m so far',
      '120   waiting  for the lock, 2m so far',
    ]);
  });

  it('keeps the story for those who tell it otherwise', () => {
    const { log } = scene();
    const plan = canaryPlan();
    new Captured(() => log.tell({ type: 'planned', plan }));
    assert.equal(log.journal.plan, plan);
  });
});
