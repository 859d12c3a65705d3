import { get } from 'node:http';

/** The status of one request of a user; `undefined` where there was no answer within 2 s. */
export function statusOf(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  return new Promise(resolve => {
    const asking = get(url, { headers, timeout: 2_000 }, answer => {
      answer.resume();
      answer.once('close', () => resolve(answer.complete ? answer.statusCode : undefined));
    });
    asking.once('timeout', () => asking.destroy());
    asking.once('error', () => resolve(undefined));
  });
}
