/** So many names are told whole. */
const mostNames = 10;
const namedOfMany = 3;

/** `web, api`, or `a, b, c and 97 more`: for a sentence that is about something else. */
export function listNames(names: readonly string[]): string {
  if (names.length <= mostNames) return names.join(', ');
  return `${names.slice(0, namedOfMany).join(', ')} and ${names.length - namedOfMany} more`;
}

/** Whether things are so many that they are told together. */
export function areMany(things: readonly unknown[]): boolean {
  return things.length > mostNames;
}
