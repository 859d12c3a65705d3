/**
 * The bearer token of an `apiToken`: that is base64 of the token, but a token that was pasted as it is (a JWT has dots, and
 * others decode to nothing readable) is taken so, for decoding would garble it. `undefined`: no token at all.
 */
export function decodeApiToken(apiToken: string): string | undefined {
  const text = apiToken.trim();
  if (text === '') return undefined;
  const packed = text.replace(/\s+/g, '');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) {
    const decoded = Buffer.from(packed, 'base64').toString('latin1').trim();
    if (isHeaderText(decoded)) return decoded;
  }
  return isHeaderText(text) ? text : undefined;
}

/** Whether it can stand in an Authorization header: printable, without blanks. */
function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
