import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Redactor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/redactor.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';

describe('a redactor', () => {
  const rows: [what: string, secrets: readonly string[], text: string, redacted: string][] = [
    ['nothing where there is no secret', [], `Bearer ${token}`, `Bearer ${token}`],
    ['a secret wherever it stands', [token], `${token}: not for "${token}"`, '***: not for "***"'],
    ['what a cut has left of a secret', [token], `not for ${token.slice(0, 30)}…`, 'not for ***…'],
    ['not what only begins alike', [token], 'eyJhbGciOiJ', 'eyJhbGciOiJ'],
    ['a secret as JSON writes it', ['p"a\\ss wörd'], String.raw`{"p":"p\"a\\ss wörd"}`, '{"p":"***"}'],
    ['a secret as addresses write it', ['p/a ss?wörd'], '?p=p%2Fa%20ss%3Fw%C3%B6rd&q', '?p=***&q'],
    [
      'whole the secret that has a form with the same beginning',
      ['abcdefghijkl/mno/pqr'],
      'abcdefghijkl/mno/pqr',
      '***',
    ],
    ['the longer of two secrets whole', ['abcd', 'abcdefgh'], 'abcdefgh abcd', '*** ***'],
    ['secrets that follow each other', ['abcdefgh', 'ijklmnop'], 'abcdefghijklmnop', '******'],
    ['not a secret that is in every other word', ['abc'], 'abc', 'abc'],
  ];
  for (const [what, secrets, text, redacted] of rows) {
    it(`takes out ${what}`, () => {
      const redactor = new Redactor();
      for (const secret of secrets) redactor.add(secret);
      assert.equal(redactor.redact(text), redacted);
    });
  }

  it('hears of every secret that the agent is told to mask', () => {
    const source = new URL('../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/', import.meta.url);
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file =>
      file.endsWith('.ts'),
    );
    const masking = files.filter(file => readFileSync(new URL(file, source), 'utf8').includes('setSecret('));
    assert.deepEqual(masking, ['azure/hide.ts']);
  });
});
