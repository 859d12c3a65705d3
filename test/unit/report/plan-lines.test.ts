import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ApplyPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { planLines } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-lines.ts';
import { canaryPlan, deployment, spec } from '../release/doubles.ts';
import { webhook } from '../release/webhook-doubles.ts';

const base = { spec, name: 'web, api', namespace: 'shop', notes: ['a note'], remarks: ['a remark'] };
const objects: ApplyPlan['objects'] = [
  { object: deployment('web', 'app:1'), isNew: true },
  { object: deployment('api', 'app:1'), isNew: false },
];
const shown = (plan: Parameters<typeof planLines>[0]) =>
  planLines(plan).map(({ kind, text }) => (kind === 'text' ? text : `${kind}: ${text}`));
const canary = (changes: Partial<ReleaseSpec>) => shown(canaryPlan({ spec: { ...spec, ...changes } }));

describe('a plan in the log', () => {
  it('says that there is nothing to do, and what to know besides', () => {
    assert.deepEqual(shown({ ...base, kind: 'unchanged' }), [
      'section: Nothing to release: web, api in shop',
      '  note      a remark',
      'warning: a note',
    ]);
  });

  it('names what a first release creates', () => {
    assert.deepEqual(shown({ ...base, kind: 'first-release', objects }), [
      'section: First release of web, api in shop: nothing runs yet to compare with',
      '  create  Deployment shop/web',
      '  change  Deployment shop/api',
      '  note      a remark',
      'warning: a note',
    ]);
  });

  it('says why a release without traffic has no canary', () => {
    assert.match(
      shown({ ...base, kind: 'apply-only', objects })[0] ?? '',
      /^section: Applying web, api in shop: nothing that has traffic changes, so there is no canary$/,
    );
  });

  it('says what a canary release will do, and how long that may take', () => {
    assert.deepEqual(shown(canaryPlan({ notes: ['a note'], remarks: ['a remark'] })), [
      'section: Canary release of web in shop',
      '  version   app:2',
      '  stable    4 pods',
      '  route     Mapping shop/web, shared with web-canary',
      '  steps     10 % for 5m, 50 % for 5m, then promotion',
      '  checks    success-rate ≥ 99 %, every 30s',
      '  length    10m40s planned, 1h6m10s at worst: set timeoutInMinutes to 67 or more',
      '  note      a remark',
      'warning: a note',
    ]);
  });

  it('says where a release in several jobs stops, and of a promotion neither steps nor checks', () => {
    const deployed = canary({ action: 'deploy' }).join('\n');
    assert.match(deployed, /^ {2}steps {5}10 % for 5m, 50 % for 5m, then the canary stays there, live$/m);
    const promoted = canary({ action: 'promote', steps: [], checks: [] }).join('\n');
    assert.match(promoted, /^ {2}steps {5}promotion of the canary that is live$/m);
    assert.doesNotMatch(promoted, /checks/);
  });

  it('names own checks behind the built-in ones, and which only run dry', () => {
    const own = { query: 'x', onNoData: 'pass', dryRun: false } as const;
    const ownChecks = [
      { ...own, name: 'queue', max: 100 },
      { ...own, name: 'idea', min: 0.5, max: 1, dryRun: true },
    ];
    assert.ok(
      canary({ ownChecks }).includes(
        '  checks    success-rate ≥ 99 %, queue ≤ 100, idea ≥ 0.5, ≤ 1 (dry run), every 30s',
      ),
    );
    assert.ok(
      canary({ checks: [], ownChecks: ownChecks.slice(0, 1) }).includes('  checks    queue ≤ 100, every 30s'),
    );
  });

  it('names the webhooks and their time, and what a gate may take', () => {
    const lines = canary({
      webhooks: [webhook({ name: 'smoke', when: 'before' }), webhook({ name: 'boss', when: 'gate' })],
    });
    assert.ok(lines.includes('  webhooks  before smoke, gate boss'), lines.join('\n'));
    // Two gates of 10 min and three tries of 10 s more than without.
    assert.ok(
      lines.includes('  length    10m40s planned, 1h26m40s at worst: set timeoutInMinutes to 87 or more'),
      lines.join('\n'),
    );
  });

  it('says where a Mapping stands that is no object', () => {
    const plan = canaryPlan();
    const [route] = plan.routes;
    const annotatedOn = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop' };
    assert.ok(
      shown({ ...plan, routes: [{ ...route, stable: { ...route.stable, annotatedOn } }] }).includes(
        '  route     Mapping shop/web (annotation of Service shop/web), shared with web-canary',
      ),
    );
  });

  it('names each version, stable and route where there are several', () => {
    const plan = canaryPlan();
    const [web] = plan.workloads;
    const [route] = plan.routes;
    const log = shown({
      ...plan,
      workloads: [web, { ...web, canary: deployment('api-canary', 'api:7'), stableReplicas: 1 }],
      routes: [route, { ...route, stable: { ...route.stable, name: 'api' } }],
    });
    assert.deepEqual(log.slice(1, 7), [
      '  version   app:2',
      '  stable    4 pods',
      '  version   api:7',
      '  stable    1 pod',
      '  route     Mapping shop/web, shared with web-canary',
      '  route     Mapping shop/api, shared with web-canary',
    ]);
  });

  it('says each check with its limit, and that there are none', () => {
    const latency = (quantile: number) =>
      ({ kind: 'latency', quantile, limit: Duration.milliseconds(500) }) as const;
    for (const [checks, text] of [
      [
        [{ kind: 'success-rate', minimumPercent: 99.95 }, latency(0.95)],
        'success-rate ≥ 99.95 %, latency p95 < 500ms',
      ],
      [[latency(0.999)], 'latency p99.9 < 500ms'],
      [[], 'none'],
    ] as const) {
      assert.ok(canary({ checks }).includes(`  checks    ${text}, every 30s`));
    }
  });

  it('tells minutes that are enough for the agent: rounded up', () => {
    const lengths = canary({ rolloutTimeout: Duration.seconds(1), drain: Duration.seconds(1) });
    assert.match(lengths.at(-1) ?? '', /, 25m45s at worst: set timeoutInMinutes to 26 or more$/);
  });

  it('keeps to 120 columns, however many steps there are, and loses none', () => {
    const steps = Array.from({ length: 99 }, (_, index) => ({
      weight: Weight.of(index + 1),
      pause: Duration.minutes(5),
    }));
    const lines = canary({ steps });
    assert.ok(Math.max(...lines.map(line => line.length)) <= 120);
    const from = lines.findIndex(line => line.startsWith('  steps'));
    const to = lines.findIndex(line => line.startsWith('  checks'));
    const told = lines.slice(from, to).map(line => line.slice(11).trim());
    assert.equal(told.join(' '), `${steps.map(({ weight }) => `${weight} for 5m, `).join('')}then promotion`);
  });
});
