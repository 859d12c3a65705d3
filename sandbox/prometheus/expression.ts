/** A query, read. The part of PromQL that the sandbox answers. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'selector'; readonly matchers: readonly Matcher[]; readonly rangeSeconds?: number }
  | {
      readonly kind: 'aggregate';
      readonly operator: Aggregate;
      /** The labels that stay, with `by`, or that go, with `without`. */
      readonly grouping: { readonly kind: 'by' | 'without'; readonly labels: readonly string[] };
      readonly of: Expression;
    }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly of?: Expression };

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export const aggregates = ['sum', 'count', 'min', 'max', 'avg'] as const;
export type Aggregate = (typeof aggregates)[number];

export const functionNames = ['rate', 'increase', 'vector', 'time'] as const;
export type FunctionName = (typeof functionNames)[number];

/** Whether labels fit all matchers. A label that is not there is empty, and regexes match the whole value. */
export function matches(labels: Readonly<Record<string, string>>, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ label, operator, value }) => {
    const own = labels[label] ?? '';
    const isEqual = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(own) : own === value;
    return operator.startsWith('!') ? !isEqual : isEqual;
  });
}
