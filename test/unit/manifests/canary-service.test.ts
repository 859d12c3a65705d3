import assert from 'node:assert/strict';
import { canaryService } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/canary-workload.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

type Spec = Readonly<Record<string, unknown>>;

function service(spec: Spec = {}, metadata: Spec = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { selector: { app: 'web', tier: 'front' }, ports: [{ port: 80 }], ...spec },
  };
}
const keys = new Set(['app']);
const canary = (stable: KubeObject, live?: KubeObject) => canaryService(stable, keys, 'web', live);
const spec = (stable: KubeObject) => canary(stable).spec as Spec;

describe("the canary's Service", () => {
  it('picks the pods that differ from stable in these labels, and those alone', () => {
    assert.deepEqual(spec(service()).selector, { app: 'web-canary', tier: 'front' });
  });

  it('keeps the labels, so that a ServiceMonitor finds it, and no annotation, so that no Mapping is there twice', () => {
    const annotations = { 'getambassador.io/config': 'kind: Mapping', 'cloud.example.com/lb': 'public' };
    const { metadata } = canary(service({}, { labels: { app: 'web', team: 'a' }, annotations, uid: '1' }));
    assert.deepEqual(metadata, {
      name: 'web-canary',
      namespace: 'shop',
      labels: { app: 'web', team: 'a', 'ambassador-canary/release': 'web' },
    });
  });

  const addresses: [what: string, stable: Spec][] = [
    [
      'addresses of its own',
      { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], externalIPs: ['192.0.2.1'] },
    ],
    [
      'no load balancer',
      {
        type: 'LoadBalancer',
        loadBalancerIP: '192.0.2.2',
        loadBalancerClass: 'x',
        loadBalancerSourceRanges: ['192.0.2.0/24'],
        allocateLoadBalancerNodePorts: true,
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30100,
      },
    ],
    ['no node ports', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }],
  ];
  for (const [what, stable] of addresses) {
    it(`has ${what}`, () => {
      assert.deepEqual(spec(service(stable)), {
        selector: { app: 'web-canary', tier: 'front' },
        ports: [{ port: 80 }],
      });
    });
  }

  it('is headless where stable is', () => {
    assert.equal(spec(service({ clusterIP: 'None', clusterIPs: ['None'] })).clusterIP, 'None');
    assert.equal('clusterIPs' in spec(service({ clusterIP: 'None', clusterIPs: ['None'] })), false);
  });

  it('has no ports where a headless stable has none', () => {
    assert.deepEqual(spec(service({ clusterIP: 'None', ports: undefined })).ports, []);
  });

  it('keeps named target ports, protocols and how clients stick to pods', () => {
    const kept = {
      ports: [
        { name: 'grpc', port: 80, targetPort: 'api', protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' },
      ],
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      publishNotReadyAddresses: true,
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv6'],
    };
    const { selector: _, ...rest } = spec(service(kept));
    assert.deepEqual(rest, kept);
  });

  describe('has the ports that live Mappings may send to', () => {
    const ports = (wanted: Spec[], live: Spec[]) =>
      valueAt(canary(service({ ports: wanted }), service({ ports: live })), 'spec', 'ports');

    it('and those of the manifest, which says where they lead', () => {
      const live = [
        { name: 'http', port: 80, targetPort: 8080, nodePort: 30080 },
        { name: 'old', port: 81, protocol: 'TCP' },
      ];
      assert.deepEqual(ports([{ name: 'http', port: 80, targetPort: 9090 }], live), [
        { name: 'http', port: 80, targetPort: 9090 },
        { name: 'old', port: 81, protocol: 'TCP' },
      ]);
    });

    it('under names of their own', () => {
      assert.deepEqual(ports([{ port: 8080 }], [{ port: 80 }]), [
        { name: 'port-8080', port: 8080 },
        { name: 'port-80', port: 80 },
      ]);
      assert.deepEqual(ports([{ name: 'http', port: 8080 }], [{ name: 'http', port: 80 }]), [
        { name: 'http', port: 8080 },
        { name: 'port-80', port: 80 },
      ]);
    });

    it('and no others where the manifest drops none', () => {
      assert.deepEqual(ports([{ port: 80 }], [{ port: 80, protocol: 'TCP', targetPort: 80 }]), [
        { port: 80 },
      ]);
    });
  });
});
