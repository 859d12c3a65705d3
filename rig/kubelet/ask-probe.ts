import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { ContainerSpec, HttpGet, Probe } from './pod.ts';

/** Where a container's probes go. */
export interface ProbeTarget {
  /** The loopback address that its process listens on. */
  readonly address: string;
  /** The address to name in messages. */
  readonly podIP: string;
  readonly container: ContainerSpec;
}

export interface ProbeAnswer {
  readonly ok: boolean;
  /** What was wrong, in a kubelet's words; empty when it is fine. */
  readonly message: string;
}

const fine: ProbeAnswer = { ok: true, message: '' };
const failed = (message: string): ProbeAnswer => ({ ok: false, message });

/** Asks once, within the probe's `timeoutSeconds`. Never rejects. */
export async function askProbe(probe: Probe, target: ProbeTarget): Promise<ProbeAnswer> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.httpGet) return await askHttp(probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket)
      return await askTcp(portNumber(probe.tcpSocket.port, target.container), target, timeoutMs);
  } catch (error) {
    return failed((error as Error).message);
  }
  return failed('the rig runs no exec and no grpc probes');
}

/** The number of a port that is given by number or by a name in the container's `ports`. */
function portNumber(port: number | string, container: ContainerSpec): number {
  const number =
    typeof port === 'number' ? port : container.ports?.find(entry => entry.name === port)?.containerPort;
  if (number === undefined)
    throw new Error(`container ${container.name} has no port named ${JSON.stringify(port)}`);
  return number;
}

/** Sends a probe's or hook's GET to the container and gives the status; redirects are not followed. */
export function httpStatus(get: HttpGet, target: ProbeTarget, timeoutMs: number): Promise<number> {
  const secure = get.scheme === 'HTTPS';
  const port = portNumber(get.port, target.container);
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)({
      host: target.address,
      port,
      path: get.path || '/',
      agent: false,
      ...(secure && { rejectUnauthorized: false }),
      headers: {
        host: `${target.podIP}:${port}`,
        'user-agent': 'kube-probe/1.35',
        connection: 'close',
        ...Object.fromEntries(
          (get.httpHeaders ?? []).map(header => [header.name.toLowerCase(), header.value]),
        ),
      },
    });
    const timer = setTimeout(() => request.destroy(new Error('context deadline exceeded')), timeoutMs);
    request.once('error', error => {
      clearTimeout(timer);
      const url = `${secure ? 'https' : 'http'}://${target.podIP}:${port}${get.path || '/'}`;
      reject(new Error(`Get "${url}": ${inKubeletWords(error, target, port)}`));
    });
    request.once('response', response => {
      clearTimeout(timer);
      response.resume();
      response.once('error', () => {});
      resolve(response.statusCode ?? 0);
    });
    request.end();
  });
}

async function askHttp(get: HttpGet, target: ProbeTarget, timeoutMs: number): Promise<ProbeAnswer> {
  const status = await httpStatus(get, target, timeoutMs);
  return status >= 200 && status < 400 ? fine : failed(`HTTP probe failed with statuscode: ${status}`);
}

function askTcp(port: number, target: ProbeTarget, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise(resolve => {
    const socket = connect({ host: target.address, port });
    const finish = (answer: ProbeAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(
      () => finish(failed(`dial tcp ${target.podIP}:${port}: i/o timeout`)),
      timeoutMs,
    );
    socket.once('connect', () => finish(fine));
    socket.once('error', error => finish(failed(inKubeletWords(error, target, port))));
  });
}

function inKubeletWords(error: Error, target: ProbeTarget, port: number): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return `dial tcp ${target.podIP}:${port}: connect: connection refused`;
  if (code === 'ECONNRESET') return 'read: connection reset by peer';
  return error.message;
}
