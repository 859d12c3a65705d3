import { asRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

type Schema = Readonly<Record<string, unknown>>;

const notes = new Set(['$schema', '$defs', 'title', 'description']);

/** What of a value is not as a JSON schema says, each with its place. Throws for a word of schemas that it does not know. */
export function violations(schema: Schema, value: unknown, root = schema, place = '$'): readonly string[] {
  return Object.entries(schema).flatMap(([word, rule]) => {
    if (notes.has(word)) return [];
    return check(word, rule, { schema, value, root, place });
  });
}

interface Scene {
  readonly schema: Schema;
  readonly value: unknown;
  readonly root: Schema;
  readonly place: string;
}

function check(word: string, rule: unknown, { schema, value, root, place }: Scene): readonly string[] {
  const unless = (holds: boolean) =>
    holds ? [] : [`${place}: ${word} ${JSON.stringify(rule)}, not ${JSON.stringify(value)?.slice(0, 80)}`];
  const fields = asRecord(value) ?? {};
  const properties = asRecord(schema.properties) ?? {};
  switch (word) {
    case '$ref': {
      const target = asRecord(asRecord(root.$defs)?.[String(rule).replace('#/$defs/', '')]);
      return target === undefined ? unless(false) : violations(target, value, root, place);
    }
    case 'const':
      return unless(value === rule);
    case 'enum':
      return unless((rule as readonly unknown[]).includes(value));
    case 'type':
      return unless(typeOf(value) === rule || (rule === 'number' && typeOf(value) === 'integer'));
    case 'format':
      return unless(rule === 'date-time' && new Date(String(value)).toJSON() === value);
    case 'minimum':
      return unless(Number(value) >= Number(rule));
    case 'maximum':
      return unless(Number(value) <= Number(rule));
    case 'maxItems':
      return unless(Array.isArray(value) && value.length <= Number(rule));
    case 'items':
      return (Array.isArray(value) ? value : []).flatMap((item, index) =>
        violations(rule as Schema, item, root, `${place}[${index}]`),
      );
    case 'required':
      return (rule as readonly string[]).flatMap(name =>
        name in fields ? [] : [`${place}: ${name} is missing`],
      );
    case 'additionalProperties':
      return Object.keys(fields).flatMap(name => (name in properties ? [] : [`${place}: what is ${name}?`]));
    case 'properties':
      return Object.entries(properties).flatMap(([name, property]) =>
        name in fields ? violations(property as Schema, fields[name], root, `${place}.${name}`) : [],
      );
    default:
      throw new Error(`The validator does not know ${word}`);
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value === 'object' && value === null ? 'null' : typeof value;
}
