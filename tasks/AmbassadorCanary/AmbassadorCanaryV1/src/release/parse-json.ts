/** A text from outside as the JSON that it is; `undefined` where it is none, which JSON itself has no word for. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
