import assert from 'node:assert/strict';
import type { MappingObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import {
  Diagnostics,
  type DiagnosticsSource,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/diagnostics.ts';
import { findDiagnostics } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/find-diagnostics.ts';
import { SplitProof } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/split-proof.ts';
import { VirtualClock } from '../release/doubles.ts';
import { diagnosticsOf, mapping, web } from './emissary-stand-in.ts';

const minute = Duration.minutes(1);
const never = new AbortController().signal;
const stable = mapping('web');
const twinAt = (weight: number, spec = {}) => mapping('web-canary', { weight, ...spec });

/** An Emissary that takes changes up at times, in milliseconds: what it has from then on. */
class LateEmissary implements DiagnosticsSource {
  readonly address = 'emissary/admin:8877';
  readonly asked: string[] = [];
  /** Its answer where it is not 200. */
  status = 200;
  fails: CanaryError | undefined;
  hangs = false;

  constructor(
    readonly clock: VirtualClock,
    private readonly history: Readonly<Record<number, readonly MappingObject[]>>,
  ) {}

  async get(filter: 'route_info' | 'errors') {
    this.asked.push(`${filter} ${this.clock.now()}`);
    if (this.fails !== undefined) throw this.fails;
    if (this.hangs) return new Promise<never>(() => {});
    const since = Math.max(
      ...Object.keys(this.history)
        .map(Number)
        .filter(at => at <= this.clock.now()),
    );
    return { status: this.status, text: diagnosticsOf(this.history[since] ?? [])[filter] };
  }
}

function scene(history: Readonly<Record<number, readonly MappingObject[]>>) {
  const clock = new VirtualClock();
  const emissary = new LateEmissary(clock, history);
  const diagnostics = new Diagnostics(emissary, clock, Duration.seconds(5));
  return { clock, emissary, proof: new SplitProof(diagnostics, [web], clock) };
}

describe('the proof of a route that points at stable as yet', () => {
  it('is that both stand in one group, and takes two questions of an Emissary that gathers for a second', async () => {
    const { proof, emissary } = scene({ 0: [stable], 1000: [stable, twinAt(0)] });
    assert.deepEqual(await proof.awaitTogether(minute, never), { kind: 'shown' });
    assert.deepEqual(emissary.asked, ['route_info 600', 'route_info 1600']);
  });

  it('fails at once for a twin that is alone, and says what Emissary says of it', async () => {
    const refused = mapping('web', { connect_timeout_ms: 900 });
    const { proof, clock } = scene({ 0: [refused, twinAt(0)] });
    const found = await proof.awaitTogether(minute, never);
    assert.ok(found.kind === 'wrong' && found.share === 'all');
    assert.match(
      found.cause,
      /without Mapping shop\/web, where it may take all requests, whatever its weight: .*core field/,
    );
    assert.match(found.cause, /Emissary says: cannot accept new mapping web with mismatched/);
    assert.equal(clock.now(), 600);
  });

  it('fails for a twin that Emissary refuses, without waiting for the end', async () => {
    const { proof, clock } = scene({ 0: [stable, twinAt(0, { resolver: 'nobody' })] });
    const found = await proof.awaitTogether(minute, never);
    assert.ok(found.kind === 'wrong' && found.share === 'none');
    assert.match(
      found.cause,
      /no route for Mapping shop\/web-canary: .*Emissary says: resolver nobody is unknown/,
    );
    assert.ok(clock.now() < 10_000);
  });

  it('waits a minute for one that does not appear, and then names what it may be', async () => {
    const { proof, clock, emissary } = scene({ 0: [stable, twinAt(0, { ambassador_id: ['other'] })] });
    const found = await proof.awaitTogether(minute, never);
    assert.ok(found.kind === 'wrong' && found.share === 'none');
    assert.match(found.cause, /is not looked at \(ambassador_id, hostname/);
    assert.equal(clock.now(), 60_000);
    assert.ok(emissary.asked.length < 20, `${emissary.asked.length} questions`);
  });

  it('takes an Emissary that needs half a minute to compile', async () => {
    const { proof } = scene({ 0: [stable], 30000: [stable, twinAt(0)] });
    assert.deepEqual(await proof.awaitTogether(minute, never), { kind: 'shown' });
  });

  it('is given up for when the release ends', async () => {
    const { proof, clock } = scene({ 0: [stable] });
    const over = new AbortController();
    clock.onSleep = now => void (now > 4_000 && over.abort());
    assert.equal((await proof.awaitTogether(minute, over.signal)).kind, 'unknown');
    assert.ok(clock.now() < 10_000);
  });
});

describe('a weight in the routes of Emissary', () => {
  it('is shown once Emissary has it', async () => {
    const { proof, clock } = scene({ 0: [stable, twinAt(10)], 6000: [stable, twinAt(50)] });
    assert.deepEqual(await proof.awaitWeight(Weight.of(50), Duration.seconds(10), never), { kind: 'shown' });
    assert.ok(clock.now() >= 6_000 && clock.now() <= 10_000);
  });

  it('is not shown in its time, and the answer says what there is instead', async () => {
    const { proof } = scene({ 0: [stable, twinAt(10)] });
    const found = await proof.awaitWeight(Weight.of(50), Duration.seconds(10), never);
    assert.deepEqual(found, { kind: 'not-shown', why: 'Mapping shop/web-canary has 10 %' });
  });

  it('is all where the twin has lost its group, at any weight', async () => {
    for (const weight of [0, 50]) {
      const { proof, clock } = scene({ 0: [mapping('web', { prefix: '/new/' }), twinAt(weight)] });
      const found = await proof.awaitWeight(Weight.of(weight), Duration.seconds(10), never);
      assert.ok(found.kind === 'wrong' && found.share === 'all');
      assert.equal(clock.now(), 600);
    }
  });

  it('is none where Emissary has dropped the twin, which two answers have to say', async () => {
    const once = scene({ 0: [stable], 1000: [stable, twinAt(50)] });
    const found = await once.proof.awaitWeight(Weight.of(50), Duration.seconds(10), never);
    assert.deepEqual(found, { kind: 'shown' });
    const gone = scene({ 0: [stable] });
    const missing = await gone.proof.awaitWeight(Weight.of(50), Duration.seconds(10), never);
    assert.ok(missing.kind === 'wrong' && missing.share === 'none');
    assert.equal(gone.clock.now(), 1_600);
  });

  it('is 0 for a twin that is gone, and for an Emissary that has neither', async () => {
    for (const mappings of [[stable], []]) {
      const { proof } = scene({ 0: mappings });
      assert.deepEqual(await proof.awaitWeight(Weight.zero, minute, never), { kind: 'shown' });
    }
  });

  it('is unknown where Emissary does not answer any more', async () => {
    const { proof, emissary } = scene({ 0: [stable, twinAt(10)] });
    emissary.status = 503;
    const found = await proof.awaitWeight(Weight.of(10), Duration.seconds(10), never);
    assert.deepEqual(found, { kind: 'unknown', why: 'it answers 503' });
  });
});

describe('looking for the Emissary to ask', () => {
  const find = (...sources: readonly DiagnosticsSource[]) =>
    findDiagnostics(sources, [web], (sources[0] as LateEmissary).clock);

  it('takes the first that has stable in its routes', async () => {
    const other = scene({ 0: [mapping('api')] }).emissary;
    const own = scene({ 0: [stable] }).emissary;
    const found = await find(other, own);
    assert.ok(found.kind === 'found');
    assert.deepEqual(found.diagnostics.address, own.address);
  });

  const rows: readonly [string, (emissary: LateEmissary) => void, RegExp][] = [
    ['serves others', () => {}, /it does not serve the stable Mapping$/],
    ['has them turned off', emissary => (emissary.status = 404), /404: turned off/],
    [
      'may not be asked',
      emissary => (emissary.fails = new CanaryError('CLUSTER_FORBIDDEN', 'no')),
      /get of services\/proxy is missing$/,
    ],
    [
      'is not there',
      emissary => (emissary.fails = new CanaryError('CLUSTER_REFUSED', 'no', { found: '404: no Service' })),
      /404: no Service$/,
    ],
    ['hangs', emissary => (emissary.hangs = true), /no answer within 5s$/],
  ];
  for (const [how, change, why] of rows) {
    it(`says why not where one ${how}`, async () => {
      const { emissary } = scene({ 0: [mapping('api')] });
      change(emissary);
      const found = await find(emissary);
      assert.ok(found.kind === 'none');
      assert.match(found.why, why);
    });
  }
});
