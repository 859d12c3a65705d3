/** A log whose lines that go on are one again. */
export function unwrapped(lines: readonly string[]): string {
  return lines.join('\n').replace(/\n {11,}/g, ' ');
}
