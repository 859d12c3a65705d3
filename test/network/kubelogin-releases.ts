import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../../sandbox/tls/certificate.ts';
import { writeZip } from '../../scripts/zip.ts';

/** The page of kubelogin's releases: `latest` redirects to a version, and each file of it to where it is stored. */
export class KubeloginReleases {
  readonly asked: string[] = [];
  /** What the checksum file says; the right one where nothing is said. */
  checksum: string | undefined;
  readonly #server: Server;

  private constructor({ key, cert }: Certificate, version: string, script: string) {
    const zip = writeZip([
      { path: 'LICENSE', content: Buffer.from('MIT') },
      { path: 'bin/linux_amd64/kubelogin', content: Buffer.from(script) },
    ]);
    const sum = createHash('sha256').update(zip).digest('hex');
    const releases = '/Azure/kubelogin/releases';
    this.#server = createServer({ key, cert }, ({ url = '', headers }, response) => {
      this.asked.push(`${headers.host}${url}`);
      const [, file = ''] = new RegExp(`^${releases}/download/v${version}/(.+)$`).exec(url) ?? [];
      const to = (location: string) => response.writeHead(302, { location }).end();
      if (url === `${releases}/latest`) to(`https://github.com${releases}/tag/v${version}`);
      else if (file !== '') to(`https://objects.example.com/${file}`);
      else if (headers.host !== 'objects.example.com') response.writeHead(404).end();
      else if (url.endsWith('.sha256')) response.end(`${this.checksum ?? sum}  kubelogin.zip\n`);
      else response.end(zip);
    });
  }

  static async start(certificate: Certificate, version: string, script: string): Promise<KubeloginReleases> {
    const releases = new KubeloginReleases(certificate, version, script);
    await new Promise<void>(resolve => releases.#server.listen(0, '127.0.0.1', resolve));
    return releases;
  }

  /** For a proxy: who answers by these names. */
  get servers(): Readonly<Record<string, number>> {
    const { port } = this.#server.address() as AddressInfo;
    return { 'github.com:443': port, 'objects.example.com:443': port };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
