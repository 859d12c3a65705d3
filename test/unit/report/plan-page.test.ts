import assert from 'node:assert/strict';
import {
  type Change,
  nothingAround,
  type Surveyed,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  identityOf,
  type KubeObject,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Plan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { planFindings } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-findings.ts';
import { planPage } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-page.ts';
import {
  type PlanStory,
  shownObjects,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-story.ts';
import { canaryPlan, deployment } from '../release/doubles.ts';

const asIs = (text: string) => text;
const id = (object: KubeObject) => identityOf(refOf(object));
const secret = (password: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'web', namespace: 'shop' },
  data: { password: Buffer.from(password).toString('base64') },
});
const web = (image: string, value: string) =>
  deployment('web', image, {
    template: { spec: { containers: [{ name: 'app', image, env: [{ name: 'KEY', value }] }] } },
  });

function story(
  plan: Plan | undefined,
  options: Partial<PlanStory> & { readonly changes?: Surveyed['changes'] } = {},
) {
  const { changes = new Map<string, Change>(), mask = asIs, ...rest } = options;
  const live = new Map([...changes].flatMap(([key, { before }]) => (before ? [[key, before] as const] : [])));
  const surveyed: Surveyed = {
    live,
    services: [],
    mappings: [],
    changes,
    autoscaled: new Set(),
    around: nothingAround,
  };
  const objects = plan === undefined ? [] : shownObjects(plan, surveyed, mask);
  return planPage({
    ...(plan && { plan }),
    offline: false,
    findings: [],
    routes: { mappings: [] },
    objects,
    mask,
    ...rest,
  });
}

const changed = (before: KubeObject, after: KubeObject): [string, Change] => [
  id(before),
  { template: true, besidesTemplate: false, before, after },
];

