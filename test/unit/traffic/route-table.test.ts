import assert from 'node:assert/strict';
import {
  readErrors,
  readRouteTable,
  standingOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/route-table.ts';
import { diagnosticsOf, mapping, refTo, web } from './emissary-stand-in.ts';

function standing(...mappings: readonly ReturnType<typeof mapping>[]) {
  const groups = readRouteTable(diagnosticsOf(mappings).route_info);
  assert.ok(groups !== undefined);
  return standingOf(groups, web);
}

describe("a twin in Emissary's routes", () => {
  for (const weight of [0, 1, 10, 50, 100]) {
    it(`has ${weight} % of stable's group`, () => {
      const found = standing(mapping('web'), mapping('web-canary', { weight }));
      assert.deepEqual(found, { kind: 'together', percent: weight });
    });
  }

  it('has what lies between the running sums, whoever else is in the group', () => {
    const others = [mapping('web'), mapping('a-canary', { weight: 20 })];
    const found = standing(...others, mapping('web-canary', { weight: 30 }));
    assert.deepEqual(found, { kind: 'together', percent: 30 });
  });

  it('is alone where something of the group key differs, and where stable was refused', () => {
    assert.deepEqual(standing(mapping('web'), mapping('web-canary', { weight: 0, precedence: 1 })), {
      kind: 'alone',
    });
    const refused = mapping('web', { connect_timeout_ms: 900 });
    assert.deepEqual(standing(refused, mapping('web-canary', { weight: 0 })), { kind: 'alone' });
  });

  it('is not there where Emissary does not look at it, and nobody is where it serves others', () => {
    const foreign = mapping('web-canary', { weight: 0, ambassador_id: ['other'] });
    assert.deepEqual(standing(mapping('web'), foreign), { kind: 'no-twin' });
    assert.deepEqual(standing(mapping('api')), { kind: 'neither' });
  });

  it('is not taken for one of the same name in another namespace', () => {
    const other = { ...web, twin: { ...web.twin, namespace: 'bar' } };
    const groups = readRouteTable(diagnosticsOf([mapping('web'), mapping('web-canary')]).route_info) ?? [];
    assert.deepEqual(standingOf(groups, other), { kind: 'no-twin' });
  });
});

describe("Emissary's diagnostics", () => {
  it('are also read where they come whole, from a version that does not know the filter', () => {
    const { route_info } = diagnosticsOf([mapping('web'), mapping('web-canary', { weight: 5 })]);
    const groups = readRouteTable(`{"system": {}, "route_info": ${route_info}}`) ?? [];
    assert.deepEqual(standingOf(groups, web), { kind: 'together', percent: 5 });
  });

  for (const text of ['', '<!doctype html>', 'null', '{}', '{"route_info": 7}', '"no"']) {
    it(`are not what says ${JSON.stringify(text)}`, () => assert.equal(readRouteTable(text), undefined));
  }

  it('pass over whatever has no shape', () => {
    const mappings = [7, { name: 'web' }, { name: 1, namespace: 'shop', _weight: '100' }];
    const text = JSON.stringify([null, 3, {}, { _route: [] }, { _route: { mappings } }]);
    assert.deepEqual(readRouteTable(text), [[]]);
  });

  it('name the errors of these Mappings only', () => {
    const { errors } = diagnosticsOf([
      mapping('web', { connect_timeout_ms: 900 }),
      mapping('web-canary', { weight: 0 }),
      mapping('broken', { resolver: 'nobody' }),
    ]);
    const found = readErrors(errors, [refTo('web'), refTo('web-canary')]);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^cannot accept new mapping web with mismatched connect_timeout_ms/);
    assert.deepEqual(readErrors('{"a": 1}', [refTo('web')]), []);
    assert.deepEqual(readErrors('[1, ["web.shop.1", 2], [3, "x"]]', [refTo('web')]), []);
    assert.deepEqual(readErrors('no JSON', [refTo('web')]), []);
  });
});
