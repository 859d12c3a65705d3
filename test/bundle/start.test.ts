import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { runStep } from '../agent/test-agent.ts';

const taskDir = fileURLToPath(
  new URL('../../dist/extension/tasks/AmbassadorCanary/AmbassadorCanaryV1/', import.meta.url),
);

describe('the built step', () => {
  for (const { major, path: nodePath } of ensureAgentNodes()) {
    it(`fails on Node ${major} with all defaults, and says which inputs it needs`, async () => {
      const { exitCode, stderr, result, resultText, issues } = await runStep({ nodePath, taskDir });
      assert.equal(exitCode, 0);
      assert.equal(stderr, '');
      assert.equal(result, 'Failed');
      const errors = issues.filter(({ type }) => type === 'error').map(({ message }) => message);
      assert.match(errors.join('\n'), /\bmanifests\b/);
      assert.match(resultText, /^failed: .+/);
    });

    it(`guards silently on Node ${major} where no canary is left`, async () => {
      const step = await runStep({ nodePath, taskDir, phase: 'postjobexecution' });
      assert.equal(step.exitCode, 0);
      assert.equal(step.stderr, '');
      assert.equal(step.result, 'Succeeded');
      assert.deepEqual(step.issues, []);
      assert.deepEqual(step.lines, []);
    });
  }
});
