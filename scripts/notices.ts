import type { ThirdParty } from './third-party.ts';

/** The page that ships beside the code of others: whose it is, under which license. */
export function noticesPage(parties: readonly ThirdParty[]): string {
  const intro =
    'AmbassadorCanary contains code of these packages, each under the license that follows its name.';
  const list = parties.map(({ name, version, license }) => `  ${name} ${version} (${license})`).join('\n');
  const texts = parties.map(({ name, version, notices }) =>
    [`${'-'.repeat(80)}\n${name} ${version}`, ...notices].join('\n\n'),
  );
  return `${intro}\n\n${list}\n\n${texts.join('\n\n')}\n`;
}

/**
 * The bill of materials as CycloneDX 1.6: what ships, with where it came from and its checksum by the lockfile. The same input gives the
 * same bytes: it has no time and no random serial number.
 */
export function billOfMaterials(
  version: string,
  parties: readonly ThirdParty[],
  integrityOf: (name: string, version: string) => string | undefined,
): string {
  const components = parties.map(({ name, version: its, license }) => {
    const integrity = integrityOf(name, its);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${its}`;
    return {
      type: 'library',
      'bom-ref': purl,
      name,
      version: its,
      licenses: [/ /.test(license) ? { expression: license } : { license: { id: license } }],
      purl,
      ...(integrity !== undefined && { hashes: [hashOf(integrity)] }),
    };
  });
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'ambassador-canary',
        name: 'ambassador-canary',
        version,
        licenses: [{ license: { id: 'MIT' } }],
      },
    },
    components,
    dependencies: [
      { ref: 'ambassador-canary', dependsOn: components.map(component => component['bom-ref']) },
    ],
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}

/** Looks up the checksum that the lockfile has of a package. */
export function integrityIn(lockfile: Lockfile): (name: string, version: string) => string | undefined {
  const known = new Map(
    Object.entries(lockfile.packages).map(([path, { version, integrity }]) => [
      `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
      integrity,
    ]),
  );
  return (name, version) => known.get(`${name}@${version}`);
}

/** npm's `sha512-<base64>` as CycloneDX wants it. Throws on another algorithm. */
function hashOf(integrity: string): { readonly alg: string; readonly content: string } {
  const [, base64] = /^sha512-(.+)$/.exec(integrity) ?? [];
  if (base64 === undefined) throw new Error(`The lockfile has a checksum that is not sha512: ${integrity}`);
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') };
}
