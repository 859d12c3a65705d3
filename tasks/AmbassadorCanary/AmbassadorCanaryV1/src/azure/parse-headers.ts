/** What HTTP itself needs, or we do. */
const ownHeaders = [
  'accept',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The characters of a token (RFC 9110, 5.6.2). */
const headerName = /^[\w!#$%&'*+.^`|~-]{1,100}$/;

/**
 * What is wrong with a header, `undefined` where nothing is. Its value is never quoted, for it may be a secret; only the name of a
 * variable that nobody set is.
 */
export function headerProblem(
  name: string,
  value: string,
  own: readonly string[] = ownHeaders,
): { readonly expected: string; readonly found: string } | undefined {
  if (!headerName.test(name)) {
    return { expected: 'the name of a header: letters, digits and `-`', found: 'something else' };
  }
  if (own.includes(name.toLowerCase())) {
    return { expected: 'no header that is set anyway', found: `the header ${name}` };
  }
  const macro = /\$\([^()]+\)/.exec(value)?.[0];
  if (macro !== undefined) return { expected: `a value for the header ${name}`, found: `\`${macro}\`` };
  if (!/^[\x20-\x7e]+$/.test(value)) {
    return {
      expected: `a value of plain characters for the header ${name}`,
      found: value === '' ? 'nothing' : 'others',
    };
  }
  return undefined;
}

/** Headers whose value gives access to something, by their names: it is masked in the log, in case that somebody echoes it. */
export function isCredential(name: string): boolean {
  return /auth|token|secret|key|password|cookie|signature/i.test(name);
}
