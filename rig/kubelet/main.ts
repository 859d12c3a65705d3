import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { KubeClient } from '../kube-client.ts';
import { rigBackOff } from './back-off.ts';
import { Kubelet } from './kubelet.ts';

/** The kubelet stand-in as a process of its own; it ends, and its pods with it, on SIGTERM or SIGINT. */
const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    node: { type: 'string' },
    logs: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    'back-off-first-ms': { type: 'string', default: String(rigBackOff.firstMs) },
    'back-off-longest-ms': { type: 'string', default: String(rigBackOff.longestMs) },
  },
});
const { kubeconfig, node, logs, 'tls-cert': cert, 'tls-key': key } = values;
if (!kubeconfig || !node || !logs || !cert || !key) {
  throw new Error('--kubeconfig, --node, --logs, --tls-cert and --tls-key are needed');
}

const kubelet = await Kubelet.create({
  client: await KubeClient.fromKubeconfig(kubeconfig),
  nodeName: node,
  logDirectory: logs,
  tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') },
  backOff: {
    firstMs: Number(values['back-off-first-ms']),
    longestMs: Number(values['back-off-longest-ms']),
  },
  log: line => console.log(`${new Date().toISOString()} ${line}`),
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void kubelet.stop().then(() => process.exit(0)));
}
await kubelet.run();
