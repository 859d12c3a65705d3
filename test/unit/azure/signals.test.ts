import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { cancelOnSignals } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/signals.ts';

describe('a signal of the agent', () => {
  it('cancels, and later ones change nothing', () => {
    const source = new EventEmitter();
    const { signal } = cancelOnSignals(source, 'linux');
    assert.equal(signal.aborted, false);
    source.emit('SIGINT');
    source.emit('SIGTERM');
    assert.equal(signal.aborted, true);
    assert.equal(signal.reason, 'The agent sent SIGINT');
    assert.equal(source.listenerCount('SIGINT'), 1, 'a second SIGINT must not end the process');
  });

  it('is also SIGBREAK on Windows', () => {
    const source = new EventEmitter();
    const { signal } = cancelOnSignals(source, 'win32');
    source.emit('SIGBREAK');
    assert.equal(signal.reason, 'The agent sent SIGBREAK');
  });

  it('ends no process on Windows either: CTRL_C, CTRL_BREAK and what may come besides are all heard', () => {
    const source = new EventEmitter();
    const { signal } = cancelOnSignals(source, 'win32');
    for (const name of ['SIGINT', 'SIGBREAK', 'SIGTERM']) {
      source.emit(name);
      assert.equal(source.listenerCount(name), 1, `a second ${name} must not end the process`);
    }
    assert.equal(signal.reason, 'The agent sent SIGINT');
  });

  it('is no longer heard after release', () => {
    const source = new EventEmitter();
    cancelOnSignals(source, 'win32').release();
    assert.deepEqual(source.eventNames(), []);
  });
});
