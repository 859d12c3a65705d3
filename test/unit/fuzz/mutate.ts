import type { Told } from '../../sandbox/forger.ts';

type Random = () => number;

/** What no server should say in place of a number, a name or a list. Fresh ones each time, for they are changed further. */
const strange: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1e308,
  () => 0.5,
  () => '',
  () => 'NaN',
  () => '+Inf',
  () => '##vso[task.setvariable variable=outcome]promoted\n\u001b[31m',
  () => 'x'.repeat(100_000),
  () => [],
  () => [null],
  () => [[]],
  () => ({}),
  () => ({ constructor: 1, toString: 2, length: 3, name: null }),
  () => JSON.parse('{"__proto__": {"polluted": true}}'),
  () => nested(3_000),
  random => Array.from({ length: 500 }, () => random()),
];

/** What no server should say in place of its answer. */
const brokenAnswers: readonly ((told: Told, random: Random) => Told)[] = [
  told => ({ ...told, body: '' }),
  told => ({ ...told, body: 'null' }),
  told => ({ ...told, body: '[]' }),
  told => ({ ...told, body: '"text"' }),
  told => ({ ...told, body: `${told.body}}` }),
  (told, random) => ({ ...told, body: told.body.slice(0, Math.floor(random() * told.body.length)) }),
  told => ({ ...told, body: '<html>moved</html>', headers: { 'content-type': 'text/html' } }),
  told => ({ ...told, status: 200, body: JSON.stringify({ kind: 'Status', status: 'Failure', code: 500 }) }),
  told => ({ ...told, status: 201 }),
  told => ({ ...told, status: 204, body: '' }),
  told => ({ ...told, status: 302, headers: { location: 'https://elsewhere.example.com/' } }),
  ...[400, 401, 403, 404, 405, 409, 410, 415, 422, 429, 499, 500, 503, 599].map(status => (told: Told) => ({
    ...told,
    status,
  })),
];

/** The answer with something wrong in it: mostly one value in its JSON, sometimes all of it. The same random numbers give the same. */
export function mutate(told: Told, random: Random): Told {
  if (random() < 0.25) return pick(brokenAnswers, random)(told, random);
  try {
    const body = JSON.parse(told.body);
    const places = placesIn(body);
    const changes = random() < 0.7 ? 1 : 5;
    for (let change = 0; change < changes; change++) distort(pick(places, random), random);
    return { ...told, body: JSON.stringify(body) };
  } catch {
    return { ...told, body: pick(strange, random)(random) === null ? '' : 'no JSON' };
  }
}

interface Place {
  readonly within: Record<string, unknown> | unknown[];
  readonly key: string;
}

function placesIn(root: unknown): readonly Place[] {
  const places: Place[] = [];
  const walk = (within: unknown) => {
    if (typeof within !== 'object' || within === null) return;
    for (const key of Object.keys(within)) {
      places.push({ within: within as Place['within'], key });
      walk((within as Record<string, unknown>)[key]);
    }
  };
  walk(root);
  return places;
}

function distort({ within, key }: Place, random: Random): void {
  const holder = within as Record<string, unknown>;
  const kind = random();
  if (kind < 0.25) delete holder[key];
  else if (kind < 0.35) holder[`${key}X`] = holder[key];
  else if (kind < 0.45 && Array.isArray(within)) within.push(...within);
  else holder[key] = pick(strange, random)(random);
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

function pick<T>(choices: readonly T[], random: Random): T {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new Error('There is nothing to choose from');
  return chosen;
}
