// What field selectors may name besides an object's name and namespace, each with its path.

export const podFields = {
  'spec.nodeName': ['spec', 'nodeName'],
  'spec.restartPolicy': ['spec', 'restartPolicy'],
  'spec.schedulerName': ['spec', 'schedulerName'],
  'spec.serviceAccountName': ['spec', 'serviceAccountName'],
  'status.phase': ['status', 'phase'],
  'status.podIP': ['status', 'podIP'],
};

export const eventFields = {
  'involvedObject.kind': ['involvedObject', 'kind'],
  'involvedObject.namespace': ['involvedObject', 'namespace'],
  'involvedObject.name': ['involvedObject', 'name'],
  'involvedObject.uid': ['involvedObject', 'uid'],
  'involvedObject.apiVersion': ['involvedObject', 'apiVersion'],
  'involvedObject.resourceVersion': ['involvedObject', 'resourceVersion'],
  'involvedObject.fieldPath': ['involvedObject', 'fieldPath'],
  reason: ['reason'],
  reportingComponent: ['reportingComponent'],
  source: ['source', 'component'],
  type: ['type'],
};
