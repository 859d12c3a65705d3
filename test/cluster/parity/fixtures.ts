import type {
  KubeObject,
  ObjectRef,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

export const namespace = 'parity';

type Json = Readonly<Record<string, unknown>>;

export const refOf = (apiVersion: string, kind: string, name: string): ObjectRef => ({
  apiVersion,
  kind,
  name,
  namespace,
});
export const configMapRef = (name: string) => refOf('v1', 'ConfigMap', name);
export const mappingRef = (name: string) => refOf('getambassador.io/v3alpha1', 'Mapping', name);
export const deploymentRef = (name: string) => refOf('apps/v1', 'Deployment', name);
export const serviceRef = (name: string) => refOf('v1', 'Service', name);
export const leaseRef = (name: string) => refOf('coordination.k8s.io/v1', 'Lease', name);

function object({ apiVersion, kind, name }: ObjectRef, rest: Json, metadata: Json = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace, ...metadata }, ...rest };
}

export const configMap = (name: string, data: Json, metadata: Json = {}) =>
  object(configMapRef(name), { data }, metadata);

export const lease = (name: string) => object(leaseRef(name), { spec: { holderIdentity: 'a' } });

export const mapping = (name: string, spec: Json, metadata: Json = {}) =>
  object(
    mappingRef(name),
    { spec: { hostname: '*', prefix: '/web/', service: 'web', ...spec } },
    { labels: { 'ambassador-canary/release': 'web' }, ...metadata },
  );

/** With a field or two of each kind that the API server fills in or rewrites. */
export const podTemplate = (name: string, image: string) => ({
  metadata: { labels: { app: name }, annotations: { 'example.com/owner': 'shop' } },
  spec: {
    serviceAccountName: 'default',
    containers: [
      {
        name: 'web',
        image,
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [
          { name: 'LEVEL', value: 'info' },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { requests: { cpu: 0.1, memory: '64Mi' }, limits: { cpu: '1000m', memory: '64Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
        volumeMounts: [{ name: 'settings', mountPath: '/settings' }],
      },
    ],
    volumes: [
      { name: 'settings', configMap: { name: 'settings' } },
      { name: 'scratch', emptyDir: {} },
    ],
  },
});

/** Of pods that get ready and end within a second. */
export const quickTemplate = (name: string) => ({
  metadata: { labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'app', image: 'x/sidecar:1' }] },
});

/** Without replicas where nothing is said, so that nothing happens to it after it was seen by its controller. */
export const deployment = (name: string, spec: Json = {}, image = 'example.com/shop/web:1.0.0') =>
  object(deploymentRef(name), {
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, image),
      ...spec,
    },
  });

export const service = (name: string, spec: Json = {}) =>
  object(serviceRef(name), {
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec },
  });

/** Objects that a release carries along, one of a kind. */
export const companions: readonly KubeObject[] = [
  object(refOf('v1', 'Secret', 'companion'), { stringData: { word: 'open' } }),
  object(refOf('v1', 'ServiceAccount', 'companion'), {}),
  object(refOf('policy/v1', 'PodDisruptionBudget', 'companion'), {
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'companion' } } },
  }),
  object(refOf('networking.k8s.io/v1', 'NetworkPolicy', 'companion'), {
    spec: { podSelector: { matchLabels: { app: 'companion' } }, ingress: [{ ports: [{ port: 8080 }] }] },
  }),
  object(refOf('autoscaling/v2', 'HorizontalPodAutoscaler', 'companion'), {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' },
      maxReplicas: 5,
    },
  }),
  object(refOf('rbac.authorization.k8s.io/v1', 'Role', 'companion'), {
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
  }),
  object(refOf('rbac.authorization.k8s.io/v1', 'RoleBinding', 'companion'), {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'companion' },
    subjects: [{ kind: 'ServiceAccount', name: 'companion', namespace }],
  }),
  object(refOf('monitoring.coreos.com/v1', 'ServiceMonitor', 'companion'), {
    spec: { selector: { matchLabels: { app: 'companion' } }, endpoints: [{ port: 'http' }] },
  }),
];
