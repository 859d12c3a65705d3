import { at, isObject, type KubeObject, objectsAt } from '../objects.ts';
import type { Resource } from './resources.ts';
import { badRequest } from './status.ts';

export type Predicate = (object: KubeObject) => boolean;

interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt';
  readonly values: readonly string[];
}

/** Reads a label selector of a query: `app=web,tier in (a,b),!old`. Bad text is answered with 400. */
export function parseLabelSelector(selector: string): Predicate {
  const requirements = parseRequirements(selector);
  return object => requirements.every(requirement => satisfies(object.metadata.labels ?? {}, requirement));
}

/** Reads a field selector: `metadata.name=web,status.phase!=Running`. Fields that the kind does not offer are answered with 400. */
export function parseFieldSelector(selector: string, resource: Resource): Predicate {
  const terms = selector.split(',').filter(term => term !== '');
  const predicates = terms.map((term): Predicate => {
    const [, field = '', operator = '', value = ''] = /^(.*?)(!=|==|=)(.*)$/.exec(term) ?? [];
    if (operator === '') throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
    const path = pathOf(field, resource);
    return object => ((at(object, ...path) ?? '') === value) === (operator !== '!=');
  });
  return object => predicates.every(predicate => predicate(object));
}

function pathOf(field: string, resource: Resource): readonly string[] {
  const path = resource.selectableFields[field];
  if (path) return path;
  if (field === 'metadata.name' || (field === 'metadata.namespace' && resource.namespaced))
    return field.split('.');
  const known = resource.custom || Object.keys(resource.selectableFields).length === 0;
  throw badRequest(
    known
      ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`,
  );
}

/** Whether the selector of a Service, a plain map, selects these labels. An empty one selects nothing. */
export function matchesLabels(selector: unknown, labels: unknown): boolean {
  if (!isObject(selector) || Object.keys(selector).length === 0) return false;
  return Object.entries(selector).every(([key, value]) => at(labels, key) === value);
}

/** Whether a LabelSelector (`matchLabels`, `matchExpressions`) selects these labels. An empty one selects everything. */
export function matchesSelector(selector: unknown, labels: unknown): boolean {
  const own = isObject(labels) ? labels : {};
  const equal = at(selector, 'matchLabels');
  const exact = isObject(equal) ? Object.entries(equal).every(([key, value]) => own[key] === value) : true;
  return (
    exact &&
    objectsAt(selector, 'matchExpressions').every(({ key, operator, values }) =>
      satisfies(own, {
        key: String(key),
        operator: expressionOperators[String(operator)] ?? 'absent',
        values: Array.isArray(values) ? values.map(String) : [],
      }),
    )
  );
}

const expressionOperators: Readonly<Record<string, Requirement['operator']>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'absent',
};

function satisfies(labels: Readonly<Record<string, unknown>>, requirement: Requirement): boolean {
  const { key, operator, values } = requirement;
  const value = labels[key];
  switch (operator) {
    case 'in':
      return typeof value === 'string' && values.includes(value);
    case 'notin':
      return typeof value !== 'string' || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'gt':
      return Number(value) > Number(values[0]);
    case 'lt':
      return Number(value) < Number(values[0]);
  }
}

const token = /\s*(==|!=|[=<>(),!]|[A-Za-z0-9][-A-Za-z0-9_./]*)/y;

function parseRequirements(selector: string): Requirement[] {
  const tokens = tokenize(selector);
  const requirements: Requirement[] = [];
  const expected = (what: string) => {
    return badRequest(`unable to parse requirement: found '${tokens[0] ?? ''}', expected: ${what}`);
  };
  const identifier = (what: string): string => {
    const next = tokens[0];
    if (next === undefined || !/^[A-Za-z0-9]/.test(next)) throw expected(what);
    tokens.shift();
    return next;
  };
  while (tokens.length > 0) {
    if (tokens[0] === '!') {
      tokens.shift();
      requirements.push({ key: identifier('identifier'), operator: 'absent', values: [] });
    } else {
      const key = identifier("!, identifier, or 'end of string'");
      requirements.push(parseOperator(key, tokens, expected, identifier));
    }
    if (tokens.length === 0) break;
    if (tokens.shift() !== ',') throw expected("',' or 'end of string'");
    if (tokens.length === 0) throw expected("identifier after ','");
  }
  return requirements;
}

function parseOperator(
  key: string,
  tokens: string[],
  expected: (what: string) => Error,
  identifier: (what: string) => string,
): Requirement {
  if (tokens.length === 0 || tokens[0] === ',') return { key, operator: 'exists', values: [] };
  const operator = tokens.shift() ?? '';
  const value = () => (tokens.length === 0 || tokens[0] === ',' ? '' : identifier('identifier'));
  switch (operator) {
    case '=':
    case '==':
      return { key, operator: 'in', values: [value()] };
    case '!=':
      return { key, operator: 'notin', values: [value()] };
    case '>':
    case '<':
      return { key, operator: operator === '>' ? 'gt' : 'lt', values: [value()] };
    case 'in':
    case 'notin': {
      if (tokens.shift() !== '(') throw expected("'('");
      const values: string[] = [];
      while (tokens[0] !== ')') {
        values.push(identifier("',', ')' or identifier"));
        if (tokens[0] === ',') tokens.shift();
      }
      tokens.shift();
      return { key, operator, values };
    }
    default:
      tokens.unshift(operator);
      throw expected('in, notin, =, ==, !=, gt, lt');
  }
}

function tokenize(selector: string): string[] {
  const tokens: string[] = [];
  let position = 0;
  while (selector.slice(position).trim() !== '') {
    token.lastIndex = position;
    const match = token.exec(selector);
    if (!match) throw badRequest(`unable to parse requirement: invalid character in '${selector}'`);
    tokens.push(match[1] ?? '');
    position = token.lastIndex;
  }
  return tokens;
}
