/** A command as the agent understands it: `##vso[area.event name=value;…]data`. */
export interface AgentCommand {
  /** `task.setvariable`, in lower case. */
  readonly name: string;
  /** By lower-case name, for the agent ignores the case. */
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

const prefix = '##vso[';
const escapes = [
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%AZP25', '%'],
] as const;

/** The command in a line, wherever it stands in it, or `undefined`; read as the agent's own Command.cs does. */
export function parseCommand(line: string): AgentCommand | undefined {
  const start = line.indexOf(prefix);
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const info = line.slice(start + prefix.length, end);
  const blank = info.indexOf(' ');
  const name = blank < 0 ? info : info.slice(0, blank);
  if (name.split('.').filter(part => part !== '').length !== 2) return undefined;
  const properties = new Map<string, string>();
  for (const pair of blank < 0 ? [] : info.slice(blank + 1).split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && equals < pair.length - 1) {
      properties.set(pair.slice(0, equals).toLowerCase(), plainOf(pair.slice(equals + 1)));
    }
  }
  return { name: name.toLowerCase(), properties, data: plainOf(line.slice(end + 1)) };
}

function plainOf(text: string): string {
  return escapes.reduce((partly, [escaped, plain]) => partly.replaceAll(escaped, plain), text);
}
