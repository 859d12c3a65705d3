import assert from 'node:assert/strict';
import {
  parseImage,
  sameRepository,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/image-reference.ts';

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}`;

function referenceOf(text: string) {
  const parsed = parseImage(text);
  assert.equal(parsed.kind, 'reference', text);
  return parsed.kind === 'reference' ? parsed.reference : assert.fail();
}

describe('parseImage', () => {
  const table: readonly (readonly [string, object])[] = [
    ['nginx', { repository: 'docker.io/library/nginx' }],
    ['nginx:1.27', { repository: 'docker.io/library/nginx', tag: '1.27' }],
    ['team/app:1', { repository: 'docker.io/team/app', tag: '1' }],
    ['docker.io/nginx', { repository: 'docker.io/library/nginx' }],
    ['index.docker.io/library/nginx', { repository: 'docker.io/library/nginx' }],
    ['localhost/app', { repository: 'localhost/app' }],
    ['registry:5000/path/app', { repository: 'registry:5000/path/app' }],
    [
      `registry:5000/path/app:tag@${sha256}`,
      { repository: 'registry:5000/path/app', tag: 'tag', digest: sha256 },
    ],
    [`shop.azurecr.io/app@${sha256}`, { repository: 'shop.azurecr.io/app', digest: sha256 }],
    ['Shop.AzureCR.io/app:V1_2.3-x', { repository: 'shop.azurecr.io/app', tag: 'V1_2.3-x' }],
    ['[2001:db8::1]:5000/app:1', { repository: '[2001:db8::1]:5000/app', tag: '1' }],
    ['a/b__c/d-e.f/g---h', { repository: 'docker.io/a/b__c/d-e.f/g---h' }],
    [
      `app@sha512:${'ab'.repeat(64)}`,
      { repository: 'docker.io/library/app', digest: `sha512:${'ab'.repeat(64)}` },
    ],
  ];
  for (const [text, reference] of table) {
    it(`takes ${text} apart`, () => assert.deepEqual(parseImage(text), { kind: 'reference', reference }));
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['repo/app:', /"" is not a tag/],
    ['repo/app:a b', /white space/],
    [' repo/app:1', /white space/],
    ['https://repo.io/app:1', /scheme/],
    ['repo/App:1', /lower case/],
    ['repo/app:-1', /"-1" is not a tag/],
    [`repo/app:${'x'.repeat(129)}`, /is not a tag/],
    ['repo/app@sha256:123', /is not a digest/],
    [`repo/app@${sha256.toUpperCase()}`, /is not a digest/],
    ['repo/app@', /is not a digest/],
    ['repo//app', /is not the path/],
    ['repo/app/', /is not the path/],
    ['/app', /is not the path/],
    ['repo.io/', /is not the path/],
    ['-bad-.io/app', /is not the address/],
    ['registry:port/app', /is not the address/],
    ['repo/app:$(tag)', /is not a tag/],
    ['a_-b', /is not the path/],
    [`r.io/${'x'.repeat(251)}`, /longer than 255/],
  ];
  for (const [text, reason] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      const parsed = parseImage(text);
      assert.equal(parsed.kind, 'bad');
      assert.match(parsed.kind === 'bad' ? parsed.reason : '', reason);
    });
  }
});

describe('sameRepository', () => {
  const table = [
    ['nginx:1', `docker.io/library/nginx@${sha256}`, true],
    ['registry:5000/app:1', 'registry:5000/app:2', true],
    ['registry:5000/app', 'registry/app', false],
    ['shop.io/app', 'shop.io/app-2', false],
    ['shop.io/app', 'other.io/app', false],
    ['app', 'team/app', false],
  ] as const;
  for (const [a, b, same] of table) {
    it(`${same ? 'sees' : 'does not see'} one repository in ${a} and ${b.slice(0, 40)}`, () => {
      assert.equal(sameRepository(referenceOf(a), referenceOf(b)), same);
    });
  }
});
