import assert from 'node:assert/strict';
import type { Inputs } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/input-names.ts';
import { parseInputs } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-inputs.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { isComparison } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { inputsOf, releaseInputs } from './default-inputs.ts';

function specOf(written: Partial<Inputs>, connectionNamespace?: string): ReleaseSpec {
  return parseInputs(releaseInputs(written), connectionNamespace).spec;
}

/** The sentences of all errors, `[]` where the inputs are good. */
function problemsOf(inputs: Inputs): readonly string[] {
  try {
    parseInputs(inputs);
    return [];
  } catch (thrown) {
    return toCanaryErrors(thrown).map(error => `${error.code} ${error.sentence}`);
  }
}

/** The one error that these inputs get. */
function problemOf(written: Partial<Inputs>): string {
  const problems = problemsOf(releaseInputs(written));
  assert.equal(problems.length, 1, `one problem expected, got: ${problems.join(' | ') || 'none'}`);
  return problems[0] ?? '';
}

describe('inputs', () => {
  it('of which only manifests and Prometheus are given become a spec of the defaults', () => {
    const { spec } = parseInputs(releaseInputs());
    assert.deepEqual(
      spec.steps.map(step => `${step.weight} ${step.pause}`),
      ['5 % 5m', '25 % 5m', '50 % 5m'],
    );
    assert.deepEqual(spec.manifests, ['deploy/*.yaml']);
    assert.deepEqual(spec.images, []);
    assert.equal(spec.canaryReplicas, 'auto');
    assert.deepEqual(spec.checks, [
      { kind: 'success-rate', minimumPercent: 99 },
      { kind: 'errors-vs-stable' },
      { kind: 'slowness-vs-stable' },
    ]);
    assert.deepEqual(spec.prometheus, { kind: 'url', url: 'http://prometheus.example.com:9090' });
    assert.equal(String(spec.interval), '30s');
    assert.deepEqual(
      [spec.failureThreshold, spec.minimumRequests, spec.extendFactor, spec.consecutiveErrorLimit],
      [2, 50, 2, 5],
    );
    assert.equal(spec.onInconclusive, 'extend');
    assert.deepEqual([spec.rolloutTimeout, spec.drain, spec.lockTimeout].map(String), ['10m', '30s', '0s']);
    assert.equal(spec.namespace, undefined);
    assert.equal(spec.keepStableCapacity, true);
    assert.deepEqual([spec.grpc, spec.emissaryNamespace], [undefined, undefined]);
  });

  it('that are all wrong are all told at once, each naming its input', () => {
    const wrong: Partial<Inputs> = {
      manifests: '',
      containers: 'a b',
      namespace: 'Shop',
      weights: '50, 5',
      pause: '5',
      canaryReplicas: '0',
      prometheus: 'ftp://x',
      metricLabels: 'x',
      successRate: '101',
      latency: 'p95',
      interval: '0',
      failureThreshold: '0',
      minimumRequests: '1.5',
      onInconclusive: 'wait',
      extendLimit: '2',
      consecutiveErrorLimit: '-1',
      onFailure: 'nothing',
      rolloutTimeout: '0',
      drain: 'x',
      lockTimeout: '1',
    };
    const problems = problemsOf(inputsOf(wrong));
    for (const name of Object.keys(wrong)) {
      assert.equal(problems.filter(problem => problem.includes(`Input \`${name}\``)).length, 1, name);
    }
    assert.equal(problems.length, Object.keys(wrong).length);
  });

  it('with an unset variable say that the variable is unset', () => {
    assert.match(problemOf({ containers: 'shop/web:$(tag)' }), /The variable `\$\(tag\)` has no value/);
  });

  it('that are very long are cut in the error', () => {
    assert.ok(problemOf({ weights: 'x'.repeat(5000) }).length < 400);
  });

  describe('namespace', () => {
    it("is the input's before the connection's", () => {
      assert.equal(specOf({ namespace: 'shop' }, 'other').namespace, 'shop');
      assert.equal(specOf({}, 'other').namespace, 'other');
    });
  });

  describe('emissaryNamespace', () => {
    it('is a namespace, or left to be found', () => {
      assert.equal(specOf({ emissaryNamespace: 'edge' }).emissaryNamespace, 'edge');
      assert.equal(specOf({ emissaryNamespace: 'auto' }).emissaryNamespace, undefined);
      const problem = problemOf({ emissaryNamespace: 'Edge/x' });
      assert.match(problem, /`emissaryNamespace`.*the name of a namespace.*`emissaryNamespace: emissary`/);
    });
  });

  describe('grpc', () => {
    it('is as it is said, else as the Mapping says', () => {
      assert.equal(specOf({ grpc: 'True' }).grpc, true);
      assert.equal(specOf({ grpc: 'false' }).grpc, false);
      assert.equal(specOf({ grpc: 'auto' }).grpc, undefined);
    });
  });

  describe('weights', () => {
    const steps = (weights: string) =>
      specOf({ weights }).steps.map(step => `${step.weight.percent}@${step.pause}`);

    it('may carry their own time and a percent sign', () => {
      assert.deepEqual(steps('5, 10@2m, 50%, 60 % @ 1h30m,100'), [
        '5@5m',
        '10@2m',
        '50@5m',
        '60@1h30m',
        '100@5m',
      ]);
      assert.deepEqual(steps('10'), ['10@5m']);
    });

    for (const bad of [
      '',
      '0',
      '101',
      '5, 5',
      '50, 5',
      '12.5',
      '-5',
      '5,',
      '5 25',
      '1e1',
      '5@',
      '5@2',
      '5@9999h',
    ]) {
      it(`can't be \`${bad}\``, () =>
        assert.match(problemOf({ weights: bad }), /^INPUT_INVALID Input `weights`/));
    }

    it('may not stay for less than an interval while there are checks', () => {
      assert.match(
        problemOf({ weights: '5, 10@20s' }),
        /Input `weights` .* 30s .* found 20s at 10 %.*10@1m30s/,
      );
      assert.match(problemOf({ pause: '10s' }), /Input `pause` .* found 10s at 5 %.*pause: 1m30s/);
      assert.deepEqual(problemsOf(releaseInputs({ pause: '10s', prometheus: 'none' })), []);
    });
  });

  describe('containers', () => {
    const hex = 'a'.repeat(64);

    it('are images with a tag or a digest, with or without the name of a container', () => {
      const lines = [
        'shop/web:1.4.2',
        'sidecar=registry.example.com:5000/shop/side-car:v1_2',
        `  localhost:5000/api@sha256:${hex}  `,
        '',
        `Registry.Example.com/shop/db:1@sha256:${hex}`,
      ];
      assert.deepEqual(specOf({ containers: lines.join('\r\n') }).images, [
        { image: 'shop/web:1.4.2' },
        { container: 'sidecar', image: 'registry.example.com:5000/shop/side-car:v1_2' },
        { image: `localhost:5000/api@sha256:${hex}` },
        { image: `Registry.Example.com/shop/db:1@sha256:${hex}` },
      ]);
    });

    for (const bad of [
      'a=b=c',
      'web = shop/web:1',
      'shop/web 1',
      'shop/web',
      'registry.example.com:5000/shop/web',
      'Shop/Web:1',
      '=shop/web:1',
      'Web=shop/web:1',
      'web=',
      'shop/web:',
      'shop//web:1',
      'shop/web@sha256:short',
      'https://registry.example.com/shop/web:1',
      'shop/web:a=b',
    ]) {
      it(`can't be \`${bad}\``, () =>
        assert.match(problemOf({ containers: bad }), /^INPUT_INVALID Input `containers`/));
    }

    it('may be told once for each container', () => {
      assert.match(problemOf({ containers: 'web=a/b:1\nweb=a/c:1' }), /`web` has two/);
      assert.match(problemOf({ containers: 'h:50/a/b:1\nh:50/a/b:2' }), /`h:50\/a\/b` has two/);
      assert.equal(specOf({ containers: 'web=a/b:1\napi=a/b:1\na/b:2' }).images.length, 3);
    });
  });

  describe('prometheus', () => {
    it('is a URL, also one with a path', () => {
      assert.deepEqual(specOf({ prometheus: 'HTTPS://P.example.com/prom/' }).prometheus, {
        kind: 'url',
        url: 'https://p.example.com/prom',
      });
    });

    for (const [text, address] of [
      ['monitoring/prometheus', { service: 'prometheus', path: '' }],
      ['monitoring/prometheus:9090', { service: 'prometheus', port: '9090', path: '' }],
      ['monitoring/prometheus:http-web/', { service: 'prometheus', port: 'http-web', path: '' }],
      ['monitoring/mimir:8080/prometheus', { service: 'mimir', port: '8080', path: '/prometheus' }],
    ] as const) {
      it(`is a Service of the cluster: ${text}`, () =>
        assert.deepEqual(specOf({ prometheus: text }).prometheus, {
          kind: 'service',
          namespace: 'monitoring',
          ...address,
        }));
    }

    it('must be given while checks are wanted, and the error shows the line to add', () => {
      assert.match(
        problemOf({ prometheus: '' }),
        /Add the line `prometheus: https:\/\/prometheus\.example\.com`/,
      );
    });

    it('that is `none` turns the built-in checks off, and the log says so', () => {
      const { spec, notes } = parseInputs(releaseInputs({ prometheus: 'none' }));
      assert.deepEqual(spec.checks, []);
      assert.equal('prometheus' in spec, false);
      assert.match(notes.join(), /not checked/);
    });

    it('that is `none` contradicts checks that are asked for', () => {
      assert.match(problemOf({ prometheus: 'none', latency: 'p95<1s' }), /Input `latency`/);
      assert.match(problemOf({ prometheus: 'none', successRate: '99.5' }), /Input `successRate`/);
    });

    it('need not be given where no check is wanted', () => {
      const { spec, notes } = parseInputs(
        releaseInputs({ prometheus: '', successRate: 'none', compareToStable: 'false' }),
      );
      assert.deepEqual(spec.checks, []);
      assert.match(notes.join(), /not checked/);
    });

    it('is needed where the canary is only compared with stable', () => {
      assert.match(problemOf({ prometheus: '', successRate: 'none' }), /Input `prometheus`/);
    });

    it('never shows credentials that it was given', () => {
      for (const url of [
        'https://user:hunter2@p.example.com',
        'https://hunter2@p',
        'ftp://user:hunter2@p',
        'u:hunter2@p',
      ]) {
        const problem = problemOf({ prometheus: url });
        assert.match(problem, /^INPUT_INVALID Input `prometheus`/);
        assert.doesNotMatch(problem, /hunter2/);
      }
    });

    for (const bad of [
      'p:9090',
      'prometheus.example.com',
      'ftp://p',
      'http://p?x=1',
      'http://p#x',
      'http://',
      'None',
      '/prometheus:9090',
      'monitoring/',
      'Monitoring/prometheus:9090',
      'monitoring/prometheus:0',
      'monitoring/prometheus:65536',
      'monitoring/prometheus:9090/../../../secrets',
      'monitoring/prometheus:9090?x=1',
    ]) {
      it(`can't be \`${bad}\``, () =>
        assert.match(problemOf({ prometheus: bad }), /^INPUT_INVALID Input `prometheus`/));
    }
  });

  describe('metricLabels', () => {
    it('are label matchers, written in one form', () => {
      const text = 'cluster = "prod",region=~"eu-\\\\d+", x!="a\\"b" ,y!~"{}"';
      assert.equal(
        specOf({ metricLabels: text }).metricLabels,
        'cluster="prod",region=~"eu-\\\\d+",x!="a\\"b",y!~"{}"',
      );
    });

    for (const bad of [
      'cluster',
      'cluster=prod',
      "cluster='prod'",
      'cluster="prod',
      'cluster="prod"} or up{a="b"',
      'cluster="a" b="c"',
      'cluster="a",',
      ',cluster="a"',
      'cluster=="a"',
      'a-b="c"',
      'a="\\d"',
      'envoy_cluster_name="x"',
      '__name__="up"',
    ]) {
      it(`can't be \`${bad}\``, () =>
        assert.match(problemOf({ metricLabels: bad }), /^INPUT_INVALID Input `metricLabels`/));
    }
  });

  describe('checks of requests', () => {
    it('are a success rate and a latency, either of which may be none', () => {
      const kinds = (written: Partial<Inputs>) =>
        specOf({ compareToStable: 'false', ...written }).checks.map(check => check.kind);
      assert.deepEqual(kinds({ latency: 'p95<500ms' }), ['success-rate', 'latency']);
      assert.deepEqual(kinds({ latency: 'p95<500ms', successRate: 'none' }), ['latency']);
    });

    it('compare with stable unless that is turned off, and call slow what the latency calls slow', () => {
      const limit = Duration.milliseconds(500);
      const comparisons = (written: Partial<Inputs>) => specOf(written).checks.filter(isComparison);
      assert.deepEqual(comparisons({ latency: 'p95<500ms' }), [
        { kind: 'errors-vs-stable' },
        { kind: 'slowness-vs-stable', limit },
      ]);
      assert.deepEqual(comparisons({ successRate: 'none' }), [
        { kind: 'errors-vs-stable' },
        { kind: 'slowness-vs-stable' },
      ]);
      assert.deepEqual(comparisons({ compareToStable: 'False' }), []);
      assert.deepEqual(comparisons({ prometheus: 'none' }), []);
    });

    it('take a success rate with a fraction and a percent sign', () => {
      assert.deepEqual(specOf({ successRate: '99.95 %' }).checks[0], {
        kind: 'success-rate',
        minimumPercent: 99.95,
      });
      for (const bad of ['', '101', '-1', 'x', '1e1', '99,5', '.5']) {
        assert.match(problemOf({ successRate: bad }), /Input `successRate`/);
      }
    });

    it('take the percentiles that Envoy can answer, and a time with its unit', () => {
      const [, check] = specOf({ latency: 'p99.9 < 1s500ms' }).checks;
      assert.ok(check?.kind === 'latency');
      assert.deepEqual([check.quantile, String(check.limit)], [0.999, '1s500ms']);
      for (const bad of ['', 'p95', 'p95<500', 'p95>500ms', 'p42<1s', 'p95<0', '500ms', 'p95<1s,p99<2s']) {
        assert.match(problemOf({ latency: bad }), /Input `latency`/);
      }
    });
  });

  describe('numbers and times', () => {
    it('take what their help says', () => {
      assert.equal(specOf({ canaryReplicas: '3' }).canaryReplicas, 3);
      assert.equal(specOf({ extendLimit: '1.5x' }).extendFactor, 1.5);
      assert.equal(String(specOf({ lockTimeout: '30m' }).lockTimeout), '30m');
      assert.equal(specOf({ onInconclusive: 'continue' }).onInconclusive, 'continue');
    });

    it('are refused where a timer of Node.js would overflow', () => {
      assert.match(problemOf({ rolloutTimeout: '600h' }), /at most 168h/);
    });

    it('are refused where the multiple is below one or without its sign', () => {
      for (const bad of ['0.5x', '2', 'x', '2 times'])
        assert.match(problemOf({ extendLimit: bad }), /`extendLimit`/);
    });
  });

  describe('of the split by pods', () => {
    const pod: Partial<Inputs> = { trafficSplitMethod: 'pod', prometheus: '' };

    it('need no Prometheus, turn the checks of Emissary off, and say so in one line', () => {
      const { spec, notes } = parseInputs(releaseInputs(pod));
      assert.deepEqual(spec.trafficSplit, { method: 'pod', maxSurgePods: 'auto' });
      assert.deepEqual([spec.checks, spec.prometheus], [[], undefined]);
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /are off; the canary is judged by the health of its pods only$/);
      assert.deepEqual(specOf({ ...pod, maxSurgePods: '3' }).trafficSplit, {
        method: 'pod',
        maxSurgePods: 3,
      });
    });

    it('need one for queries of the user', () => {
      const checks = '- {name: queue, query: max(depth), max: 5}';
      assert.match(problemOf({ ...pod, checks }), /Input `prometheus` .*found nothing/);
      assert.match(problemOf({ ...pod, prometheus: 'none', checks }), /Input `checks` .*no `query`/);
      const { spec, notes } = parseInputs(releaseInputs({ ...pod, prometheus: 'http://prometheus', checks }));
      assert.deepEqual([spec.checks, spec.ownChecks.length, spec.prometheus?.kind], [[], 1, 'url']);
      assert.match(notes[0] ?? '', /by your own checks and by the health of its pods$/);
    });

    const misfits: readonly [Partial<Inputs>, RegExp][] = [
      [{ canaryReplicas: '3' }, /`canaryReplicas` .*the number of pods is the weight/],
      [{ successRate: '99.5' }, /`successRate` .*Emissary's metrics/],
      [{ latency: 'p95<500ms' }, /`latency` .*Emissary's metrics/],
      [{ onFailure: 'hold' }, /`onFailure` .*a canary without traffic has no pod to look at/],
      [{ maxSurgePods: '0' }, /`maxSurgePods` .*a whole number of pods from 1/],
      [
        { checks: '- {name: smoke, webhook: "https://example.com", when: before}' },
        /`checks` .*a canary pod has users from the moment it is ready, found smoke/,
      ],
      [
        {
          prometheus: 'http://prometheus',
          checks: '- {name: ours, query: "up{service=\'{{ service }}\'}", min: 1}',
        },
        /`checks` .*the canary has no Service of its own, found ours/,
      ],
    ];
    for (const [inputs, says] of misfits) {
      it(`refuse ${JSON.stringify(inputs)}`, () => assert.match(problemOf({ ...pod, ...inputs }), says));
    }

    it('refuse pods above stable where Mappings split the traffic', () => {
      assert.match(
        problemOf({ maxSurgePods: '2' }),
        /`maxSurgePods` .*while `trafficSplitMethod` is `ambassador`/,
      );
    });
  });

  describe('of what to do', () => {
    it('take each action', () => {
      for (const action of ['run', 'plan', 'deploy', 'promote', 'reject'] as const) {
        assert.equal(specOf({ action }).action, action);
      }
    });

    it('take the increment of a deployment job as the one weight', () => {
      for (const [increment, weight] of [
        ['25', '25 %'],
        ['50', '50 %'],
        ['100', '100 %'],
      ]) {
        const { steps } = specOf({ action: 'deploy', weights: increment ?? '' });
        assert.deepEqual(
          steps.map(step => `${step.weight} for ${step.pause}`),
          [`${weight} for 5m`],
        );
      }
    });

    it('ask neither for weights nor for Prometheus where nothing is judged, whatever stands there', () => {
      for (const action of ['promote', 'reject'] as const) {
        for (const weights of ['$(strategy.increment)', '0', '100', '', '25, 5', 'all']) {
          const inputs = { action, weights, pause: '1s', prometheus: '', latency: 'p95<1s' };
          const { spec, notes } = parseInputs(inputsOf({ manifests: 'deploy/*.yaml', ...inputs }));
          assert.deepEqual(spec.steps, []);
          assert.deepEqual(spec.checks, []);
          assert.equal(spec.prometheus, undefined);
          assert.deepEqual(notes, []);
        }
      }
    });

    it('are refused where the canary is to be judged and the increment has no value', () => {
      const problem = problemOf({ action: 'deploy', weights: '$(strategy.increment)' });
      assert.match(problem, /`weights`.*The variable `\$\(strategy\.increment\)` has no value/);
      assert.match(problemOf({ action: '$(strategy.action)' }), /`action`.*The variable `\$\(strategy/);
      assert.match(problemOf({ action: 'deploy', weights: '0' }), /`weights`/);
    });

    it('keep who is told of the outcome, and no query, where nothing is judged', () => {
      const checks = [
        '- name: chat',
        '  webhook: https://chat.example.com',
        '  when: after',
        '- name: jobs',
        '  query: up',
        '  min: 1',
      ].join('\n');
      const spec = specOf({ action: 'promote', checks });
      assert.deepEqual(
        spec.webhooks.map(({ name }) => name),
        ['chat'],
      );
      assert.deepEqual(spec.ownChecks, []);
    });
  });

  describe('of a few words', () => {
    it('take a boolean in any case', () => {
      assert.deepEqual(problemsOf(releaseInputs({ compareToStable: 'True', useClusterAdmin: 'FALSE' })), []);
      assert.equal(specOf({ keepStableCapacity: 'FALSE' }).keepStableCapacity, false);
    });

    it('never show a value that may hold credentials', () => {
      assert.doesNotMatch(problemOf({ checks: 'Authorization: hunter2' }), /hunter2/);
    });

    it('leave a word that was never right to its own error', () => {
      assert.match(problemOf({ action: 'go' }), /^INPUT_INVALID .*`run` or `plan`/);
    });
  });
});
