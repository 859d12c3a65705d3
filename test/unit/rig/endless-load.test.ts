import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EndlessLoad } from '../../../rig/load/endless-load.ts';
import { until } from '../../../rig/until.ts';

describe('a load without an end', () => {
  let server: Server;
  let url: string;
  let requests = 0;
  const errors: Error[] = [];

  before(async () => {
    server = createServer((_, response) => {
      requests++;
      response.writeHead(500).end();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('begins anew when its time is over, counts on, and sends no more once it is stopped', async () => {
    const load = EndlessLoad.start({ url, ratePerSecond: 50, durationMs: 200 }, error => errors.push(error));
    const first = load.record;
    await until('a second round', () => load.record !== first && load.record.answers().length > 0);
    assert.equal(first.answers().length, 10, 'the first round was a whole one');
    await load.stop();
    assert.equal(load.failed, requests);
    const sent = requests;
    await new Promise(resolve => setTimeout(resolve, 400));
    assert.equal(requests, sent);
    assert.deepEqual(errors, []);
  });

  it('takes no other address than loopback', () => {
    const start = () => EndlessLoad.start({ url: 'http://10.0.0.1/', ratePerSecond: 1 }, () => {});
    assert.throws(start, RangeError);
  });
});
