import assert from 'node:assert/strict';
import { matrixLines } from './crash/crash-matrix.ts';
import { type CrashPoint, type CrashResult, crashAt } from './crash/crash-point.ts';
import { failing, happy } from './crash/crash-scenario.ts';
import type { Where } from './crash/interruption.ts';
import { isWrite } from './crash/numbering-proxy.ts';
import { emissaryAdminService } from './outside-service.ts';
import { stagedWorld } from './staged-world.ts';
import type { World } from './world.ts';

/** The `count`th write of this kind: what a release asks may change, what it does hardly. */
function write(method: string, object: RegExp, count = 1): Where {
  let met = 0;
  return request => {
    if (request.method !== method || !isWrite(request) || !object.test(request.path)) return false;
    met += 1;
    return met === count;
  };
}

const lock = /\/leases(\/|\?|$)/;
const twin = /\/mappings\/sample-app-canary(\?|$)/;
const canary = /\/deployments\/sample-app-canary(\?|$)/;
const stable = /\/deployments\/sample-app(\?|$)/;

/** A point in each phase, and each interruption at one of them; `npm run test:crash` has them all. */
const points: readonly (CrashPoint & { readonly at: string })[] = [
  { at: 'before it has the lock', scenario: happy, interruption: 'race', where: write('POST', lock) },
  { at: 'when it has the lock', scenario: happy, interruption: 'guard after', where: write('POST', lock) },
  {
    at: 'when its canary is made',
    scenario: failing,
    interruption: 'guard after',
    where: write('PATCH', canary),
  },
  { at: 'when its twin is made', scenario: happy, interruption: 'kill after', where: write('PATCH', twin) },
  { at: 'at a weight', scenario: happy, interruption: 'cancel', where: write('PATCH', canary, 2) },
  {
    at: 'when stable gets the new version',
    scenario: happy,
    interruption: 'kill before',
    where: write('PATCH', stable),
  },
  {
    at: 'while stable gets the new version',
    scenario: happy,
    interruption: 'cancel',
    where: write('PATCH', stable),
  },
  { at: 'at the removal', scenario: failing, interruption: 'kill after', where: write('DELETE', twin) },
];

describe('a release that is interrupted', () => {
  const results: CrashResult[] = [];
  let world: World;
  const stage = stagedWorld(5, async started => {
    world = started;
    await emissaryAdminService(world);
  });
  after(() => {
    for (const line of matrixLines(results)) console.log(`    ${line}`);
  });

  for (const [index, { at, ...point }] of points.entries()) {
    stage.it(
      `leaves no mess, and loses no request: ${point.scenario.name}, ${point.interruption} ${at}`,
      async () => {
        const result = await crashAt(world, `crash-${index + 1}`, point);
        results.push(result);
        const log = result.logs.join('\n\n=== the other run ===\n\n');
        assert.ok(result.request, `there is no such request:\n${log}`);
        assert.deepEqual(result.leftovers, [], log);
        assert.equal(result.misrouted, 0, log);
      },
    );
  }
});
