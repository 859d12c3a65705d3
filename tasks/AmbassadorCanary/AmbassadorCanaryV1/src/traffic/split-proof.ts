import { Duration } from '../release/duration.ts';
import { nameOf } from '../release/kube-object.ts';
import { nameOfMapping } from '../release/plan.ts';
import type { Clock, Sighting } from '../release/ports.ts';
import type { Weight } from '../release/weight.ts';
import type { Diagnosis, Diagnostics, RouteTwin } from './diagnostics.ts';
import type { Standing } from './route-table.ts';

/**
 * When Emissary is asked after a change: it gathers changes for up to a second and compiles them (facts/emissary.md 11). Few, because
 * each question makes it draw up all of its diagnostics. The last one is repeated.
 */
const pauses = [600, 1_000, 1_500, 2_000, 3_000, 5_000].map(Duration.milliseconds);

/** From when on a twin that does not appear may have been refused, and Emissary's errors say why. */
const lateAfter = Duration.seconds(3);

/** Sees in Emissary's own diagnostics how the twins of a release stand (DESIGN, promise 1). */
export class SplitProof {
  constructor(
    private readonly diagnostics: Diagnostics,
    private readonly routes: readonly RouteTwin[],
    private readonly clock: Clock,
  ) {}

  /** Waits until each twin, which points at stable as yet, stands in stable's group. */
  async awaitTogether(limit: Duration, signal: AbortSignal): Promise<Sighting> {
    let hasAsked = false;
    return this.#poll(limit, signal, async ({ standings }, elapsed) => {
      const alone = standings.findIndex(({ kind }) => kind === 'alone');
      if (alone !== -1) return this.#wrong('all', alone);
      const missing = standings.findIndex(({ kind }) => kind === 'no-twin');
      if (missing === -1)
        return standings.every(({ kind }) => kind === 'together') ? { kind: 'shown' } : undefined;
      const isLast = !elapsed.isShorterThan(limit);
      if (!isLast && (hasAsked || elapsed.isShorterThan(lateAfter))) return undefined;
      hasAsked = true;
      const sighting = await this.#wrong('none', missing);
      // Without an error of its own Emissary may only be slow.
      return isLast || sighting.isExplained ? sighting : undefined;
    });
  }

  /**
   * Waits until each twin has this share of its group. Ends at once where one certainly gets none or all; one that is about to lose
   * its share may also be gone.
   */
  async awaitWeight(weight: Weight, limit: Duration, signal: AbortSignal): Promise<Sighting> {
    let missed = 0;
    return this.#poll(limit, signal, async ({ standings }) => {
      const alone = standings.findIndex(({ kind }) => kind === 'alone');
      if (alone !== -1) return this.#wrong('all', alone);
      const missing = standings.findIndex(({ kind }) => kind === 'no-twin');
      if (missing !== -1 && weight.percent > 0) {
        // It was there when it was proven; one answer may be that of a pod which has only just started.
        missed += 1;
        return missed > 1 ? this.#wrong('none', missing) : undefined;
      }
      const isShown = (standing: Standing) =>
        standing.kind === 'together' ? standing.percent === weight.percent : weight.percent === 0;
      return standings.every(isShown) ? { kind: 'shown' } : undefined;
    });
  }

  /** Asks until `judge` knows, the time is up, or the signal aborts. */
  async #poll(
    limit: Duration,
    signal: AbortSignal,
    judge: (
      diagnosis: Extract<Diagnosis, { kind: 'known' }>,
      elapsed: Duration,
    ) => Promise<Sighting | undefined>,
  ): Promise<Sighting> {
    const began = this.clock.now();
    for (let asked = 0; ; asked++) {
      const left = limit.milliseconds - (this.clock.now() - began);
      const pause = pauses[Math.min(asked, pauses.length - 1)]?.milliseconds ?? 0;
      await this.clock.sleep(Duration.milliseconds(Math.max(0, Math.min(pause, left))), signal);
      if (signal.aborted) return { kind: 'unknown', why: 'it was not waited for' };
      const diagnosis = await this.diagnostics.look(this.routes);
      const elapsed = Duration.milliseconds(this.clock.now() - began);
      const found = diagnosis.kind === 'known' ? await judge(diagnosis, elapsed) : undefined;
      if (found !== undefined) return found;
      if (elapsed.isShorterThan(limit)) continue;
      if (diagnosis.kind === 'unknown') return diagnosis;
      return this.#notShown(diagnosis.standings);
    }
  }

  #notShown(standings: readonly Standing[]): Sighting {
    const story = standings.map((standing, index) => {
      const name = nameOf(this.#route(index).twin);
      return standing.kind === 'together'
        ? `${name} has ${standing.percent} %`
        : `${name} is not in its routes`;
    });
    return { kind: 'not-shown', why: story.join(', ') };
  }

  async #wrong(
    share: 'all' | 'none',
    index: number,
  ): Promise<Extract<Sighting, { kind: 'wrong' }> & { readonly isExplained: boolean }> {
    const { stable, twin } = this.#route(index);
    const errors = await this.diagnostics.errorsOf([twin, stable]);
    const said = errors.length === 0 ? '' : `. Emissary says: ${errors.join('; ')}`;
    const cause =
      share === 'all'
        ? `${nameOf(twin)} is in a group without ${nameOfMapping(stable)}, where it may take all requests, whatever its weight: hostname, prefix, headers, precedence or another core field of the two differ, or stable's Mapping was refused`
        : `Emissary has no route for ${nameOf(twin)}: it was refused, or is not looked at (ambassador_id, hostname, the labels that Emissary or a Host select), or Emissary takes up no changes`;
    return { kind: 'wrong', share, cause: `${cause}${said}`, isExplained: errors.length > 0 };
  }

  #route(index: number): RouteTwin {
    const route = this.routes[index];
    if (route === undefined) throw new RangeError(`There is no route ${index}`);
    return route;
  }
}
