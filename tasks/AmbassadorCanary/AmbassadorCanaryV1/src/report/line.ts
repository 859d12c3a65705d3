/** One line of the log, before the pipeline's own markup: text may come from outside, so it is neutralised by who prints it. */
export interface Line {
  readonly kind: 'text' | 'section' | 'warning' | 'error';
  readonly text: string;
}

export const text = (line: string): Line => ({ kind: 'text', text: line });
export const section = (line: string): Line => ({ kind: 'section', text: line });
export const warning = (line: string): Line => ({ kind: 'warning', text: line });
export const error = (line: string): Line => ({ kind: 'error', text: line });
