import { setTimeout as pass } from 'node:timers/promises';
import { json, TestServer } from '../../unit/cluster/test-server.ts';

/** What the server tells whoever started it. */
export type SlowServerWord =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'busy' }
  /** In nanoseconds of the machine's steady clock, which all its processes share. */
  | { readonly kind: 'stopped'; readonly at: string };

/** How long the API server takes for a write: the queue is never empty then. */
const writeMs = 20;

/** An API server in a process of its own, which takes its time for each write: tells when as many have come in as it was sent last, and when the stop has. */
let after = Number.POSITIVE_INFINITY;
const tell = (word: SlowServerWord) => process.send?.(word);
let writes = 0;
const server = await TestServer.start(({ method, path, text }, response) => {
  const isStop = method === 'PATCH' && path.includes('/mappings/') && text.includes('"/spec/weight"');
  if (isStop) tell({ kind: 'stopped', at: String(process.hrtime.bigint()) });
  else if (++writes === after) tell({ kind: 'busy' });
  const body = method === 'PATCH' && !isStop ? JSON.parse(text) : { kind: 'Status', status: 'Success' };
  void pass(isStop ? 0 : writeMs).then(() => json(response, 200, body));
});
process.on('message', next => {
  after = Number(next);
  writes = 0;
});
process.once('disconnect', () => process.exit());
tell({ kind: 'listening', url: server.url });
