/** One line of the log, before the pipeline's own markup: text may come from outside, so it is neutralised by who prints it. */
export interface Line {
  readonly kind: 'text' | 'section' | 'group' | 'endGroup' | 'warning' | 'error';
  readonly text: string;
}

export const text = (line: string): Line => ({ kind: 'text', text: line });
export const section = (line: string): Line => ({ kind: 'section', text: line });
/** What follows can be folded away, until `endGroup`. */
export const group = (line: string): Line => ({ kind: 'group', text: line });
export const endGroup: Line = { kind: 'endGroup', text: '' };
export const warning = (line: string): Line => ({ kind: 'warning', text: line });
export const error = (line: string): Line => ({ kind: 'error', text: line });