describe('the page of a plan', () => {
  it('tells steps, times, pods, routes and objects', () => {
    const page = story(canaryPlan({ notes: ['a *note*'], remarks: ['a remark'] }));
    assert.equal(
      page,
      [
        '# Canary release of `web` in `shop`',
        '',
        '## Steps',
        '',
        '| step | weight | time | pods of the canary |',
        '| --- | --- | --- | --- |',
        '| 1 | 10 % | 5m | `web-canary` 1 |',
        '| 2 | 50 % | 5m | `web-canary` 2 |',
        '|  | promotion | up to 10m |  |',
        '',
        '- Checks: success-rate ≥ 99 %, every 30s.',
        '- Length: 10m40s planned, 1h6m10s at worst: set `timeoutInMinutes` to 67 or more.',
        '',
        '## Routes',
        '',
        "| Mapping | twin | by Emissary's rules |",
        '| --- | --- | --- |',
        '| `Mapping shop/web` | `web-canary` | not checked: the stable Mapping was not found |',
        '',
        '## Objects',
        '',
        '| when | what | object |',
        '| --- | --- | --- |',
        '| at the start | create | `Service shop/web-canary` |',
        '| at the start | create | `Deployment shop/web-canary` |',
        '| at the start | create | `Mapping shop/web-canary` |',
        '| at promotion | create | `Deployment shop/web` |',
        '| at the end | remove | `Mapping shop/web-canary` |',
        '| at the end | remove | `Deployment shop/web-canary` |',
        '| at the end | remove | `Service shop/web-canary` |',
        '',
        'A rollback removes again what was created. What is applied, in full: `plan.yaml` beside this file.',
        '',
        '## Notes',
        '',
        '- a \\*note\\*',
        '- a remark',
        '',
        'Nothing was touched.',
        '',
      ].join('\n'),
    );
  });

  it("tells the verdict of Emissary's rules on each twin", () => {
    const plan = canaryPlan();
    const [route] = plan.routes;
    const stable = (spec: object): KubeObject => ({
      ...route.twin,
      metadata: { name: 'web', namespace: 'shop' },
      spec: { prefix: '/', service: 'web', ...spec },
    });
    assert.match(
      story(plan, { routes: { mappings: [stable({})] } }),
      /\| one group: same key, same core fields \|/,
    );
    assert.match(
      story(plan, { routes: { mappings: [stable({ prefix: '/x/', connect_timeout_ms: 5 })] } }),
      /\| not one group: prefix, connect\\_timeout\\_ms differ \|/,
    );
  });

  it('tells what changes in live objects, and no secret of before or after', () => {
    const changes = new Map([
      changed(web('app:1', 'old-hunter2'), web('app:2', 'new-hunter2')),
      changed(secret('old-hunter2'), secret('new-hunter2')),
    ]);
    const plan = canaryPlan({ configuration: [{ object: secret('new-hunter2'), stale: [] }] });
    const page = story(plan, { changes });
    assert.doesNotMatch(page, /hunter2|aHVudGVyMg|LWh1bnRlcjI/);
    assert.match(page, /\| at promotion \| change \| `Secret shop\/web` \|/);
    assert.match(
      page,
      /### `Secret shop\/web`\n\n```diff\n {2}data.password\n- {3}sha256:[0-9a-f]{8}\n\+ {3}sha256:[0-9a-f]{8}\n```/,
    );
    assert.match(page, / {2}spec.template.spec.containers\[app\].image\n- {3}app:1\n\+ {3}app:2\n/);
    assert.match(page, / {2}spec.template.spec.containers\[app\].env\[KEY\].value\n- {3}sha256:/);
  });

  it('shows of a long text the lines that changed, and of a huge change the beginning', () => {
    const config = (text: string): KubeObject => ({ ...secret(''), kind: 'ConfigMap', data: { text } });
    const page = (before: string, after: string) =>
      story(canaryPlan({ configuration: [{ object: config(after), stale: [] }] }), {
        changes: new Map([changed(config(before), config(after))]),
      });
    assert.match(page('a\nb\nc\n', 'a\nB\nc\n'), / {2}data.text\n- {3}b\n\+ {3}B\n```/);
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`).join('\n');
    assert.match(page('', lines), /\+ {3}line 197\n {2}and 302 lines more\n```/);
    assert.match(page('', 'x'.repeat(9_000)), /\+ {3}x{296}…\n/);
  });

  it('says first what refuses the release, also where there is no plan', () => {
    const error = new CanaryError('NO_ROUTE', 'No <b>route</b>', { hint: 'Make one' });
    const findings = planFindings(undefined, [error, error], false);
    assert.match(
      story(undefined, { findings }),
      /^# No plan: the release would be refused\n\n## Findings\n\n- \*\*Refused\*\* `NO_ROUTE` No \\<b\\>route\\<\/b\\>. Make one\n\nNothing was touched.\n$/,
    );
    assert.match(
      story(canaryPlan(), { findings }),
      /^# Canary release of `web` in `shop`, which would be refused\n/,
    );
  });

  it('tells what an earlier run left', () => {
    const twin = refOf(canaryPlan().routes[0].twin);
    const leftovers = { routes: [{ twin }], canary: [refOf(deployment('web-canary', 'app:2'))], weight: 25 };
    const surveyed: Surveyed = {
      live: new Map(),
      services: [],
      mappings: [],
      changes: new Map(),
      autoscaled: new Set(),
      around: nothingAround,
    };
    const findings = planFindings({ leftovers, surveyed }, [], false);
    assert.match(
      story(canaryPlan(), { findings }),
      /\n- An earlier run left its canary behind, at 25 %: Mapping shop\/web-canary, Deployment shop\/web-canary\. A release takes that back first/,
    );
  });

  it('says in its heading what it can not know without a connection', () => {
    assert.match(
      story(canaryPlan(), { offline: true }),
      /\n\n> Made from the manifests alone, .* live Mappings, the replicas .* differs /,
    );
  });

  it('says what is applied where there is no canary, and that there is nothing to do', () => {
    const { spec, name, namespace } = canaryPlan();
    const base = { spec, name, namespace, notes: [], remarks: [] };
    const object = deployment('web', 'app:1');
    assert.match(
      story({ ...base, kind: 'first-release', objects: [{ object, isNew: true }] }),
      /^# First release of `web` in `shop`\n\n## Objects\n\n\| what \| object \|\n\| --- \| --- \|\n\| create \| `Deployment shop\/web` \|\n/,
    );
    assert.equal(
      story({ ...base, kind: 'unchanged' }),
      '# Nothing to release: `web` in `shop`\n\nNothing was touched.\n',
    );
  });

  it('is masked in all of it', () => {
    const mask = (text: string) => text.replaceAll('web', '***');
    const findings = planFindings(undefined, [new CanaryError('NO_ROUTE', 'web has no route')], false);
    const changes = new Map([changed(web('web:1', ''), web('web:2', ''))]);
    const page = story(canaryPlan({ notes: ['web is a worker'], remarks: ['web is of kubectl'] }), {
      mask,
      findings,
      changes,
    });
    assert.doesNotMatch(page, /web/);
  });
});
