/** A kubeconfig as Azure hands it out for a user of a cluster with Entra ID: kubelogin is to ask a person. */
export function entraKubeconfig(
  server: string,
  caData: string,
  serverId = '6dae42f8-4368-4678-94ff-3960e28e3630',
): string {
  const args = ['get-token', '--environment', 'AzurePublicCloud', '--server-id', serverId];
  const login = [
    '--client-id',
    '80faf920-1908-4b52-b5ef-a8e7bedfc67a',
    '--tenant-id',
    'tenant',
    '--login',
    'devicecode',
  ];
  return kubeconfig(server, caData, {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: 'kubelogin',
      args: [...args, ...login],
      env: null,
      provideClusterInfo: false,
    },
  });
}

/** Of a cluster with local accounts, and of the administrator. */
export function localKubeconfig(server: string, caData: string, token: string): string {
  return kubeconfig(server, caData, { token });
}

function kubeconfig(server: string, caData: string, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'shop',
    clusters: [{ name: 'shop', cluster: { server, 'certificate-authority-data': caData } }],
    contexts: [{ name: 'shop', context: { cluster: 'shop', user: 'clusterUser_shop-rg_shop' } }],
    users: [{ name: 'clusterUser_shop-rg_shop', user }],
  });
}
