import assert from 'node:assert/strict';
import { LiveLine } from '../../../rig/live-line.ts';

class Terminal {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 20,
  ) {}
  write(text: string): void {
    this.text += text;
  }
}

describe('a live line', () => {
  it('is written anew in place on a terminal, and makes room for lines that stay', () => {
    const screen = new Terminal(true);
    const line = new LiveLine(screen);
    line.show('one');
    line.show('two');
    line.print('stays');
    line.print('stays too');
    line.show('three');
    assert.equal(screen.text, '\r\u001b[2Kone\r\u001b[2Ktwo\r\u001b[2Kstays\nstays too\n\r\u001b[2Kthree');
  });

  it('is cut where the terminal ends, for a line that wraps can’t be taken back', () => {
    const screen = new Terminal(true, 6);
    new LiveLine(screen).show('1234567');
    assert.equal(screen.text, '\r\u001b[2K12345');
  });

  it('stays where there is no terminal', () => {
    const screen = new Terminal(false, 6);
    const line = new LiveLine(screen);
    line.show('1234567');
    line.show('two');
    assert.equal(screen.text, '1234567\ntwo\n');
    assert.equal(line.isLive, false);
  });
});
