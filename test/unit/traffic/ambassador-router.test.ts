import assert from 'node:assert/strict';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Route } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type { PatchOperation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { AmbassadorRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/ambassador-router.ts';
import { LeftoverRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/leftover-router.ts';
import { MemoryCluster } from '../release/doubles.ts';

const ours = { 'ambassador-canary/release': 'web' };

function mapping(name: string, spec: Readonly<Record<string, unknown>>, labels = {}): KubeObject {
  return {
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace: 'shop', labels },
    spec: { hostname: '*', prefix: `/${name}/`, ...spec },
  };
}

function routeOf(name: string): Route {
  return {
    stable: refOf(mapping(name, {})),
    twin: mapping(`${name}-canary`, { service: `${name}-canary:80`, weight: 0 }, ours),
    stableService: `${name}:80`,
    workload: name,
    statNames: [{ stable: `${name}_shop_80`, canary: `${name}_canary_shop_80` }],
  };
}

/** A cluster in which other hands may be at work, and answers may take their time. */
class BusyCluster extends MemoryCluster {
  /** What every twin said after each write, in the order of the writes. */
  readonly seen: string[] = [];
  /** The operations of each patch. */
  readonly patches: (readonly PatchOperation[])[] = [];
  readonly #gates: (() => void)[] = [];
  #held = false;

  /** From now on nothing is answered before `answer`. */
  hold(): void {
    this.#held = true;
  }

  answer(): void {
    this.#held = false;
    for (const open of this.#gates.splice(0)) open();
  }

  /** Somebody else's write, which moves the version. */
  meddle(name: string, change: Readonly<Record<string, unknown>>): void {
    const object = this.objects.get(name);
    assert.ok(object !== undefined);
    const spec = { ...(object.spec as object), ...(change.spec as object) };
    const metadata = { ...object.metadata, resourceVersion: `${object.metadata.resourceVersion}+` };
    this.objects.set(name, { ...object, ...change, spec, metadata });
  }

  override async apply(object: KubeObject): Promise<KubeObject> {
    return this.#see(await super.apply(object));
  }

  override async patch(ref: ObjectRef, operations: readonly PatchOperation[]): Promise<KubeObject> {
    this.patches.push(operations);
    if (this.#held) await new Promise<void>(resolve => this.#gates.push(resolve));
    return this.#see(await super.patch(ref, operations));
  }

  twin(name = 'web'): Readonly<Record<string, unknown>> {
    return this.objects.get(`Mapping shop/${name}-canary`)?.spec as Record<string, unknown>;
  }

  #see(object: KubeObject): KubeObject {
    const { service, weight } = object.spec as Record<string, unknown>;
    this.seen.push(`${object.metadata.name}: ${service} ${weight}`);
    return object;
  }
}

/** A stable Mapping for each name, and the router of a release of them. */
async function scene(...names: readonly string[]) {
  const cluster = new BusyCluster();
  for (const name of names) await cluster.apply(mapping(name, { service: `${name}:80` }));
  cluster.seen.length = 0;
  cluster.writes.length = 0;
  return { cluster, router: new AmbassadorRouter(cluster, names.map(routeOf)) };
}

const conflict = (thrown: unknown) => thrown instanceof CanaryError && thrown.code === 'CLUSTER_CONFLICT';

describe('the route of a canary', () => {
  it('opens at weight 0 at the stable Service, and only then points at the canary', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    assert.deepEqual(cluster.seen, ['web-canary: web:80 0', 'web-canary: web-canary:80 0']);
  });

  it('takes its weight, and nothing else changes', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    const before = cluster.twin();
    await router.setWeight(Weight.of(10));
    await router.setWeight(Weight.of(50));
    assert.deepEqual(cluster.twin(), { ...before, weight: 50 });
    assert.deepEqual(cluster.seen.slice(2), ['web-canary: web-canary:80 10', 'web-canary: web-canary:80 50']);
  });

  it('never has the stable Mapping written', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    await router.setWeight(Weight.of(10));
    await router.stop();
    await router.close();
    assert.deepEqual(
      cluster.writes.filter(write => !write.includes('Mapping shop/web-canary')),
      [],
    );
  });

  it('is only written under the version that we know', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    const version = cluster.objects.get('Mapping shop/web-canary')?.metadata.resourceVersion;
    await router.setWeight(Weight.of(10));
    assert.deepEqual(cluster.patches.at(-1), [
      { op: 'test', path: '/metadata/resourceVersion', value: version },
      { op: 'replace', path: '/spec/weight', value: 10 },
    ]);
  });

  it('is read again and written where only its status moved', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.meddle('Mapping shop/web-canary', { status: { state: 'Running' } });
    await router.setWeight(Weight.of(10));
    assert.equal(cluster.twin().weight, 10);
  });

  it('is not written over a weight that somebody else gave it, and the error names it', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    await router.setWeight(Weight.of(10));
    cluster.meddle('Mapping shop/web-canary', { spec: { weight: 70 } });
    await assert.rejects(router.setWeight(Weight.of(50)), {
      code: 'CLUSTER_CONFLICT',
      message: 'Somebody else changed Mapping shop/web-canary',
      expected: 'weight 10',
      found: 'weight 70',
    });
    assert.equal(cluster.twin().weight, 70);
  });

  it('is not written over a service that somebody else gave it', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.meddle('Mapping shop/web-canary', { spec: { service: 'other' } });
    await assert.rejects(router.setWeight(Weight.of(10)), { found: 'service other' });
    assert.equal(cluster.twin().weight, 0);
  });

  it('is not switched where somebody took it while it was being proven', async () => {
    const { cluster, router } = await scene('web');
    const apply = cluster.apply.bind(cluster);
    cluster.apply = async object => {
      const stored = await apply(object);
      cluster.meddle('Mapping shop/web-canary', { spec: { weight: 100 } });
      return stored;
    };
    await assert.rejects(router.open(), conflict);
    assert.equal(cluster.twin().service, 'web:80');
  });

  it('gets no weight where it is gone', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.objects.delete('Mapping shop/web-canary');
    await assert.rejects(router.setWeight(Weight.of(10)), { code: 'CLUSTER_REFUSED' });
    assert.equal(cluster.objects.has('Mapping shop/web-canary'), false);
  });

  it('gives up where its version moves again and again', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.patches.length = 0;
    cluster.beforeWrite = () => {
      throw new CanaryError('CLUSTER_CONFLICT', 'it has been changed meanwhile');
    };
    await assert.rejects(router.setWeight(Weight.of(10)), conflict);
    assert.equal(cluster.patches.length, 5);
  });

  it('passes on any other refusal at once', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.patches.length = 0;
    cluster.beforeWrite = () => {
      throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
    };
    await assert.rejects(router.setWeight(Weight.of(10)), { code: 'CLUSTER_FORBIDDEN' });
    assert.equal(cluster.patches.length, 1);
  });
});

