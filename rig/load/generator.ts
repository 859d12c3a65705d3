import { Agent, request } from 'node:http';
import { type Answer, checkedOptions, type LoadOptions } from './answer.ts';

/** More requests than this are never under way at once: the rest fails with `overload`. */
const mostUnderWay = 2000;
/** In characters, about. */
const longestError = 100;

/**
 * The process that sends: requests leave at their intended times whatever became of those before (open loop), over kept-alive
 * connections. It gets its options as the first message of its parent, gives the answers back in batches, and ends when
 * all have come, when it is told to stop, or when the parent is gone.
 */
process.once('message', (options: LoadOptions) => {
  generate(checkedOptions(options));
});

function generate({ url, ratePerSecond, durationMs, headers = {}, timeoutMs = 10_000 }: LoadOptions): void {
  const agent = new Agent({ keepAlive: true });
  // One clock for all times: the wall clock may be set while we run.
  const epoch = Date.now() - performance.now();
  const start = performance.now();
  const count = Math.floor((durationMs * ratePerSecond) / 1000);
  let answers: Answer[] = [];
  let sent = 0;
  let underWay = 0;
  let stopped = false;

  const flush = () => {
    if (answers.length > 0) process.send?.(answers);
    answers = [];
  };
  const flushing = setInterval(flush, 100);

  const end = () => {
    clearInterval(flushing);
    flush();
    agent.destroy();
    process.disconnect();
  };

  const finish = (intended: number, outcome: Pick<Answer, 'status' | 'error' | 'version'>) => {
    answers.push({ intendedAt: epoch + intended, latencyMs: performance.now() - intended, ...outcome });
    underWay--;
    if ((stopped || sent === count) && underWay === 0) end();
  };

  const send = (intended: number) => {
    underWay++;
    if (underWay > mostUnderWay) {
      finish(intended, { error: 'overload' });
      return;
    }
    let done = false;
    const once = (outcome: Pick<Answer, 'status' | 'error' | 'version'>) => {
      if (!done) finish(intended, outcome);
      done = true;
    };
    const sending = request(url, { agent, headers, timeout: timeoutMs }, response => {
      const version = response.headers['x-app-version'];
      const status = response.statusCode ?? 0;
      let error = '';
      response.on('data', (part: Buffer) => {
        if (status >= 500 && error.length < longestError) error += part.toString('utf8', 0, longestError);
      });
      response.once('end', () =>
        once({ status, ...(error !== '' && { error }), ...(typeof version === 'string' && { version }) }),
      );
      response.once('close', () => once({ error: 'answer cut off' }));
    });
    sending.once('timeout', () => sending.destroy(new Error('timeout')));
    sending.once('error', (error: NodeJS.ErrnoException) => once({ error: error.code ?? error.message }));
    sending.end();
  };

  const tick = () => {
    const intended = () => start + (sent * 1000) / ratePerSecond;
    while (!stopped && sent < count && intended() <= performance.now()) {
      const at = intended();
      sent++;
      send(at);
    }
    if (!stopped && sent < count) setTimeout(tick, Math.max(0, intended() - performance.now()));
  };

  process.once('message', () => {
    stopped = true;
    if (underWay === 0) end();
  });
  process.once('disconnect', () => process.exit(0));
  tick();
}
