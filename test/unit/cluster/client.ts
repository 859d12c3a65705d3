import assert from 'node:assert/strict';
import { openConnection } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { KubeApi } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-api.ts';
import { KubeCluster } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/kube-cluster.ts';
import { Transport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';
import {
  CanaryError,
  type ErrorCode,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { certificate } from './test-server.ts';

export interface Client {
  readonly transport: Transport;
  readonly api: KubeApi;
  readonly cluster: KubeCluster;
}

/** A client of a test server. Close its transport. */
export async function clientOf(server: string, clock: Clock, token = 'token'): Promise<Client> {
  const caData = Buffer.from(certificate).toString('base64');
  const connection = await openConnection(
    { kind: 'token', server, token, caData, acceptUntrustedCerts: false },
    { registerSecret: () => {}, now: () => clock.now() },
  );
  const transport = new Transport(connection, { clock, version: '0.0.0' });
  const api = new KubeApi(transport);
  return { transport, api, cluster: new KubeCluster(api, clock) };
}

/** The sentence of the error that the work ends with, which must have this code. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof CanaryError, String(error));
    assert.equal(error.code, code, error.sentence);
    return error.sentence;
  }
  return assert.fail(`it did not fail with ${code}`);
}
