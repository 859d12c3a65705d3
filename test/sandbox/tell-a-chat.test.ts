import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The script of the sample, and its environment with these values for `$(canary.…)`. */
function chatStep(outputs: Readonly<Record<string, string>>): {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
} {
  const { steps } = parse(readFileSync(`${root}samples/tell-a-chat.yml`, 'utf8'));
  const { script, env } = steps.find((step: { script?: string }) => step.script !== undefined);
  const values = Object.entries(env as Readonly<Record<string, string>>).map(([name, value]) => [
    name,
    value.replace(/\$\(canary\.(\w+)\)/g, (macro, output: string) => outputs[output] ?? macro),
  ]);
  return { script, env: Object.fromEntries(values) };
}

/** What the chat is told by the sample's own script. */
async function toldTo(outputs: Readonly<Record<string, string>>): Promise<string> {
  const told: string[] = [];
  const chat = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    told.push(JSON.parse(body).text);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(chat, 'listening');
  try {
    const { script, env } = chatStep(outputs);
    const [command = '', ...args] = script.split(' ');
    assert.equal(command, 'node');
    const address = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`;
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...env, CHAT_WEBHOOK: address, RUN_URL: 'https://dev.example.com/42' },
      stdio: 'inherit',
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  } finally {
    chat.close();
  }
  return told.join('\n---\n');
}

describe('the sample that tells a chat', function () {
  this.timeout(60_000);

  stage.it('says how a release ended that was taken back, by its output variables', () =>
    inShop({}, async shop => {
      const { main } = await shop.release({ env: { SUCCESS_RATE: '60' } });
      const { reason } = main.outputVariables;
      assert.equal(
        await toldTo(main.outputVariables),
        `Release of sample-app: *rolled-back*, ${reason}\nFailed: success-rate at 50 %\nhttps://dev.example.com/42`,
      );
    }),
  );

  stage.it('says of a canary that is still live how much it gets', async () => {
    const outputs = { outcome: 'failed', reason: 'why', weight: '25', failedStep: '', failedCheck: '' };
    assert.match(
      await toldTo(outputs),
      /\*failed\*, why\nThe canary still gets 25 % of the requests\.\nhttps/,
    );
  });

  stage.it('says so where the step could not say anything', async () => {
    assert.equal(
      await toldTo({}),
      'Release of sample-app: *ended without a word: look at the run*\nhttps://dev.example.com/42',
    );
  });
});
