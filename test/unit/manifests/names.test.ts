import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareMappings } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import {
  annotatedTwinName,
  canaryLabelValue,
  canaryMappingName,
  canaryName,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/names.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const labels = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const longLabels = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{40,61}[a-z0-9])$/);
const subdomains = fc
  .array(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,250}[a-z0-9])?$/), { minLength: 1, maxLength: 5 })
  .map(parts =>
    parts
      .join('.')
      .slice(0, 253)
      .replace(/[-.]+$/, ''),
  );
const values = fc.stringMatching(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
const namespaces = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);

describe('Names of the canary', () => {
  const table = [
    ['web', 'web-canary'],
    ['web.v2', 'web.v2-canary'],
    ['a'.repeat(56), `${'a'.repeat(56)}-canary`],
  ] as const;
  for (const [name, expected] of table) {
    it(`calls the canary of ${name} ${expected}`, () => assert.equal(canaryName(name), expected));
  }

  it('cuts a name of 57 characters and adds a hash', () => {
    assert.match(canaryName('a'.repeat(57)), /^a{47}-[0-9a-f]{8}-canary$/);
  });

  it('leaves neither a dot nor a dash before the hash', () => {
    assert.match(canaryName(`${'a'.repeat(45)}.-${'b'.repeat(20)}`), /^a{45}-[0-9a-f]{8}-canary$/);
  });

  it('makes a DNS label of every DNS label', () => {
    fc.assert(
      fc.property(labels, name => {
        const canary = canaryName(name);
        assert.match(canary, dnsLabel);
        assert.ok(canary.length <= 63 && canary.endsWith('-canary') && canary === canaryName(name));
      }),
    );
  });

  it('makes a valid object name of every object name', () => {
    fc.assert(
      fc.property(subdomains, name => {
        assert.match(canaryName(name), dnsSubdomain);
        assert.ok(canaryName(name).length <= 63);
      }),
    );
  });

  it('keeps long names apart that differ only where they are cut', () => {
    fc.assert(
      fc.property(longLabels, labels, labels, (stem, a, b) => {
        fc.pre(a !== b);
        const [left, right] = [stem + a, stem + b];
        assert.notEqual(canaryName(left), canaryName(right));
        assert.notEqual(canaryLabelValue(left.slice(0, 63)), canaryLabelValue(`${right.slice(0, 62)}Z`));
      }),
    );
  });
});

describe('Label values of the canary', () => {
  it('makes canary of the empty value', () => assert.equal(canaryLabelValue(''), 'canary'));

  it('keeps capitals, underscores and dots', () =>
    assert.equal(canaryLabelValue('Web_1.2'), 'Web_1.2-canary'));

  it('makes a valid value, other than the old one, of every value', () => {
    fc.assert(
      fc.property(values, value => {
        const canary = canaryLabelValue(value);
        assert.match(canary, labelValue);
        assert.ok(canary.length <= 63 && canary !== value && canary === canaryLabelValue(value));
      }),
    );
  });
});

describe('Names of a Mapping’s twin', () => {
  const table = [
    ['shop', 'shop-canary'],
    ['www.shop', 'www-canary.shop'],
    ['a.b.c', 'a-canary.b.c'],
  ] as const;
  for (const [name, expected] of table) {
    it(`calls the twin of ${name} ${expected}`, () => assert.equal(canaryMappingName(name), expected));
  }

  it('gives up the rest before the first label when the name is too long', () => {
    assert.match(canaryMappingName(`www.${'b'.repeat(249)}`), /^www-[0-9a-f]{8}-canary$/);
  });

  it('cuts a first label that is too long before a letter or digit, so that the twin still sorts first', () => {
    const name = `${'a'.repeat(236)}--${'b'.repeat(15)}`;
    assert.match(canaryMappingName(name), /^a{235}-[0-9a-f]{8}-canary$/);
  });

  it('refuses a name before which nothing can sort', () => {
    assert.throws(() => canaryMappingName(`0${'-'.repeat(250)}b`), { code: 'ROUTE_NOT_SPLITTABLE' });
  });

  it('makes a valid name that sorts before the stable’s and differs from it in the first label', () => {
    fc.assert(
      fc.property(subdomains, namespaces, (name, namespace) => {
        const twin = canaryMappingName(name);
        assert.match(twin, dnsSubdomain);
        assert.ok(twin.length <= 253 && twin === canaryMappingName(name));
        assert.notEqual(twin.split('.')[0], name.split('.')[0]);
        const mapping = (called: string) => ({
          apiVersion: 'getambassador.io/v3alpha1',
          kind: 'Mapping',
          metadata: { name: called, namespace },
          spec: {},
        });
        assert.ok(compareMappings(mapping(twin), mapping(name)) < 0, `${twin} sorts after ${name}`);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps long names apart', () => {
    fc.assert(
      fc.property(subdomains, subdomains, (a, b) => {
        fc.pre(a !== b);
        assert.notEqual(canaryMappingName(a), canaryMappingName(b));
      }),
    );
  });
});

describe('Names of the twin of a Mapping in an annotation', () => {
  const table = [
    ['web', 'web', 'web-canary'],
    ['web', 'web-api', 'web-canary-web-api'],
    ['my.ingress', 'shop', 'my-canary-shop'],
  ] as const;
  for (const [parent, name, expected] of table) {
    it(`calls that of ${name} on ${parent} ${expected}`, () => {
      assert.equal(annotatedTwinName(parent, name), expected);
    });
  }

  it('keeps what can be kept of a name that is none for an object, and tells it from all others by a hash', () => {
    assert.match(annotatedTwinName('web', 'httpbin_mapping'), /^web-canary-httpbin-mapping-[0-9a-f]{8}$/);
    assert.match(annotatedTwinName('web', 'www.Shop'), /^web-canary-www-shop-[0-9a-f]{8}$/);
    assert.match(annotatedTwinName('web', '___'), /^web-canary-[0-9a-f]{8}$/);
  });

  it('makes a valid name without a dot, of its own, that sorts before the stable’s', () => {
    fc.assert(
      fc.property(
        subdomains,
        fc.string({ minLength: 1, maxLength: 300 }),
        namespaces,
        (parent, name, home) => {
          const twin = annotatedTwinName(parent, name);
          assert.match(twin, dnsSubdomain);
          assert.ok(twin.length <= 253 && !twin.includes('.'));
          const mapping = { apiVersion: 'getambassador.io/v3alpha1', kind: 'Mapping', spec: {} };
          const annotatedOn = {
            apiVersion: 'v1',
            kind: 'Ingress',
            name: parent,
            namespace: home,
            position: 1,
          };
          const stable = { ...mapping, metadata: { name, namespace: 'elsewhere' }, annotatedOn };
          const canary = { ...mapping, metadata: { name: twin, namespace: 'elsewhere' } };
          assert.ok(compareMappings(canary, stable) < 0, `${twin} sorts after ${parent}`);
        },
      ),
      { numRuns: 500 },
    );
  });
});
