import type { StampedEvent } from '../release/events.ts';
import { nameOf, type ObjectRef } from '../release/kube-object.ts';
import { areMany } from '../release/list-names.ts';
import type { Journal } from './journal.ts';
import { type Line, text } from './line.ts';
import { actionLine, logLines } from './log-lines.ts';

/** What is done to objects of one kind. */
interface Work {
  readonly verb: 'applied' | 'deleted';
  readonly note: string | undefined;
  readonly objects: ObjectRef[];
}

/** The answers of one round of checks. */
interface Round {
  readonly head: string;
  all: number;
  passed: number;
  unclear: number;
}

/**
 * Tells a release of many workloads so that a person can read it: what is done to many objects of a kind is one line with their number,
 * and so are the checks of a round that pass or have too little to go by. What fails is told each for itself. A release of few is told as
 * it happens.
 */
export class Gathering {
  readonly #work = new Map<string, Work>();
  #round: Round | undefined;

  /** What the log says now that this has happened. */
  linesOf(event: StampedEvent, journal: Journal): readonly Line[] {
    if (!isOfMany(journal)) return logLines(event, journal);
    if (event.type === 'applied' || event.type === 'deleted') {
      const { type: verb, object, note } = event;
      const key = `${verb} ${object.kind} ${note ?? ''}`;
      const work = this.#work.get(key) ?? { verb, note, objects: [] };
      work.objects.push(object);
      this.#work.set(key, work);
      return [];
    }
    if (event.type === 'measured') return this.#measured(event, journal);
    return [...this.flush(), ...logLines(event, journal)];
  }

  /** What was not told so far. */
  flush(): readonly Line[] {
    const lines = [...this.#work.values()].map(({ verb, note, objects }) => {
      const [first] = objects;
      const one = objects.length === 1 && first !== undefined ? nameOf(first) : undefined;
      return actionLine(verb, one ?? `${objects.length} ${pluralOf(first?.kind ?? '')}`, note);
    });
    this.#work.clear();
    return [...lines, ...this.flushRound()];
  }

  /** The answers that are in so far, once all of a round are. */
  flushRound(): readonly Line[] {
    const round = this.#round;
    this.#round = undefined;
    if (round === undefined) return [];
    const { head, all, passed, unclear } = round;
    const others = unclear > 0 ? `, ${unclear} inconclusive` : '';
    return [text(`${head}  ${passed} of ${all} checks pass${others}`)];
  }

  #measured(event: Extract<StampedEvent, { type: 'measured' }>, journal: Journal): readonly Line[] {
    const { weight, elapsed, measurement } = event;
    const head = `${`${weight}`.padStart(5)}  ${elapsed.toClock()}`;
    const before = this.#round !== undefined && this.#round.head !== head ? this.flushRound() : [];
    this.#round ??= { head, all: 0, passed: 0, unclear: 0 };
    this.#round.all += 1;
    if (measurement.verdict === 'pass') this.#round.passed += 1;
    if (measurement.verdict === 'inconclusive') this.#round.unclear += 1;
    const isWrong = measurement.verdict === 'fail' || measurement.verdict === 'error';
    return isWrong ? [...before, ...logLines(event, journal)] : before;
  }
}

function isOfMany({ plan }: Journal): boolean {
  switch (plan?.kind) {
    case 'canary':
      return areMany(plan.workloads);
    case 'first-release':
    case 'apply-only':
      return areMany(plan.objects.filter(({ object }) => object.kind === 'Deployment'));
    default:
      return false;
  }
}

/** `NetworkPolicies`, `Ingresses`, `Services` */
function pluralOf(kind: string): string {
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`;
  return /s$/.test(kind) ? `${kind}es` : `${kind}s`;
}
