import assert from 'node:assert/strict';
import { findLeftovers } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/find-leftovers.ts';
import {
  nothingAround,
  type Surveyed,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import {
  identityOf,
  type KubeObject,
  nameOf,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

function object(kind: string, name: string, { release, namespace = 'shop', weight }: Marks = {}): KubeObject {
  const labels = { app: 'web', ...(release === undefined ? {} : { 'ambassador-canary/release': release }) };
  const spec = weight === undefined ? {} : { weight };
  return { apiVersion: 'v1', kind, metadata: { name, namespace, labels }, spec };
}
interface Marks {
  readonly release?: string;
  readonly namespace?: string;
  readonly weight?: number;
}
const ours = { release: 'web' };

function find(...objects: readonly KubeObject[]) {
  const of = (kind: string) => objects.filter(one => one.kind === kind);
  const surveyed: Surveyed = {
    live: new Map(objects.map(one => [identityOf(refOf(one)), one])),
    services: of('Service'),
    mappings: of('Mapping'),
    changes: new Map(),
    autoscaled: new Set(),
    around: nothingAround,
  };
  const { routes, canary, weight } = findLeftovers(surveyed, 'web', ['shop']);
  return {
    routes: routes.map(({ stable, twin }) => `${twin.name} of ${stable?.name}`),
    canary: canary.map(nameOf).sort(),
    weight,
  };
}

describe('what labels tell of an earlier run', () => {
  it('is nothing where only stable is there', () => {
    const found = find(object('Deployment', 'web'), object('Service', 'web'), object('Mapping', 'web'));
    assert.deepEqual(found, { routes: [], canary: [], weight: 0 });
  });

  it('is each twin with the Mapping that it shares a group with, and the Service and Deployment behind it', () => {
    const found = find(
      ...['Deployment', 'Service', 'Mapping'].map(kind => object(kind, 'web')),
      ...['Deployment', 'Service', 'Mapping'].map(kind => object(kind, 'web-canary', ours)),
    );
    assert.deepEqual(found, {
      routes: ['web-canary of web'],
      canary: ['Deployment shop/web-canary', 'Service shop/web-canary'],
      weight: 0,
    });
  });

  it('finds the Mapping of a twin with dots in its name', () => {
    const found = find(object('Mapping', 'www.shop'), object('Mapping', 'www-canary.shop', ours));
    assert.deepEqual(found.routes, ['www-canary.shop of www.shop']);
  });

  it('knows a twin whose Mapping is gone, or is in another namespace only, as one without', () => {
    const elsewhere = object('Mapping', 'web', { namespace: 'other' });
    assert.deepEqual(find(elsewhere, object('Mapping', 'web-canary', ours)).routes, [
      'web-canary of undefined',
    ]);
  });

  it('leaves alone what has no label, or that of another release', () => {
    const found = find(
      object('Mapping', 'web'),
      object('Mapping', 'web-canary', { weight: 50 }),
      object('Deployment', 'web-canary'),
      object('Service', 'web-canary', { release: 'api' }),
      object('Mapping', 'api-canary', { release: 'api', weight: 50 }),
    );
    assert.deepEqual(found, { routes: [], canary: [], weight: 0 });
  });

  it('is the highest weight of all twins', () => {
    const found = find(
      object('Mapping', 'a-canary', { ...ours, weight: 5 }),
      object('Mapping', 'b-canary', { ...ours, weight: 25 }),
      object('Mapping', 'c-canary', ours),
    );
    assert.equal(found.weight, 25);
  });

  it('takes only what a canary is made of, whatever else may carry the label', () => {
    assert.deepEqual(find(object('ConfigMap', 'settings', ours)).canary, []);
  });

  it('does not take the twin of a release of that name in another namespace, wherever that twin is', () => {
    const twin = (name: string, service: string): KubeObject => ({
      ...object('Mapping', name, { ...ours, namespace: 'edge' }),
      spec: { service },
    });
    const found = find(
      twin('ours-canary', 'http://web-canary.shop:80'),
      twin('theirs-canary', 'web-canary.blog'),
    );
    assert.deepEqual(found.routes, ['ours-canary of undefined']);
  });
});