describe('the stop', () => {
  it('is one unconditional write, whatever somebody else made of the twin', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    await router.setWeight(Weight.of(10));
    cluster.meddle('Mapping shop/web-canary', { spec: { weight: 70 } });
    cluster.writes.length = 0;
    await router.stop();
    assert.deepEqual(cluster.writes, ['patch Mapping shop/web-canary /spec/weight=0']);
    assert.ok(cluster.patches.at(-1)?.every(({ op }) => op !== 'test'));
    assert.equal(cluster.twin().weight, 0);
  });

  it('is sent for many twins at once, not one after the other', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `web-${index}`);
    const { cluster, router } = await scene(...names);
    await router.open();
    await router.setWeight(Weight.of(10));
    cluster.patches.length = 0;
    cluster.hold();
    const stopped = router.stop();
    assert.equal(cluster.patches.length, 30);
    cluster.answer();
    await stopped;
    assert.deepEqual(new Set(names.map(name => cluster.twin(name).weight)), new Set([0]));
  });

  it('reaches the others where one twin resists, and names that one', async () => {
    const { cluster, router } = await scene('a', 'b', 'c', 'd');
    await router.open();
    await router.setWeight(Weight.of(10));
    cluster.beforeWrite = write => {
      if (/[bc]-canary/.test(write)) throw new CanaryError('CLUSTER_FORBIDDEN', `may not ${write}`);
    };
    await assert.rejects(router.stop(), /b-canary[\s\S]*c-canary/);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map(name => cluster.twin(name).weight),
      [0, 10, 10, 0],
    );
  });

  it('is over only when every write is answered, also where one is refused at once', async () => {
    const { cluster, router } = await scene('a', 'b');
    await router.open();
    await router.setWeight(Weight.of(10));
    const patch = cluster.patch.bind(cluster);
    cluster.patch = async (ref, operations) => {
      if (ref.name === 'a-canary') throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
      await new Promise(resolve => setTimeout(resolve, 5));
      return patch(ref, operations);
    };
    await assert.rejects(router.stop(), { code: 'CLUSTER_FORBIDDEN' });
    assert.equal(cluster.twin('b').weight, 0);
  });

  it('is fine with a twin that is gone, and with one that never was', async () => {
    const { cluster, router } = await scene('web');
    await router.stop();
    await router.open();
    cluster.objects.delete('Mapping shop/web-canary');
    await router.stop();
    assert.equal(cluster.objects.has('Mapping shop/web-canary'), false);
  });

  it('fails where the twin is there and can not be written', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.beforeWrite = () => {
      throw new CanaryError('CLUSTER_UNREACHABLE', 'no answer');
    };
    await assert.rejects(router.stop(), { code: 'CLUSTER_UNREACHABLE' });
  });

  it('deletes a twin whose stable Mapping is gone: alone in its group it would take everything even at 0', async () => {
    const { cluster, router } = await scene('web', 'api');
    await router.open();
    await router.setWeight(Weight.of(10));
    cluster.objects.delete('Mapping shop/web');
    await router.stop();
    assert.deepEqual([...cluster.objects.keys()], ['Mapping shop/api', 'Mapping shop/api-canary']);
    assert.equal(cluster.twin('api').weight, 0);
  });

  it('leaves a Mapping of that name that is not ours where it is', async () => {
    const { cluster, router } = await scene('web');
    await cluster.apply(mapping('web-canary', { service: 'theirs' }));
    cluster.objects.delete('Mapping shop/web');
    await router.stop();
    assert.equal(cluster.twin().service, 'theirs');
  });
});

