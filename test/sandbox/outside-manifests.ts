import { type OutsideRow, text } from './outside-answers.ts';

const quoted = JSON.stringify(text);
const named = (name: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}\n`;

/** Manifests and inputs that lie. */
export const outsideManifests: readonly OutsideRow[] = [
  {
    from: 'a name that is there twice',
    files: { 'a.yaml': `${named(quoted)}---\n${named(quoted)}` },
    shows: /failed: MANIFEST_DUPLICATE: ConfigMap HOSTILE/m,
  },
  {
    from: 'a name that the API server refuses',
    files: { 'a.yaml': named(JSON.stringify(text.slice(0, 400))), 'b.json': deployment('app', 'app:1') },
    shows: /failed: CLUSTER_REFUSED: Could not .* ConfigMap default\/HOSTILE # #vso.*found 422 Invalid: /m,
  },
  {
    from: 'a kind that nobody knows',
    files: { 'a.yaml': `{apiVersion: v1, kind: ${quoted}, metadata: {name: a}}` },
    shows: /failed: KIND_UNKNOWN: .*HOSTILE/m,
  },
  {
    from: 'a namespace',
    files: {
      'a.yaml': `{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ${quoted}}}`,
    },
    shows: /failed: CLUSTER_REFUSED: .* in namespace HOSTILE # #vso/m,
  },
  {
    from: 'a token that nobody replaced',
    files: {
      'a.yaml': named(
        JSON.stringify(`#{HOSTILE ##vso[task.complete result=Succeeded]${text.slice(0, 40)}}#`),
      ),
    },
    shows: /failed: MANIFEST_INVALID: .*HOSTILE # #vso/m,
  },
  {
    from: 'a key that is there twice',
    files: { 'a.yaml': `? ${quoted}\n: 1\n? ${quoted}\n: 2\n` },
    shows: /failed: MANIFEST_INVALID: \S+a\.yaml:/m,
  },
  {
    from: 'a key of JSON that is there twice',
    files: { 'a.json': `{${quoted}: 1, ${quoted}: 2}` },
    shows: /failed: MANIFEST_INVALID: \S+a\.json:/m,
  },
  {
    from: 'an anchor, a tag and a directive of YAML',
    files: {
      'a.yaml': `%HOSTILE##vso[task.complete]\n---\na: *HOSTILE##vso[task.complete]\nb: !HOSTILE##vso[task.complete] c\n`,
    },
    shows: /failed: MANIFEST_INVALID: \S+a\.yaml:/m,
  },
  {
    from: 'the name of a file',
    files: {
      'HOSTILE##vso[task.complete result=Succeeded]\nNEXTLINE##[error]\u001b[31m.yaml': 'a: [',
    },
    shows:
      /failed: MANIFEST_INVALID: \S+HOSTILE# #vso\[task\.complete result=Succeeded\] NEXTLINE# #\[error\]\.yaml:/m,
  },
  {
    from: 'a container and its image',
    files: { 'a.json': deployment(text, text) },
    given: { inputs: { containers: 'registry.example.com/other:2' } },
    shows: /failed: IMAGE_UNMATCHED: .*HOSTILE/m,
  },
  {
    from: 'inputs',
    given: {
      inputs: {
        containers: text.replaceAll('\n', ' '),
        manifests: 'HOSTILE##vso[task.complete]',
        weights: text,
        pause: text,
      },
    },
    shows: /INPUT_INVALID: .*HOSTILE/m,
  },
];

function deployment(name: string, image: string): string {
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: { containers: [{ name, image }] } };
  const spec = { selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec });
}
