import { join } from 'node:path';
import { sampleManifests } from '../../sandbox/sample.ts';
import { State } from '../../sandbox/state.ts';
import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import { Forger } from './forger.ts';
import { Shop } from './shop.ts';

/** Nobody's but who connects to strangers. */
export const waryToken = 'the-token-that-nobody-may-see';

/** Two shops in one cluster, the stable version in both, and a server before it that knows people by their certificates. */
export class ConnectionWorld {
  private constructor(
    readonly shop: Shop,
    readonly door: Forger,
    /** Of the door, as PEM. */
    readonly doorCertificate: string,
    /** Whom the door lets in. */
    readonly client: ReturnType<typeof makeCertificate>,
  ) {}

  static async open(): Promise<ConnectionWorld> {
    const shop = await Shop.open({ users: [{ name: 'wary', token: waryToken }] });
    const { state, server, token, caData } = shop.sandbox;
    state.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    for (const object of await sampleManifests()) {
      state.apply({ ...object, metadata: { ...object.metadata, namespace: 'shop' } });
    }
    await state.until(() =>
      state.list('apps/v1', 'Deployment').every(deployment => State.isRolledOut(deployment)),
    );
    const [certificate, client] = [makeCertificate(), makeCertificate()];
    const clients = { authority: client.cert, token };
    const door = await Forger.start({ target: server, certificate, clients });
    await shop.write({
      'ca.pem': Buffer.from(caData, 'base64'),
      'door.pem': certificate.cert,
      'client.pem': client.cert,
      'client.key': client.key,
      token: `${token}\n`,
      'here/app.json': JSON.stringify({ kind: 'List', apiVersion: 'v1', items: await placedIn('default') }),
    });
    return new ConnectionWorld(shop, door, certificate.cert, client);
  }

  file(name: string): string {
    return join(this.shop.folder, name);
  }

  async close(): Promise<void> {
    await this.door.stop();
    await this.shop.close();
  }
}

async function placedIn(namespace: string): Promise<readonly object[]> {
  const app = await sampleManifests();
  return app.map(object => ({ ...object, metadata: { ...object.metadata, namespace } }));
}
