import { Secret } from '../release/secret.ts';
import type { HttpProxy } from './proxy-agent.ts';

export interface ProxyLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * Reads the address of a proxy, with the login that may stand in it; another login takes its place. A scheme may be missing, as
 * where curl is told of one. `undefined` for what is no HTTP proxy.
 */
export function readProxy(text: string, login?: ProxyLogin): HttpProxy | undefined {
  const whole = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  if (!['http:', 'https:'].includes(url.protocol) || url.hostname === '') return undefined;
  const { user, password } = login ?? {
    user: decoded(url.username),
    password: decoded(url.password),
  };
  return {
    url: url.origin,
    ...(user !== '' && {
      authorization: new Secret(`Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`),
    }),
  };
}

/** Some write a `%` as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