describe('closing the route', () => {
  const named = (refs: readonly ObjectRef[]) => refs.map(nameOf);

  it('deletes the twins and says which', async () => {
    const { cluster, router } = await scene('web', 'api');
    await router.open();
    assert.deepEqual(named(await router.close()), ['Mapping shop/web-canary', 'Mapping shop/api-canary']);
    assert.deepEqual([...cluster.objects.keys()], ['Mapping shop/web', 'Mapping shop/api']);
  });

  it('says of none that was not there', async () => {
    const { router } = await scene('web');
    assert.deepEqual(await router.close(), []);
  });

  it('also names the twin that the stop had to delete', async () => {
    const { cluster, router } = await scene('web');
    await router.open();
    cluster.objects.delete('Mapping shop/web');
    await router.stop();
    assert.deepEqual(named(await router.close()), ['Mapping shop/web-canary']);
  });

  it('leaves a twin that is not ours, and fails with its name', async () => {
    const { cluster, router } = await scene('web', 'api');
    await router.open();
    await cluster.apply(mapping('web-canary', { service: 'theirs' }));
    await assert.rejects(router.close(), {
      code: 'CLUSTER_REFUSED',
      message: "Mapping shop/web-canary was left alone: it is not this release's any more",
    });
    assert.equal(cluster.twin().service, 'theirs');
    assert.equal(cluster.objects.has('Mapping shop/api-canary'), false);
  });
});

describe('the route that a dead run left', () => {
  const refs = [{ stable: routeOf('web').stable, twin: refOf(routeOf('web').twin) }];
  async function left() {
    const { cluster, router } = await scene('web');
    await router.open();
    await router.setWeight(Weight.of(50));
    cluster.writes.length = 0;
    return cluster;
  }

  it('is stopped and deleted', async () => {
    const cluster = await left();
    const router = new LeftoverRouter(cluster, refs);
    await router.stop();
    assert.equal(cluster.twin().weight, 0);
    assert.deepEqual((await router.close()).map(nameOf), ['Mapping shop/web-canary']);
    assert.deepEqual([...cluster.objects.keys()], ['Mapping shop/web']);
  });

  it('is deleted at once where nobody knows a stable Mapping for it', async () => {
    const cluster = await left();
    await new LeftoverRouter(
      cluster,
      refs.map(({ twin }) => ({ twin })),
    ).stop();
    assert.deepEqual(cluster.writes, ['delete Mapping shop/web-canary']);
  });

  it('is left where it is not ours, whether its stable Mapping is known or not', async () => {
    const cluster = await left();
    await cluster.apply(mapping('web-canary', { service: 'theirs' }));
    await new LeftoverRouter(
      cluster,
      refs.map(({ twin }) => ({ twin })),
    ).stop();
    assert.equal(cluster.twin().service, 'theirs');
  });

  it('is never opened nor given a weight again', async () => {
    const cluster = await left();
    const router = new LeftoverRouter(cluster, refs);
    await assert.rejects(router.open());
    await assert.rejects(router.setWeight());
    assert.deepEqual(cluster.writes, []);
  });
});

