/** The text where it is an address that a browser may be sent to; `undefined` for any other, such as `javascript:`. */
export function webUrl(text: string): string | undefined {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}
