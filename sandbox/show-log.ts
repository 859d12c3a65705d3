/** What a terminal can do with a text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Gives a text its styles, or gives it back as it is where no colours are wanted. */
export type Paint = (text: string, ...styles: readonly Style[]) => string;

const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** Colours for a terminal whose user has not refused them (`NO_COLOR`), none for a file or a pipe unless told (`FORCE_COLOR`). */
export function paintFor(stream: { readonly isTTY?: boolean }, environment = process.env): Paint {
  if (!environment.FORCE_COLOR && (stream.isTTY !== true || environment.NO_COLOR)) return text => text;
  return (text, ...styles) => {
    const start = styles.map(style => `\u001b[${codes[style]}m`).join('');
    return start === '' ? text : `${start}${text}\u001b[0m`;
  };
}

const verdictStyles = { pass: 'green', fail: 'red', inconclusive: 'yellow', error: 'red' } as const;
type VerdictWord = keyof typeof verdictStyles;

/**
 * A line of the step's log as the page of a run shows it: `##[section]` and its like are styles there, not words. Errors and
 * warnings keep a word of their own, for those who see no colours.
 */
export function shownLine(line: string, paint: Paint): string {
  const [, mark, text = ''] = /^##\[(\w+)\](.*)$/.exec(line) ?? [];
  switch (mark) {
    case 'section':
      return /^(promoted|unchanged|first-release|live|planned|rejected): /.test(text)
        ? paint(text, 'bold', 'green')
        : paint(text, 'bold', 'cyan');
    case 'error':
      return paint(`Error: ${text}`, 'bold', 'red');
    case 'warning':
      return paint(`Warning: ${text}`, 'yellow');
    case 'group':
      return paint(text, 'bold');
    case 'endgroup':
      return '';
    case 'debug':
    case 'command':
      return paint(text, 'dim');
    default:
      return measured(line, paint) ?? done(line, paint) ?? line;
  }
}

/** ` 10 %  00:30  success-rate …  pass`: the verdict is what the eye looks for. */
function measured(line: string, paint: Paint): string | undefined {
  const found = /^( *\d+ % {2}\d[\d:]+ {2}.* {2})(pass|fail|inconclusive|error)((?:[:,].*)?)$/.exec(line);
  if (found === null) return undefined;
  const [, before = '', verdict = '', detail = ''] = found;
  const word = paint(verdict, verdictStyles[verdict as VerdictWord]);
  return before + word + (detail && paint(detail, 'dim'));
}

/** `  applied  Deployment …`: what was done. */
function done(line: string, paint: Paint): string | undefined {
  const [, verb, rest = ''] =
    /^ {2}(applied|deleted|waiting|ready|weight|pass|fail|unclear|error|cancelled)( .*)$/.exec(line) ?? [];
  return verb === undefined ? undefined : `  ${paint(verb, verb === 'weight' ? 'cyan' : 'dim')}${rest}`;
}