describe('the stop of a canary whose stable Mapping is in an annotation', () => {
  const text =
    'apiVersion: getambassador.io/v2\nkind: Mapping\nname: web_mapping\nprefix: /web/\nservice: web';
  const service = (config: string | undefined): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'web',
      namespace: 'shop',
      ...(config !== undefined && { annotations: { 'getambassador.io/config': config } }),
    },
    spec: {},
  });

  async function stopped(config: string | undefined, isThere = true): Promise<BusyCluster> {
    const { cluster } = await scene();
    if (isThere) await cluster.apply(service(config));
    const { twin } = routeOf('web');
    await cluster.apply({ ...twin, spec: { ...(twin.spec as object), weight: 50 } });
    const stable = {
      ...refOf(mapping('web_mapping', {})),
      apiVersion: 'getambassador.io/v2',
      annotatedOn: refOf(service(undefined)),
    };
    await new LeftoverRouter(cluster, [{ stable, twin: refOf(twin) }]).stop();
    return cluster;
  }

  it('leaves the twin at weight 0 where the annotation still has the Mapping', async () => {
    assert.equal((await stopped(text)).twin().weight, 0);
  });

  const gone: [what: string, config: string | undefined, isThere: boolean][] = [
    ['has it no more', text.replace('web_mapping', 'other'), true],
    ['is gone', undefined, true],
    ['can not be read', `${text}\n---\n[`, true],
    ['went with its Service', undefined, false],
  ];
  for (const [what, config, isThere] of gone) {
    it(`deletes the twin, which would take everything, where the annotation ${what}`, async () => {
      const cluster = await stopped(config, isThere);
      assert.equal(cluster.objects.has('Mapping shop/web-canary'), false);
    });
  }
});

describe('the route of a canary that another process opened', () => {
  /** One at 25 %, and the router of a process that goes on with it. */
  async function parked(...names: readonly string[]) {
    const { cluster, router: first } = await scene(...names);
    await first.open();
    await first.setWeight(Weight.of(25));
    return { cluster, first, router: new AmbassadorRouter(cluster, names.map(routeOf), 'run 2') };
  }

  it('is taken over with the weight that it has', async () => {
    const { cluster, router } = await parked('web', 'api');
    cluster.seen.length = 0;
    assert.equal((await router.rejoin()).percent, 25);
    assert.deepEqual(cluster.seen.toSorted(), [
      'api-canary: api-canary:80 25',
      'web-canary: web-canary:80 25',
    ]);
    await router.setWeight(Weight.of(50));
    assert.equal(cluster.twin('api').weight, 50);
  });

  it('can not be written any more by the process that opened it, should that still live', async () => {
    const { cluster, first, router } = await parked('web');
    await router.rejoin();
    await assert.rejects(first.setWeight(Weight.of(100)), conflict);
    assert.equal(cluster.twin().weight, 25);
  });

  it('says the highest weight that one of them has, and leaves each its own', async () => {
    const { cluster, router } = await parked('web', 'api');
    cluster.meddle('Mapping shop/api-canary', { spec: { weight: 10 } });
    assert.equal((await router.rejoin()).percent, 25);
    assert.deepEqual([cluster.twin('web').weight, cluster.twin('api').weight], [25, 10]);
  });

  it('follows what the stable Mapping has come to say meanwhile', async () => {
    const { cluster } = await parked('web');
    const slower = routeOf('web');
    const twin = { ...slower.twin, spec: { ...(slower.twin.spec as object), timeout_ms: 9000 } };
    await new AmbassadorRouter(cluster, [{ ...slower, twin }], 'run 2').rejoin();
    assert.deepEqual([cluster.twin().timeout_ms, cluster.twin().weight], [9000, 25]);
  });

  it('is left alone where it is gone, leads elsewhere, or is not ours', async () => {
    const foreign = mapping('web-canary', { service: 'web-canary:80', weight: 25 });
    const elsewhere = mapping('web-canary', { service: 'elsewhere', weight: 25 }, ours);
    for (const found of [foreign, elsewhere]) {
      const { cluster, router } = await parked('web');
      cluster.objects.set('Mapping shop/web-canary', found);
      const writes = cluster.writes.length;
      await assert.rejects(router.rejoin(), conflict);
      assert.equal(cluster.writes.length, writes);
    }
    const { cluster, router } = await parked('web');
    cluster.objects.delete('Mapping shop/web-canary');
    await assert.rejects(router.rejoin(), { found: 'no such Mapping' });
  });
});
